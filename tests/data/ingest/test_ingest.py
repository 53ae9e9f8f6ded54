"""Loading: idempotent, atomic, and its report."""

import itertools
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.areas.loading import load_areas
from data.contents import content_hash
from data.errors import DataError
from data.home import Home
from data.ingest import loading as ingest
from data.ingest.loading import load
from data.store import read_store
from tests.data.hotline import AREAS, COLUMNS, HEADER, VILLAGE, deliver, facts, rejects, row, settle, source
from tests.examples import examples


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def test_a_good_row_becomes_a_case(home: Home) -> None:
    report = deliver(home, row())
    assert (report.source, report.batch, report.status) == ("hotline", 1, "accepted")
    assert (report.read, report.accepted, report.updated, report.unchanged, report.rejected) == (1, 1, 0, 0, 0)
    assert facts(home, "source, key, kind, area, registered_at, due_at, closed_at, updated_at") == [
        (
            *("hotline", "A1", "hotline", VILLAGE, datetime(2026, 1, 5, 8), datetime(2026, 1, 12, 8)),
            *(datetime(2026, 1, 6, 10, 30), datetime(2026, 1, 7)),
        )
    ]
    assert facts(home, "urgency, rating, solved, extended, title, batch") == [("urgent", 5, True, 0, "路灯不亮", 1)]


def test_a_batch_and_its_source_are_recorded(home: Home) -> None:
    report = deliver(home, row(), row(id="A2", area="1"))
    with read_store(home) as store:
        batch = store.execute(
            "SELECT batch, source, fact, rows_read, accepted, updated, unchanged, rejected, status, forced FROM batches"
        ).fetchall()
        times = store.execute("SELECT started_at, finished_at FROM batches").fetchall()[0]
        sources = store.execute("SELECT source, name_zh, fact, zone, file FROM sources").fetchall()
    assert batch == [(1, "hotline", "cases", 2, 1, 0, 0, 1, "accepted", False)]
    now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    assert now - timedelta(minutes=1) < times[0] <= times[1] <= now
    assert sources == [("hotline", "热线", "cases", "Asia/Shanghai", "hotline.csv")]
    assert report.seconds > 0


def test_the_same_delivery_twice_is_loaded_once(home: Home) -> None:
    deliver(home, row(), row(id="A2"))
    before = facts(home, "*")
    report = deliver(home, row(), row(id="A2"))
    assert (report.status, report.batch, report.read, report.accepted) == ("already loaded", 1, 2, 2)
    assert facts(home, "*") == before
    assert len(facts(home, "*", "batches")) == 1


def test_the_same_content_under_another_name_is_the_same_delivery(home: Home) -> None:
    deliver(home, row())
    copy = home.root / "copy.csv"
    shutil.copy(home.root / "hotline.csv", copy)
    assert load(home, source(home), file=copy).status == "already loaded"


def test_only_changed_file_is_hashed_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []
    monkeypatch.setattr(ingest, "content_hash", lambda path: hashed.append(path) or content_hash(path))
    path = home.root / "hotline.csv"
    deliver(home, row())
    assert load(home, source(home)).status == "already loaded"
    assert hashed == [path]
    path.touch()
    assert load(home, source(home)).status == "already loaded"
    assert hashed == [path, path]
    path.write_text("\n".join([HEADER, row(id="B1")]), "utf-8")
    assert load(home, source(home)).status == "accepted"
    assert load(home, source(home), force=True).unchanged == 1
    assert hashed == [path] * 4


def test_force_loads_the_same_content_again_and_nothing_changes(home: Home) -> None:
    deliver(home, row())
    before = facts(home, "*")
    report = deliver(home, row(), force=True)
    assert (report.status, report.batch, report.unchanged) == ("accepted", 2, 1)
    assert facts(home, "*") == before


def test_a_changed_mapping_loads_the_same_file_again(home: Home) -> None:
    deliver(home, row())
    report = deliver(home, row(), columns=COLUMNS | {"title": "upper(id)"})
    assert (report.status, report.updated) == ("accepted", 1)
    assert facts(home, "title") == [("A1",)]


def test_a_new_name_is_recorded_without_loading_again(home: Home) -> None:
    deliver(home, row())
    assert deliver(home, row(), name="hotline", cycle_days=3).status == "already loaded"
    assert facts(home, "cycle_days", "sources") == [(3.0,)]


def test_newer_row_replaces_all_columns(home: Home) -> None:
    deliver(home, row(), row(id="A2"))
    report = deliver(home, row(closed="", rating="", updated="2026-01-08 00:00:00"))
    assert (report.accepted, report.updated, report.unchanged) == (1, 1, 0)
    assert facts(home, "key, closed_at, rating, batch") == [
        ("A1", None, None, 2),
        ("A2", datetime(2026, 1, 6, 10, 30), 5, 1),
    ]


