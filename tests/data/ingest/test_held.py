"""A held delivery is accepted once enough of its areas are known, without a new delivery."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data.areas.aliases import load_aliases
from data.home import Home
from data.ingest import held, ledger
from data.ingest.held import HELD_FROM
from data.ingest.revalidate import revalidate
from data.ingest.unload import unload
from data.sources.definition import Source, read_source
from data.store import read_store
from tests.data.hotline import VILLAGE, deliver, facts, row, settle
from tests.data.ingest.test_unload import START, assets, send, state
from tests.examples import examples

LIMIT = 0.2


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def alias(home: Home, *names: str) -> None:
    path = home.root / "aliases.csv"
    path.write_text("code,name\n" + "".join(f"{VILLAGE},{name}\n" for name in names), "utf-8")
    load_aliases(home, path)


def deliver_to(home: Home, unknown: int, good: int, other: int = 0, **more: object) -> str:
    """Cases of a village that goes by another name, of a known one, and of one that stays unknown."""
    names = ["老河大队"] * unknown + ["新河村"] * good + ["别处"] * other
    rows = (row(id=str(i), area=name, title="回电13812345678") for i, name in enumerate(names))
    return deliver(home, *rows, limit=LIMIT, area={"path": "area"}, **more).status  # type: ignore[arg-type]


def kept(home: Home) -> int:
    with read_store(home) as store:
        count: int = store.execute("SELECT (SELECT count(*) FROM held) + (SELECT count(*) FROM held_cases)").fetchall()[
            0
        ][0]
        return count


def test_new_alias_accepts_held_delivery(home: Home) -> None:
    assert deliver_to(home, unknown=6, good=10, other=3) == "held"
    assert revalidate(home) == []
    assert facts(home, "key") == []
    alias(home, "老河大队")
    assert [(d.parent, d.batch, d.rows) for d in revalidate(home)] == [(1, 1, 10), (1, 2, 6)]
    assert facts(home, "count(*), count(DISTINCT area)") == [(16, 1)]
    assert [(b.batch, b.status, b.accepted, b.rejected) for b in ledger.batches(home)] == [
        (2, "accepted", 6, 0), (1, "accepted", 10, 9),
    ]  # fmt: skip
    assert [reject.fixed_by for reject in ledger.rejects(home, 1)] == [2] * 6 + [None] * 3
    assert kept(home) == 0
    assert deliver_to(home, unknown=6, good=10, other=3) == "already loaded"


def test_delivery_stays_held_with_too_many_unknown_areas(home: Home) -> None:
    deliver_to(home, unknown=6, good=10, other=HELD_FROM)
    alias(home, "老河大队")
    assert revalidate(home) == []
    assert (facts(home, "key"), ledger.batches(home)[0].status) == ([], "held")
    alias(home, "老河大队", "别处")
    assert sum(batch.rows for batch in revalidate(home)) == 21


def test_rows_of_held_delivery_are_masked(home: Home) -> None:
    deliver_to(home, unknown=6, good=10)
    assert facts(home, "DISTINCT title", "held_cases") == [("回电138****5678",)]
    assert b"13812345678" not in home.store.read_bytes()


def test_unloaded_or_redelivered_held_delivery_is_deleted(home: Home) -> None:
    deliver_to(home, unknown=6, good=10)
    deliver_to(home, unknown=6, good=10)
    assert kept(home) == 1 + 10
    unload(home, 2)
    assert kept(home) == 0
    alias(home, "老河大队")
    assert revalidate(home) == []


def test_accepted_held_delivery_can_be_unloaded(home: Home) -> None:
    deliver_to(home, unknown=6, good=10)
    alias(home, "老河大队")
    revalidate(home)
    assert unload(home, 1).batches == (1, 2)
    assert facts(home, "key") == []


def test_file_with_unclosed_quote_stays_held(home: Home) -> None:
    """Which rows it has is in doubt, whatever areas are known."""
    header, rows = "id,area,registered,title", [f"{i},老河大队,2026-01-05,路灯" for i in range(20)]
    rows[3] = '3,老河大队,2026-01-05,"路灯'
    columns = {"kind": "'event'", "registered_at": "registered", "title": "title"}
    report = deliver(home, *rows, header=header, limit=LIMIT, area={"path": "area"}, columns=columns)
    assert (report.status, report.swallowed > 0) == ("held", True)
    alias(home, "老河大队")
    assert revalidate(home) == []
    assert kept(home) == 0


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from("ABCDEFGH"),
            "name": st.sampled_from(("甲", "乙")),
            "updated": st.sampled_from((None, "2026-04-30 08:00", "2026-05-02 09:00")),
            "area": st.sampled_from(("990101001201", "老河大队", "老河大队", "别处")),
        }
    ),
    min_size=4,
    max_size=9,
    unique_by=lambda row: row["id"],
)


@settings(max_examples=examples(15), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from(("changes", "snapshot")))
def test_accepting_held_deliveries_equals_accepting_at_load(deliveries: list[list[dict]], mode: str) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(held, "HELD_FROM", 1)  # so that short deliveries are held
        later, at_once = (settle(Home(made(folder), memory="1GB")) for folder in (one, other))
        for number, rows in enumerate(deliveries):
            send(later, paths(later, mode), rows, START + timedelta(days=number), force=False)
        alias(later, "老河大队")
        revalidate(later)
        accepted = {batch.batch for batch in ledger.batches(later) if batch.status == "accepted"}
        for number, rows in enumerate(deliveries):
            if number + 1 in accepted:
                send(at_once, paths(at_once, mode), rows, START + timedelta(days=number))
        alias(at_once, "老河大队")
        revalidate(at_once)
        assert state(later) == state(at_once)


def paths(home: Home, mode: str) -> Source:
    """Sites whose areas are given by name."""
    source = assets(home, mode)
    text = source.path.read_text("utf-8").replace("area: area", "area: {path: area}")
    source.path.write_text(text, "utf-8")
    return read_source(source.path)


def made(folder: str) -> Path:
    path = Path(folder) / "var"
    path.mkdir()
    return path
