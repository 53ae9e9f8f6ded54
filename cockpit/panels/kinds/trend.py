"""The trend panel: the period, the one before and last year, or the last months."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import Any, Literal

from pydantic import Field

from cockpit.drawing import charts
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels import answers, events
from cockpit.panels.answers import Series
from cockpit.panels.base import Call, Panel
from cockpit.panels.kinds.tiles import tile_metrics
from cockpit.panels.labels import rows_link
from cockpit.panels.numbers import Numbers, quantity
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.analysis.compare import is_running
from metrics.catalog import Metric
from metrics.engine.plan import exists_at
from metrics.period import DAY

LEAST_OF_A_MEAN = 3
"""Values that a mean is drawn from at least."""


class TrendPanel(Panel):
    """The metric over time; a point opens the rows of its day or month.

    over: the period by day, week or month against the periods compared with, or the last thirteen months.
    """

    kind: Literal["trend"]
    over: Literal["period", "months"] = "period"
    height: int = Field(260, ge=100, le=1000)

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def shown(self, view: View) -> bool:
        view = self.at(view)
        if not exists_at(view.metric, view.area.level):
            return False
        return has_months(view) if self.over == "months" else has_trend(view)

    def queries(self, view: View) -> Sequence[Call]:
        view = self.at(view)
        if not exists_at(view.metric, view.area.level):
            return ()
        if self.over == "months":
            return [partial(answers.summaries, view.ask(*tile_metrics(view)))]
        return [partial(answers.line, view.query)]

    def prepare(self, view: View) -> None:
        view = self.at(view)
        if self.over == "period" and exists_at(view.metric, view.area.level):
            trend_chart(view)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.charts import linechart
        from cockpit.components.navigation import header

        view = self.at(view)
        name = view.metric.name[language()]
        if self.over == "months":
            chart, text = months_chart(view, view.metric), _("{metric} by month", metric=name)
            buckets = answers.last_months(view.period.end - DAY)
        else:
            chart, text = trend_chart(view), _("{metric} over time", metric=name)
            buckets = answers.buckets(view.query)
        chart = charts.with_events(chart, [bucket.start for bucket in buckets], events.by_bucket(view, buckets))
        header.title(self.title[language()] if self.title else text)
        label = f"{name} {format.period(view.period)}"
        linechart.linechart(chart, key=f"trend-{view.metric.id}", height=self.height, label=label)

    def numbers(self, view: View) -> Numbers:
        view = self.at(view)
        metric = view.metric
        series = month_lines(view, metric) if self.over == "months" else period_lines(view)
        days = answers.last_months(view.period.end - DAY) if self.over == "months" else answers.buckets(view.query)
        rows = tuple(
            (
                format.day(day.start),
                *(quantity(metric, line.values[at] if at < len(line.values) else None) for line in series),
            )
            for at, day in enumerate(days)
        )
        return Numbers(metric.name[language()], (_("First day"), *(line.name for line in series)), rows)

    def section(self) -> dict[str, Any]:
        return {"type": "trend", "metrics": self.metrics, "over": "months" if self.over == "months" else "period"}


def has_trend(view: View) -> bool:
    """Whether there is a line to draw: one value at least, now or in one of the periods compared with."""
    return any(value is not None for series in answers.line(view.query) for value in series.values)


def has_months(view: View) -> bool:
    """Whether any of the last months has a value."""
    return any(value is not None for line in month_lines(view, view.metric) for value in line.values)


@single_flight_cache(maxsize=512)
def trend_chart(view: View) -> charts.Chart:
    """The period against those that it is compared with."""
    metric, line = view.metric, answers.line(view.query)
    hrefs = [rows_link(view, metric, period=bucket) for bucket in line.now.buckets]
    days = [bucket.start for bucket in line.now.buckets]
    return charts.trend(metric, days, period_lines(view), hrefs=hrefs, mean=mean(view))


def mean(view: View) -> float | None:
    """The mean of the period: of a rate its value over all of it, of counts that of its finished days, weeks or months.

    None of what has no mean, such as a median or a greatest age, and of a single value.
    """
    metric, now = view.metric, answers.line(view.query).now
    known = [
        value
        for bucket, value in zip(now.buckets, now.values, strict=True)
        if value is not None and not answers.unfinished(bucket, view.as_of)
    ]
    if len(known) < LEAST_OF_A_MEAN:
        return None
    if metric.rollup == "sum":
        return fmean(known)
    return format.given(summary_of(view, metric).now.value) if metric.rollup == "ratio of sums" else None


def period_lines(view: View) -> list[charts.Line]:
    """The period, and those that it is compared with as far as they have values."""
    line = answers.line(view.query)
    running = line.now.buckets and is_running(line.now.buckets[-1], view.as_of)
    unfinished = _("Unfinished, up to {time}", time=format.clock(view.as_of)) if running else ""
    drawn = [replace(_line(_("This period"), line.now, "now"), unfinished=unfinished)]
    if any(line.previous.values):
        drawn.append(_line(_("Period before"), line.previous, "before"))
    if any(line.last_year.values) and line.last_year != line.previous:
        drawn.append(_line(_("Last year"), line.last_year, "last_year"))
    return drawn


def _line(name: str, series: Series, style: Literal["now", "before", "last_year"]) -> charts.Line:
    return charts.Line(name, series.values, style, [bucket.start for bucket in series.buckets])


@single_flight_cache(maxsize=512)
def months_chart(view: View, metric: Metric) -> charts.Chart:
    """The months of the tiles' lines."""
    months = answers.last_months(view.period.end - DAY)
    hrefs = [rows_link(view, metric, period=month) for month in months]
    return charts.trend(metric, [month.start for month in months], month_lines(view, metric), hrefs=hrefs)


def month_lines(view: View, metric: Metric) -> list[charts.Line]:
    """The last months as one line; a month that is still running is marked as unfinished."""
    last = answers.last_months(view.period.end - DAY)[-1]
    running = is_running(last, view.as_of)
    unfinished = _("Unfinished, up to {time}", time=format.stamp(view.as_of)) if running else ""
    return [charts.Line(_("Month"), summary_of(view, metric).trend, unfinished=unfinished)]


def summary_of(view: View, metric: Metric) -> answers.MetricSummary:
    """The metric as the tiles have it, asked with them where it is one of them."""
    summaries = answers.summaries(view.ask(*tile_metrics(view)))
    return summaries.get(metric.id) or answers.summaries(view.ask(metric.id))[metric.id]
