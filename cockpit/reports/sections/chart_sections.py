"""The sections that are charts: metrics over time, and the backlog by age."""

from collections.abc import Iterator
from datetime import date, datetime, time

from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels import answers
from cockpit.reports.context import ReportContext
from cockpit.reports.errors import or_why
from cockpit.reports.kind import Ages, Trend
from cockpit.reports.model import Block, Chart, Series
from cockpit.reports.sections.numbers import plain
from metrics.analysis.compare import is_running
from metrics.catalog import Metric
from metrics.period import DAY


def trends(section: Trend, context: ReportContext) -> Iterator[Block]:
    """One chart a metric that has had a value."""
    for metric in context.at(section.metrics, context.view.area.level):
        yield from or_why((_months if section.over == "months" else _period)(context, metric))


def _months(context: ReportContext, metric: Metric) -> Iterator[Block]:
    summary = context.summary(metric.id)
    if summary is None or not any(value is not None for value in summary.trend):
        return
    months = answers.last_months(context.view.period.end - DAY)
    names = [_month(month.start) for month in months]
    # the last month goes as far as the period does
    running = is_running(months[-1], min(context.view.as_of, datetime.combine(context.view.period.end, time.min)))
    series = [Series(metric.name[language()], summary.trend, unfinished=running)]
    yield _chart(context, metric, names, series, _("by month"))


def _period(context: ReportContext, metric: Metric) -> Iterator[Block]:
    lines = answers.line(context.query.of(metric.id))
    if not any(value is not None for value in lines.now.values):
        return
    days = [bucket.start for bucket in lines.now.buckets]
    running = is_running(lines.now.buckets[-1], context.view.as_of)
    series = [Series(_("This period"), lines.now.values, "now", running)]
    if any(lines.previous.values):
        series.append(Series(_("Period before"), _fitted(lines.previous.values, len(days)), "before"))
    if any(lines.last_year.values) and lines.last_year != lines.previous:
        series.append(Series(_("Last year"), _fitted(lines.last_year.values, len(days)), "last_year"))
    names = [_day(day) if context.view.period.days <= answers.BY_WEEK else _month(day) for day in days]
    yield _chart(context, metric, names, series, format.period_in_words(context.view.period))


def _day(of: date) -> str:
    return f"{of.month}月{of.day}日" if language() == "zh" else f"{of:%m-%d}"


def _month(of: date) -> str:
    return f"{of.year}年{of.month}月" if language() == "zh" else f"{of:%Y-%m}"


def _fitted(values: tuple[float | None, ...], length: int) -> tuple[float | None, ...]:
    """The values fitted to the axis: the month before may be shorter or longer."""
    return (*values[:length], *[None] * (length - len(values)))


def _chart(context: ReportContext, metric: Metric, names: list[str], series: list[Series], when: str) -> Chart:
    title = f"{metric.name[language()]} · {when}"
    return Chart(
        title, "line", names, series, metric.unit[language()], _alt(context, metric, title, names, series[0]),
        "0" if not metric.decimals else "0." + "0" * metric.decimals, _limits(metric), not metric.is_percent,
    )  # fmt: skip


def _alt(context: ReportContext, metric: Metric, title: str, names: list[str], series: Series) -> str:
    """The first, last, lowest and highest value, in words."""
    known = [(name, value) for name, value in zip(names, series.values, strict=False) if value is not None]
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])

    def say(pair: tuple[str, float]) -> str:
        return f"{pair[0]} {plain(metric, pair[1])}"

    return _(
        "{area}, {title}: from {first} to {last}, lowest {low}, highest {high}",
        area=context.view.area.name, title=title, first=say(known[0]), last=say(known[-1]), low=say(low),
        high=say(high),
    )  # fmt: skip


def _limits(metric: Metric) -> list[tuple[float, str, str]]:
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return []
    bounds = ((limits.green, "green"), (limits.red, "red"))
    return [(bound.limit, str(bound), state) for bound, state in bounds if bound]


def ages(section: Ages, context: ReportContext) -> Iterator[Block]:
    """Open facts by age, as columns."""
    name = section.metrics[0] if section.metrics else context.view.layout.metric
    if not context.at((name,), context.view.area.level):
        return
    metric = context.view.catalog.metrics[name]
    buckets = answers.ageing(context.query.of(metric.id))
    if not buckets["n"].sum():
        return
    names = [_("{span} days", span=bucket.replace("-", "–")) for bucket in buckets["bucket"]]
    values = [float(n) for n in buckets["n"]]
    text = "；".join(f"{name} {format.number(value)}" for name, value in zip(names, values, strict=True))
    yield Chart(
        _("Age of the backlog"), "bar", names, [Series(metric.name[language()], values)],
        metric.unit[language()], _("{area}, age of the backlog: {text}", area=context.view.area.name, text=text), "0",
    )  # fmt: skip
