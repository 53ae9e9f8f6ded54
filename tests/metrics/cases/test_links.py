"""A link to a case outside of one's areas says that there is one, not which."""

from datetime import datetime

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.cases.repeated import earlier
from metrics.links import HIDDEN
from metrics.period import Period
from metrics.rows import fact
from tests.asking import rows, scoped
from tests.factory import TOWNS, VILLAGES, edition_of

OWN, ELSEWHERE = VILLAGES[0], VILLAGES[2]
NOVEMBER = Period(datetime(2026, 11, 1).date(), datetime(2026, 12, 1).date())


@pytest.fixture
def edition(home: Home) -> Edition:
    at = datetime(2026, 11, 2, 9)
    cases = [
        {"key": "far", "area": ELSEWHERE, "registered_at": at, "reporter": "somebody"},
        {"key": "near", "area": OWN, "registered_at": at},
        {"key": "a", "area": OWN, "registered_at": at, "parent": "far", "repeat_of": "near"},
        {"key": "b", "area": OWN, "registered_at": at, "parent": "near", "repeat_of": "far"},
        {"key": "c", "area": OWN, "registered_at": at, "parent": "not delivered"},
        {"key": "d", "area": OWN, "registered_at": at.replace(day=3), "reporter": "somebody"},
    ]
    return edition_of(home, cases, datetime(2026, 11, 22, 8))


def links(edition: Edition) -> dict[str, tuple[object, object]]:
    selected = rows(edition, "intake", OWN, NOVEMBER).astype(object)
    selected = selected.where(selected.notna(), None)
    return {row.key: (row.parent, row.repeat_of) for row in selected.itertuples()}


def test_rows_name_linked_cases_of_granted_areas_only(edition: Edition) -> None:
    all_links = links(edition)
    assert (all_links["a"], all_links["b"]) == (("far", "near"), ("near", "far"))
    town = links(edition.scoped(((TOWNS[0], TOWNS[0] + 1000),)))
    assert town["a"] == (HIDDEN, "near")
    assert town["b"] == ("near", HIDDEN)
    assert (town["c"], town["near"]) == (("not delivered", None), (None, None))


def test_one_case_hides_the_same_keys(edition: Edition) -> None:
    narrow = edition.scoped(((OWN, OWN + 1),))
    for key, links_ in {"a": (HIDDEN, "near"), "b": ("near", HIDDEN), "c": ("not delivered", None)}.items():
        case = fact(narrow, "cases", "hotline", key)
        assert case is not None
        assert (case["parent"], case["repeat_of"]) == links_


def test_hidden_earlier_case_of_the_same_caller_is_marked(edition: Edition) -> None:
    case = fact(scoped(edition), "cases", "hotline", "d")
    assert case is not None
    assert [earlier(edition.scoped(scope), case).visible for scope in (((OWN, OWN + 1),), ((0, 10**12),))] == [  # type: ignore[union-attr]
        False,
        True,
    ]
