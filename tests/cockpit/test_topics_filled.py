"""No panel of any cockpit or topic is drawn empty, and no part of a ratio is larger than its whole."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cockpit import i18n, settings
from cockpit.access.policy import OPERATOR
from cockpit.panels import answers as panel_answers
from cockpit.panels import layouts
from cockpit.panels.kinds import breakdowns, mergers, rising, todo
from cockpit.panels.kinds.tiles import TilesPanel
from cockpit.panels.numbers import Number
from cockpit.panels.screen import _has_content, of_level, query_ahead
from cockpit.reports.model import Table
from cockpit.reports.request import check, kinds_of
from cockpit.reports.sections import content
from cockpit.screens.assessing import gaming
from cockpit.screens.timemap import layers as timemap
from cockpit.settings import Settings
from cockpit.view import read
from data.areas.loading import load_areas
from data.demo import build, stories
from data.editions.edition import Edition, open_edition
from data.editions.files import pointed
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.areas import area as area_of
from metrics.catalog import load as load_catalog
from metrics.engine.plan import exists_at
from metrics.mapping.groups import groups
from metrics.mapping.hotspots import hotspots
from metrics.mapping.layers import MARKS
from metrics.mapping.marks import marks
from metrics.mapping.series import series
from metrics.period import Period
from metrics.rows import count_rows
from tests import factory, trees
from tests.asking import answer
from tests.cockpit.reports.conftest import MADE_AT, november
from tests.drawn import html, text
from tests.factory import deliver, published
from tests.homes import Homes

TODAY = date(2026, 11, 22)
WITHOUT_NUMBERS = ("alerts", "stack", "headline", "points", "publicity", "map")
MAIN = str(Path(__file__).parents[2] / "cockpit" / "main.py")
TOPICS = layouts.load(None, load_catalog())
OPENED = ("waiting_now", "conflicts", "residents", "cases_per_10k", "time_cut", "update_on_time_rate", "mean_wait",
          "window_satisfaction_rate", "share_reply_rate", "repeated_fields", "closing_hours", "village_income_increase",
          "long_queue_minutes", "facilities_recorded_rate")  # fmt: skip
"""One metric of each form and domain."""
PARTS = 8
"""The cockpits of all areas are visited in so many tests, which workers share."""
TURNS = 4
"""Of so many villages one is visited with a topic as well."""
SOME = {
    "district": (stories.DISTRICT,),
    "town": (stories.GROWING_TOWN, stories.DEFAULTED_TOWN, stories.UNKIND_TOWN),
    "village": (stories.SURVIVING_VILLAGE, 990101_001_001),
}


def demo(folder: Path) -> None:
    """A small demo district, loaded and published."""
    home = Home(folder, memory="1GB")
    home.prepare()
    made = build(folder, cases=8000, today=TODAY)
    for file in made.areas:
        load_areas(home, file)
    for source in made.sources:
        load(home, read_source(source))
    publish(home, load_catalog().rollups(), as_of=made.as_of, demo=True)


@pytest.fixture(scope="module")
def config(homes: Homes) -> Settings:
    return settings.load(home=homes.copy(demo))


def edition_of(config: Settings) -> Edition:
    home = Home(config.home, memory="1GB")
    return open_edition(home, pointed(home) or "")


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with i18n.using("zh"):
        yield


def empty_panels(config: Settings, level: str, area: int, turn: int | None = None) -> list[str]:
    """The panels of the cockpit and of each topic of an area that are drawn and have nothing to show.

    turn: at every TURNS-th only one of the topics, at the others none.
    """
    empty = []
    topics = [layout.id for layout in layouts.of(config).topics(level)]
    if turn is not None:
        topics = topics[turn // TURNS % len(topics) :][:1] if turn % TURNS == 0 else []
    for topic in ("", *topics):
        view = read({"area": str(area), "topic": topic}, config)
        query_ahead(view)
        drawn = [panel for panel in of_level(view, view.layout.panels) if _has_content(view, panel)]
        assert drawn, f"{topic} of {area} has no panel"
        for panel in drawn:
            if panel.kind == "ranking" and not panel.has_numbers(view):
                continue  # one line says that no area below has data of the metric
            if panel.kind not in WITHOUT_NUMBERS:
                numbers = panel.numbers(view) if panel.has_numbers(view) else None
                if not numbers or not numbers.rows:
                    empty.append(f"{topic}: {panel.kind} {panel.metrics} of {area}")
    return empty


@pytest.mark.parametrize(("level", "area"), [(level, area) for level in SOME for area in SOME[level]])
def test_no_panel_of_an_area_is_empty(config: Settings, level: str, area: int) -> None:
    assert empty_panels(config, level, area) == []


@pytest.mark.parametrize(("level", "area"), [(level, SOME[level][0]) for level in SOME])
def test_a_list_of_open_cases_counts_the_rows_that_its_metric_opens(config: Settings, level: str, area: int) -> None:
    for topic in ("", *(layout.id for layout in layouts.of(config).topics(level))):
        view = read({"area": str(area), "topic": topic}, config)
        for panel in view.layout.panels:
            if isinstance(panel, todo.TodoPanel) and (not panel.levels or level in panel.levels):
                asked = panel.at(view)
                assert asked.metric.basis == "stock"
                assert panel_answers.open_cases(todo.todo_query(view, *panel.metrics)) == count_rows(asked.query)
                assert sum(row[1].value or 0 for row in panel.numbers(view).rows) == count_rows(asked.query)


def test_a_sign_of_gaming_opens_the_rows_that_it_counts(config: Settings) -> None:
    view = read({}, config, page="gaming")
    signs = [sign for by in ("town", "department") for sign in gaming.compared(view, by).signs]
    assert signs
    for sign in signs:
        where = {"unit": sign.group} if sign.by == "department" else {"area": sign.group}
        opened = read({"metric": sign.metric.id, **where}, config, page="rows")
        asked = answer(
            opened.edition, [sign.metric.id], opened.area.code, opened.period, where=dict(opened.query.where)
        )
        assert (asked["numerator"].item(), asked["denominator"].item()) == (sign.hits, sign.n)


def test_numbers_of_merged_areas_open_the_rows_that_they_count(config: Settings) -> None:
    view = read({"topic": "village_life"}, config)
    (panel,) = (panel for panel in view.layout.panels if isinstance(panel, mergers.MergersPanel))
    cells = [pair for *_line, pairs in panel._rows(view) for pair in pairs]
    linked = [(cell, dict(parse_qsl(urlsplit(href).query))) for cell, href in cells if href]
    assert {parameters["metric"] for _cell, parameters in linked} >= {"residents"}
    for cell, parameters in linked:
        opened = read(parameters, config, page="rows")
        where, period = opened.area.code, opened.period
        value = answer(opened.edition, [opened.metric.id], where, period, as_of=opened.query.as_of)["value"].item()
        assert isinstance(cell, Number)
        assert value == cell.value, (parameters, count_rows(opened.query))


@pytest.mark.parametrize(("level", "area"), [(level, area) for level in SOME for area in SOME[level]])
def test_a_breakdown_says_more_than_its_total(config: Settings, level: str, area: int) -> None:
    for topic in ("", *(layout.id for layout in layouts.of(config).topics(level))):
        view = read({"area": str(area), "topic": topic}, config)
        for panel in of_level(view, view.layout.panels):
            if isinstance(panel, breakdowns.SplitPanel) and _has_content(view, panel):
                asked = panel.at(view)
                parts = breakdowns.groups(asked, panel.column(asked), compared=panel.as_ranking)
                assert len(parts) > 1, f"{topic}: one bar of {panel.metrics} by {panel.split}"
                ranked = any(part.ranked for part in parts)
                assert ranked or not panel.as_ranking, f"{topic}: nobody is ranked by {panel.metrics}"


@pytest.mark.parametrize(("level", "area"), [(level, SOME[level][0]) for level in SOME])
def test_every_tile_of_a_topic_stands_under_a_heading(config: Settings, level: str, area: int) -> None:
    for layout in layouts.of(config).topics(level):
        view = read({"area": str(area), "topic": layout.id}, config)
        (panel,) = (panel for panel in view.layout.panels if isinstance(panel, TilesPanel))
        headings = panel.headings(view)
        assert sum(count for _heading, count in headings) == len(panel.tiles(view)) > 0
        assert len(headings) > 1
        assert not {*layout.metrics} - {*panel.grouped}, "every metric of a topic is one of its tiles"
        chosen = view.asking(metrics=())
        assert panel.headings(replace(chosen, tiles=layout.metrics[:3])) == (), "who chooses tiles sees them in one row"


def test_panels_of_complaints_count_complaints_alone(config: Settings) -> None:
    view = read({"topic": "hotline"}, config)
    counts = {p.metrics[0] for p in view.layout.panels if isinstance(p, rising.RisingPanel | breakdowns.SplitPanel)}
    assert "complaints" in counts
    assert "intake" not in counts
    frame = answer(view.edition, ["complaints", "intake"], view.area.code, view.period).set_index("metric")["value"]
    panel = next(panel for panel in view.layout.panels if panel.splits == ("subcategory",))
    parts = breakdowns.groups(panel.at(view), "subcategory")
    assert sum(part.now.value for part in parts) == frame["complaints"] < frame["intake"]


@pytest.mark.parametrize("topic", ["hotline", "data_sharing"])
def test_the_report_of_a_topic_lists_the_reds_of_its_metrics_and_one_trend_a_panel(
    config: Settings, topic: str
) -> None:
    layout = TOPICS.by_id[topic]
    kind = kinds_of(config)[f"topic_{topic}"]
    assert all(len(section.metrics) == 1 for section in kind.sections if section.type == "trend")
    checked = check(november(f"topic_{topic}", stories.DISTRICT), config, OPERATOR)
    document = content.build(checked, id="R20261123-00000001", who="leader", made_at=MADE_AT)
    tables = [block for part in document.parts for block in part.blocks if isinstance(block, Table)]
    listed = next(table for table in tables if "所超限值" in [column.text for column in table.columns])
    own = {load_catalog().metrics[name].name.zh for name in layout.metrics}
    named = {row[2].text.partition("（")[0] for row in listed.rows}
    assert named
    assert named <= own, "what is red elsewhere stands in other reports"


def test_bars_of_a_count_without_limits_begin_with_the_longest(config: Settings) -> None:
    seen = 0
    for topic in (layout.id for layout in layouts.of(config).topics("district")):
        view = read({"topic": topic}, config)
        for panel in view.layout.panels:
            asked = panel.at(view)
            if isinstance(panel, breakdowns.SplitPanel) and not panel.as_ranking and (by := panel.column(asked)):
                metric = breakdowns.split_metric(asked)
                lengths = [bar.value for bar in breakdowns.split_bars(asked, by)]
                if metric.is_additive and not metric.thresholds:
                    assert lengths == sorted(lengths, reverse=True), f"{topic}: {metric.id} by {by}"
                    seen += metric.direction == "up"
    assert seen


@pytest.mark.parametrize("id", timemap.of(settings.load()))
def test_every_layer_of_the_map_has_content(config: Settings, id: str) -> None:
    layer, view = timemap.of(config)[id], read({}, config, page="map")
    assert layer in timemap.visible(view, config)
    if layer.of in MARKS:
        columns = marks(view.edition, view.area.code, layer)
        assert len(columns) > columns.unplaced
        assert not layer.has_groups or len(groups(view.edition, view.area.code, layer).names) > 1
    elif layer.of == "areas":
        columns = series(view.ask(timemap.metric(view, layer).id), "month", timemap.level(view, layer))
        assert (np.isfinite(columns.values).mean(axis=1) > 0.5).all()
    else:
        assert hotspots(view.query, "month", layer.level, layer).counts.sum() > 0


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("topic", "level"), [(t.id, level) for level in SOME for t in TOPICS.topics(level)])
def test_every_topic_is_drawn(
    config: Settings, monkeypatch: pytest.MonkeyPatch, topic: str, level: str, lang: str
) -> None:
    page = drawn(config, monkeypatch, "cockpit", topic=topic, area=str(SOME[level][0]), lang=lang)
    assert TOPICS.by_id[topic].name[lang] in page


@pytest.mark.parametrize("page", ["rows", "passport", "why"])
@pytest.mark.parametrize("metric", OPENED)
def test_numbers_of_every_form_open(config: Settings, monkeypatch: pytest.MonkeyPatch, page: str, metric: str) -> None:
    text = drawn(config, monkeypatch, page, metric=metric, area=str(stories.DISTRICT))
    assert load_catalog().metrics[metric].name.zh in text


@pytest.mark.parametrize("page", ["cockpit", "rows", "why", "passport"])
@pytest.mark.parametrize(("topic", "level"), [("data_sharing", "town"), ("services", "village")])
def test_who_follows_a_topic_below_its_levels_gets_the_page_of_that_area(
    config: Settings, monkeypatch: pytest.MonkeyPatch, topic: str, level: str, page: str
) -> None:
    """Maps and rankings of a topic lead into the areas below, where it may have no page."""
    said = drawn(config, monkeypatch, page, topic=topic, area=str(SOME[level][0]), metric="intake")
    name = TOPICS.by_id[topic].name["zh"]
    assert (f"“{name}”专题不设在本级" in said) == (page == "cockpit")


@pytest.mark.parametrize("metric", ["conflicts", "residents"])
def test_rows_with_two_values_name_the_source_of_each(
    config: Settings, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    said = text(opened(config, monkeypatch, "rows", metric=metric, area="990101102000"))
    assert "村社基础数据" in said
    assert "公安实有人口" in said
    assert '"police"' not in said


def drawn(config: Settings, monkeypatch: pytest.MonkeyPatch, page: str, **parameters: str) -> str:
    """The HTML of a page, which ends neither in an error nor in a refusal."""
    app = opened(config, monkeypatch, page, **parameters)
    assert not app.exception
    said = html(app)
    assert 'role="alert"' not in said
    return said


def opened(config: Settings, monkeypatch: pytest.MonkeyPatch, page: str, **parameters: str) -> AppTest:
    """A page of the demo district."""
    monkeypatch.setenv("COCKPIT_HOME", str(config.home))
    settings.current.cache_clear()
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.switch_page(f"../pages/{page}.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    settings.current.cache_clear()
    return app


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_panel_of_the_572_cockpits_is_empty(config: Settings, part: int) -> None:
    sql = "SELECT DISTINCT level, code FROM areas WHERE holder = code ORDER BY code"
    live = edition_of(config).cursor().execute(sql).fetchall()
    assert len(live) == 572
    turns = ((level, code, i if level == "village" else None) for i, (level, code) in enumerate(live[part::PARTS]))
    assert [panel for level, code, turn in turns for panel in empty_panels(config, level, code, turn)] == []


def test_parts_are_at_most_the_whole_in_every_town(config: Settings) -> None:
    """Satisfied of valid ratings, in time of closed of due: every ratio whose rest is named."""
    catalog = load_catalog()
    edition = edition_of(config)
    for name, metric in catalog.metrics.items():
        if "rest" not in metric.parts:
            continue
        by = "town" if exists_at(metric, "town") else None
        frame = answer(edition, [name], stories.DISTRICT, Period(date(2026, 10, 1), date(2026, 11, 1)), by=by)
        known = frame[frame["denominator"] > 0]
        assert (known["numerator"] <= known["denominator"]).all(), name
        assert (known["numerator"] >= 0).all(), name


@pytest.fixture(scope="module", params=["five", "gaps"])
def upper(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """A province with facts of every domain in each of its areas."""
    tree = str(request.param)
    home, at = Home(tmp_path_factory.mktemp(tree), memory="1GB"), datetime(2026, 11, 3, 9)
    factory.areas(home, trees.places(tree))
    deliver(home, "cases", [{**case, "area": int(case["area"])} for case in trees.cases(tree)], source="all")
    codes = trees.codes(tree)
    deliver(home, "readings", [
        {"key": f"{code}/{measure}", "area": code, "unit": "窗口", "measure": measure, "measured_at": when, "value": 7,
         "n": 9}
        for code in codes
        for measure, when in (("resident_pop", at), ("has_5g", at), ("repeated_fields", at), ("queue_wait_min", at),
                              ("queue_waiting", datetime(2026, 11, 22, 7)), ("income_wan", datetime(2026, 1, 1)))
    ], source="yearbook")  # fmt: skip
    deliver(home, "assets", [
        {"key": f"{code}/{kind}", "area": code, "kind": kind, "name": kind, "unit": "数据局", "theme": "人口",
         "on_cloud": True, "owner_level": "区", "share_required": True, "share_class": "open", "open_class": "open",
         "legal_days": 9, "promised_days": 3, "item_kind": "许可", "elder_ok": True, "cycle_days": 400,
         "updated_at": at, "last_updated_at": at}
        for code in codes for kind in ("system", "dataset", "service_item", "site")
    ], source="registers")  # fmt: skip
    deliver(home, "cases", [
        {"key": f"{code}/{kind}", "area": code, "kind": kind, "unit": "数据局", "registered_at": at, "closed_at": at,
         "due_at": at, "respond_due_at": at, "responded_at": at, "rating": 5, "cert_presented": True}
        for code in codes for kind in ("service", "share_req", "flow_req", "review", "abnormal")
    ], source="requests")  # fmt: skip
    published(home, datetime.fromisoformat(trees.AS_OF), load_catalog())
    return settings.load(home=home.root), tree


def test_no_panel_of_a_province_or_its_cities_is_empty(upper: tuple[Settings, str]) -> None:
    config, tree = upper
    edition = edition_of(config)
    for code in trees.shapes(tree):
        assert empty_panels(config, area_of(edition, code).level, code) == []


def test_topics_have_an_order_of_their_own() -> None:
    assert [topic.id for topic in TOPICS.topics("district")] == [
        "events", "hotline", "services", "sites_and_apps", "data_sharing", "digital_base", "village_life", "market",
        "supervision",
    ]  # fmt: skip
