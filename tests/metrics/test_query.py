"""The one query object, and the two types of edition behind it."""

import ast
from dataclasses import FrozenInstanceError, replace
from datetime import date
from pathlib import Path

import pytest

from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING, ScopedEdition
from metrics.answer import answer
from metrics.engine.plan import make_plan
from metrics.period import Period
from metrics.query import Query
from metrics.rows import Selection, count_rows, rows
from metrics.scope import OutOfScope
from tests.asking import query_of
from tests.factory import DISTRICT, TOWNS

ROOT = Path(__file__).parents[2]
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
TOWN = ((TOWNS[0], TOWNS[0] + 1000),)
PAST_A_SCOPE = {
    "cockpit/drawing/outlines.py": "outlines of areas are the same for every user",
    "cockpit/actions/items.py": "narrows to what the actor may look at",
    "cockpit/notifications/outbox.py": "a background process: whether answered cases came again",
    "cockpit/notifications/subscriptions.py": "a background process: which subscribed metrics are red",
    "cockpit/screens/admin/registry.py": "narrows to what the data officer may see",
    "cockpit/screens/timemap/cards.py": "source and key of marks whose scope `files` has checked",
}


def test_equal_queries_are_one_key_and_none_can_be_changed(district: Edition) -> None:
    query = query_of(district, ["backlog"], DISTRICT, NOVEMBER, where={"category": "路灯照明"})
    assert {query: 1}[query_of(district, ["backlog"], DISTRICT, NOVEMBER, where={"category": "路灯照明"})] == 1
    others = [
        query.of("intake"), query.of("backlog", by="town"), query.filtered({}), replace(query, comparison="previous"),
        replace(query, area=TOWNS[0]), replace(query, edition=district.scoped(TOWN)),
    ]  # fmt: skip
    assert len({query, *others}) == 1 + len(others)
    with pytest.raises(FrozenInstanceError):
        query.area = TOWNS[0]  # type: ignore[misc]


def test_a_comparison_is_answered_as_its_two_periods(district: Edition) -> None:
    query = replace(query_of(district, ["intake", "backlog"], DISTRICT, NOVEMBER, by="town"), comparison="last_year")
    assert query.periods == (NOVEMBER, query.against)
    assert answer(query).equals(answer(replace(query, comparison=None), periods=query.periods))
    assert "period" not in answer(replace(query, comparison=None))


def test_rows_are_those_of_the_period_whatever_the_query_compares_or_splits(district: Edition) -> None:
    plain = query_of(district, ["on_time_rate"], DISTRICT, NOVEMBER)
    compared = replace(plain, comparison="previous", by="town")
    assert rows(plain, Selection("rest")).equals(rows(compared, Selection("rest")))
    assert count_rows(plain) == count_rows(compared) > 0


def test_a_scoped_edition_is_another_type_that_cannot_be_read(district: Edition) -> None:
    scoped = district.scoped(TOWN)
    assert type(scoped) is ScopedEdition
    assert not issubclass(ScopedEdition, Edition)
    assert not issubclass(Edition, ScopedEdition)
    assert not hasattr(scoped, "cursor")
    assert not hasattr(district, "scope")
    assert (scoped.id, scoped.as_of, scoped.meta) == (district.id, district.as_of, district.meta)


def test_a_scope_only_ever_gets_narrower(district: Edition) -> None:
    scoped = district.scoped(TOWN)
    assert scoped.within(TOWNS[0], TOWNS[0] + 1).scope == ((TOWNS[0], TOWNS[0] + 1),)
    with pytest.raises(ValueError, match="beyond the scope"):
        scoped.within(DISTRICT, DISTRICT + 10**6)


def test_query_outside_its_scope_is_refused(district: Edition) -> None:
    query = query_of(district.scoped(TOWN), ["backlog"], TOWNS[0], NOVEMBER)
    assert make_plan(query).edition is district
    with pytest.raises(OutOfScope):
        make_plan(replace(query, area=DISTRICT))
    with pytest.raises(AttributeError):
        make_plan(replace(query, edition=district))  # type: ignore[arg-type]
    assert make_plan(replace(query, edition=district.scoped(EVERYTHING), area=DISTRICT))


def test_only_metrics_and_data_read_past_a_scope() -> None:
    """Pages, reports and the API hold scoped editions; mypy keeps them from the functions that take an unscoped one."""
    assert Query.__annotations__["edition"] is ScopedEdition
    reading = {
        str(file.relative_to(ROOT))
        for folder in ("cockpit", "pages")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "unscoped"
    }
    assert reading == set(PAST_A_SCOPE)
