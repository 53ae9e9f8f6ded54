"""A filter narrows every number of the cockpit alike, stands in the address, and can be taken away."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as checked
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit import filters, i18n, settings
from cockpit.components.status.tiles import Tile
from cockpit.panels import answers
from cockpit.panels.kinds import alerts, areas, breakdowns, headline, points, todo
from cockpit.panels.kinds.tiles import TilesPanel, uncounted
from cockpit.settings import Settings
from cockpit.view import View, read
from data.editions.from_desk import FromDesk, Limit
from data.editions.publish import publish
from data.home import Home
from data.schema import FACTS
from metrics.availability.extent import occurs
from metrics.catalog import load
from metrics.engine.plan import COLUMNS
from metrics.rows import count_rows
from tests.drawn import components, html
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

MAIN = str(Path(__file__).parents[2] / "cockpit" / "main.py")
AS_OF = datetime(2026, 11, 22, 8)
HOSTILE = (
    "<script>alert(1)</script>",
    "a&b=c#d?e",
    "100%25 %",
    "'; DROP TABLE cases; --",
    '"引号"',
    "灯💡",
    "x" * 3000,
)
See = Callable[..., View]
Screen = Callable[..., AppTest]


OF_CASES = sorted(
    {by for by, name in COLUMNS.items() if name in {"source", *(c.name for c in FACTS["cases"].delivered)}} - {"kind"}
)
"""The columns by which metrics of cases are filtered and split."""


def _cases() -> Iterator[dict[str, object]]:
    """Open and closed cases of several kinds in two towns; the unit 住建 is late with most of its own."""
    for i in range(240):
        start = datetime(2026, 10, 20, 9) + i * timedelta(hours=3)
        unit = ("城管", "住建", None)[i % 3]
        late = unit == "住建" and i % 4
        closed = None if i % 5 == 0 else start + timedelta(days=5 if late else 1)
        yield {
            "area": VILLAGES[i % 3], "registered_at": start, "accepted_at": start, "due_at": start + timedelta(days=3),
            "closed_at": closed if closed is None or closed < AS_OF else None, "unit": unit,
            "category": (*HOSTILE, *(f"类别{n}" for n in range(6)), None)[i % 14], "subcategory": f"子类{i % 4}",
            "channel": ("电话", "网络")[i % 2], "urgency": ("normal", "urgent")[i % 7 == 0], "lon": 119.9, "lat": 30.2,
        }  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = Home(tmp_path_factory.mktemp("filters"), memory="1GB")
    edition_of(home, list(_cases()), AS_OF)
    return settings.load(home=home.root)


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with i18n.using("zh"):
        yield


@pytest.fixture(scope="module")
def see(config: Settings) -> See:
    return lambda page="cockpit", **parameters: read(
        {name: str(value) for name, value in parameters.items()}, config, page=page
    )


@pytest.fixture
def screen(config: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    def run(page: str = "cockpit", **parameters: object) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(config.home))
        settings.current.cache_clear()
        app = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        if page != "cockpit":
            app.switch_page(f"../pages/{page}.py")
        return app.run()

    yield run
    settings.current.cache_clear()


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query, keep_blank_values=True))


def tiles_of(view: View) -> dict[str, Tile]:
    panel = next(panel for panel in view.layout.panels if isinstance(panel, TilesPanel))
    return {tile.name: tile for tile in panel.tiles(view)}


# --- the numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["backlog", "intake", "closed", "overdue_open", "on_time_rate"])
@pytest.mark.parametrize("by", OF_CASES)
def test_a_group_is_the_same_number_as_bar_tile_and_rows(see: See, by: str, metric: str) -> None:
    view = see(metric=metric)
    groups = breakdowns.groups(view, by)
    bars = breakdowns.split_bars(view, by)
    assert len(bars) == len([part for part in groups if part.known])
    for bar in bars:
        picked = see(**parameters(bar.pick))
        assert picked.metric.id == metric
        now = answers.summaries(picked.query)[metric].now
        assert now.value == bar.value
        opened = see("rows", **parameters(bar.href))
        assert opened.query.where == picked.query.where
        assert count_rows(opened.query) == now.n
        if opened.metric.is_additive:
            assert count_rows(opened.query) == bar.value
    if view.metric.is_additive:
        total = answers.summaries(view.query)[metric].now.value
        assert sum(bar.value for bar in bars) == total


@pytest.mark.parametrize("by", OF_CASES)
def test_all_panels_of_a_filtered_cockpit_count_the_same_cases(see: See, by: str) -> None:
    total = 0
    for part in breakdowns.groups(see(), by):
        view = see(**filters.parameters(((by, part.group),)))
        backlog = part.now.value
        assert sum(bar.value for bar in breakdowns.age_bars(view)) == backlog
        assert sum(part.now.value for part in answers.parts(view.ask("backlog", by="town"))) == backlog
        assert answers.open_cases(todo.todo_query(view)) == sum(
            count_rows(see(area=village, **filters.parameters(((by, part.group),))).query) for village in VILLAGES
        )
        assert len(points.case_points(view)) == backlog
        assert answers.line(view.query).now.values[-1] == backlog
        total += backlog
    assert total == answers.summaries(see().query)["backlog"].now.value


def test_filters_add_up_across_columns(see: See) -> None:
    view = see(unit="住建", channel="电话")
    filtered = {"department": "住建", "channel": "电话"}
    assert dict(view.query.where) == filtered
    assert answers.summaries(view.query)["backlog"].now.value == count_rows(view.query)
    assert tiles_of(view)["积压件数"].value == str(count_rows(view.query))
    assert parameters(view.href(area=TOWNS[0], metric="closed"))["unit"] == "住建"


def test_facts_without_a_value_can_be_chosen_too(see: See) -> None:
    bar = next(bar for bar in breakdowns.split_bars(see(metric="intake"), "category") if bar.name == "未注明")
    picked = see(**parameters(bar.pick))
    assert picked.query.where == (("category", ""),)
    assert count_rows(picked.query) == bar.value


# --- the address --------------------------------------------------------------------------------------------------


@example(values={"category": "–"})
@given(values=st.dictionaries(st.sampled_from(sorted(filters.NAMES)), st.sampled_from(HOSTILE) | st.text(max_size=60)))
@checked(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_an_address_keeps_any_value_and_an_empty_one_is_none(see: See, values: dict[str, str]) -> None:
    view = see(**values)
    parsed = filters.parameters(view.query.where)
    assert parsed == {name: value for name, value in values.items() if value}
    for page in ("cockpit", "rows", "why", "passport"):
        again = see(**parameters(view.href(page, area=DISTRICT)))
        assert again.query.where == view.query.where
    assert not filters.read(parameters(view.href("cockpit", **dict.fromkeys(filters.NAMES))))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_shown_as_text_and_narrows(screen: Screen, see: See, value: str) -> None:
    app = screen(category=value)
    assert not app.exception
    assert "<script>" not in html(app)
    assert 'class="chip"' in html(app)
    assert 0 < count_rows(see(metric="intake", category=value).query) < count_rows(see(metric="intake").query)


@pytest.mark.parametrize("value", ["没有这个类别", "<b>", "\x00", "-" * 5000])
@pytest.mark.parametrize("level", [DISTRICT, VILLAGES[0]])
def test_a_value_that_does_not_occur_is_no_data_with_a_way_back(
    screen: Screen, see: See, level: int, value: str
) -> None:
    view = see(area=level, category=value)
    assert not occurs(view.edition, level, view.query.where)
    app = screen(area=level, category=value)
    assert not app.exception
    assert "无数据" in html(app)
    assert 'class="chip"' in html(app)
    assert "去掉筛选" in html(app)
    assert "积压件数" not in str(components(app))


def test_department_is_taken_for_unit_and_unknown_columns_are_left_alone(see: See) -> None:
    assert see(department="住建").query == see(unit="住建").query
    assert see(colour="red").query == see().query
    assert see("case", source="12345", key="1").query.where == ()
    assert see("compare", unit="住建").query == see("compare").query
    assert see("reports", kind="monthly", unit="住建").query.where == (("department", "住建"),)


# --- the panels ---------------------------------------------------------------------------------------------------


def test_a_metric_without_the_column_says_so_in_place_of_a_number_of_all(see: See) -> None:
    catalog = see().catalog
    lacking = [m for m in catalog.metrics.values() if filters.lacking(catalog, m, (("category", "x"),))]
    assert lacking, "site scores have no category"
    made = [uncounted(see(category="类别1"), metric) for metric in lacking]
    assert {(tile.value, tile.why, tile.passport) for tile in made} == {("未列", "不按类别拆分", "")}


def test_groups_of_tiles_name_what_the_filter_does_not_fit_in_one_line(see: See, screen: Screen) -> None:
    filtered = see(topic="events", unit="住建")
    panel = next(panel for panel in filtered.layout.panels if isinstance(panel, TilesPanel))
    every, shown = ({tile.name for tile in panel.tiles(view)} for view in (see(topic="events"), filtered))
    lacking = {
        metric.name["zh"]
        for metric in map(filtered.catalog.metrics.__getitem__, panel.grouped)
        if filters.lacking(filtered.catalog, metric, filtered.query.where)
    }
    assert shown == every - lacking
    assert shown, "some are counted by unit"
    assert sum(count for _heading, count in panel.headings(filtered)) == len(shown)
    assert "未列" not in html(screen(topic="events", unit="住建"))
    for name in every & lacking:
        assert name in html(screen(topic="events", unit="住建"))


@pytest.mark.parametrize("page", ["cockpit", "rows", "why", "passport"])
def test_no_page_answers_for_a_metric_that_the_filter_does_not_fit(screen: Screen, page: str) -> None:
    app = screen(page, metric="site_health", category="类别1")
    assert not app.exception
    assert "不按类别统计" in html(app)


@pytest.mark.parametrize("page", ["cockpit", "rows", "why", "passport"])
@pytest.mark.parametrize("metric", ["backlog", "on_time_rate", "three_rate_score", "first_response_median", "intake"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_drawn_under_filters(screen: Screen, page: str, metric: str, lang: str) -> None:
    app = screen(page, metric=metric, unit="住建", category="类别1", lang=lang)
    assert not app.exception
    assert 'class="problem"' not in html(app)


@pytest.mark.parametrize("where", [{"category": "类别1"}, {"source": "12345"}, {"unit": "住建", "channel": "电话"}])
def test_limits_do_not_apply_under_a_filter(see: See, where: dict[str, str]) -> None:
    view = see(**where)
    assert answers.reds(view.ask()) == []
    assert alerts.headline(view) is None
    assert {tile.state for tile in tiles_of(view).values()} == {"none"}
    assert {row.state for row in areas.area_rows(view)} == {"none"}
    assert "不作判定" in alerts.lines(view)[0].label


# --- a unit's own cockpit -----------------------------------------------------------------------------------------


def test_a_unit_has_its_own_cockpit_with_its_own_reds(see: See, screen: Screen) -> None:
    view = see(unit="住建")
    of_unit = [red for red in answers.reds(see().ask()) if red.kind == "unit" and red.name == "住建"]
    assert of_unit
    assert answers.reds(view.ask()) == of_unit
    split = next(p for p in view.layout.panels if isinstance(p, breakdowns.SplitPanel) and p.split == "department")
    assert split.column(see()) == "department"
    assert split.column(view) in ("subcategory", "channel", "urgency")
    assert headline.way_to(see(), of_unit[0]) == see().href(metric=of_unit[0].metric, unit="住建")
    shown = html(screen(unit="住建"))
    assert "<h1>住建</h1>" in shown
    with_limits = {red.metric for red in of_unit} & {view.catalog.metrics[n].id for n in view.layout.metrics}
    assert with_limits
    summaries = answers.summaries(view.ask(*with_limits))
    assert {summary.state for summary in summaries.values()} == {"red"}


def test_selecting_the_active_filter_removes_it(see: See) -> None:
    view = see(category="类别1", unit="住建")
    bars = breakdowns.split_bars(view, "category")
    (chosen,) = (bar for bar in bars if bar.chosen)
    assert len(bars) > 1, "the other categories stay in view"
    assert "category" not in parameters(chosen.pick)
    assert parameters(chosen.pick)["unit"] == "住建"
    assert all(parameters(bar.pick)["unit"] == "住建" for bar in bars)


@pytest.mark.parametrize(("red", "said"), [("< 90", "超过本类别限值：1项"), ("< 10", "没有超过本类别限值的指标")])
def test_a_limit_of_the_category_is_judged_and_listed(tmp_path: Path, red: str, said: str) -> None:
    home = Home(tmp_path / "home", memory="1GB")
    edition_of(home, list(_cases()), AS_OF)
    limit = Limit(1, "on_time_rate", DISTRICT, "类别1", date(2026, 1, 1), None, ">= 95", red, "办法", AS_OF)
    publish(home, load().rollups(), as_of=AS_OF, from_desk=FromDesk((limit,)))
    config = settings.load(home=home.root)
    view = read({"category": "类别1"}, config)
    line, *_others = alerts.lines(view)
    assert line.label == said
    assert [item.strong for item in line.items] == (["按期办结率"] if red == "< 90" else [])
    assert "不作判定" in alerts.lines(read({"category": "类别2"}, config))[0].label