def test_an_older_row_does_not_win(home: Home) -> None:
    deliver(home, row(title="new"))
    report = deliver(home, row(title="old", updated="2026-01-06 00:00:00"))
    assert (report.accepted, report.updated, report.unchanged) == (1, 0, 1)
    assert facts(home, "title, batch") == [("new", 1)]


def test_later_delivery_wins_on_equal_update_times(home: Home) -> None:
    deliver(home, row(title="first"))
    assert deliver(home, row(title="second")).updated == 1
    assert facts(home, "title") == [("second",)]


def test_row_without_update_time_uses_load_time(home: Home) -> None:
    deliver(home, row(title="first", updated=""))
    assert deliver(home, row(title="second", updated="")).updated == 1
    assert deliver(home, row(title="older", updated="2026-01-07 00:00:00")).unchanged == 1
    assert deliver(home, row(title="ahead", updated="2100-01-01 00:00:00")).updated == 1
    assert deliver(home, row(title="now", updated="")).unchanged == 1
    assert facts(home, "title") == [("ahead",)]


def test_a_full_delivery_every_day_changes_only_what_changed(home: Home) -> None:
    rows = [row(id=f"A{i}", updated="") for i in range(50)]
    deliver(home, *rows)
    rows[7] = row(id="A7", title="changed", updated="")
    report = deliver(home, *rows, row(id="new", updated=""))
    assert (report.accepted, report.updated, report.unchanged) == (51, 1, 49)
    assert facts(home, "batch, count(*)", "(SELECT batch FROM cases) GROUP BY batch") == [(1, 49), (2, 2)]


def test_same_key_of_two_sources_is_two_rows(home: Home) -> None:
    deliver(home, row())
    shutil.copy(home.root / "hotline.csv", home.root / "other.csv")
    assert load(home, source(home, "other")).accepted == 1
    assert facts(home, "source, key") == [("hotline", "A1"), ("other", "A1")]


def test_a_source_delivers_one_fact(home: Home) -> None:
    deliver(home, row())
    with pytest.raises(DataError, match=r"hotline has delivered cases before.* give readings another name"):
        deliver(home, row(), fact="readings", columns={"measure": "kind", "measured_at": "registered", "value": "1"})
    assert len(facts(home)) == 1


def test_a_delivery_with_too_many_rejects_is_held(home: Home) -> None:
    rows = [row(id=str(i)) for i in range(7)] + [row(id=f"bad{i}", area="1") for i in range(5)]
    deliver(home, row(id="before"))
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    report = load(home, source(home), reject_limit=0.2)
    assert (report.status, report.read, report.accepted, report.rejected) == ("held", 12, 7, 5)
    assert facts(home, "key") == [("before",)]
    assert len(rejects(home)) == 5
    assert load(home, source(home), reject_limit=0.2).status == "held"
    assert load(home, source(home), reject_limit=0.2, force=True).status == "accepted"
    assert len(facts(home)) == 8
    assert load(home, source(home), reject_limit=0.2).status == "already loaded"


def test_rejects_at_limit_do_not_hold_delivery(home: Home) -> None:
    rows = [row(id=str(i)) for i in range(4)] + [row(id="bad", area="1")]
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    assert load(home, source(home), reject_limit=0.2).status == "accepted"


@pytest.mark.parametrize("bad", range(1, 5))
def test_a_few_rejects_do_not_hold_a_small_delivery(home: Home, bad: int) -> None:
    report = deliver(home, row(), *(row(id=f"bad{i}", area="1") for i in range(bad)), limit=0.2)
    assert (report.status, report.accepted, report.rejected) == ("accepted", 1, bad)


def test_a_held_delivery_is_accepted_when_its_areas_are_known(home: Home) -> None:
    rows = [row(id=str(i), area="990101003201") for i in range(5)]
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    assert load(home, source(home)).status == "held"
    (home.root / "areas.csv").write_text("code,name\n990101003201,新村\n", "utf-8")
    load_areas(home, home.root / "areas.csv")
    assert load(home, source(home)).status == "accepted"


def test_a_delivery_without_rows_is_accepted(home: Home) -> None:
    report = deliver(home)
    assert (report.status, report.read, report.accepted, report.rejected) == ("accepted", 0, 0, 0)


def good_file(rows: int = 1) -> bytes:
    return "\n".join([HEADER, *(row(id=str(i)) for i in range(rows))]).encode()


def test_file_changed_while_reading_is_refused(home: Home) -> None:
    def grow(phase: str, done: float) -> None:
        if phase == "validate":
            with (home.root / "hotline.csv").open("a") as file:
                file.write(row(id="late"))

    (home.root / "hotline.csv").write_bytes(good_file())
    with pytest.raises(DataError, match="changed while it was read"):
        load(home, source(home), progress=grow)
    assert facts(home) == []


