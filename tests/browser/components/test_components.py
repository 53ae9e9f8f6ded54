"""Scripts of components: no name, title or note of the data can become part of a page's code; ages in plain units."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from cockpit.components import base
from cockpit.components.charts.areamap import Entry, MapArea, MapPoint
from cockpit.components.charts.bars import Bar
from cockpit.components.charts.ranking import RankingRow
from cockpit.components.charts.timeline import Stage
from cockpit.components.lists.todo import Card, Count
from cockpit.components.navigation.chooser import Option
from cockpit.components.status.tiles import Tile
from cockpit.components.status.today import Head, Held, Item, Line
from cockpit.drawing.charts import Drawn, Point, Tick
from cockpit.server import assets

BAD = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>${1}`"
WORDS = {"done": BAD, "late": BAD, "now": BAD, "overdue": BAD, "todo": BAD}
TILE = Tile(BAD, BAD, BAD, BAD, BAD, BAD, "bad", "red", BAD, BAD, ((BAD, BAD),), trend=(1, None, 2))
BAR = Bar(BAD, 3, BAD, BAD, "red", BAD)
ITEM = Item(BAD, BAD, BAD)
STAGE = Stage(BAD, BAD, "done", BAD, BAD)
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
MAP = {
    "areas": {"1": MapArea(1, BAD, BAD, BAD, "red")}, "points": [MapPoint(0, 0, BAD, BAD, "red")],
    "legend": [Entry("red", BAD, 1, BAD)], "title": BAD, "none": BAD, "note": BAD, "demo": BAD, "stops": True,
    "all": BAD, "pick": BAD,
}  # fmt: skip
FEATURES = [
    {
        "id": code,
        "properties": {"name": BAD, "short": BAD, "lon": None, "lat": None, "anchor": [0.3, 0.7]},
        "geometry": SQUARE,
    }
    for code in ("1", "2")
]
FRAME = "{ width: 4000, height: 3000, line: 15, measure: text => 9 * text.length }"
HEADER = {
    "product": BAD, "home": BAD, "paper": BAD, "crumbs": [{"text": BAD, "href": BAD}] * 2, "demo": BAD,
    "other": {"text": BAD, "href": BAD},
    "stamp": BAD, "fresh": [{"state": "red", "text": BAD}], "data": BAD,
    "find": {"label": BAD, "url": BAD, "page": BAD, "value": BAD, "none": BAD, "failed": BAD, "all": BAD},
    "menus": [{"label": BAD, "value": BAD, "items": [{"text": BAD, "href": BAD, "chosen": True}],
               "custom": {"from": "2026-11-01", "to": "2026-11-02", "words": [BAD] * 3, "href": BAD}}],
    "pages": [{"text": BAD, "href": BAD}], "switches": [{"text": "A+", "label": BAD, "href": BAD}],
    "words": {"menu": BAD, "dark": BAD, "light": BAD, "print": BAD},
}  # fmt: skip
CHOOSER_WORDS = ("chosen", "all", "find", "none", "full", "empty", "save", "reset", "add", "up", "down", "drop")
DRAWN: dict[str, tuple[str, list[Any]]] = {
    "tiles": ("draw(data)", [{"tiles": [TILE], "words": {"passport": BAD, "detail": BAD, "good": BAD, "bad": BAD}}]),
    "ranking": (
        'draw(data, ["value", true])',
        [{"ranked": [RankingRow(BAD, BAD, BAD, BAD, BAD, BAD, "good", "red", BAD, bounds=(50, 40, 60))],
          "apart": [RankingRow(BAD, BAD, BAD, note=BAD), RankingRow(BAD, BAD, BAD, note=BAD, empty=True)],
          "title": BAD, "height": 400, "words": {"columns": [BAD] * 5, "apart": BAD, "comma": BAD, "sort": BAD}}],
    ),
    "today": (
        "draw(data)",
        [{"label": BAD, "lines": [{**asdict(Line(BAD, BAD, [ITEM] * 2, "red", BAD, BAD, 1)), "more": BAD}],
          "head": Head(BAD, BAD, BAD, Held(BAD, BAD, BAD), BAD, [(BAD, BAD)]), "words": {"holder": BAD}}],
    ),
    "bars": (
        "draw(data)",
        [{"bars": [BAR, replace(BAR, pick=BAD, chosen=True), BAR], "full": 0, "most": 2,
          "words": {"more": BAD, "rows": BAD, "pick": BAD, "drop": BAD}}],
    ),
    "waterfall": ("draw(data)", [{"start": BAR, "steps": [BAR], "end": BAR}]),
    "linechart": (
        "draw(data)",
        [{"lines": [Drawn(BAD, "now", (0.1, None, 0.9), BAD), Drawn(BAD, "before", (0.5,), "")], "rows": [Tick(0, BAD)],
          "points": [Point(0, BAD, BAD), Point(0.5, BAD, ""), Point(1, BAD, BAD)], "days": [Tick(0, BAD)],
          "limits": [Tick(0.5, BAD, "red")], "events": [Tick(0.3, BAD)], "label": BAD, "height": 200}],
    ),
    "timeline": ("draw(data)", [{"stages": [STAGE], "words": WORDS}]),
    "todo": (
        "draw(data)",
        [{"cards": [Card(BAD, BAD, BAD, "red", BAD, (BAD,), (STAGE,))], "counts": [Count(BAD, BAD, "red", BAD)],
          "empty": BAD, "words": WORDS}],
    ),
    "areamap": (f"picture(data, {json.dumps(FEATURES)}, {FRAME}) + legend(data, new Set())", [MAP]),
    "header": ("draw(data, false)", [HEADER]),
    "chooser": (
        "draw(data) + item(data.options[0], 1, 3, data.words) + offer(data.options[0], false, data.words)",
        [{"options": [Option(BAD, BAD, BAD, BAD)], "words": dict.fromkeys(CHOOSER_WORDS, BAD)}],
    ),
    "wall": ("draw(data)", [{"name": BAD, "stamp": BAD, "demo": BAD}]),
}  # fmt: skip


def source_of(name: str) -> str:
    """What a component's script defines."""
    files = [assets.COMPONENTS / "shared.js", *assets.parts(name), assets.components()[name]]
    return "".join(file.read_text("utf-8") for file in files).split("export default")[0]


