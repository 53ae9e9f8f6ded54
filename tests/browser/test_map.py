"""The map in a browser: labels that do not overlap, a legend that filters, keyboard access to every area."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from cockpit.server import assets

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
NAMES = st.text("临江沙洲镇街道办事处村社区Wardl ", min_size=1, max_size=9)
KEYS = st.sampled_from(["red", "amber", "green", "none", "small", "absent", "step0", "step4"])
SIDE = 20
"""Areas are cut out of a square of so many degrees."""
TOWN = 990101001000
DARK = "embed_options=dark_theme"

DRAW = """([data, features, width, height, line]) => {
  document.body.innerHTML = `<div class="root" style="font: 15px sans-serif"></div>`
  const root = document.querySelector(".root"), measure = measurer(root)
  root.innerHTML = picture(data, features, { width, height, line, measure })
  for (const text of root.querySelectorAll("text")) text.setAttribute("font-family", getComputedStyle(root).fontFamily)
  for (const text of root.querySelectorAll("text.name")) text.setAttribute("font-weight", "600")
  for (const text of root.querySelectorAll("text")) text.setAttribute("text-anchor", "middle")
  return [...root.querySelectorAll("text")].map(text => {
    const { x, y, width, height } = text.getBBox(), size = Number(text.getAttribute("font-size"))
    return { text: text.textContent, css: text.getAttribute("class"), size, box: [x, y, x + width, y + height] }
  })
}"""
FOCUSED = """() => {
  let element = document.activeElement
  while (element.shadowRoot) element = element.shadowRoot.activeElement
  return element.dataset.at.split(" ").map(Number)
}"""
FILLS = """all => all.map(path => {
  const { fill, strokeDasharray } = getComputedStyle(path)
  return [path.parentElement.dataset.key, fill, strokeDasharray]
})"""
SHOWN = ".area:not(.dim)"


@pytest.fixture(scope="module")
def drawing(browser: Browser) -> Iterator[Page]:
    """An empty page with the functions of the map."""
    page = browser.new_page()
    files = [assets.COMPONENTS / "shared.js", *assets.parts("areamap"), assets.components()["areamap"]]
    source = "".join(file.read_text("utf-8") for file in files).split("export default")[0]
    page.evaluate(f"() => {{ {source}; Object.assign(window, {{ picture, measurer }}) }}")
    yield page
    page.close()


def feature(code: int, name: str, area: shapely.Geometry) -> dict[str, Any]:
    anchor = shapely.get_coordinates(shapely.maximum_inscribed_circle(area))[0].tolist() if area.area else None
    about = {"name": name, "short": name[:2], "lon": None, "lat": None, "anchor": anchor}
    return {"id": str(code), "properties": about, "geometry": shapely.geometry.mapping(area)}


def tiling(points: list[tuple[int, int]]) -> list[shapely.Geometry]:
    """The square cut into the parts that are nearest to each point."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shapely.box(0, 0, SIDE, SIDE))
    square = shapely.box(0, 0, SIDE, SIDE)
    return [cell for cell in shapely.get_parts(shapely.intersection(cells.geoms, square)) if cell.area]


