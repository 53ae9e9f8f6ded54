"""Taking a batch back: the facts are as if it had never been loaded."""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.home import Home
from data.ingest import loading as ingest
from data.ingest import unload as unloading
from data.ingest import upsert
from data.ingest.loading import load
from data.ingest.merge import LoadReport
from data.ingest.unload import unload
from data.sources.definition import Source
from data.store import read_store
from tests.data.hotline import deliver, facts, rejects, row, settle
from tests.data.hotline import source as hotline
from tests.examples import examples

Delivery = list[dict[str, Any]]
START = datetime(2026, 5, 1, 8)
FEW = 4


def assets(home: Home, mode: str = "changes") -> Source:
    columns = {"kind": "'site'", "name": "name", "updated_at": "updated"}
    return hotline(home, "sites", fact="assets", file="sites.ndjson", columns=columns, mode=mode)


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def send(home: Home, source: Source, rows: Delivery, at: datetime, force: bool = True) -> LoadReport:
    """Load rows as one delivery at a time of its own."""
    path = home.root / source.file
    path.write_text(
        "".join(
            json.dumps({"id": None, "area": "990101001201", "name": "名", "updated": None} | r) + "\n" for r in rows
        )
    )

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return at.replace(tzinfo=tz)

    patch = pytest.MonkeyPatch()
    try:
        patch.setattr(ingest, "datetime", Clock)
        return load(home, source, force=force)
    finally:
        patch.undo()


def state(home: Home) -> list[tuple]:
    return facts(home, "* EXCLUDE (batch, last_updated_at)", "assets")


def fixed(home: Home) -> list[tuple]:
    """Which rejects are fixed, by the number of the file row and by the day of the batch that did it."""
    with read_store(home) as store:
        return store.execute(
            "SELECT b.started_at, r.row, f.started_at FROM rejects r JOIN batches b USING (batch) "
            "LEFT JOIN batches f ON f.batch = r.fixed_by ORDER BY ALL"
        ).fetchall()


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from("ABCD"),
            "name": st.sampled_from(("甲", "乙")),
            "updated": st.sampled_from((None, "2026-04-30 08:00", "2026-05-02 09:00", "2026-05-04 09:00")),
            "area": st.sampled_from(("990101001201", "990101001201", "990101001201", "1")),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(15), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(ROWS, min_size=1, max_size=5), st.data(), st.sampled_from(("changes", "snapshot")))
def test_unloading_batches_equals_loading_only_the_others(
    deliveries: list[Delivery], data: st.DataObject, mode: str
) -> None:
    doomed = data.draw(st.lists(st.integers(0, len(deliveries) - 1), min_size=1, max_size=2, unique=True))
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        undone, never = settle(Home(prepared(one), memory="1GB")), settle(Home(prepared(other), memory="1GB"))
        for number, rows in enumerate(deliveries):
            report = send(undone, assets(undone, mode), rows, START + timedelta(days=number))
            assert report.batch == number + 1
            if number not in doomed:
                send(never, assets(never, mode), rows, START + timedelta(days=number))
        for number in doomed:
            unload(undone, number + 1)
        assert state(undone) == (state(never) if len(doomed) < len(deliveries) else [])
        if len(doomed) < len(deliveries):
            assert fixed(undone) == fixed(never)


def prepared(folder: str) -> Path:
    path = Path(folder) / "var"
    path.mkdir()
    return path


def test_unloading_restores_replaced_rows(home: Home) -> None:
    deliver(home, row(title="旧"))
    deliver(home, row(title="新", updated="2026-01-08 00:00:00"), row(id="B2"))
    assert unload(home, 2).keys == 2
    assert facts(home, "key, title, batch") == [("A1", "旧", 1)]
    assert deliver(home, row(title="新", updated="2026-01-08 00:00:00"), row(id="B2")).status == "accepted"
    assert facts(home, "key, title, batch") == [("A1", "新", 3), ("B2", "路灯不亮", 3)]


def test_unloading_deletes_rejects_and_source(home: Home) -> None:
    deliver(home, row(area="1"), row(id="B2"))
    unload(home, 1)
    assert (rejects(home), facts(home, "key")) == ([], [])
    with read_store(home) as store:
        assert store.execute("SELECT count(*) FROM sources").fetchall() == [(0,)]
        assert store.execute("SELECT status FROM batches").fetchall() == [("unloaded",)]


