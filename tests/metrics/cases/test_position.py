"""Stepping through a list of cases: each once, in its order, for any sort and filter."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.editions.edition import Edition
from data.home import Home
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.query import Query
from metrics.rows import Selection, position, rows
from tests.asking import query_of
from tests.examples import examples
from tests.factory import TOWNS, VILLAGES, areas, deliver, edition_of, published

AS_OF = datetime(2026, 11, 22, 8)
START = datetime(2026, 11, 1, 9)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
DISTRICT = VILLAGES[0] // 10**6 * 10**6
ORDERS = ("state", "key", "title", "unit", "category", "registered_at", "due_at", "closed_at", "returned", "satisfied")


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Sixteen cases with many ties and gaps in every column, of two sources with the same keys."""
    cases = [
        {
            "key": f"{i % 10:02}",
            "area": (*VILLAGES[:2], TOWNS[0])[i % 3],
            "registered_at": START + timedelta(days=i % 5),
            "due_at": None if i % 7 == 0 else START + timedelta(days=i % 4 * 2 + 17),
            "closed_at": None if i % 3 else START + timedelta(days=i // 3 % 3 * 2 + 16),
            "close_kind": (None, "done", "void")[i // 3 % 3],
            "title": (None, "路灯", "垃圾", "A%_'")[i % 4],
            "unit": ("城管局", None)[i % 2],
            "category": ("噪声", "停车", None)[i % 3],
            "returned": (None, 0, 2)[i % 3],
            "reached": True,
            "satisfied": (None, True, False)[i // 2 % 3],
        }
        for i in range(16)
    ]
    home = Home(tmp_path_factory.mktemp("position"), memory="1GB")
    areas(home)
    deliver(home, "cases", cases[:10])
    deliver(home, "cases", cases[10:], source="grid")
    return published(home, AS_OF)


def listed(query: Query, selection: Selection) -> list[tuple[str, str]]:
    return list(rows(query, selection)[["source", "key"]].itertuples(index=False, name=None))


def walked(query: Query, selection: Selection, first: tuple[str, str]) -> list[tuple[str, str]]:
    """The cases passed by going to the next until there is none; what each says of the way back is checked."""
    passed: list[tuple[str, str]] = []
    here: tuple[str, str] | None = first
    while here:
        at = position(query, selection, here)
        assert at is not None
        passed.append(here)
        assert (at.number, at.previous) == (len(passed), passed[-2] if len(passed) > 1 else None)
        here = at.next
        assert len(passed) <= at.count
        assert (here is None) == (len(passed) == at.count)
    return passed


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    order=st.sampled_from((None, *ORDERS)),
    descending=st.booleans(),
    metric=st.sampled_from(("intake", "backlog", "on_time_rate", "satisfaction_rate")),
    area=st.sampled_from((DISTRICT, VILLAGES[0])),
    where=st.sampled_from(({}, {"category": "噪声"}, {"department": ""}, {"source": "grid"})),
    due=st.sampled_from((None, None, "overdue", "soon")),
    search=st.sampled_from(("", "灯", "%", "'")),
)
def test_going_to_the_next_passes_every_row_of_the_list_once_and_in_its_order(
    edition: Edition, metric: str, area: int, where: dict[str, str], **chosen: Any
) -> None:
    query, selection = query_of(edition, metric, area, NOVEMBER, where=where), Selection(**chosen)
    expected = listed(query, selection)
    assert len(set(expected)) == len(expected)
    if expected:
        assert walked(query, selection, expected[0]) == expected
    assert position(query, selection, ("hotline", "nowhere")) is None


def test_sorted_by_state_the_longest_overdue_come_first(edition: Edition) -> None:
    frame = rows(query_of(edition, "intake", DISTRICT, NOVEMBER), Selection(order="state"))
    ranks = [rank(row) for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]
    assert ranks == sorted(ranks)
    assert set(ranks) >= {0, 1, 3, 4, 7}


@pytest.mark.parametrize(("due", "ranks"), [("overdue", {0}), ("soon", {1})])
def test_open_cases_are_chosen_by_their_deadline(edition: Edition, due: str, ranks: set[int]) -> None:
    query = query_of(edition, "intake", DISTRICT, NOVEMBER)
    every, chosen = (rows(query, Selection(due=due)) for due in (None, due))
    items = [rank(row) for row in chosen.astype(object).where(chosen.notna(), None).to_dict("records")]
    expected = [rank(row) for row in every.astype(object).where(every.notna(), None).to_dict("records")]
    assert set(items) == ranks
    assert len(items) == sum(one in ranks for one in expected)


def rank(row: dict[str, Any]) -> int:
    """How the state of a case ranks, written independently."""
    due, closed = row["due_at"], row["closed_at"]
    if closed is not None:
        return 7 if row["close_kind"] not in (None, "done") else 6 if due is None else 4 if closed > due else 5
    if due is None:
        return 3
    return 0 if due < AS_OF else 1 if due <= AS_OF + timedelta(days=3) else 2


def test_an_order_that_is_no_column_is_named(edition: Edition) -> None:
    with pytest.raises(MetricsError, match='"registred_at" is not a column'):
        position(query_of(edition, "intake", DISTRICT, NOVEMBER), Selection(order="registred_at"), ("hotline", "00"))


def test_the_rows_of_a_view_are_sorted_by_what_is_made_of_several_columns(home: Home) -> None:
    sites = [{"key": f"s{i}", "area": TOWNS[0], "kind": "site", "name": f"网站{i % 2}"} for i in range(4)]
    checks = [
        {"key": str(i), "asset_source": "assets_source", "asset": f"s{i % 4}", "rule": "site_open", "passed": i % 3 > 0,
         "checked_at": AS_OF - timedelta(hours=i + 1)} for i in range(24)
    ]  # fmt: skip
    one = edition_of(home, [{"registered_at": START}], AS_OF, assets=sites, checks=checks)
    for order in ("vetoes", "stale", "name", "score"):
        query, selection = query_of(one, "site_pass_rate", DISTRICT, NOVEMBER), Selection(order=order)
        expected = listed(query, selection)
        assert len(expected) == 4
        assert walked(query, selection, expected[0]) == expected
