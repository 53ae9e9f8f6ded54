"""The panels over time, by age, by category and by source: what they show, and where each part of them leads."""

from dataclasses import replace
from typing import Literal

from cockpit import charts, format
from cockpit.components import bars
from cockpit.components.bars import Bar
from cockpit.components.header import notice
from cockpit.i18n import _, language
from cockpit.kept import kept
from cockpit.layouts import answers
from cockpit.layouts.answers import Series
from cockpit.layouts.words import ask, rows_link, source_name
from cockpit.seen import View
from metrics.catalog import Metric
from metrics.compare import is_running
from metrics.frames import each
from metrics.question import filters

MOST_BARS = 8
BREAKDOWNS = ("category", "source", "department")


def trend(view: View, *, height: int = 260) -> None:
    """The chosen metric in this period, the one before and a year ago; a point opens the rows of its day."""
    name = f"{view.metric.name[language()]} {format.period(view.period)}"
    charts.show(trend_figure(view, view.dark), key="trend", height=height, label=name)


def has_trend(view: View) -> bool:
    """Whether there is a line to draw: one value at least, now or in one of the periods compared with."""
    return any(value is not None for series in answers.line(ask(view), view.metric) for value in series.values)


@kept(maxsize=512)
def trend_figure(view: View, dark: bool) -> charts.Figure:
    """`dark` tells apart the two figures of a view, whose colours are set on the server."""
    metric, found = view.metric, answers.line(ask(view), view.metric)
    running = found.now.buckets and is_running(found.now.buckets[-1], view.as_of)
    unfinished = _("Unfinished, up to {time}", time=format.clock(view.as_of)) if running else ""
    drawn = [replace(_line(_("This period"), found.now, "now"), unfinished=unfinished)]
    if any(found.previous.values):
        drawn.append(_line(_("Period before"), found.previous, "before"))
    if any(found.last_year.values) and found.last_year != found.previous:
        drawn.append(_line(_("Last year"), found.last_year, "last_year"))
    hrefs = [rows_link(view, metric, period=bucket) for bucket in found.now.buckets]
    return charts.trend(view, metric, [bucket.start for bucket in found.now.buckets], drawn, hrefs=hrefs)


def _line(name: str, series: Series, style: Literal["now", "before", "last_year"]) -> charts.Line:
    return charts.Line(name, series.values, style, [bucket.start for bucket in series.buckets])


def backlog_ages(view: View) -> None:
    """How long what is open has been open; a bar opens its rows."""
    if view.empty:
        notice(_("No data in this period"))
        return
    bars.bars(age_bars(view), key="ageing")


@kept(maxsize=512)
def age_bars(view: View) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            _("{span} days", span=row.bucket.replace("-", "–")),
            row.n,
            format.number(row.n),
            href=view.href("rows", metric="backlog", age=_span(row.low, row.high)),
        )
        for row in each(answers.ageing(ask(view)))
    )


def _span(low: float, high: float | None) -> str:
    """`3-7`, `90-`: days of age, as the rows page takes them."""
    return f"{low:g}-" + ("" if format.missing(high) else f"{high:g}")


def breakdown(view: View, by: str) -> None:
    """The chosen metric by category or source; a bar opens its rows."""
    shown = breakdown_bars(view, by)
    if not shown:
        notice(_("No data in this period"))
        return
    bars.bars(shown, key=by, full=100 if split_metric(view).is_percent else 0)


@kept(maxsize=512)
def breakdown_bars(view: View, by: str) -> tuple[Bar, ...]:
    """The first MOST_BARS groups by need, each as long as its value; a group that holds nothing is left out."""
    metric = split_metric(view)
    found = [part for part in answers.parts(ask(view), metric, by) if part.known and part.now.n]
    return tuple(
        Bar(
            (source_name(view, part.group) if by == "source" else part.group) or _("Not given"),
            float(part.now.value),
            format.quantity(metric, part.now.value),
            href=rows_link(view, metric, period=None, **{by: part.group}),
            state=part.state,
            note=_("Sample {n}", n=format.number(part.now.n)) if metric.is_rate or part.small else "",
        )
        for part in found[:MOST_BARS]
    )


def breakdown_note(view: View, by: str) -> str:
    """How many groups are left out."""
    metric = split_metric(view)
    left = len([p for p in answers.parts(ask(view), metric, by) if p.known and p.now.n]) - MOST_BARS
    return _("{n} more not shown", n=left) if left > 0 else ""


def split_metric(view: View) -> Metric:
    """The chosen metric, or the backlog where the chosen one has none of the breakdowns that are drawn."""
    known = filters(view.catalog, view.metric)
    return view.metric if any(by in known for by in BREAKDOWNS) else view.catalog.metrics["backlog"]


def drawn_splits(view: View) -> list[str]:
    """The breakdowns that are drawn of it."""
    known = filters(view.catalog, split_metric(view))
    return [by for by in BREAKDOWNS if by in known]
