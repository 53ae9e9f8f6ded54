"""A page shows what its URL names, and says so kindly when the URL names nothing."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit import view as views
from cockpit.access import guard
from cockpit.components.navigation import header
from cockpit.labels import format
from cockpit.panels import layouts
from cockpit.settings import Settings
from cockpit.view import BadParameter, View, read
from data.errors import DataError
from data.home import Home
from metrics.areas import area
from metrics.availability.extent import extent
from metrics.period import DAY, Period, last_day
from tests import drawn
from tests.cockpit.conftest import session_of
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

MAIN = str(Path(__file__).parents[2] / "cockpit" / "main.py")
AS_OF = datetime(2026, 11, 22, 8)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = Home(tmp_path_factory.mktemp("view"), memory="1GB")
    edition_of(home, [{"registered_at": datetime(2026, 11, 20, 9)}], AS_OF)
    return settings.load(home=home.root)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Runs the first screen of a home with URL parameters."""

    def run(root: Path, **parameters: str) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(root))
        settings.current.cache_clear()
        app = AppTest.from_file(MAIN, default_timeout=30)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    yield run
    settings.current.cache_clear()


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


def test_an_empty_url_is_the_backlog_of_the_whole_this_month(config: Settings) -> None:
    view = read({}, config)
    assert (view.area.code, view.metric.id, view.compare, view.lang) == (DISTRICT, "backlog", "previous", "zh")
    assert view.period == Period(date(2026, 11, 1), date(2026, 11, 23))
    assert view.against == Period(date(2026, 10, 1), date(2026, 10, 23), datetime(2026, 10, 22, 8))
    assert view.as_of == AS_OF


def test_a_topic_opens_on_what_a_source_delivers(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = read({"topic": "hotline"}, config).layout
    fed = {layout.metrics[1]}
    monkeypatch.setattr(views, "feed", lambda edition, catalog, metric: SimpleNamespace(is_fed=metric.id in fed))
    assert read({"topic": "hotline"}, config).metric.id == layout.metrics[1]
    assert read({"topic": "hotline", "metric": layout.metrics[2]}, config).metric.id == layout.metrics[2]
    fed.clear()
    assert read({"topic": "hotline"}, config).metric.id == layout.metric


def test_a_url_names_everything(config: Settings) -> None:
    named = {
        "area": str(TOWNS[1]), "metric": "on_time_rate", "from": "2026-10-01", "to": "2026-11-01", "vs": "last_year",
        "lang": "en", "size": "l", "wall": "1",
    }  # fmt: skip
    view = read(named, config)
    assert (view.area.name, view.metric.id, view.lang, view.size, view.wall) == (
        "沙洲镇",
        "on_time_rate",
        "en",
        "l",
        True,
    )
    assert view.against == Period(date(2025, 10, 1), date(2025, 11, 1))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("area", {"area": "abc"}),
        ("area", {"area": "990199000000"}),
        ("area", {"area": "-1"}),
        ("area", {"area": "9" * 40}),
        ("metric", {"metric": "backlgo"}),
        ("edition", {"edition": "../../etc/passwd"}),
        ("from", {"from": "2026-11-01", "to": "2026-11-01"}),
        ("from", {"from": "yesterday", "to": "2026-11-01"}),
        ("from", {"from": "0001-01-01", "to": "2026-11-01"}),
        ("to", {"from": "2026-11-01"}),
        ("vs", {"vs": "2019"}),
        ("lang", {"lang": "fr"}),
        ("size", {"size": "xxl"}),
    ],
)
def test_url_must_name_existing_things(config: Settings, name: str, given: dict[str, str]) -> None:
    with pytest.raises(BadParameter) as fault:
        read(given, config)
    assert fault.value.name == name
    assert fault.value.hint


@given(st.dictionaries(st.sampled_from(views.KEPT), st.text(max_size=30)))
def test_any_url_is_a_view_or_a_friendly_error(config: Settings, given: dict[str, str]) -> None:
    try:
        view = read(given, config)
    except BadParameter:
        return
    assert view.against.end <= view.period.end


def test_similar_names_are_offered(config: Settings) -> None:
    def near(**given: str) -> list[str]:
        with pytest.raises(BadParameter) as fault:
            read(given, config)
        return [text for text, _ in fault.value.near]

    assert near(area=str(TOWNS[0] + 999)) == ["北塘街道", "临江区"]
    assert near(area="990101") == ["临江区"]
    assert near(area="苇塘") == ["苇塘村"]
    assert near(metric="backlgo")[0] == "积压件数"


def test_a_link_keeps_the_view_and_leaves_the_pages_own_parameters_behind(config: Settings) -> None:
    view = read({"area": str(TOWNS[0]), "lang": "en", "from": "2026-10-01", "to": "2026-11-01", "page": "7"}, config)
    view_parameters = {"area": str(TOWNS[0]), "lang": "en", "from": "2026-10-01", "to": "2026-11-01"}
    assert parameters(view.href("rows")) == view_parameters
    assert parameters(view.href("rows", part="numerator")) == view_parameters | {"part": "numerator"}
    assert urlsplit(view.href("rows")).path == "/rows"
    assert urlsplit(view.href()).path == "/"


