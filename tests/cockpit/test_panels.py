"""A cockpit shows the numbers of its area, the worst first, and each part of it leads to what it counted."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cockpit import filters, i18n, settings
from cockpit.access.policy import OPERATOR, Grants
from cockpit.access.visitors import Visitor
from cockpit.components.status.tiles import Tile
from cockpit.panels import answers, layouts
from cockpit.panels.kinds import alerts, areas, breakdowns, points, publicity, todo, trend
from cockpit.panels.kinds import headline as headlines
from cockpit.panels.kinds.tiles import TilesPanel
from cockpit.screens import wall
from cockpit.settings import Settings
from cockpit.view import View, read
from data.desk import clock
from data.desk.identity.sessions import Session
from data.home import Home
from metrics.analysis.reds import Red
from metrics.cases.casefile import Contact
from metrics.period import Period
from tests.asking import answer, count_rows
from tests.drawn import html
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, edition_of

MAIN = str(Path(__file__).parents[2] / "cockpit" / "main.py")
AS_OF = datetime(2026, 11, 22, 8)
MERGED = 990101101202
PLACES = (
    *({**area, "kind": kind} for area, kind in zip(AREAS, ("区", "街道", "镇", "村", "村", "村"), strict=True)),
    {
        "code": MERGED, "name": "小塘村", "level": "village", "kind": "村",
        "valid_from": "2010-01-01", "valid_to": "2026-09-01", "merged_into": VILLAGES[2],
    },
)  # fmt: skip
DAY = timedelta(days=1)
METRICS = ("backlog", "on_time_rate", "first_response_median", "three_rate_score", "site_health")
See = Callable[..., View]
Screen = Callable[..., AppTest]


def _cases() -> Iterator[dict[str, object]]:
    """Sixty closed cases in each town, late in the second one; open ones of every urgency in the first village."""
    for i in range(120):
        town, start = TOWNS[i % 2], datetime(2026, 10, 14, 9) + i * timedelta(hours=6)
        late = i % 2 and i % 4 == 1
        yield {
            "area": (VILLAGES[i % 4 // 2] if town == TOWNS[0] else VILLAGES[2]), "registered_at": start,
            "accepted_at": start, "due_at": start + 3 * DAY, "closed_at": start + (5 if late else 1) * DAY,
            "category": f"类别{i % 11}", "unit": "城管" if i % 3 else "住建",
            "title": f"张三家门口 {i}", "place": f"解放路 {i} 号",
            "lon": 119.9, "lat": 30.2, "reached": True, "solved": True, "satisfied": i % 5 > 0,
        }  # fmt: skip
    for i, due in enumerate((-2 * DAY, timedelta(hours=5), 2 * DAY, 9 * DAY, None)):
        yield {
            "area": VILLAGES[0], "title": f"在办 {i}", "registered_at": datetime(2026, 11, 18, 9 + i),
            "due_at": AS_OF + due if due is not None else None, "lon": 119.9 + i / 1000, "lat": 30.2, "unit": "城管",
        }  # fmt: skip
    for i in range(20):
        since = datetime(2026, 8, 1, 9) + i * DAY
        yield {"area": VILLAGES[2], "registered_at": since, "due_at": datetime(2026, 11, 20)}
    yield {"area": DISTRICT, "registered_at": datetime(2026, 11, 2, 9), "due_at": datetime(2026, 12, 20)}
    yield {
        "area": MERGED, "registered_at": datetime(2026, 7, 2, 9),
        "closed_at": datetime(2026, 7, 3), "due_at": datetime(2026, 7, 9),
    }  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = Home(tmp_path_factory.mktemp("layouts"), memory="1GB")
    edition_of(home, list(_cases()), AS_OF, places=PLACES)
    return settings.load(home=home.root)


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with i18n.using("zh"):
        yield


@pytest.fixture
def see(config: Settings) -> See:
    """The view of a URL's parameters."""
    return lambda **parameters: read({name: str(value) for name, value in parameters.items()}, config)


