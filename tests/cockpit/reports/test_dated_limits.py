"""A report uses the limits that applied in its period, also when it is made later."""

import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.reports.model import Table
from cockpit.reports.request import Request, check
from cockpit.reports.sections import content
from data.editions.from_desk import FromDesk, Limit
from data.editions.publish import publish
from data.home import Home
from metrics.catalog import load
from tests.factory import DISTRICT, VILLAGES, areas, deliver

RATE = load().metrics["on_time_rate"]
NAMED = re.compile(rf"(^|\s){RATE.name.zh}")
"""The rate itself: the rates of tiers end with its name."""
AS_OF = datetime(2026, 11, 30, 8)


@pytest.fixture
def home(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Half of the cases of October and of November are closed in time; from November on that is within the limit."""
    areas(home)
    deliver(home, "cases", [
        {"key": f"{month}-{i}", "area": VILLAGES[0], "registered_at": datetime(2026, month, 2),
         "due_at": datetime(2026, month, 5), "closed_at": datetime(2026, month, 4 if i % 2 else 9)}
        for month in (10, 11) for i in range(40)
    ])  # fmt: skip
    limit = Limit(1, RATE.id, DISTRICT, "", date(2026, 11, 1), None, ">= 45", "< 20", "区办〔2026〕12号", AS_OF)
    publish(home, load().rollups(), as_of=AS_OF, from_desk=FromDesk((limit,)))
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    settings.current.cache_clear()
    yield home
    settings.current.cache_clear()


def beyond(start: date, end: date) -> set[str]:
    """What the monthly report of a period lists as beyond its limits."""
    checked = check(Request(kind="monthly", areas=(DISTRICT,), start=start, end=end), settings.current(), OPERATOR)
    document = content.build(checked, id="R20261130-00000001", who="王镇长", made_at=AS_OF)
    tables = [block for block in document.blocks if isinstance(block, Table) and block.name == "超过限值的指标"]
    return {cell.in_words for table in tables for row in table.rows for cell in row}


@pytest.mark.usefixtures("home")
def test_a_monthly_report_uses_the_limit_of_its_period() -> None:
    october = beyond(date(2026, 10, 1), date(2026, 11, 1))
    november = beyond(date(2026, 11, 1), date(2026, 12, 1))
    assert any(NAMED.search(text) for text in october), "the catalog's limit applied before"
    assert not any(NAMED.search(text) for text in november)
