"""The line over time: unfinished days, gaps, what it is compared with."""

import pytest

from cockpit.panels import answers
from cockpit.panels.kinds import alerts, areas, breakdowns, trend
from tests.cockpit.panels.conftest import See, counted, tiles_of


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


def test_a_score_made_of_others_has_no_rows_to_open(see: See) -> None:
    assert not any(point.href for point in trend.trend_chart(see(metric="three_rate_score")).points)


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


@pytest.mark.parametrize(("end", "unfinished"), [("2026-11-23", "未完，截至 2026-11-22 08:00"), ("2026-11-01", "")])
def test_a_month_that_is_still_running_is_marked(see: See, end: str, unfinished: str) -> None:
    view = see(**{"from": "2026-10-01", "to": end}, metric="intake")
    (line,) = trend.month_lines(view, view.metric)
    assert line.unfinished == unfinished