def test_areas_changed_while_reading_refuse_load(home: Home) -> None:
    def grow(phase: str, done: float) -> None:
        if phase == "validate" and done == 1:
            (home.root / "more.csv").write_text("code,name\n990101003,新镇\n", "utf-8")
            load_areas(home, home.root / "more.csv")

    (home.root / "hotline.csv").write_bytes(good_file())
    with pytest.raises(DataError, match="the areas were changed while it was read"):
        load(home, source(home), progress=grow)
    assert load(home, source(home)).accepted == 1


def test_full_disk_is_reported(home: Home) -> None:
    """A process that may write no file larger than 300 kB meets what a full disk is."""
    deliver(home, row(id="before"))
    (home.root / "hotline.csv").write_bytes(good_file(20_000))
    script = f"""
        import resource, sys
        from pathlib import Path
        from data.errors import DataError
        from data.home import Home
        from data.ingest.loading import load
        from data.sources.definition import read_source
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
        try:
            load(Home(Path({str(home.root)!r}), memory="1GB"), read_source(Path({str(home.root / "hotline.yaml")!r})))
        except DataError as error:
            print(error)
    """
    store = home.store.stat().st_size
    for limit in (300_000, store + 100_000):
        process = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), str(limit)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert process.stdout.startswith(f"the disk of {home.root} is full; nothing was loaded"), process.stderr
        assert facts(home, "key") == [("before",)]
    assert load(home, source(home)).accepted == 20_000


def test_progress_reports_phases(home: Home) -> None:
    steps: list[tuple[str, float]] = []
    (home.root / "hotline.csv").write_bytes(good_file())
    load(home, source(home), progress=lambda phase, done: steps.append((phase, done)))
    assert [phase for phase, _ in itertools.groupby(phase for phase, _ in steps)] == ["validate", "merge"]
    assert steps[0] == ("validate", 0.0)
    assert steps[-1] == ("merge", 1.0)


def test_scratch_folder_of_killed_load_is_removed(home: Home) -> None:
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    leftover = home.scratch / f"load-{int(process.stdout)}-abc"
    leftover.mkdir()
    deliver(home, row())
    assert not leftover.exists()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("template"), memory="1GB")
    (home.root / "areas.csv").write_text(AREAS, "utf-8")
    load_areas(home, home.root / "areas.csv")
    return home


def fresh(template: Home, tmp_path: Path, name: str) -> Home:
    home = replace(template, root=tmp_path / name)
    shutil.rmtree(home.root, ignore_errors=True)
    home.prepare()
    shutil.copy(template.store, home.store)
    (home.root / "pepper").write_text("one for all, so that reporters compare")
    return home


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "A", "990101001201", "990101", "hotline", "2026-01-05 08:00", "2026-01-04", "5", "-1", "是"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(HEADER.split(","), CELLS)), max_size=8))
def test_accepted_plus_rejected_equals_read(template: Home, tmp_path: Path, rows: list[dict[str, str]]) -> None:
    home = fresh(template, tmp_path, "any")
    report = deliver(home, *(row(**cells) for cells in rows))
    assert report.read + sum(report.skipped.values()) == len(rows)  # rows without any value are skipped
    assert report.accepted + report.rejected == report.read
    assert len(facts(home)) == report.accepted
    assert len(rejects(home)) == report.rejected
    assert all(reasons for _, _, reasons in rejects(home))


@st.composite
def split(draw: st.DrawFn) -> list[list[str]]:
    """Deliveries of a few keys at different times, in any order and any split."""
    keys = draw(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=12))
    rows = []
    for minute, key in enumerate(keys):
        bad = draw(st.booleans()) and draw(st.booleans())
        rows.append(
            row(id=key, title=f"{key}{minute}", updated=f"2026-01-05 09:{minute:02}", rating="9" if bad else "5")
        )
    rows = draw(st.permutations(rows))
    cuts = sorted(draw(st.sets(st.integers(1, len(rows)), max_size=3)))
    return [rows[low:high] for low, high in itertools.pairwise([0, *cuts, len(rows)]) if low < high]


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=split())
def test_any_order_and_any_split_of_deliveries_give_the_same_facts(
    template: Home, tmp_path: Path, deliveries: Sequence[Sequence[str]]
) -> None:
    complete, parts = fresh(template, tmp_path, "whole"), fresh(template, tmp_path, "parts")
    deliver(complete, *sorted(row for delivery in deliveries for row in delivery))
    for delivery in [*deliveries, deliveries[0]]:
        deliver(parts, *delivery)
    assert facts(parts) == facts(complete)