@st.composite
def districts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Areas side by side or, as in a list without outlines, as points; with names and keys."""
    at = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE))
    points = draw(st.lists(at, min_size=2, max_size=40, unique=True))
    areas = draw(st.sampled_from([tiling, lambda points: [shapely.Point(point) for point in points]]))(points)
    return [feature(code, draw(NAMES), area) for code, area in enumerate(areas)]


def overlap(one: list[float], other: list[float]) -> bool:
    """By more than a pixel: glyphs have an edge of their own."""
    return all(one[i] < other[i + 2] - 1 and other[i] < one[i + 2] - 1 for i in (0, 1))


@settings(max_examples=60, deadline=None)
@given(districts(), st.data(), st.sampled_from([(390, 370), (640, 430), (1200, 700)]), st.sampled_from([15, 20, 25]))
def test_no_two_names_overlap(
    drawing: Page, features: list[dict[str, Any]], data: st.DataObject, size: tuple[int, int], line: int
) -> None:
    keys = data.draw(st.lists(KEYS, min_size=len(features), max_size=len(features)))
    areas = {
        matches["id"]: {"name": matches["properties"]["name"], "value": "1", "href": "/x", "key": key}
        for matches, key in zip(features, keys, strict=True)
    }
    fields = {"areas": areas, "points": [], "title": "", "none": "", "demo": "演示数据", "stops": True, "legend": []}
    drawn = drawing.evaluate(DRAW, [fields, features, *size, line])
    names = [text for text in drawn if len(text["text"].strip()) > 1 or text["css"] == "demo"]
    assert min(text["size"] for text in names) >= 11
    assert any(text["css"] == "demo" for text in names), "the mark of invented data is always there"
    for one in names:
        assert -2 <= one["box"][0] <= one["box"][2] <= size[0] + 2, one
        assert not [other for other in drawn if other is not one and overlap(one["box"], other["box"])], one


def district(page: Page) -> Page:
    page.locator(".map text.name").first.wait_for()
    return page


@pytest.mark.parametrize("width", [390, 1400])
def test_every_town_has_its_name_and_its_shape(address: str, open_page: Open, width: int) -> None:
    page = district(open_page(f"{address}/?metric=on_time_rate", width=width))
    names = page.locator(".map text.name").all_text_contents()
    assert len(names) == page.locator(".map .area").count() == 22
    assert all(re.fullmatch(r"[▲◆●○]\w{2,}", name) for name in names)
    sizes = page.locator(".map text.name").evaluate_all("all => all.map(e => Number(e.getAttribute('font-size')))")
    assert min(sizes) >= 11


@pytest.mark.parametrize("query", ["metric=on_time_rate", f"metric=closed&{DARK}"], ids=["states", "steps in dark"])
def test_a_legend_entry_dims_the_other_areas_until_all_are_chosen(address: str, open_page: Open, query: str) -> None:
    page = district(open_page(f"{address}/?{query}"))
    entry = page.locator(".picks button:not([data-pick=''])").filter(has_not=page.locator("b:text-is('0')")).last
    key, count = entry.get_attribute("data-pick"), int(entry.locator("b").inner_text())
    expect(page.locator(SHOWN)).to_have_count(22)
    entry.focus()
    page.keyboard.press("Space")
    expect(entry).to_have_attribute("aria-pressed", "true")
    expect(page.locator(SHOWN)).to_have_count(count)
    assert {shown.get_attribute("data-key") for shown in page.locator(SHOWN).all()} == {key}
    expect(page.locator(".area.dim").first).to_have_css("opacity", "0.15")
    page.set_viewport_size({"width": 1100, "height": 900})  # redrawn, still filtered
    expect(page.locator(SHOWN)).to_have_count(count)
    everything = page.locator("[data-pick='']")
    expect(everything).to_have_attribute("aria-pressed", "false")
    everything.click()
    expect(page.locator(SHOWN)).to_have_count(22)
    expect(everything).to_have_attribute("aria-pressed", "true")


def test_a_filter_of_cases_leaves_the_outline_of_the_village(drawing: Page) -> None:
    village = feature(1, "新河村", shapely.box(0, 0, 1, 1))
    points = [{"lon": 0.2, "lat": 0.2, "text": "x", "href": "/x", "key": key} for key in ("red", "none")]
    data = {"areas": {}, "points": points, "title": "", "none": "", "demo": "", "stops": True, "legend": []}
    drawing.evaluate(DRAW, [data, [village], 390, 300, 15])
    assert drawing.locator("[data-key]").evaluate_all("all => all.map(e => e.dataset.key)") == ["red", "none"]
    assert drawing.locator(".area.plain path").count() == 1
    assert drawing.locator("text.name").count() == 0


def test_outline_of_the_selected_area_is_above_its_neighbours(address: str, open_page: Open) -> None:
    page = district(open_page(address))
    areas = page.locator(".map a.area")
    areas.nth(3).hover()
    assert page.locator(".over").get_attribute("d") == areas.nth(3).locator("path").get_attribute("d")
    assert page.locator(".over").evaluate("e => !e.nextElementSibling?.matches('.area')")
    page.mouse.move(5, 5)
    expect(page.locator(".over")).to_have_attribute("d", "")


def test_arrows_lead_from_area_to_area_and_enter_opens(address: str, open_page: Open) -> None:
    page = district(open_page(address))
    page.locator(".map a.area").first.focus()
    before = page.evaluate(FOCUSED)
    moved = 0
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, 1), ("ArrowUp", 1, -1)):
        page.keyboard.press(key)
        after = page.evaluate(FOCUSED)
        if after != before:
            assert (after[axis] - before[axis]) * sign > 0
            moved += 1
        before = after
    assert moved >= 2
    words = page.locator(".tip").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".crumbs a")).to_have_count(1)
    assert page.locator(".crumbs b").inner_text() in words


def test_a_small_sample_is_hatched_and_no_data_is_an_empty_dashed_outline(address: str, open_page: Open) -> None:
    page = district(open_page(f"{address}/?area={TOWN}&metric=satisfaction_rate"))
    fills = page.locator(".area path").evaluate_all(FILLS)
    kinds = {key: (fill, dashes) for key, fill, dashes in fills}
    assert {"small", "absent"} <= set(kinds)
    assert "url(" in kinds["small"][0]
    assert all("url(" not in fill for key, (fill, _) in kinds.items() if key != "small")
    assert all((dashes != "none") is (key == "absent") for key, (_, dashes) in kinds.items())


def test_on_paper_the_map_is_black_on_white(address: str, open_page: Open) -> None:
    page = district(open_page(f"{address}/?metric=on_time_rate&{DARK}"))
    page.emulate_media(media="print")
    inks = page.locator("text.name").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    fills = page.locator(".area path").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    page.emulate_media(media="screen")
    assert set(inks) == {"rgb(0, 0, 0)"}
    greys = [re.findall(r"\d+", fill) for fill in fills if fill.startswith("rgb")]
    assert all(len(set(grey)) == 1 and int(grey[0]) >= 160 for grey in greys)


@pytest.mark.parametrize("width", [390, 1200])
def test_a_very_long_name_leaves_the_others_their_place(drawing: Page, width: int) -> None:
    squares = [shapely.box(x, y, x + SIDE / 2, y + SIDE / 2) for x in (0, SIDE / 2) for y in (0, SIDE / 2)]
    features = [feature(code, "临江" * 2, square) for code, square in enumerate(squares)]
    features[0]["properties"] |= {"name": "示范村民委员会" * 12, "short": "示范村民委员会" * 12}
    areas = {one["id"]: {**one["properties"], "value": "1", "href": "/x", "key": "red"} for one in features}
    fields = {"areas": areas, "points": [], "title": "", "none": "", "demo": "", "stops": True, "legend": []}
    names = [one for one in drawing.evaluate(DRAW, [fields, features, width, 430, 15]) if len(one["text"]) > 1]
    assert len(names) == 4
    (cut,) = (one for one in names if "…" in one["text"])
    assert cut["box"][2] - cut["box"][0] <= width / 2