@pytest.fixture
def few_unloadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer batches can be unloaded than in production, so that a test need not load as many."""
    for module in (upsert, unloading):
        monkeypatch.setattr(module, "UNLOADABLE_BATCHES", FEW)


@pytest.mark.usefixtures("few_unloadable")
def test_unloading_unknown_or_too_old_batch_is_refused(home: Home) -> None:
    times = (START + timedelta(days=day) for day in count())
    for number in range(FEW + 2):
        send(home, assets(home), [{"id": "A", "name": f"{number}"}, {"id": f"own {number}"}], next(times))
    with pytest.raises(DataError, match="there is no batch 99"):
        unload(home, 99)
    with pytest.raises(DataError, match=f"batch 2 of sites is older than its last {FEW}.*unloaded is 3"):
        unload(home, 2)
    for batch in range(FEW + 2, 2, -1):
        unload(home, batch)
    assert facts(home, "key, name, batch", "assets") == [("A", "1", 2), ("own 0", "名", 1), ("own 1", "名", 2)]
    with pytest.raises(DataError, match="batch 3 of sites is unloaded already"):
        unload(home, 3)
    with pytest.raises(DataError, match="batch 2 of sites is older"):
        unload(home, 2)


@pytest.mark.usefixtures("few_unloadable")
def test_unload_history_is_bounded(home: Home) -> None:
    times = (START + timedelta(days=day) for day in count())
    sizes = []
    for number in range(FEW + 4):
        send(home, assets(home), [{"id": "A", "name": f"{number}"}, {"id": "B"}], next(times))
        with read_store(home) as store:
            sizes.append(store.execute("SELECT count(*) FROM past_assets").fetchall()[0][0])
    assert sizes[0] == 0
    assert sizes[-1] == sizes[-2] == 2 * FEW


def test_row_missing_from_full_file_is_ended(home: Home) -> None:
    source = assets(home, "snapshot")
    send(home, source, [{"id": "A"}, {"id": "B"}], START)
    report = send(home, source, [{"id": "A"}], START + timedelta(days=1))
    assert report.ended == 1
    assert facts(home, "key, retired_at", "assets") == [("A", None), ("B", START + timedelta(days=1))]
    assert send(home, source, [{"id": "A"}, {"id": "B"}], START + timedelta(days=2)).ended == 0
    assert facts(home, "key, retired_at", "assets") == [("A", None), ("B", None)]


def test_rejected_rows_of_a_full_file_are_not_missing(home: Home) -> None:
    source = assets(home, "snapshot")
    send(home, source, [{"id": "A"}, {"id": "B"}], START)
    assert send(home, source, [{"id": "A"}, {"id": "B", "area": "1"}], START + timedelta(days=1)).ended == 0
    nameless = send(home, source, [{"id": "A"}, {"id": ""}], START + timedelta(days=2))
    assert (nameless.rejected, nameless.ended) == (1, 0)


@pytest.mark.parametrize("rows", [[], [{"id": "A", "area": "1"}], [{"id": "new"}]])
def test_a_broken_full_file_ends_nothing(home: Home, rows: Delivery) -> None:
    source = assets(home, "snapshot")
    send(home, source, [{"id": f"A{n}"} for n in range(20)], START)
    with suppress(DataError):
        report = send(home, source, rows, START + timedelta(days=1), force=False)
        assert report.status == "held" or report.ended == 0
    assert facts(home, "count(retired_at)", "assets") == [(0,)]


def test_full_file_redelivered_after_another_is_loaded(home: Home) -> None:
    source = assets(home, "snapshot")
    full: Delivery = [{"id": "A"}, {"id": "B"}]
    for day, rows in enumerate((full, full[:1], full)):
        assert send(home, source, rows, START + timedelta(days=day), force=False).status == "accepted"
    assert send(home, source, full, START + timedelta(days=3), force=False).status == "already loaded"
    assert facts(home, "count(*) FILTER (retired_at IS NULL)", "assets") == [(2,)]


def test_missing_case_is_closed_as_gone(home: Home) -> None:
    deliver(home, row(closed=""), row(id="B2", closed=""), row(id="C3"), mode="snapshot")
    deliver(home, row(closed=""), mode="snapshot")
    assert facts(home, "key, close_kind, closed_at IS NULL") == [
        ("A1", None, True),
        ("B2", "gone", False),
        ("C3", None, False),
    ]


@pytest.mark.parametrize("fact", ["checks", "readings"])
def test_only_cases_and_assets_can_end(home: Home, fact: str) -> None:
    columns = {"measure": "kind", "measured_at": "registered", "value": "1"}
    if fact == "checks":
        columns = {"asset": "kind", "rule": "kind", "checked_at": "registered", "passed": "1"}
    with pytest.raises(DataError, match="mode: snapshot is for files and queries of cases or assets"):
        hotline(home, fact=fact, columns=columns, mode="snapshot")