def test_link_accepts_areas_metrics_and_periods(config: Settings) -> None:
    view = read({"from": "2026-10-01", "to": "2026-11-01"}, config)
    metric = view.catalog.metrics["on_time_rate"]
    parsed = parameters(view.href(area=area(view.edition, VILLAGES[0]), metric=metric, period=view.against))
    assert parsed == {"area": str(VILLAGES[0]), "metric": "on_time_rate", "from": "2026-09-01", "to": "2026-10-01"}
    assert parameters(view.href(period=None)) == {}


def test_permanent_link_has_every_parameter(config: Settings) -> None:
    view = read({}, config)
    parsed = parameters(view.permalink())
    assert set(parsed) == {"area", "metric", "from", "to", "vs", "edition", "lang"}
    again = read(parsed, config)
    fields = ("edition", "area", "metric", "period", "compare", "lang")
    assert [getattr(again, name) for name in fields] == [getattr(view, name) for name in fields]


def test_a_metric_that_does_not_exist_at_a_level_gives_way_to_the_default(config: Settings) -> None:
    view = read({"metric": "days_to_clear"}, config)
    assert (view.metric_at("town").id, view.metric_at("village").id) == ("days_to_clear", "backlog")


LEVELS = {"district": DISTRICT, "town": TOWNS[0], "village": VILLAGES[0]}


def test_a_topic_gives_way_to_the_cockpit_where_the_level_has_none_and_links_leave_it(config: Settings) -> None:
    for layout in layouts.of(config).topics():
        for level, place in LEVELS.items():
            view = read({"topic": layout.id, "area": str(place)}, config)
            assert view.topic == (layout.id if level in layout.levels else "")
            assert view.area.code == place
            assert parameters(view.href(area=place)).get("topic", "") == view.topic
            assert view.topic in {"", *(offered.id for offered in view.topics)}


def test_missing_publication_is_shown_with_the_commands_to_run(tmp_path: Path, screen: Callable[..., AppTest]) -> None:
    with pytest.raises(DataError, match="nothing is published"):
        read({}, settings.load(home=tmp_path))
    app = screen(tmp_path)
    assert not app.exception
    page = drawn.html(app)
    assert "还没有发布的数据" in page
    assert "python -m cockpit demo" in page
    assert "python -m cockpit serve" in page


def test_official_sees_who_publishes_and_no_commands(
    tmp_path: Path, screen: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, ("official",)))
    page = drawn.html(screen(tmp_path))
    assert "由数据专员发布" in page
    assert "python -m" not in page


@pytest.mark.parametrize(("lang", "title"), [("zh", "没有这个区划"), ("en", "No such area")])
def test_an_unknown_area_is_a_friendly_page(
    config: Settings, screen: Callable[..., AppTest], lang: str, title: str
) -> None:
    app = screen(config.home, area="1", lang=lang)
    assert not app.exception
    assert title in drawn.html(app)


def test_views_are_values(config: Settings) -> None:
    assert isinstance(read({}, config), View)
    assert read({}, config) == read({}, config)


def test_the_newest_month_with_data_opens_where_this_month_has_none(home: Home) -> None:
    edition_of(home, [{"registered_at": datetime(2026, 9, 30, 23)}], datetime(2026, 11, 28, 8))
    config = Settings(home=home.root)
    view = read({}, config)
    assert view.period == Period(date(2026, 9, 1), date(2026, 10, 1))
    assert header.outside_the_data(view) == "2026年11月还没有数据，现显示有数据的最近一个月：2026年9月"
    parsed_view = read({"from": "2026-11-01", "to": "2026-11-29"}, config)
    assert header.outside_the_data(parsed_view) == "本时段没有数据：现有数据自 2026-09-30 至 2026-09-30"
    assert header.outside_the_data(read({"from": "2026-09-01", "to": "2026-10-01"}, config)) == ""


@pytest.mark.parametrize(
    ("as_of", "first"),
    [("2026-12-01 08:00", "2026-11-02"), ("2026-12-01 23:59", "2026-11-02"), ("2026-12-02 08:00", "2026-12-01"),
     ("2026-10-08 08:00", "2026-09-09"), ("2026-10-09 08:00", "2026-10-01"), ("2026-12-01 00:00", "2026-11-01")],
)  # fmt: skip
def test_the_last_30_days_open_until_a_working_day_of_the_month_is_over(home: Home, as_of: str, first: str) -> None:
    """The first seven days of October are a holiday."""
    now = datetime.fromisoformat(as_of)
    edition_of(home, [{"registered_at": now - timedelta(days=20)}, {"registered_at": now - timedelta(minutes=5)}], now)
    view = read({}, Settings(home=home.root))
    assert view.period.start == date.fromisoformat(first)
    assert view.period.end == last_day(now) + DAY
    young = view.period.days == 30 and view.period.start.day > 1
    assert header.outside_the_data(view) == (
        f"{format.month(now.date())}还没有完整的工作日，现显示近30日" if young else ""
    )


def test_the_date_picker_ends_where_the_data_end(config: Settings) -> None:
    for parameters in ({}, {"from": "2026-09-01", "to": "2027-03-01"}):
        view = read(parameters, config)
        custom, days = header._periods(view)["custom"], extent(view.edition)
        assert days
        assert (custom["first"], custom["last"]) == tuple(day.isoformat() for day in days)
        assert custom["to"] <= custom["last"]
