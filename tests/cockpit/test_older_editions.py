"""Everything is drawn and opened from editions of older releases, which lack columns and tables of this one.

A metric gives the same number there, or says that the edition does not have what it needs: never zero in place of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from cockpit import i18n, settings
from cockpit.access import pages as register
from cockpit.access.policy import OPERATOR
from cockpit.panels import layouts
from cockpit.panels.screen import _has_content, of_level, query_ahead
from cockpit.reports.errors import ReportError
from cockpit.reports.request import Request, check, kinds_of
from cockpit.reports.sections import content
from cockpit.screens import passport
from cockpit.screens.comparison import why
from cockpit.screens.timemap import layers as timemap
from cockpit.server import alerting
from cockpit.settings import Settings
from cockpit.view import read
from cockpit.view_state import View
from data.demo import stories
from data.editions.edition import Edition, open_edition
from data.editions.files import path_of, pointed
from data.editions.publish import publish
from data.editions.scoped import EVERYTHING
from data.editions.workdays import MACROS
from data.home import Home
from data.schema import FACTS, Fact, words_of
from data.search import index
from metrics import rows as facts
from metrics.alerting.signals import signals
from metrics.analysis.reconcile import reconcile
from metrics.answer import OLDER, answer
from metrics.availability.feeds import feed
from metrics.cases import casefile, chain, repeated, todo
from metrics.catalog import generated
from metrics.catalog import load as load_catalog
from metrics.engine.plan import exists_at
from metrics.mapping.hotspots import hotspots
from metrics.mapping.layers import MARKS
from metrics.mapping.marks import marks
from metrics.mapping.series import series
from metrics.search import search
from metrics.sites import checks, site, sites
from tests.cockpit.test_topics_filled import demo, opened
from tests.drawn import html, text
from tests.homes import Homes

CATALOG = load_catalog()
AREAS = {"district": stories.DISTRICT, "town": stories.GROWING_TOWN, "village": stories.SURVIVING_VILLAGE}
APART = 7
LATER = ("counted", "workdays", "limits", "asset_edits", "asset_history", *index.TABLES)
"""Tables that the first release did not write."""


def optional(fact: Fact) -> list[str]:
    """The columns that a source need not deliver: a release may have added any of them."""
    return [c.name for c in fact.columns if not c.required and c.name not in ("area", "updated_at")]


def drop(con: duckdb.DuckDBPyConnection, columns: Callable[[Fact], list[str]]) -> None:
    for fact in FACTS.values():
        for name in columns(fact):
            con.execute(f"ALTER TABLE {fact.name} DROP COLUMN {name}")
            if fact.name == "assets":
                con.execute(f"ALTER TABLE asset_history DROP COLUMN {name}")


def as_of_the_first_release(con: duckdb.DuckDBPyConnection) -> None:
    """Required columns alone, no log of cases, no roll-ups, none of the tables and functions that came later."""
    drop(con, optional)
    con.execute("ALTER TABLE sources DROP COLUMN columns")
    for head in reversed(MACROS):
        con.execute(f"DROP MACRO {head.split('(')[0]}")
    for table in (*LATER, "steps", *(table for table in tables(con) if table.startswith(("daily_", "monthly_")))):
        con.execute(f"DROP TABLE IF EXISTS {table}")
    con.execute("DELETE FROM rollups")
    con.execute("DELETE FROM meta WHERE starts_with(key, 'latest_') OR key IN ('recipe', 'changed')")


def without_every_second_column(con: duckdb.DuckDBPyConnection) -> None:
    """With a table of the versions of assets that were superseded, and without quantiles of months, as before."""
    drop(con, lambda fact: optional(fact)[::2])
    con.execute("CREATE TABLE asset_versions AS FROM asset_history WHERE valid_to IS NOT NULL")
    con.execute("DROP TABLE asset_history; DELETE FROM rollups WHERE starts_with(rollup, 'monthly_')")
    for table in tables(con):
        if table.startswith("monthly_"):
            con.execute(f"DROP TABLE {table}")
    for table in [table for table in tables(con) if table.startswith("daily_")][::2]:
        con.execute(f"DROP TABLE {table}")
        con.execute("DELETE FROM rollups WHERE rollup = $1", [table])


def without_the_other_columns(con: duckdb.DuckDBPyConnection) -> None:
    drop(con, lambda fact: optional(fact)[1::2])


def of_a_later_release(con: duckdb.DuckDBPyConnection) -> None:
    """Columns and tables that this release does not know."""
    for table in tables(con):
        con.execute(f"ALTER TABLE {table} ADD COLUMN later BIGINT DEFAULT 1")
    con.execute("CREATE TABLE later AS SELECT 1 AS later")


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]


CHANGED: dict[Path, Callable[[duckdb.DuckDBPyConnection], None]] = {}
"""What was done to the edition of each home."""
AGES = (as_of_the_first_release, without_every_second_column, without_the_other_columns, of_a_later_release)


def aged(folder: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Settings:
    """The demo district of a folder, its edition as of another release."""
    home = Home(folder, memory="1GB")
    with duckdb.connect(str(path_of(home, pointed(home) or ""))) as con:
        change(con)
    config = settings.load(home=folder)
    CHANGED[config.home] = change
    return config


SLOW = {without_every_second_column: pytest.mark.slow}
IN_TURN = [pytest.param(age, id=age.__name__, marks=SLOW.get(age, ())) for age in AGES]


@pytest.fixture(scope="module", params=IN_TURN)
def config(request: pytest.FixtureRequest, homes: Homes) -> Settings:
    return aged(homes.copy(demo), request.param)


@pytest.fixture(scope="module")
def oldest(homes: Homes) -> Settings:
    """The home with the edition that lacks most."""
    return aged(homes.copy(demo), as_of_the_first_release)


@pytest.fixture(scope="module")
def whole(homes: Homes) -> Edition:
    """The edition as it was published."""
    return edition_of(settings.load(home=homes.copy(demo)))


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with i18n.using("zh"):
        yield


def edition_of(config: Settings) -> Edition:
    return open_edition(config.data, pointed(config.data) or "")


def view_of(config: Settings, page: str = "cockpit", **parameters: object) -> View:
    return read({name: str(value) for name, value in parameters.items()}, config, page=page)


def names_at(level: str) -> list[str]:
    return [name for name, metric in CATALOG.metrics.items() if exists_at(metric, level)]


def test_a_metric_gives_the_same_number_or_says_that_the_edition_is_older(config: Settings, whole: Edition) -> None:
    edition, view = edition_of(config), view_of(config, area=stories.DISTRICT)
    before, after = values(view, whole), values(view, edition)
    for name in after:
        of_it, now = (feed(one, CATALOG, CATALOG.metrics[name]) for one in (whole, edition))
        if now.lacked:
            assert after[name] == (None, OLDER), name
        elif of_it.is_fed and of_it.only == now.only and not reads_lacked(edition, name):
            assert after[name] == before[name], name


def values(view: View, edition: Edition) -> dict[str, tuple[float | None, str]]:
    """Value and quality of every metric of the level."""
    frame = answer(replace(view.ask(*names_at(view.area.level)), edition=edition.scoped(EVERYTHING)))
    return {row.metric: (None if pd.isna(row.value) else row.value, row.quality) for row in frame.itertuples()}


def reads_lacked(edition: Edition, name: str) -> bool:
    """Whether a metric reads a column that the edition lacks: one with a default then, which others have a value of."""
    lacked = {column for fact in FACTS.values() for column in edition.lacks(fact)}
    return any(words_of_metric(part) & lacked for part in CATALOG.metrics[name].components or (name,))


def words_of_metric(name: str) -> set[str]:
    metric = CATALOG.metrics[name]
    domain = CATALOG.domain(metric)
    parts = (*metric.measures, metric.quantile, metric.oldest, metric.aggregate, metric.concentration, domain.where)
    view = generated.columns(domain.snapshot) if domain.snapshot or domain.latest else (domain.view or "",)
    found = words_of(repr(parts), *view)
    named = {**domain.terms, **domain.measures}
    while more := [repr(sql) for name, sql in named.items() if name in found and not words_of(repr(sql)) <= found]:
        found |= words_of(*more)
    return found


def test_every_panel_has_its_numbers(config: Settings) -> None:
    draw_panels(config, "district")


@pytest.mark.parametrize("level", ["town", "village"])
def test_every_panel_below_the_district_has_its_numbers(oldest: Settings, level: str) -> None:
    draw_panels(oldest, level)


def draw_panels(config: Settings, level: str) -> None:
    for topic in ("", *(layout.id for layout in layouts.of(config).topics(level))):
        view = view_of(config, area=AREAS[level], topic=topic)
        query_ahead(view)
        for panel in of_level(view, view.layout.panels):
            if _has_content(view, panel) and panel.has_numbers(view):
                panel.numbers(view)


def test_metrics_open(config: Settings) -> None:
    """A quarter of them for each age."""
    open_metrics(config, names_at("district")[AGES.index(CHANGED[config.home]) :: len(AGES)])


def open_metrics(config: Settings, names: list[str]) -> None:
    """Rows, what explains the change, and the SQL of the passport."""
    for name in names:
        view = view_of(config, "rows", metric=name, area=stories.DISTRICT)
        lacked = feed(view.edition, CATALOG, view.metric).lacked
        if not view.metric.components:
            count = facts.count_rows(view.query)
            assert len(facts.rows(view.query, limit=3)) == min(3, count)
            assert not (lacked and count), name
        why.ask(view)
        assert passport.sql(view)


def test_cases_and_sites_open(config: Settings) -> None:
    edition = edition_of(config).scoped(EVERYTHING)
    for row in todo.todo(edition, stories.DISTRICT, limit=3).itertuples():
        case = facts.fact(edition, "cases", row.source, row.key)
        assert case
        casefile.steps(edition, case)
        chain.chain(edition, case)
        repeated.earlier(edition, case)
        casefile.contacts(edition, int(case["area"]), ["区城管局"])
    for one in sites(edition, stories.DISTRICT)[:3]:
        checks(edition, one)
        assert site(edition, one["source"], one["key"])


@pytest.mark.parametrize("text", ["路", "新河村", "hotline", "2026"])
def test_search_finds(config: Settings, text: str) -> None:
    search(edition_of(config).scoped(EVERYTHING), CATALOG, text)


def test_reconciliations_are_made(oldest: Settings) -> None:
    assert not reconcile(edition_of(oldest), CATALOG).empty


def test_alerts_are_found(config: Settings) -> None:
    edition = edition_of(config)
    for signal in signals(edition, CATALOG, alerting.rules_of(config)):
        metric = CATALOG.metrics.get(signal.subject.metric)
        assert metric is None or not feed(edition, CATALOG, metric).lacked


def test_every_layer_of_the_map_is_drawn(config: Settings) -> None:
    view = view_of(config, "map")
    for layer in timemap.visible(view, config):
        if layer.of in MARKS:
            marks(view.edition, view.area.code, layer)
        elif layer.of == "areas":
            series(view.ask(timemap.metric(view, layer).id), "month", timemap.level(view, layer))
        else:
            hotspots(view.query, "month", layer.level, layer)


def test_every_kind_of_report_is_built(oldest: Settings) -> None:
    build_reports(oldest)


@pytest.mark.slow
def test_every_kind_of_report_is_built_of_each_age(config: Settings) -> None:
    build_reports(config)


def build_reports(config: Settings) -> None:
    for kind in kinds_of(config).values():
        days = {"start": date(2026, 11, 1), "end": date(2026, 12, 1)}
        request = Request(kind=kind.id, areas=(stories.DISTRICT,), format=kind.formats[0], **days)
        checked = check(request, config, OPERATOR)
        try:
            assert content.build(checked, id="R20261120-00000001", who="w", made_at=datetime(2026, 11, 20, 9)).blocks
        except ReportError as error:  # in one line: there is nobody to notify
            if "no notice is needed" not in str(error):
                raise


PAGES = {
    "compare": {"areas": "990101001000,990101002000"}, "search": {"q": "路"}, "start": {"kind": "order"},
    "rows": {"metric": "platform_access_rate"}, "why": {"metric": "platform_access_rate"},
    "passport": {"metric": "platform_access_rate"},
}  # fmt: skip
"""What a page is opened with; every other page is opened by its name alone."""
BY_ROW = {"case": "cases", "site": "assets WHERE kind = 'site'"}


@pytest.mark.parametrize("name", [name for name in register.PAGES if name != "item"])
def test_every_page_is_drawn(oldest: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    draw(oldest, monkeypatch, name)


@pytest.mark.parametrize("name", ["cockpit", "rows", "case", "site"])
def test_pages_are_drawn(config: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    draw(config, monkeypatch, name)


def draw(config: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    parameters, edition = PAGES.get(name, {}), edition_of(config)
    if name in BY_ROW:
        row = edition.cursor().execute(f"SELECT source, key FROM {BY_ROW[name]} LIMIT 1").fetchone()
        parameters = dict(zip(("source", "key"), row or (), strict=True))
    page = opened(config, monkeypatch, name, **parameters)
    assert not page.exception, page.exception
    said = html(page)
    assert 'role="alert"' not in said or "不在您的权限范围内" in said
    if metric := CATALOG.metrics.get(parameters.get("metric", "")):
        assert ("由旧版程序发布" in said) == bool(feed(edition, CATALOG, metric).lacked)


def test_a_case_says_that_its_edition_is_older_not_that_its_source_is_silent(
    oldest: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = edition_of(oldest).cursor().execute("SELECT source, key FROM cases LIMIT 1").fetchone()
    said = text(opened(oldest, monkeypatch, "case", **dict(zip(("source", "key"), row or (), strict=True))))
    assert said.count("本数据版本由旧版程序发布，请重新发布") == 2  # in place of description and log


def test_sites_have_no_verdict_where_an_older_edition_cannot_give_one(
    oldest: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = sites(edition_of(oldest).scoped(EVERYTHING), stories.DISTRICT)
    assert listed
    assert {(one["score"], one["vetoes"]) for one in listed} == {(None, None)}
    assert "本数据版本未含站点健康" in html(opened(oldest, monkeypatch, "sites"))


def test_a_cockpit_names_once_what_an_older_edition_does_not_have(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = aged(homes.copy(demo), without_the_other_columns)
    said = html(opened(config, monkeypatch, "cockpit", topic="digital_base"))
    assert said.count("本数据版本由旧版程序发布，未含：") == 1


def test_publishing_makes_a_whole_edition_of_the_home_of_an_older_release(homes: Homes) -> None:
    config = aged(homes.copy(demo), as_of_the_first_release)
    report = publish(config.data, CATALOG.rollups(), as_of=edition_of(config).as_of)
    assert report.kind == "full"
    edition = edition_of(config)
    assert [fact.name for fact in FACTS.values() if edition.lacks(fact)] == []
    assert not edition.lacks_calendar


@pytest.mark.slow
@pytest.mark.parametrize("change", AGES)
def test_every_metric_opens(homes: Homes, change: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    open_metrics(aged(homes.copy(demo), change), names_at("district"))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(APART))
def test_any_column_may_be_of_a_later_release(homes: Homes, start: int) -> None:
    """Each is absent once, with those that stand APART from it: each alone would take ten minutes."""
    config = aged(homes.copy(demo), lambda con: drop(con, lambda of: optional(of)[start::APART]))
    edition = edition_of(config)
    for name, answered in values(view_of(config, area=stories.DISTRICT), edition).items():
        if feed(edition, CATALOG, CATALOG.metrics[name]).lacked:
            assert answered == (None, OLDER), name
    draw_panels(config, "district")
    test_cases_and_sites_open(config)
