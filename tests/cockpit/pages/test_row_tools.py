"""Rows with chosen columns, filter menus and selections: display, navigation and export."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cockpit import settings
from cockpit.access import visitors
from cockpit.actions import own
from cockpit.actions.action import OPERATOR
from cockpit.panels.picks import write_picks
from cockpit.screens.listing import row_tools, rows
from cockpit.view import BadParameter, View
from data.desk.identity import accounts
from metrics.rows import Selection, count_rows
from metrics.rows import rows as facts
from tests.cockpit.pages.conftest import Screen, drawn, parameters, words
from tests.factory import TOWNS, VILLAGES


def shown(screen: Screen, **requested: object) -> dict[str, Any]:
    return drawn(screen("rows", metric="backlog", **requested), "table")[0]


def headings(table: dict[str, Any]) -> list[str]:
    return [column["text"] for column in table["columns"]]


def test_selected_rows_are_shown_and_walked_through_alone(screen: Screen) -> None:
    table = shown(screen)
    ids = table["picks"]["ids"][1:4]
    alone = shown(screen, pick=",".join(ids))
    assert sorted(alone["picks"]["ids"]) == sorted(ids)
    case = parameters(alone["rows"][0][0]["href"])
    assert drawn(screen("case", **case), "listnav")[0]["place"] == "第 1 件，共 3 件"
    kinds = {action["kind"]: action["href"] for action in table["picks"]["actions"]}
    assert set(kinds) == {"walk", "open", "copy", "file"}
    assert urlsplit(kinds["file"]).path == "/files/rows.csv"
    assert dict(parse_qsl(urlsplit(kinds["file"]).query))["metric"] == "backlog"


@pytest.mark.parametrize("pick", ["x", "hotline/", "/H001", "a/b,", ",".join(f"hotline/{i}" for i in range(51))])
def test_a_bad_selection_is_refused_in_words(view: Callable[..., View], pick: str) -> None:
    with pytest.raises(BadParameter):
        rows.read(view(metric="backlog"), {"pick": pick})


@pytest.mark.parametrize("key", ["H,1/2", "件 %2C", "'; DROP TABLE cases; --", "a&b=c#d"])
def test_any_key_can_be_selected(key: str) -> None:
    named = write_picks([("hot line", key)])
    assert named is not None
    assert row_tools.read_picks(named) == (("hot line", key),)


def test_a_selection_adds_no_row_to_a_number(view: Callable[..., View]) -> None:
    """What the number does not count, or lies elsewhere, is not there however it is named."""
    here = view(metric="backlog", area=VILLAGES[0])
    every = facts(view(metric="backlog").query)
    identities = tuple(zip(every["source"], every["key"], strict=True))[:40]
    inside = facts(here.query)
    both = set(identities) & set(zip(inside["source"], inside["key"], strict=True))
    assert count_rows(here.query, Selection(only=identities)) == len(both) < len(identities)


def test_columns_come_from_the_address_else_from_the_account(screen: Screen) -> None:
    usual = headings(shown(screen))
    assert headings(shown(screen, cols="unit,place")) == ["标题", "责任单位", "地点"]
    name = "leader-data_officer-990000000000"
    desk = visitors.desk()
    account = accounts.named(desk, name).id
    own.choose_columns(desk, OPERATOR, account, "cases", ["place", "gone"])
    try:
        assert headings(shown(screen)) == ["标题", "地点"]
        assert headings(shown(screen, cols="unit")) == ["标题", "责任单位"]
    finally:
        own.choose_columns(desk, OPERATOR, account, "cases", [])
    assert headings(shown(screen)) == usual
    assert settings.current().demo is False


def test_unknown_and_private_columns_are_refused(view: Callable[..., View]) -> None:
    for name in ("reporter", "nonsense", "title;drop"):
        with pytest.raises(BadParameter):
            rows.read(view(metric="backlog"), {"cols": name})


def test_menus_filter_by_unit_and_category(screen: Screen) -> None:
    for metric, label in (("backlog", "责任单位"), ("intake", "类别")):
        (menu,) = drawn(screen("rows", metric=metric), "rowbar")[0]["menus"]  # the other column has one group alone
        assert menu["label"] == label
        _every, first, *_others = menu["items"]
        table = drawn(screen("rows", **parameters(first[1])), "table")[0]
        at = headings(table).index(label)
        assert {row[at]["text"] for row in table["rows"]} == {first[0]}


def test_mine_is_offered_only_with_a_unit_of_ones_own(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "我的" not in words(screen("rows", metric="backlog"))
    own_unit = row_tools.Own
    monkeypatch.setattr(row_tools, "own_of", lambda view: own_unit(view.area, "区城管局"))
    page = screen("rows", metric="backlog", mine=1)
    assert "我的：区城管局" in words(page)
    at = headings(drawn(page, "table")[0]).index("责任单位")
    assert {row[at]["text"] for row in drawn(page, "table")[0]["rows"]} == {"区城管局"}
    assert TOWNS
