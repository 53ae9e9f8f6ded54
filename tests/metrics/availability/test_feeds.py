"""A column that no source maps is absent: not zero, not 100 %, not green."""

from datetime import date, datetime

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.answer import NO_DATA, NO_SOURCE
from metrics.availability.feeds import feed, is_delivered
from metrics.availability.needs import needs
from metrics.catalog import load
from metrics.period import Period
from tests.asking import answer, count_rows, rows, states
from tests.factory import DISTRICT, VILLAGES, areas, deliver, published

CATALOG = load()
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
AS_OF = datetime(2026, 11, 22, 8)
CASES = [name for name, metric in CATALOG.metrics.items() if CATALOG.domain(metric).fact == "cases"]


def case(i: int, **more: object) -> dict[str, object]:
    return {"key": str(i), "area": VILLAGES[0], "registered_at": datetime(2026, 11, 1 + i, 9), "title": "x", **more}


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path, memory="1GB")
    areas(home)
    return home


def value(edition: Edition, metric: str) -> tuple[float | None, str]:
    row = answer(edition, [metric], DISTRICT, MONTH, catalog=CATALOG).iloc[0]
    return None if row["value"] != row["value"] else float(row["value"]), row["quality"]


@pytest.mark.parametrize(
    ("metric", "columns"),
    [
        ("intake", {"registered_at"}),
        ("closed", {"closed_at"}),
        ("backlog", {"registered_at", "closed_at"}),
        ("overdue_open", {"registered_at", "due_at", "closed_at"}),
        ("on_time_rate", {"due_at", "closed_at"}),
        ("bounce_rate", {"registered_at", "returned"}),
        ("rework_rate", {"closed_at", "reworked"}),
        ("repeat_rate", {"registered_at", "repeated"}),
        ("urgent_p90", {"registered_at", "closed_at", "urgency"}),
        ("satisfaction_rate", {"closed_at", "reached", "satisfied"}),
    ],
)
def test_needed_columns_are_read_from_the_measures(metric: str, columns: set[str]) -> None:
    """Columns with a default, close_kind and deferred, are not needed."""
    assert needs(CATALOG, metric).columns == columns


@pytest.mark.parametrize(
    ("metric", "kinds"),
    [
        ("intake", None),
        ("order_reply_rate", {"order"}),
        ("red_orders", {"order"}),
        ("escalation_rate", None),
        ("overdue_approvals", {"approval"}),
        ("wish_claim_rate", {"wish"}),
    ],
)
def test_counted_kinds_are_read_from_the_measures(metric: str, kinds: set[str] | None) -> None:
    assert needs(CATALOG, metric).kinds == kinds


def test_a_source_without_rows_of_the_counted_kinds_does_not_narrow_a_metric(home: Home) -> None:
    answered = {"due_at": datetime(2026, 11, 15), "responded_at": datetime(2026, 11, 14)}
    orders = [case(i, kind="order", **answered) for i in range(12)]
    deliver(home, "cases", orders, source="desk", mapped=False)
    deliver(home, "cases", [case(i, due_at=datetime(2026, 11, 15)) for i in range(5)], source="grid", mapped=False)
    edition = published(home, AS_OF)
    sources = feed(edition, CATALOG, CATALOG.metrics["order_reply_rate"])
    assert (sources.sources, sources.missing, sources.only) == (("desk",), (), None)
    assert value(edition, "order_reply_rate") == (100, "ok")

    late = [case(20, kind="order", due_at=datetime(2026, 11, 15))]
    deliver(home, "cases", late, source="grid", mapped=False)
    edition = published(home, AS_OF)
    sources = feed(edition, CATALOG, CATALOG.metrics["order_reply_rate"])
    assert (sources.missing, sources.only) == ((("grid", ("responded_at",)),), ("desk",))
    assert value(edition, "order_reply_rate") == (100, "ok")


def test_without_a_source_there_is_no_value(home: Home) -> None:
    deliver(home, "cases", [case(i) for i in range(12)], mapped=False)
    edition = published(home, AS_OF)
    assert value(edition, "intake") == (12, "ok")
    for name in ("backlog", "closed", "overdue_open", "on_time_rate", "bounce_rate", "repeat_rate", "oldest_open_days"):
        assert value(edition, name) == (None, NO_SOURCE)
        frame = answer(edition, [name], DISTRICT, MONTH, catalog=CATALOG)
        assert states(edition, frame, MONTH, catalog=CATALOG) == ["none"]
        assert count_rows(edition, name, DISTRICT, MONTH) == 0
    assert value(edition, "three_rate_score") == (None, NO_SOURCE)


def test_a_kind_of_rows_that_nobody_ever_delivered_is_not_a_zero(home: Home) -> None:
    deliver(home, "cases", [case(i, kind="hotline") for i in range(3)])
    edition = published(home, AS_OF)
    delivered = {name: is_delivered(edition, CATALOG, CATALOG.metrics[name]) for name in ("intake", "applications")}
    assert delivered == {"intake": True, "applications": False}
    deliver(home, "cases", [case(9, kind="service")], source="hall")
    edition = published(home, AS_OF)
    assert is_delivered(edition, CATALOG, CATALOG.metrics["applications"])


