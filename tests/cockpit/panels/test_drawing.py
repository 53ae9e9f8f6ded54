"""Every panel at every level: drawn once, said what it shows, nothing empty."""

import re

import pytest

from cockpit.panels import answers
from cockpit.panels.kinds import areas, trend
from tests.cockpit.panels.conftest import (
    MERGED,
    METRICS,
    Screen,
    See,
)
from tests.drawn import html
from tests.factory import DISTRICT, TOWNS, VILLAGES


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


def test_a_period_outside_the_data_does_not_say_that_sources_lack(screen: Screen) -> None:
    page = screen(**{"from": "2030-01-01", "to": "2030-02-01"})
    assert "本时段没有数据" in html(page)
    assert "尚无来源" not in html(page)


def test_a_metric_that_nothing_feeds_leaves_no_empty_panels(screen: Screen, see: See) -> None:
    view = see(metric="site_health")
    assert not areas.has_values(view)
    assert not trend.has_trend(view)
    assert "本期没有一个镇街有这项指标的数据" in html(screen(metric="site_health"))
