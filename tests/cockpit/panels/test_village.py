"""A village: what runs out first, its units and places, its merger, its publicity list."""

from urllib.parse import urlsplit

import pandas as pd
import pytest

from cockpit.panels import answers
from cockpit.panels.kinds import points, publicity, todo
from metrics.cases.casefile import Contact
from tests.asking import answer
from tests.cockpit.panels.conftest import MERGED, Screen, See
from tests.drawn import html
from tests.factory import VILLAGES


def test_a_village_begins_with_what_runs_out_first(see: See) -> None:
    view = see(area=VILLAGES[0])
    cards = todo.cards(view)
    assert [card.title for card in cards] == [f"在办 {i}" for i in range(5)]
    assert [card.state for card in cards] == ["red", "amber", "none", "none", "none"]
    assert [card.clock for card in cards] == ["超期 2 天", "今日 13:00 到期", "还有 2 天", "还有 9 天", ""]
    assert [stage.state for stage in cards[0].stages] == ["done", "overdue"]
    assert [(count.text, count.n) for count in todo.counts(view)] == [
        ("在办", "5"), ("环节超期", "1"), ("今日到期", "1"), ("三日内", "1"),
    ]  # fmt: skip
    assert urlsplit(cards[0].href).path == "/case"


def test_a_villages_cards_lead_to_the_units_telephone_and_the_place(see: See, monkeypatch: pytest.MonkeyPatch) -> None:
    view = see(area=VILLAGES[0], size="l")
    todo_frame = answers.to_do(todo.todo_query(view))[0]
    unit = next(name for name in todo_frame.unit if isinstance(name, str))
    contact = Contact(unit, "committee", "值班、0571-8123 4567、0571-99999999")
    monkeypatch.setattr(todo, "contacts", lambda edition, area, names: {unit: contact} if unit in names else {})
    own = todo.own_cards(view)
    for row, card in zip(todo_frame.itertuples(), todo.cards(view), strict=False):
        ways = dict(card.ways)
        located = pd.notna(row.lat) and pd.notna(row.lon)
        assert (ways.get("导航") == f"geo:{row.lat:.6f},{row.lon:.6f}") if located else "导航" not in ways
        assert any(href == "tel:057181234567" for href in ways.values()) == (row.unit == unit)
        if len(todo_frame) <= todo.MOST_CARDS:
            assert (card in own) == (row.unit == unit or not isinstance(row.unit, str))


def test_a_village_maps_its_open_cases(see: See) -> None:
    shown = points.case_points(see(area=VILLAGES[0]))
    assert [point.key for point in shown] == ["red", "amber", "none", "none", "none"]
    assert [(entry.key, entry.count) for entry in points.legend(shown)] == [("red", 1), ("amber", 1), ("none", 3)]
    assert shown[0].text == "在办 0 超期 2 天"


def test_a_merged_village_says_where_it_went_and_keeps_its_record(screen: Screen, see: See) -> None:
    text = html(screen(area=MERGED))
    assert "小塘村自 2026-09-01 起并入苇塘村" in text
    assert f"area={VILLAGES[2]}" in text
    july = see(area=MERGED, **{"from": "2026-07-01", "to": "2026-08-01"}, metric="closed")
    assert answers.summaries(july.ask("closed"))["closed"].now.value == 1


def test_publicity_list_has_closed_cases_and_no_personal_data(see: See) -> None:
    view = see(area=VILLAGES[2])
    closed = answers.closed_cases(view.ask("closed"), publicity.MOST_ROWS)
    shown = [cell for row in closed.itertuples() for cell in publicity.cells(row, "Asia/Shanghai")]
    assert len(closed) == answer(view.edition, ["closed"], VILLAGES[2], view.period)["value"].item() > 0
    assert not any("张三" in cell or "解放路" in cell for cell in shown)
