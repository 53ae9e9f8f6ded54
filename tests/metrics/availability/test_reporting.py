"""A source that is late makes incomplete what it reports, and nothing else."""

from datetime import date, datetime

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.answer import NO_DATA, OK, PARTIAL, STALE
from metrics.availability.reporting import reporting
from metrics.catalog import load
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, VILLAGES, areas, deliver, published

CATALOG = load()
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
AS_OF = datetime(2026, 11, 22, 8)
EARLY, LATE = datetime(2026, 11, 2, 9), datetime(2026, 11, 21, 9)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """A source of cases, one of readings and one of assets are late; others of the same facts are not."""
    home = Home(tmp_path_factory.mktemp("reporting"), memory="1GB")
    areas(home)
    for source, kind, day in (("flood", "hotline", EARLY), ("hotline", "hotline", LATE), ("data", "share_req", LATE)):
        rows = [
            {"key": f"{source}{i}", "area": VILLAGES[0], "kind": kind, "registered_at": day, "accepted_at": day,
             "due_at": day, "responded_at": day, "closed_at": day, "updated_at": day}
            for i in range(12)
        ]  # fmt: skip
        deliver(home, "cases", rows, source=source, cycle_days=2)
    for source, measure, day in (("halls", "queue_waiting", EARLY), ("villages", "resident_pop", LATE)):
        reading = {"key": source, "area": VILLAGES[0], "unit": "1", "measure": measure, "measured_at": day, "value": 9}
        deliver(home, "readings", [reading], source=source, cycle_days=2)
    for source, kind, day in (("services", "service_item", EARLY), ("systems", "system", LATE)):
        asset = {"key": source, "area": VILLAGES[0], "kind": kind, "name": "x", "updated_at": day}
        deliver(home, "assets", [asset], source=source, cycle_days=2)
    return published(home, AS_OF)


@pytest.mark.parametrize(
    ("metric", "sources"),
    [
        ("intake", {"flood", "hotline"}),
        ("on_time_rate", {"flood", "hotline"}),
        ("share_reply_rate", {"data"}),
        ("three_rate_score", {"flood", "hotline"}),
        ("waiting_now", {"halls"}),
        ("residents", {"villages"}),
        ("cases_per_10k", {"flood", "hotline", "villages"}),
        ("service_items", {"services"}),
        ("systems", {"systems"}),
        ("village_income", {"halls", "villages"}),
    ],
)
def test_those_report_a_metric_whose_rows_it_counts(edition: Edition, metric: str, sources: set[str]) -> None:
    """Before the first row of its own, any source of its fact may be the one."""
    assert {one.source for one in reporting(edition, CATALOG, CATALOG.metrics[metric])} == sources


@pytest.mark.parametrize(
    ("metric", "quality"),
    [
        ("intake", {PARTIAL}),
        ("share_reply_rate", {OK, NO_DATA}),
        ("residents", {OK}),
        ("cases_per_10k", {PARTIAL}),
        ("service_items", {STALE}),
        ("systems", {OK}),
    ],
)
def test_a_number_is_incomplete_where_a_source_of_its_own_is_late(
    edition: Edition, metric: str, quality: set[str]
) -> None:
    assert answer(edition, [metric], DISTRICT, MONTH)["quality"][0] in quality


def test_every_metric_has_a_source_wherever_its_facts_have_one(edition: Edition) -> None:
    with_sources = {"cases", "readings", "assets"}
    for metric in CATALOG.metrics.values():
        if CATALOG.domain(metric).fact in with_sources:
            assert reporting(edition, CATALOG, metric), metric.id
