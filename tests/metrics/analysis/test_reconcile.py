"""The reconciliations pass on an honest edition and name what is wrong with a damaged one."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from data.editions.edition import Edition
from data.editions.files import findings_of, path_of
from data.home import Home
from metrics.analysis.fact_checks import is_a_rate_of, of_facts
from metrics.analysis.reconcile import reconcile, reconciled
from metrics.catalog import Catalog, load
from tests import failing, forms
from tests.factory import DISTRICT, TOWNS, areas, deliver, edition_of, published
from tests.metrics.conftest import AS_OF, random_cases

READING = (
    "INSERT INTO readings (source, key, area, area_then, measure, measured_at, value, value_unit, n, batch) "
    "VALUES ('{source}', 'r', 990101001001, 990101001001, 'share', TIMESTAMP '2026-11-01', {value}, '%', {n}, 1);"
)


def failed(edition: Edition) -> dict[str, str]:
    checks = reconcile(edition, load())
    return checks[checks["passed"].eq(False)].set_index("check")["detail"].map(str).to_dict()


def damaged(edition: Edition, folder: Path, sql: str) -> Edition:
    """The edition with a change that no publishing would make."""
    home = Home(folder, memory="1GB")
    home.prepare()
    copy = path_of(home, edition.id)
    shutil.copy(edition.path, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(sql)
    return Edition(home, edition.id)


def test_an_honest_edition_reconciles(district: Edition) -> None:
    """Some of the random cases lie ahead of the as-of time, or have a deadline before their registration."""
    assert set(failed(district)) <= {"from_the_future", "due_before_registered", "due_before_accepted"}


@pytest.mark.parametrize(
    ("sql", "check", "detail"),
    [
        (
            f"UPDATE daily_cases_town SET intake = intake + 1 WHERE area = {TOWNS[0]} AND day = DATE '2026-10-07'",
            "balance",
            str(TOWNS[0]),
        ),
        ("DELETE FROM daily_cases WHERE area = (SELECT min(area) FROM daily_cases)", "children", "intake by village: "),
        (f"DELETE FROM daily_cases_town WHERE area = {TOWNS[0]}", "children", "intake by town: "),
        ("UPDATE daily_cases_town SET due_on_time = due + 1 WHERE month(day) = 10", "parts", "on_time_rate "),
        ("UPDATE daily_cases_town SET due_on_time = due_closed + 1 WHERE month(day) = 10", "chains", "due_closed"),
        ("UPDATE daily_cases_town SET satisfied_callbacks = callbacks + 1", "chains", "callbacks ≤ closed"),
        ("UPDATE sources SET cycle_days = 0.0001", "fresh", "hotline"),
    ],
)
def test_damaged_edition_fails_reconciliation(
    district: Edition, tmp_path: Path, sql: str, check: str, detail: str
) -> None:
    assert detail in failed(damaged(district, tmp_path, sql))[check]


DELIVERED_EARLY = "SET pushed_at = registered_at + INTERVAL 9 SECOND, delivered_at = registered_at + INTERVAL 8 SECOND"
AT_ONCE = "SET accepted_at = registered_at + INTERVAL 2 HOUR, due_at = registered_at + INTERVAL 1 HOUR"


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        ("UPDATE cases SET area = 990101999999 WHERE key = '7'", "unknown_area"),
        ("UPDATE cases SET closed_at = DATE '2000-01-01' WHERE key = '8'", "closed_before_registered"),
        ("UPDATE cases SET due_at = DATE '2000-01-01' WHERE key = '9'", "due_before_registered"),
        (f"UPDATE cases {AT_ONCE} WHERE key < '3'", "due_before_accepted"),
        ("UPDATE areas SET valid_to = DATE '2026-01-01' WHERE level = 'village'", "area_not_valid"),
        ("UPDATE cases SET responded_at = DATE '2000-01-01' WHERE key = '7'", "negative_time"),
        ("UPDATE cases SET pushed_at = registered_at - INTERVAL 1 SECOND WHERE key = '7'", "negative_time"),
        (f"UPDATE cases {DELIVERED_EARLY} WHERE key = '7'", "negative_time"),
        ("UPDATE cases SET registered_at = DATE '2030-01-01' WHERE key = '7'", "from_the_future"),
        (READING.format(source="a", value=94.3, n=134), "printed"),
        (READING.format(source="a", value=90, n=0) + READING.format(source="b", value=80, n=0), "conflict"),
    ],
)
def test_a_damaged_fact_is_found(district: Edition, tmp_path: Path, sql: str, check: str) -> None:
    """The random cases have some faults of their own."""
    before, after = (
        next(finding.faults for finding in of_facts(edition) if finding.check == check)
        for edition in (district, damaged(district, tmp_path, sql))
    )
    assert after > before


@pytest.mark.parametrize("own", [forms, failing], ids=["forms", "failing"])
def test_a_districts_own_metrics_reconcile_and_what_fails_is_left_out(home: Home, own: ModuleType) -> None:
    """Metrics of one level alone, of every fact and view; and definitions that fail, some with all of their file."""
    areas(home)
    cases = [{"key": str(i), "extended": 0, "title": "张三", **case} for i, case in enumerate(random_cases(60, seed=3))]
    deliver(home, "cases", cases)
    forms.deliver_all(home)
    edition = published(home, AS_OF, own.catalog())
    checks = reconcile(edition, own.catalog()).set_index("check")
    assert checks.loc["children", "passed"], checks.loc["children", "detail"]
    assert checks.loc["parts", "passed"], checks.loc["parts", "detail"]
    tried = {name for domain in own.catalog().domains for name in (m.id for m in domain.metrics if m.is_additive)}
    assert checks.loc["children", "tried"] < 2 * len(tried)
    if own is failing:
        view = [domain for domain in failing.catalog().domains if domain.view and domain.file.startswith("failing")]
        alone = view[0].model_copy(update={"metrics": tuple(m for m in view[0].metrics if m.id in failing.FAILING)})
        assert len(reconcile(edition, Catalog((*load().domains, alone)))) == len(checks)


def test_two_sources_that_differ_are_a_conflict(home: Home) -> None:
    reading = {"key": "1", "area": DISTRICT, "measure": "resident_pop", "measured_at": datetime(2026, 11, 1)}
    edition_of(home, [], AS_OF, readings=[{**reading, "value": 941_275}])
    deliver(home, "readings", [{**reading, "value": 930_000}], source="census")
    assert "930000 and 941275" in failed(published(home, AS_OF))["conflict"]


def test_silent_source_is_reported(home: Home) -> None:
    edition_of(home, [], AS_OF)
    old = {"key": "1", "area": DISTRICT, "registered_at": AS_OF - timedelta(days=2, hours=1)}
    deliver(home, "cases", [{**old, "updated_at": old["registered_at"]}], cycle_days=1)
    assert failed(published(home, AS_OF)) == {"fresh": "hotline: 2026-11-20 07:00"}


def test_check_without_attempts_has_not_passed(home: Home) -> None:
    areas(home)
    checks = reconcile(published(home, AS_OF), load())
    idle = checks[checks["tried"].eq(0)]
    assert {"conflict", "closed_before_registered"} <= set(idle["check"])
    assert idle["passed"].isna().all()


def test_findings_are_stored_once_an_edition_and_catalog_and_go_with_the_edition(
    district: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = damaged(district, tmp_path, "UPDATE cases SET closed_at = DATE '2000-01-01' WHERE key = '8'")
    first = reconciled(edition, load())
    calls: list[Edition] = []
    monkeypatch.setattr("metrics.analysis.reconcile.reconcile", lambda edition, catalog: calls.append(edition))
    again = reconciled(edition, load())
    assert not calls
    assert again.astype(str).equals(first.astype(str))
    assert [message.code for message in again["detail"]] == [message.code for message in first["detail"]]
    findings_of(edition.path).write_text("{", "utf-8")
    with pytest.raises(AttributeError):  # made again, which the stand-in does not
        reconciled(edition, load())
    assert calls == [edition]


@pytest.mark.parametrize(("n", "printed"), [(126, "94.0"), (134, "94.0"), (122, "96.7"), (99, "97.9"), (99, "97.98")])
def test_a_printed_rate_is_that_of_a_whole_count(n: int, printed: str) -> None:
    assert is_a_rate_of(n, printed) == (n != 126)


def test_cases_of_other_domains_leave_the_balance(home: Home) -> None:
    """Applications are cases, and no part of the backlog."""
    cases = [{"registered_at": datetime(2026, 10, 3), "kind": kind} for kind in ("event", "service", "abnormal")]
    assert "balance" not in failed(edition_of(home, cases, AS_OF))
