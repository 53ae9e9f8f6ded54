"""What an edition holds, when it is patched and when built in full, what stays on the disk, and what may go wrong."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data import store
from data.editions import edition as editions
from data.editions import files as edition_files
from data.editions import publish as publishing
from data.editions.edition import current, open_edition
from data.editions.files import path_of
from data.editions.publish import PublishReport, publish, retained
from data.editions.rollups import Measure, Rollup
from data.errors import DataError
from data.home import Home
from data.schema import CASES, known
from tests.data.stock import (
    DISTRICT,
    MERGED,
    MERGED_ON,
    OTHER_TOWN,
    OTHER_VILLAGE,
    ROLLUPS,
    TOWN,
    VILLAGE,
    a_case,
    put,
    put_all,
    put_areas,
)

AS_OF = datetime(2026, 6, 1, 8)
DAY = timedelta(days=1)


def query(home: Home, sql: str) -> list[Any]:
    edition = current(home)
    assert edition is not None
    return edition.cursor().execute(sql).fetchall()


def at(home: Home, as_of: datetime = AS_OF, **more: Any) -> PublishReport:
    return publish(home, more.pop("rollups", ROLLUPS), as_of=as_of, **more)


def files(home: Home) -> set[str]:
    return {file.name for file in home.editions.iterdir()} - {".lock"}


@pytest.fixture
def many(home: Home) -> Home:
    """A home with so many cases that a few changed ones are patched in."""
    put_areas(home)
    hours = (a_case(i, datetime(2026, 4, 1) + timedelta(hours=i), due_at=datetime(2026, 5, 1)) for i in range(400))
    put(home, "cases", list(hours))
    return home


def test_merged_village_is_assigned_to_its_successor(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(1, datetime(2026, 1, 5), area=MERGED), a_case(2, datetime(2026, 1, 5), area=VILLAGE)])
    sql = "SELECT key, area, area_then FROM cases ORDER BY key"
    for as_of, holder in ((MERGED_ON, MERGED), (MERGED_ON + timedelta(seconds=1), VILLAGE), (AS_OF, VILLAGE)):
        at(home, as_of)
        assert query(home, sql) == [("1", holder, MERGED), ("2", VILLAGE, VILLAGE)]
        assert query(home, f"SELECT holder FROM areas WHERE code = {MERGED}") == [(holder,)]
    assert query(home, "SELECT area, intake FROM daily_cases") == [(VILLAGE, 2)]


def test_merger_chains_are_followed_and_cycles_end(home: Home) -> None:
    merged = {"level": "village", "name": "村", "valid_to": date(2026, 1, 1)}
    chain = [{"code": VILLAGE + i, "merged_into": VILLAGE + i + 1, **merged} for i in range(5)]
    circle = [{"code": OTHER_VILLAGE + i, "merged_into": OTHER_VILLAGE + 1 - i, **merged} for i in range(2)]
    put_areas(home, [*chain, {"code": VILLAGE + 5, "level": "village", "name": "村"}, *circle])
    at(home)
    assert query(home, f"SELECT DISTINCT holder FROM areas WHERE code // 1000 = {TOWN // 1000}") == [(VILLAGE + 5,)]
    assert len(query(home, f"FROM areas WHERE holder // 1000 = {OTHER_TOWN // 1000}")) == 2


def test_holder_follows_area_version_in_force(home: Home) -> None:
    """A village was merged for two years and then stood alone again."""
    versions = [
        {"valid_from": None, "valid_to": date(2024, 1, 1), "merged_into": VILLAGE},
        {"valid_from": date(2026, 1, 1), "valid_to": None, "merged_into": None},
    ]
    areas = [{"code": OTHER_VILLAGE, "level": "village", "name": "苇塘村", **version} for version in versions]
    put_areas(home, [{"code": VILLAGE, "level": "village", "name": "新河村"}, *areas])
    put(home, "cases", [a_case(1, datetime(2023, 1, 5), area=OTHER_VILLAGE)])
    for as_of, holder in (
        (datetime(2023, 6, 1), OTHER_VILLAGE),
        (datetime(2025, 1, 1), VILLAGE),
        (AS_OF, OTHER_VILLAGE),
    ):
        at(home, as_of)
        assert query(home, "SELECT area FROM cases") == [(holder,)]


def test_own_level_facts_keep_their_code_and_an_unknown_one_is_not_lost(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(code, datetime(2026, 5, 1), area=code) for code in (DISTRICT, TOWN, 123)])
    at(home)
    assert sorted(query(home, "SELECT area FROM cases")) == [(123,), (TOWN - 1000,), (TOWN,)]


def test_check_uses_own_area_else_that_of_asset(home: Home) -> None:
    put_areas(home)
    visit = {"rule": "opens", "checked_at": datetime(2026, 5, 1), "passed": True}
    put(home, "assets", [{"key": "1", "kind": "site", "name": "门户", "area": MERGED}], "assets")
    checks = [
        {"key": "its own", "asset": "1", "asset_source": "assets", "area": OTHER_TOWN},
        {"key": "its asset's", "asset": "1", "asset_source": "assets"},
        {"key": "nobody's", "asset": "2", "asset_source": "assets"},
    ]
    put(home, "checks", [{**check, **visit} for check in checks], "visits")
    at(home)
    assert query(home, "SELECT key, area, area_then FROM checks ORDER BY key") == [
        ("its asset's", VILLAGE, MERGED),
        ("its own", OTHER_TOWN, OTHER_TOWN),
        ("nobody's", None, None),
    ]


def test_roll_ups_equal_the_same_sums_over_the_facts(many: Home) -> None:
    at(many)
    as_of = f"TIMESTAMP '{AS_OF}'"
    for rollup in ROLLUPS[:3]:
        raw = query(many, rollup.sql(known(CASES, as_of), as_of))
        assert sorted(raw, key=repr) == sorted(query(many, f"FROM {rollup.table}"), key=repr)
        assert sum(row[-1] + row[-2] for row in raw) == 0  # nothing was closed, nothing repeats
    assert query(many, "SELECT sum(intake)::INT, sum(due)::INT FROM daily_cases") == [(400, 400)]


def test_roll_ups_carry_the_definitions_they_were_made_from(many: Home) -> None:
    at(many)
    expected = {(r.table, m.name, m.definition(r.terms)) for r in ROLLUPS for m in r.measures}
    expected |= {(r.monthly, q.name, r.definition_of(q)) for r in ROLLUPS for q in r.quantiles}
    assert set(query(many, "SELECT rollup, measure, definition FROM rollups")) == expected


def test_facts_lie_by_cluster_area_and_time(home: Home) -> None:
    put_areas(home)
    when = datetime(2026, 5, 1)
    cases = [
        a_case("closed", when, closed_at=when + DAY, area=TOWN),
        a_case("open", when, area=OTHER_VILLAGE),
        a_case("open first", when, area=VILLAGE),
        a_case("open and urgent", when, area=OTHER_VILLAGE, urgency="urgent"),
    ]
    put(home, "cases", cases)
    at(home)
    assert [key for (key,) in query(home, "SELECT key FROM cases")] == [
        "open and urgent", "open first", "open", "closed",
    ]  # fmt: skip


def test_events_at_as_of_are_excluded(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(1, AS_OF - DAY, closed_at=AS_OF), a_case(2, AS_OF)])
    at(home)
    assert query(home, "SELECT sum(intake)::INT, sum(left_)::INT FROM daily_cases") == [(1, 0)]
    assert query(home, "SELECT last_at FROM sources") == [(AS_OF - DAY,)]
    at(home, AS_OF + timedelta(microseconds=1))
    assert query(home, "SELECT sum(intake)::INT, sum(left_)::INT FROM daily_cases") == [(2, 1)]
    assert query(home, "SELECT last_at FROM sources") == [(AS_OF,)]


def test_sources_have_newest_time_and_row_count(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(1, AS_OF - 9 * DAY, updated_at=AS_OF - DAY), a_case(2, AS_OF - 8 * DAY)], "hotline")
    put(home, "cases", [a_case(1, AS_OF - 9 * DAY, updated_at=AS_OF + DAY, due_at=AS_OF - DAY)], "grid")
    at(home)
    assert query(home, "SELECT source, fact, cycle_days, last_at, rows FROM sources ORDER BY source") == [
        ("grid", "cases", 1.0, AS_OF - 9 * DAY, 1),
        ("hotline", "cases", 1.0, AS_OF - DAY, 2),
    ]


def test_only_accepted_batches_are_in_an_edition(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(1, AS_OF - DAY)])
    with store.open_store(home) as con:
        con.execute("INSERT INTO batches BY NAME SELECT 7 AS batch, 'held' AS status, 'hotline' AS source")
    at(home)
    assert query(home, "SELECT batch, status FROM batches") == [(1, "accepted")]


def test_a_few_changes_are_patched_in(many: Home) -> None:
    assert at(many).kind == "full"
    put(many, "cases", [a_case(7, datetime(2026, 4, 1), closed_at=AS_OF), a_case("new", AS_OF)])
    report = at(many, AS_OF + DAY)
    assert (report.kind, report.cases) == ("incremental", 401)
    assert query(many, "SELECT sum(intake)::INT, sum(left_)::INT FROM daily_cases") == [(401, 1)]
    assert query(many, "SELECT key FROM cases WHERE closed_at IS NOT NULL") == [("7",)]


def test_publish_without_changes_keeps_edition(many: Home) -> None:
    first = at(many)
    repeated = at(many)
    assert (repeated.kind, repeated.edition, repeated.cases) == ("unchanged", first.edition, 400)
    assert at(many, demo=True).kind == "incremental"
    assert current(many).demo  # type: ignore[union-attr]
    at(many)
    assert current(many).demo, "what was made up stays marked"  # type: ignore[union-attr]


def test_later_as_of_publishes_new_edition(many: Home) -> None:
    first = publish(many, ROLLUPS)
    second = publish(many, ROLLUPS)
    assert (second.kind, first.edition < second.edition) == ("incremental", True)
    edition = current(many)
    assert edition is not None
    assert abs(edition.as_of - edition.published_at) < timedelta(seconds=1)


def more_areas(home: Home) -> datetime:
    put_areas(home)
    return AS_OF


def many_changes(home: Home) -> datetime:
    put(home, "cases", [a_case(i, datetime(2026, 4, 1)) for i in range(100)])
    return AS_OF


def many_small_changes(home: Home) -> datetime:
    for part in range(2):
        put(home, "cases", [a_case(i, datetime(2026, 4, 1)) for i in range(part * 15, part * 15 + 15)])
        expected = "incremental" if part == 0 else "full"
        assert at(home).kind == expected
    put(home, "cases", [a_case(i, datetime(2026, 4, 1)) for i in range(100)])
    return AS_OF


def back_in_time(home: Home) -> datetime:
    return AS_OF - DAY


def much_falls_due(home: Home) -> datetime:
    at(home, datetime(2026, 4, 25))
    return AS_OF


def a_batch_is_gone(home: Home) -> datetime:
    with store.open_store(home) as con:
        con.execute("UPDATE batches SET status = 'held'")
    return AS_OF


def ground_moves(home: Home) -> datetime:
    at(home, MERGED_ON)
    return MERGED_ON + timedelta(seconds=1)


def rows_without_a_batch(home: Home) -> datetime:
    with store.open_store(home) as con:
        con.execute("DELETE FROM cases WHERE key = '7'")
    return AS_OF + DAY


def damaged_edition(home: Home) -> datetime:
    path_of(home, edition_files.ids(home)[-1]).write_bytes(b"nothing")
    return AS_OF + DAY


@pytest.mark.parametrize(
    "change",
    [
        more_areas, many_changes, many_small_changes, back_in_time, much_falls_due, a_batch_is_gone, ground_moves,
        rows_without_a_batch, damaged_edition,
    ],
)  # fmt: skip
def test_unpatchable_change_forces_full_build(many: Home, change: Any) -> None:
    at(many)
    as_of = change(many)
    assert at(many, as_of).kind == "full"
    with store.read_store(many) as con:
        assert query(many, "SELECT count(*) FROM cases") == con.execute("SELECT count(*) FROM cases").fetchall()
    assert not [name for name in files(many) if name.startswith(".")]


def test_changed_roll_up_forces_full_build(many: Home) -> None:
    at(many)
    wider = Rollup("cases", (Measure("intake", "registered_at"), Measure("late", "due_at", "closed_at > due_at")))
    assert at(many, rollups=[wider]).kind == "full"
    assert query(many, "SELECT sum(intake)::INT, sum(late)::INT FROM daily_cases") == [(400, 0)]


def test_patch_continues_from_rolled_back_edition(many: Home) -> None:
    old = at(many).edition
    put(many, "cases", [a_case("new", AS_OF - DAY)])
    at(many, AS_OF + DAY)
    editions.rollback(many, old)
    assert at(many, AS_OF + 2 * DAY).kind == "incremental"
    assert query(many, "SELECT count(*) FROM cases") == [(401,)]


def test_pruning_keeps_current_and_pinned_editions(home: Home) -> None:
    put_areas(home)
    _, second, third = (at(home, AS_OF + i * DAY).edition for i in range(3))
    (home.editions / edition_files.PINNED).write_text(f"{second}\n\nunknown\n")
    fourth = at(home, AS_OF + 3 * DAY, keep=2).edition
    assert edition_files.ids(home) == [second, third, fourth]
    editions.rollback(home, third)
    fifth = at(home, AS_OF + 4 * DAY, keep=1).edition
    assert edition_files.ids(home) == [second, fifth]
    editions.rollback(home, second)
    assert at(home, AS_OF + 1 * DAY, keep=1).kind == "unchanged"
    assert edition_files.ids(home) == [second, fifth]


def test_ids_increase_even_if_clock_is_set_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Clock":
            return cls(2020, 1, 1, tzinfo=tz)

    put_areas(home)
    ids = [at(home, AS_OF).edition]
    monkeypatch.setattr(publishing, "datetime", Clock)
    ids += [at(home, AS_OF + i * DAY).edition for i in (1, 2, 3)]
    assert ids == sorted(set(ids))
    assert all(edition_files.ID.fullmatch(id) for id in ids)


def test_leftovers_of_killed_run_are_removed(home: Home) -> None:
    put_areas(home)
    home.prepare()
    for name in (".building-20260101-000000-0000.duckdb", ".building-20260101-000000-0000.duckdb.wal", ".CURRENT-77"):
        (home.editions / name).write_bytes(b"half")
    id = at(home).edition
    assert files(home) == {"CURRENT", f"edition-{id}.duckdb"}


def test_publishing_without_data_is_refused(home: Home) -> None:
    with pytest.raises(DataError, match=r"nothing is loaded in .*: load areas and a source"):
        publish(home, ROLLUPS)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(edition_files, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.2)
    return


@pytest.mark.usefixtures("impatient")
def test_concurrent_publish_is_refused(home: Home) -> None:
    put_areas(home)
    id = at(home).edition
    with (home.editions / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="is being published to by another process"):
            at(home, AS_OF + DAY)
        with pytest.raises(DataError, match="is being published to by another process"):
            editions.rollback(home, id)
    assert at(home, AS_OF + DAY).edition > id


@pytest.mark.usefixtures("impatient")
def test_locked_store_is_reported_and_old_edition_served(home: Home) -> None:
    put_areas(home)
    id = at(home).edition
    program = f"import duckdb; con = duckdb.connect({str(home.store)!r}); print(flush=True); input()"
    run = [sys.executable, "-c", program]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        writer.stdout.readline()
        with pytest.raises(DataError, match=rf"is in use by process {writer.pid}"):
            at(home, AS_OF + DAY)
        writer.communicate("\n")
    assert current(home).id == id  # type: ignore[union-attr]
    assert at(home, AS_OF + DAY).edition > id


def test_invalid_measure_gives_one_line_and_changes_nothing(many: Home) -> None:
    id = at(many).edition
    wrong = Rollup("cases", (Measure("intake", "registerd_at"),))
    with pytest.raises(DataError) as caught:
        at(many, rollups=[wrong])
    assert "\n" not in str(caught.value)
    assert 'publishing failed: Binder Error: Referenced column "registerd_at" not found' in str(caught.value)
    assert str(caught.value).endswith(f"edition {id} is still served")
    assert current(many).id == id  # type: ignore[union-attr]
    assert files(many) == {"CURRENT", f"edition-{id}.duckdb"}


def test_invalid_store_is_reported(many: Home) -> None:
    id = at(many).edition
    many.store.write_bytes(b"nothing" * 1000)
    with pytest.raises(DataError, match=r"store\.duckdb cannot be opened"):
        at(many, AS_OF + DAY)
    assert open_edition(many, id).cursor().execute("SELECT count(*) FROM cases").fetchone() == (400,)


def test_unreadable_store_is_reported(many: Home) -> None:
    id = at(many).edition
    moved = many.store.rename(many.root / "kept")
    many.store.mkdir()
    with pytest.raises(DataError, match=r"store\.duckdb cannot be opened"):
        at(many, AS_OF + DAY)
    many.store.rmdir()
    many.store.symlink_to("nowhere")
    with pytest.raises(DataError, match="nothing is loaded"):
        at(many, AS_OF + DAY)
    assert current(many).id == id  # type: ignore[union-attr]
    moved.replace(many.store)
    assert at(many, AS_OF + DAY).kind == "incremental"


def test_progress_reports_steps(many: Home) -> None:
    steps: list[tuple[str, float]] = []
    at(many, progress=lambda step, share: steps.append((step, share)))
    assert {"cases", "daily_cases", "check"} <= {step for step, _ in steps}
    assert all(0 <= share <= 1 for _, share in steps)


def test_several_deliveries_since_the_last_edition_are_patched_in_together(many: Home) -> None:
    at(many)
    readings = [{"key": "1", "area": VILLAGE, "measure": "waiting", "measured_at": AS_OF - DAY, "value": 3, "n": 3}]
    put_all(many, [("cases", "grid", [a_case("a", AS_OF - DAY)]), ("readings", "gauges", readings)])
    assert at(many).kind == "incremental"
    assert query(many, "SELECT sum(people) FROM daily_readings") == [(3,)]
    assert query(many, "SELECT source, rows FROM sources ORDER BY source") == [
        ("gauges", 1),
        ("grid", 1),
        ("hotline", 400),
    ]


def test_edition_paths_with_special_characters(tmp_path: Path) -> None:
    home = Home(tmp_path / "it's a 'home' 区", memory="1GB")
    put_areas(home)
    put(home, "cases", [a_case(1, AS_OF - DAY)])
    assert at(home).cases == 1
    assert query(home, "SELECT count(*) FROM cases") == [(1,)]


@pytest.mark.parametrize(
    ("days", "keep", "left"),
    [
        ((1, 1, 1, 1), 2, [2, 3]),
        ((1, 2, 3, 4), 2, [2, 3]),
        ((1, 2, 3, 3, 3, 3), 4, [0, 1, 4, 5]),
        ((1, 1, 2, 2, 3, 3, 3), 5, [1, 3, 4, 5, 6]),
        ((1, 1, 2), 10, [0, 1, 2]),
        ((1, 2), 1, [1]),
    ],
)
def test_many_editions_of_one_day_do_not_displace_earlier_days(
    days: tuple[int, ...], keep: int, left: list[int]
) -> None:
    ids = [f"202611{day:02}-08000{n}-0000" for n, day in enumerate(days)]
    assert retained(ids, keep) == {ids[i] for i in left}
