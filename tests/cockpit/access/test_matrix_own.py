"""The role matrix over a district's own metrics: one of every fact, view and form, and definitions that fail."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access.policy import MATRIX, Can
from cockpit.screens.listing.rows import PER_PAGE
from cockpit.view import read
from data.home import Home
from metrics.engine.plan import exists_at
from tests import failing, forms
from tests.asking import count_rows
from tests.cockpit.access.conftest import AS_OF
from tests.cockpit.access.test_matrix import (
    CHILD,
    LOOKERS,
    LOOKING,
    NOVEMBER,
    OWN,
    PARENT,
    REFUSAL,
    SHOWN,
    SIBLING,
    components,
    text_of,
    without_links,
)
from tests.factory import TOWNS, VILLAGES, areas, deliver, published

pytestmark = pytest.mark.slow

PLACES = {"town": OWN, "village": CHILD}
FORMS = [metric for domain in forms.catalog().domains if domain.file in forms.FILES for metric in domain.metrics]
BY_METRIC = [page for page in LOOKING if page in {"cockpit", "why", "rows", "passport"}]


@pytest.fixture(scope="module", params=[forms, failing], ids=["forms", "failing"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("own"), memory="1GB")
    areas(home)
    at = datetime(2026, 11, 2, 9)
    cases = [
        {
            "key": f"{area}-{i}", "area": area, "registered_at": at, "title": "张三家", "extended": 0,
            "category": "路灯照明", "closed_at": at.replace(day=4) if i % 2 else None,
        }
        for area in (*VILLAGES, *TOWNS)
        for i in range(10)
    ]  # fmt: skip
    deliver(home, "cases", cases)
    forms.deliver_all(home)
    published(home, AS_OF, request.param.catalog())
    return home.root


@pytest.fixture(autouse=True)
def catalog(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """`forms` or `failing`, whichever is served."""
    chosen = forms if "forms" in request.node.callspec.id else failing
    monkeypatch.setenv("COCKPIT_CATALOG", str(chosen.FOLDER))
    return "forms" if chosen is forms else "failing"


@pytest.fixture
def ask(run_page: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """A page for a role on OWN. A metric that fails ends the run with the metric's error."""
    return run_page


@pytest.mark.parametrize("page", BY_METRIC)
@pytest.mark.parametrize("role", MATRIX)
def test_own_metrics_are_shown_inside_the_grant_and_nowhere_else(
    ask: Callable[..., AppTest], catalog: str, page: str, role: str
) -> None:
    looks = Can.LOOK in MATRIX[role]
    names = failing.FAILING if catalog == "failing" else ("meters_ratio", "things_stock", "backups_count", "ages_sum",
                                                          "lamps_quantile", "mixed_score")  # fmt: skip
    for name in names:
        for area, inside in ((OWN, True), (CHILD, True), (SIBLING, False), (PARENT, False)):
            tested = ask(page, role, metric=name, area=area)
            said = text_of(tested)
            if tested.exception:
                # AppTest hides what a run raised; tests/serving/test_failing.py reads it from a real server.
                assert (catalog, looks, inside) == ("failing", True, True)
            else:
                assert (REFUSAL not in said) is (looks and inside), (name, area)
            assert (looks and inside) or f"{area}-1" not in said


@pytest.mark.parametrize("page", BY_METRIC)
def test_every_looking_role_sees_the_same_of_an_own_metric(
    ask: Callable[..., AppTest], catalog: str, page: str
) -> None:
    if catalog == "failing":
        chosen = list(failing.SOUND)
    else:
        chosen = [metric.id for metric in FORMS if exists_at(metric, "town")]
    view = read({}, settings.current())
    for name in chosen:
        shown = {}
        for role in LOOKERS:
            tested = ask(page, role, metric=name, area=OWN)
            assert not tested.exception
            shown[role] = [without_links(components(tested, part)) for part in SHOWN]
        if page != "rows":
            assert any(shown["leader"]), name
        elif not view.catalog.metrics[name].components:  # one made of others has no rows of its own
            counted = count_rows(view.edition, name, OWN, NOVEMBER, catalog=view.catalog)
            assert any(shown["leader"]) is (counted > 0), name
        assert all(shown[role] == shown["leader"] for role in LOOKERS), name


@pytest.mark.parametrize("level", PLACES)
def test_rows_page_lists_as_many_rows_as_are_counted(ask: Callable[..., AppTest], catalog: str, level: str) -> None:
    forms_here = [metric.id for metric in FORMS if exists_at(metric, level) and not metric.components]
    visited, view = 0, read({}, settings.current())
    for name in forms_here if catalog == "forms" else failing.SOUND:
        count = count_rows(view.edition, name, PLACES[level], NOVEMBER, catalog=view.catalog)
        for role in LOOKERS:
            tested = ask("rows", role, metric=name, area=PLACES[level])
            assert not tested.exception
            assert sum(len(table["rows"]) for table in components(tested, "table")) == min(count, PER_PAGE), name
        visited += count
    assert visited