@pytest.mark.parametrize("name", DRAWN)
def test_hostile_texts_stay_texts(browser: Browser, name: str) -> None:
    call, (data,) = DRAWN[name]
    page = browser.new_page()
    script = f"data => {{ {source_of(name)}; document.body.innerHTML = {call}; return document.body.innerHTML }}"
    html = page.evaluate(script, base.plain(data))
    elements = page.evaluate("[...document.querySelectorAll('*')].map(e => e.localName)")
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    page.close()
    assert html.count("alert(1)") > 1, "the hostile text is not shown at all"
    assert not {"img", "script"} & set(elements)
    assert handlers == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "0 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (172_799, "47 h"),
        (172_800, "2 days"),
        (478_573_200, "5539 days"),
    ],
)
def test_a_wall_says_the_age_of_its_data_in_the_unit_that_fits(browser: Browser, seconds: int, expected: str) -> None:
    page = browser.new_page()
    call = "howOld(age, ['{n} min', '{n} h', '{n} days'])"
    assert page.evaluate(f"age => {{ {source_of('wall')}; return {call} }}", seconds) == expected
    page.close()


def test_a_long_word_pushes_no_column_of_a_table_off_the_screen(browser: Browser) -> None:
    css = (assets.COMPONENTS / "lists" / "table.css").read_text("utf-8")
    cells = "".join(f"<td><span>{text}</span></td>" for text in ("甲", "z" * 500, "乙", "丙"))
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    page.set_content(
        f'<style>{css}</style><div class="root"><div class="scroll"><table><tr>{cells}</tr></table></div></div>'
    )
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.scroll'))")
    page.close()


@pytest.mark.parametrize(("low", "below"), [(0.2, 0), (0.9, 1)])
def test_words_of_limits_that_lie_close_do_not_lie_on_each_other(browser: Browser, low: float, below: int) -> None:
    limits = [Tick(low, "< 95", "red"), Tick(0.95, "≥ 99", "green"), Tick(0.97, "98", "mean")]
    (given,) = DRAWN["linechart"][1]
    script = f"data => {{ {source_of('linechart')}; document.body.innerHTML = bounds(data) }}"
    page = browser.new_page()
    page.evaluate(script, base.plain({**given, "limits": limits}))
    assert page.locator(".bound").all_inner_texts() == ["≥ 99", "< 95"]
    assert page.locator(".below").count() == below
    page.close()
