"""Every page for a metric of every fact, view and form: no traceback, and no split that fails is offered."""

import re

import pytest

from cockpit import settings
from cockpit.screens import passport
from cockpit.view import read
from data.home import Home
from metrics.engine.plan import exists_at
from tests import forms
from tests.cockpit.pages.conftest import AS_OF, Screen, drawn, hotline, words, words_raw
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published

CATALOG = forms.catalog()
OWN = [metric for domain in CATALOG.domains if domain.file in forms.FILES for metric in domain.metrics]
WITHOUT_FACTS = {"lamps_of_village", "backups_trailing"}
"""What counts none of the facts delivered here in the month that is shown."""
PLACES = {"district": DISTRICT, "town": TOWNS[0], "village": VILLAGES[0]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("forms"), memory="1GB")
    areas(home, AREAS)
    deliver(home, "cases", hotline(60))
    forms.deliver_all(home)
    published(home, AS_OF, CATALOG)
    return home


@pytest.fixture(autouse=True)
def _own_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CATALOG", str(forms.FOLDER))


@pytest.mark.parametrize("metric", OWN, ids=lambda metric: metric.id)
@pytest.mark.parametrize("page", ["cockpit", "why", "rows", "passport"])
def test_every_page_shows_every_form(screen: Screen, page: str, metric: object) -> None:
    level = next(level for level in PLACES if exists_at(metric, level))
    shown = screen(page, metric=metric.id, area=PLACES[level])
    assert 'role="alert"' not in words_raw(shown), words(shown)
    assert metric.name.zh in words(shown) or page == "cockpit"
    if page == "rows" and not metric.components:
        assert bool(drawn(shown, "table")) is (metric.id not in WITHOUT_FACTS)


@pytest.mark.parametrize("metric", ["meters_ratio", "things_stock", "backups_quantile", "ages_share", "mixed_score"])
@pytest.mark.parametrize("level", ["town", "village"])
@pytest.mark.parametrize("page", ["cockpit", "why", "rows", "passport"])
def test_every_page_shows_every_fact_at_every_level(screen: Screen, page: str, level: str, metric: str) -> None:
    shown = screen(page, metric=metric, area=PLACES[level])
    assert 'role="alert"' not in words_raw(shown), words(shown)


@pytest.mark.parametrize("metric", ["meters_ratio", "backups_count", "ages_sum"])
def test_the_wall_shows_what_is_not_of_cases(screen: Screen, metric: str) -> None:
    assert 'role="alert"' not in words_raw(screen("cockpit", metric=metric, wall=1))


@pytest.mark.parametrize("page", ["dictionary", "reports", "data", "sites"])
def test_the_other_pages_know_them_too(screen: Screen, page: str) -> None:
    shown = screen(page)
    assert 'role="alert"' not in words_raw(shown), words(shown)
    if page == "dictionary":
        ids = {entry["id"] for section in drawn(shown, "glossary")[0]["sections"] for entry in section["entries"]}
        assert {metric.id for metric in OWN} <= ids


def test_every_form_of_metric_has_a_formula(home: Home) -> None:
    view = read({}, settings.load(home=home.root))
    assert all(passport.formula(view, metric) for metric in OWN)


@pytest.mark.parametrize(
    ("metric", "requested"),
    [
        ("meters_count", {"category": "x"}), ("backups_count", {"department": "x"}), ("ages_sum", {"source": "x"}),
        ("meters_count", {"age": "1-3"}), ("mixed_score", {"category": "x"}),
    ],
)  # fmt: skip
def test_a_filter_that_the_metric_does_not_have_is_refused_in_words(
    screen: Screen, metric: str, requested: dict[str, str]
) -> None:
    said = words_raw(screen("rows", metric=metric, **requested))
    assert 'role="alert"' in said or re.search("不按.+统计", said) or metric == "mixed_score"
    shown = screen("why", metric=metric, **requested)
    assert 'role="alert"' not in words_raw(shown)


def test_the_rows_of_a_districts_own_view_show_what_it_tells(screen: Screen) -> None:
    table = drawn(screen("rows", metric="ages_sum", sort="-days"), "table")[0]
    days = [int(row[-1]["text"]) for row in table["rows"]]
    assert len(days) > 1
    assert days == sorted(days, reverse=True)
