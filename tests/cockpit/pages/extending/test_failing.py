"""A metric whose definition fails on the facts: a page says so and shows everything else."""

import pytest
from streamlit.testing.v1 import AppTest

from data.home import Home
from data.messages import Message
from metrics.engine.failures import BY_ZERO, CANNOT_CONVERT, NOT_ACCEPTED, OUT_OF_RANGE
from tests import failing
from tests.cockpit.pages.conftest import AS_OF, Screen, hotline, words, words_raw
from tests.factory import AREAS, areas, deliver, published

CATALOG = failing.catalog()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("failing"), memory="1GB")
    areas(home, AREAS)
    deliver(home, "cases", [{**case, "title": "张三家", "extended": 0} for case in hotline(30)])
    published(home, AS_OF, CATALOG)
    return home


@pytest.fixture(autouse=True)
def _failing_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CATALOG", str(failing.FOLDER))


def of_a_run(why: object) -> None:
    from cockpit import problem
    from metrics.engine.failures import Uncomputable

    text = "{metric} cannot be computed: {why}"
    problem.of_a_run(Uncomputable("metric.uncomputable", text, metric="backlog", why=why))


@pytest.mark.parametrize(
    ("why", "chinese"),
    [(CANNOT_CONVERT, "无法转换"), (BY_ZERO, "除数为零"), (OUT_OF_RANGE, "超出范围"), (NOT_ACCEPTED, "不接受")],
)
def test_the_page_of_a_metric_that_fails_says_which_and_why(home: Home, why: Message, chinese: str) -> None:
    shown = AppTest.from_function(of_a_run, args=(why,)).run()
    assert not shown.exception
    assert "无法计算" in words(shown)
    assert chinese in words(shown)


@pytest.mark.parametrize("page", ["cockpit", "why", "rows", "passport", "dictionary", "reports"])
def test_every_other_metric_is_shown_as_ever(screen: Screen, page: str) -> None:
    assert 'role="alert"' not in words_raw(screen(page, metric="backlog"))