def test_a_mapped_column_without_values_is_known(home: Home) -> None:
    deliver(home, "cases", [case(i, closed_at=None) for i in range(12)], mapped=False)
    edition = published(home, AS_OF)
    assert value(edition, "backlog") == (12, "ok")
    assert value(edition, "closed") == (0, "ok")


def test_a_number_rests_on_the_sources_that_map_its_columns(home: Home) -> None:
    closing = [case(i, closed_at=datetime(2026, 11, 20) if i % 2 else None) for i in range(12)]
    deliver(home, "cases", closing, source="hotline", mapped=False)
    deliver(home, "cases", [case(i) for i in range(5)], source="grid", mapped=False)
    edition = published(home, AS_OF)
    assert value(edition, "intake") == (17, "ok")
    assert value(edition, "backlog") == (6, "ok")
    assert set(rows(edition, "backlog", DISTRICT, MONTH)["source"]) == {"hotline"}
    assert count_rows(edition, "backlog", DISTRICT, MONTH) == 6
    sources = feed(edition, CATALOG, CATALOG.metrics["backlog"])
    assert (sources.sources, sources.missing, sources.only) == (("hotline",), (("grid", ("closed_at",)),), ("hotline",))
    # a closed case of grid cannot be: the daily tables answer as they are
    assert feed(edition, CATALOG, CATALOG.metrics["closed"]).only is None
    by_town = answer(edition, ["backlog"], DISTRICT, MONTH, by="town", catalog=CATALOG)
    assert by_town["value"].sum() == 6


def test_a_source_without_rows_of_a_domain_does_not_narrow_its_metrics(home: Home) -> None:
    """Its rows are of other kinds: the daily tables answer as they are, whatever columns it lacks."""
    closing = [case(i, closed_at=datetime(2026, 11, 20) if i % 2 else None) for i in range(12)]
    deliver(home, "cases", closing, source="hotline", mapped=False)
    requests = [case(i, kind="service") for i in range(5)]
    deliver(home, "cases", requests, source="counters", mapped=False)
    edition = published(home, AS_OF)
    assert value(edition, "backlog") == (6, "ok")
    sources = feed(edition, CATALOG, CATALOG.metrics["backlog"])
    assert (sources.sources, sources.missing, sources.only) == (("hotline",), (), None)

    deliver(home, "cases", [case(1, kind="event")], source="counters", mapped=False)
    edition = published(home, AS_OF)
    assert value(edition, "backlog") == (6, "ok")
    assert feed(edition, CATALOG, CATALOG.metrics["backlog"]).only == ("hotline",)

    deliver(home, "cases", [case(1, kind="service")], source="counters", mapped=False)
    assert feed(published(home, AS_OF), CATALOG, CATALOG.metrics["backlog"]).only is None


@pytest.mark.parametrize("columns", [{"reporter": "a"}, {"repeat_of": "1"}, {"place": "1 号", "category": "路灯"}])
def test_repeats_are_derived_from_any_source_column(home: Home, columns: dict[str, str]) -> None:
    deliver(home, "cases", [case(i, **columns) for i in range(12)], mapped=False)
    assert value(published(home, AS_OF), "repeat_rate")[1] not in (NO_SOURCE, NO_DATA)


def test_a_column_mapped_to_null_is_not_mapped(home: Home) -> None:
    columns = {"kind": "kind", "registered_at": "registered_at", "closed_at": "NULL"}
    deliver(home, "cases", [case(i) for i in range(12)], mapped=False, columns=columns)
    assert value(published(home, AS_OF), "backlog") == (None, NO_SOURCE)


def test_an_edition_that_does_not_note_its_columns_is_taken_as_it_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(home, "cases", [case(i) for i in range(12)], mapped=False)
    monkeypatch.setattr("metrics.availability.feeds._mapped", lambda edition: None)
    assert value(published(home, AS_OF), "backlog") == (12, "ok")


VIEWS = [metric.id for domain in CATALOG.domains if domain.view for metric in domain.metrics if metric.aggregate]
SITE = {"key": "site", "area": DISTRICT, "kind": "site", "name": "区政府网站"}
VISIT = {
    "key": "1", "asset_source": "register", "asset": "site", "rule": "site_open", "passed": True,
    "checked_at": datetime(2026, 11, 21, 9),
}  # fmt: skip


@pytest.mark.parametrize("delivered", [(), ("assets",), ("checks",), ("assets", "checks")])
def test_a_view_needs_a_source_of_the_fact_of_its_file(home: Home, delivered: tuple[str, ...]) -> None:
    deliver(home, "cases", [case(1)])
    if "assets" in delivered:
        deliver(home, "assets", [SITE], source="register")
    if "checks" in delivered:
        deliver(home, "checks", [VISIT], source="probe")
    edition = published(home, AS_OF)
    for metric in VIEWS:
        number, quality = value(edition, metric)
        no_source = quality == NO_SOURCE
        assert not no_source or number is None
        assert no_source is (CATALOG.domain(CATALOG.metrics[metric]).fact not in ("cases", *delivered)), metric
        assert not no_source or count_rows(edition, metric, DISTRICT, MONTH, catalog=CATALOG) == 0