@pytest.fixture
def screen(config: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Runs the cockpit with URL parameters."""

    def run(**parameters: object) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(config.home))
        settings.current.cache_clear()
        app = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        return app.run()

    yield run
    settings.current.cache_clear()


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


def panel_of(view: View) -> TilesPanel:
    """The tiles of a layout."""
    return next(panel for panel in view.layout.panels if isinstance(panel, TilesPanel))


def split_of(view: View, by: str) -> breakdowns.SplitPanel:
    return next(p for p in view.layout.panels if isinstance(p, breakdowns.SplitPanel) and p.split == by)


def tiles_of(view: View) -> tuple[Tile, ...]:
    return panel_of(view).tiles(view)


def counted(view: View, href: str) -> int:
    """How many facts the rows page of a link shows."""
    parsed = parameters(href)
    assert urlsplit(href).path == "/rows"
    low, _, high = parsed.get("age", "").partition("-")
    start, end = parsed.get("from"), parsed.get("to")
    period = Period(date.fromisoformat(start), date.fromisoformat(end)) if start and end else view.period
    return count_rows(
        view.edition, parsed["metric"], int(parsed.get("area", view.area.code)), period,
        where=dict(filters.read(parsed)),
        age=(float(low), float(high) if high else None) if low else None,
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("area", [DISTRICT, TOWNS[1], VILLAGES[0], VILLAGES[1], MERGED])
def test_every_level_is_drawn_whatever_the_metric(screen: Screen, area: int, metric: str, lang: str) -> None:
    app = screen(area=area, metric=metric, lang=lang)
    assert not app.exception
    assert 'class="problem"' not in html(app)


@pytest.mark.parametrize("area", [DISTRICT, TOWNS[0], VILLAGES[0]])
def test_a_wall_and_a_publicity_list_are_drawn(screen: Screen, area: int) -> None:
    assert not screen(area=area, wall=1).exception
    assert not screen(area=area, sheet="publicity").exception


@pytest.mark.parametrize("topic", ["", "hotline"])
def test_each_panels_menu_says_what_it_shows(screen: Screen, topic: str) -> None:
    """Screen readers and names of files know the menus and pictures of a screen by it."""
    page = screen(**({"topic": topic} if topic else {}))
    buttons = re.findall(r'<button type="button" class="panel-menu"[^>]*>', html(page))
    names = [label[1] for button in buttons if (label := re.search(r'aria-label="面板菜单: ([^"]+)"', button))]
    assert len(names) == len(buttons) > 5
    assert len(set(names)) == len(names)


def test_second_visit_runs_no_query(screen: Screen) -> None:
    caches = (answers.summaries, answers.parts, answers.line, answers.ageing, answers.mover)
    screen(area=TOWNS[0], metric="closure_rate")
    before = [cache.cache_info().misses for cache in caches]
    screen(area=TOWNS[0], metric="closure_rate", size="l")
    assert [cache.cache_info().misses for cache in caches] == before


def test_tiles_hold_the_numbers_of_the_query(see: See) -> None:
    view = see(area=TOWNS[1])
    frame = answer(view.edition, ["overdue_open"], view.area.code, view.period)
    tile = next(tile for tile in tiles_of(view) if tile.name == "超期未结件数")
    assert tile.value == f"{frame['value'].item():.0f}" == "20"
    assert len(tile.trend) == answers.MONTHS
    assert tile.trend[-1] == 20


def test_a_metric_without_a_source_gives_its_place_and_is_named(see: See) -> None:
    names = [tile.name for tile in tiles_of(see())]
    assert len(names) == panel_of(see()).most
    assert "站点健康" not in names
    assert "首次响应时长" not in names
    assert "受理量" in names
    unfed = {summary.metric.name.zh for summary in panel_of(see()).unfed(see())}
    assert unfed >= {"站点健康", "首次响应时长"}


def test_tile_notes_a_rate_that_hides_late_open_cases(see: See) -> None:
    def note(area: int) -> str:
        tile = next(tile for tile in tiles_of(see(area=area)) if tile.name == "按期办结率")
        return " ".join(text for _label, text in tile.rows)

    assert "办结件中为" in note(TOWNS[1])
    assert "办结件中为" not in note(TOWNS[0])


def test_choosing_a_tile_keeps_area_and_period(see: See) -> None:
    view = see(area=TOWNS[0], **{"from": "2026-10-01", "to": "2026-11-01"}, metric="closure_rate")
    tiles = tiles_of(view)
    assert [tile.name for tile in tiles if tile.chosen] == ["办结率"]
    view_parameters = {"area": str(TOWNS[0]), "from": "2026-10-01", "to": "2026-11-01"}
    assert parameters(tiles[0].href) == {**view_parameters, "metric": "backlog"}
    assert urlsplit(tiles[0].passport).path == "/passport"


def test_the_ranking_has_the_worst_first_and_leads_down(see: See) -> None:
    rows = areas.area_rows(see(metric="on_time_rate"))
    assert [row.name for row in rows][:2] == ["沙洲镇", "北塘街道"]
    assert [row.state for row in rows][:2] == ["red", "green"]
    assert rows[0].interval
    assert rows[0].sample
    assert parameters(rows[0].href)["area"] == str(TOWNS[1])


def test_small_samples_are_marked(see: See) -> None:
    view = see(area=TOWNS[0], metric="on_time_rate", **{"from": "2026-11-01", "to": "2026-11-06"})
    rows = areas.area_rows(view)
    assert all(row.small for row in rows)
    drawn, legend = areas.map_areas(view)
    assert {area.key for area in drawn} == {"small"}
    assert [(entry.key, entry.label, entry.count) for entry in legend] == [("small", "样本不足（少于 10）", len(drawn))]


def test_own_level_facts_are_a_row_of_their_own_and_the_rows_add_up(see: See) -> None:
    view = see()
    parts = answers.parts(view.ask(view.metric.id, by="town"))
    total = answer(view.edition, ["backlog"], DISTRICT, view.period)["value"].item()
    assert sum(part.now.value for part in parts) == total
    own = next(row for row in areas.area_rows(view) if row.name == "区本级")
    assert own.href == ""
    assert "区本级" not in [area.name for area in areas.map_areas(view)[0]]


@pytest.mark.parametrize("area", [DISTRICT, *TOWNS[:2]])
@pytest.mark.parametrize("metric", METRICS)
def test_the_map_has_the_states_of_the_ranking(see: See, area: int, metric: str) -> None:
    """Of all areas below; the ranking has the area's own level as well, which lies nowhere."""
    view = see(area=area, metric=metric)
    drawn, legend = areas.map_areas(view)
    rows = [row for row in areas.area_rows(view) if row.href]
    assert {entry.key: entry.count for entry in legend if entry.count} == Counter(shown.key for shown in drawn)
    assert sum(entry.count for entry in legend) == len(rows) == len(drawn)
    keys = {shown.name: shown.key for shown in drawn}
    assert all(keys[row.name] == row.state for row in rows if row.state != "none")
    assert {name for name, key in keys.items() if key in ("small", "absent")} == {r.name for r in rows if r.small}
    steps = any(key.startswith("step") for key in keys.values())
    assert steps is (not any(row.state != "none" for row in rows) and not all(row.small for row in rows))


def test_limits_colour_the_map_by_state_and_the_legend_says_them(see: See) -> None:
    drawn, legend = areas.map_areas(see(metric="on_time_rate"))
    assert [(area.name, area.key, area.value) for area in drawn] == [
        ("沙洲镇", "red", "31.4 % · 预警"), ("北塘街道", "green", "96.8 % · 正常")
    ]  # fmt: skip
    assert [(e.key, e.label, e.bound, e.count) for e in legend] == [
        ("green", "正常", "目标 ≥ 95 %", 1), ("amber", "关注", "", 0), ("red", "预警", "< 85 %", 1)
    ]  # fmt: skip


def test_a_metric_unknown_below_is_replaced_and_said_so(see: See) -> None:
    view = see(area=TOWNS[0], metric="three_rate_score")
    assert areas.compared(view)[1].id == "backlog"
    assert areas.note(view) == "三率综合分不在村社一级计算"
    assert areas.note(see(metric="three_rate_score")) == ""


def test_each_bar_opens_what_it_counted(see: See) -> None:
    view = see(area=TOWNS[1])
    bars = [
        *breakdowns.age_bars(view),
        *breakdowns.split_bars(view, "category"),
        *breakdowns.split_bars(view, "source"),
    ]
    opened = [bar for bar in bars if bar.href]
    assert sum(bar.value for bar in breakdowns.age_bars(view)) == 20
    assert opened
    assert [counted(view, bar.href) for bar in opened] == [bar.value for bar in opened]


def test_rate_bars_are_proportional_and_show_their_sample(see: See) -> None:
    view = see(metric="on_time_rate")
    bars = breakdowns.split_bars(view, "category")
    assert len(bars) == breakdowns.MOST_BARS + 4
    opened = [bar for bar in bars if bar.href]
    assert [f"样本 {counted(view, bar.href)}" for bar in opened] == [bar.note.split("，")[0] for bar in opened]
    assert [f"{bar.value:.1f} %" for bar in opened] == [bar.text for bar in opened]


def test_each_unit_opens_its_rows(see: See) -> None:
    view = see(metric="closed")
    rows = breakdowns.split_rows(view, "department")
    assert {row.name for row in rows} == {"城管", "住建"}
    assert [f"{counted(view, row.rows)} 件" for row in rows] == [row.value for row in rows]


def test_a_day_of_the_trend_opens_that_day(see: See) -> None:
    view = see(metric="intake")
    chart = trend.trend_chart(view)
    values = answers.line(view.query).now.values
    assert len(chart.points) == 22
    assert [counted(view, point.href) for point in chart.points] == [value or 0 for value in values]


def test_trend_omits_past_periods_without_data(see: See) -> None:
    lines = trend.trend_chart(see(metric="intake")).lines
    assert [(line.name, line.unfinished) for line in lines] == [("本期", "未完，截至 08:00"), ("上期", "")]


def test_the_unfinished_day_says_so_and_a_finished_one_does_not(see: See) -> None:
    chart = trend.trend_chart(see(metric="backlog"))
    assert chart.lines[0].unfinished
    assert ["未完" in point.text for point in chart.points] == [False] * 21 + [True]
    over = see(metric="backlog", **{"from": "2026-10-01", "to": "2026-11-01"})
    assert "未完" not in str(trend.trend_chart(over))


def test_a_period_without_data_is_grey_on_every_panel(see: See) -> None:
    view = see(**{"from": "2027-01-05", "to": "2027-02-11"})
    assert [(line.mark, line.label, line.state) for line in alerts.lines(view)] == [("○", "本时段没有数据", "none")]
    assert {tile.state for tile in tiles_of(view)} == {"none"}
    assert {tile.value for tile in tiles_of(view)} == {"无数据"}
    assert not areas.has_values(view)
    assert not breakdowns.split_bars(view, "category")
    assert not breakdowns.split_rows(view, "department")


def test_point_of_the_past_shows_its_own_day(see: See) -> None:
    now, before = trend.trend_chart(see(metric="intake")).points[2].text.split("\n")
    assert "2026-11-03" in now
    assert "2026-10-03" in before


def test_the_year_before_a_year_is_drawn_once(see: See) -> None:
    view = see(metric="intake", **{"from": "2026-01-01", "to": "2027-01-01"})
    assert view.against == view.asking(comparison="last_year").against
    line = answers.line(view.query)
    assert line.previous == line.last_year
    assert len(line.now.buckets) == 47
    names = [line.name for line in trend.trend_chart(view).lines]
    assert len(names) == len(set(names)) < 3


def test_months_before_the_first_case_are_a_gap_not_zero(see: See) -> None:
    view = see()
    months = answers.summaries(view.ask("backlog", "intake"))["backlog"].trend
    assert [value is None for value in months] == [True] * 8 + [False] * 5


def test_a_period_outside_the_data_does_not_say_that_sources_lack(screen: Screen) -> None:
    page = screen(**{"from": "2030-01-01", "to": "2030-02-01"})
    assert "本时段没有数据" in html(page)
    assert "尚无来源" not in html(page)


def test_a_metric_that_nothing_feeds_leaves_no_empty_panels(screen: Screen, see: See) -> None:
    view = see(metric="site_health")
    assert not areas.has_values(view)
    assert not trend.has_trend(view)
    assert "本期没有一个镇街有这项指标的数据" in html(screen(metric="site_health"))


def test_a_score_made_of_others_has_no_rows_to_open(see: See) -> None:
    assert not any(point.href for point in trend.trend_chart(see(metric="three_rate_score")).points)


def test_the_headline_and_the_lines_under_it_name_each_red_once_with_its_ways_in(see: See) -> None:
    view = see()
    every, head = answers.reds(view.ask()), alerts.headline(view)
    assert head
    assert head.strong == headlines.subject(view, every[0])
    assert view.compared in head.moved
    assert {urlsplit(href).path for _text, href in head.links} <= {"/rows", "/why", "/site"}
    leader = Visitor(Session(1, "leader", "", "", clock.now(), False), OPERATOR)
    problems = alerts._problems(view)
    assert problems
    worst = answers.headline(problems)
    assert worst
    offered = headlines.with_next_step(view, head, worst, leader)
    order = parameters(next(href for _text, href in offered.links if urlsplit(href).path == "/start"))
    assert (order["kind"], order["origin"]) == ("order", "red")
    assert order["title"].startswith(head.strong)
    assert order.get("holder", "") == (worst.holder.unit if worst.holder else "")
    red, old = alerts.lines(view)
    assert red.state == "red"
    assert {"临江区", "沙洲镇", "北塘街道"} & {item.strong for item in red.items}
    assert parameters(red.items[0].href)["metric"]
    brief = [item for item in red.items if item.brief]
    assert {urlsplit(item.rows).path for item in brief if item.rows} == {"/rows"}
    assert {urlsplit(item.why).path for item in brief if item.why} == {"/why"}
    assert all(item.rows or item.why for item in brief if urlsplit(item.href).path == "/")
    assert all(parameters(item.why)["metric"] == parameters(item.href)["metric"] for item in brief if item.why)
    assert head.held
    assert all(item.held and item.held.text for item in brief), "each names who holds it, or that nobody is registered"
    orders = [(item, parameters(item.held.order)) for item in brief if item.held]
    assert all((order["kind"], order["origin"]) == ("order", "red") for _item, order in orders)
    assert all(order["title"].startswith(item.strong) for item, order in orders), "each leads to an order about it"
    assert alerts.offered(view, leader) == (red, old)
    reader = replace(leader, grants=Grants())
    assert not [i for line in alerts.offered(view, reader) for i in line.items if i.held and i.held.order]
    assert all(item.text == f"{item.group} {item.brief}" for item in brief), "folded under the metric's name"
    assert len(every) == 1 + red.shown + red.left
    assert not any("持平" in item.text for item in red.items)
    assert [item.strong for item in old.items] == ["112 天", "111 天", "110 天"]
    assert {urlsplit(item.href).path for item in old.items} == {"/case"}


@pytest.mark.parametrize("count", [1, 3, 6, 7, 60])
def test_fold_has_a_few_of_each_metric_and_a_link_to_the_rest(see: See, count: int) -> None:
    view = see()
    problems = [Red("backlog", area, 50.0 + n, 40.0, False) for n, area in enumerate(VILLAGES * 20)][:count]
    problems += [
        Red("site_health", view.area.code, 0.0, None, False, "site", f"网站{n}", "sites", f"{n}") for n in range(5)
    ]
    line = alerts.reds(view, problems)
    assert line.shown + line.left == len(problems)
    folded = line.items[line.shown :]
    more = [item for item in folded if not item.brief]
    for group in {item.group for item in folded}:
        assert len([item for item in folded if item.group == group and item.brief]) <= 2 * alerts.FOLDED
    hidden = sum(int(item.strong.split()[1]) for item in more)
    assert len(folded) - len(more) + hidden == line.left
    assert {urlsplit(item.href).path for item in more} <= {"/", "/sites"}


def test_a_number_of_the_headline_stays_in_one_line_with_its_unit(see: See) -> None:
    head = alerts.headline(see())
    assert head
    assert re.search(r"\d\u00a0(件|%|天)", head.text), head.text
    assert not re.search(r"[<>≤≥\d] (件|%|天|\d)", head.text), head.text


def test_a_red_without_a_unit_says_why_and_what_to_do(see: See) -> None:
    view = see()
    for red in answers.reds(view.ask()):
        text = headlines.held(view, red, None).text
        assert ("台账" if red.of_site else "单位目录") in text
        assert "督办" in text


def test_no_metric_over_its_limit_is_shown_in_green(see: See) -> None:
    line = alerts.reds(see(), [])
    assert (line.state, line.mark, len(line.items)) == ("green", "●", 0)


def test_a_village_begins_with_what_runs_out_first(see: See) -> None:
    view = see(area=VILLAGES[0])
    cards = todo.cards(view)
    assert [card.title for card in cards] == [f"在办 {i}" for i in range(5)]
    assert [card.state for card in cards] == ["red", "amber", "none", "none", "none"]
    assert [card.clock for card in cards] == ["超期 2 天", "今日 13:00 到期", "还有 2 天", "还有 9 天", ""]
    assert [stage.state for stage in cards[0].stages] == ["done", "overdue"]
    assert [(count.text, count.n) for count in todo.counts(view)] == [
        ("在办", "5"), ("超期", "1"), ("今日到期", "1"), ("三日内", "1"),
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


def test_a_wall_turns_through_the_area_and_those_with_reds(see: See) -> None:
    view = see(wall=1)
    stops = wall.stops_of(view)
    assert stops[0] == wall.Stop(view.area)
    assert stops[0].area.code == DISTRICT
    assert {stop.area.level for stop in stops[1:]} == {"town"}
    scenes = layouts.of(settings.current()).wall.scenes
    assert len({stop.area.code for stop in stops}) == len(stops) <= 1 + scenes[1].most


@pytest.mark.parametrize("name", ["intake", "backlog", "on_time_rate", "first_response_median", "three_rate_score"])
def test_a_trend_has_the_mean_of_what_has_one(see: See, name: str) -> None:
    view = see(metric=name)
    line, summary = answers.line(view.query).now, answers.summaries(view.ask(name))[name]
    mean = trend.mean(view)
    drawn = [limit for limit in trend.trend_chart(view).limits if limit.state == "mean"]
    if view.metric.rollup == "sum":
        finished = [value for value in line.values[:-1] if value is not None]  # the last day is still running
        assert mean == pytest.approx(sum(finished) / len(finished))
    elif view.metric.rollup == "ratio of sums":
        assert mean == summary.now.value
    else:
        assert mean is None
    assert [limit.text for limit in drawn] == ([] if mean is None else [f"均值 {drawn[0].text[3:]}"])


def test_the_scenes_of_a_wall_come_from_its_layout(see: See, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = (layouts.HERE / "wall.yaml").read_text("utf-8").partition("turn:")
    scenes = "turn: 5\nscenes:\n  - {of: reds, most: 1}\n  - {of: area, metric: closed, rows: [[{kind: ranking}]]}\n"
    rows = "rows:" + built_in[2].partition("rows:")[2]
    (tmp_path / "wall.yaml").write_text(built_in[0] + scenes + rows, "utf-8")
    view = see(wall=1)
    own = layouts.load(tmp_path, view.catalog)
    monkeypatch.setattr(layouts, "of", lambda _config: own)
    red, area = wall.stops_of(view)
    assert red.area.level == "town"
    assert red.metric
    assert not red.rows
    assert (area.area.code, area.metric, area.rows[0].panels[0].kind) == (DISTRICT, "closed", "ranking")
    assert area.of(view).metric.id == "closed"
    assert own.wall.turn == 5


def test_a_wall_shows_the_metric_for_which_it_turned_to_a_town(see: See) -> None:
    view = see(wall=1)
    (panel,) = [one for one in layouts.of(settings.current()).wall.panels if isinstance(one, TilesPanel)]
    for stop in wall.stops_of(view)[1:]:
        reds = [red.metric for red in answers.reds(view.ask()) if red.area == stop.area.code and red.kind == "below"]
        assert stop.metric == reds[0]
        tiles = panel.tiles(stop.of(view))
        assert tiles[0].name == view.catalog.metrics[stop.metric].name["zh"]
        assert tiles[0].chosen
        assert len(tiles) <= panel.most


def test_a_wall_of_a_village_stays_there(see: See) -> None:
    assert [stop.area.code for stop in wall.stops_of(see(area=VILLAGES[0], wall=1))] == [VILLAGES[0]]


def test_a_tiles_line_ends_with_this_month_and_begins_a_year_before() -> None:
    months = answers.last_months(date(2026, 11, 21))
    assert (months[0].start, months[-1]) == (date(2025, 11, 1), Period(date(2026, 11, 1), date(2026, 12, 1)))
