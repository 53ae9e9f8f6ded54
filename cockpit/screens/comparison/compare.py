"""Areas or units side by side: a table of the layout's metrics, and the chosen metric over time."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import streamlit as st

from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header, panelmenu
from cockpit.drawing import comparison
from cockpit.drawing.comparison import Line, Point
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels import answers, events
from cockpit.panels.answers import Part
from cockpit.panels.labels import rows_link
from cockpit.screens.comparison.compared import UNIT, Choice, Subject, kind_name, names, narrowed, peers
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.analysis.compare import is_running
from metrics.analysis.peers import Typical, mean_of, median_of
from metrics.answer import SMALL, WITHOUT_VALUE, answer
from metrics.catalog import Metric
from metrics.engine.frames import each, period_of
from metrics.engine.plan import exists_at, filters
from metrics.period import DAY, Period
from metrics.query import Query

MONTHS = "months"
"""Value of the parameter `over`: the last thirteen months instead of the period."""


def draw(view: View, choice: Choice, over: str) -> None:
    """The page below its chooser, for a choice of at least two."""
    view = narrowed(view, choice)
    shown = offered(view, choice)
    if not shown:
        header.notice(_("No metric of this cockpit can be compared this way."))
        return
    metric = view.metric if view.metric in shown else shown[0]
    if metric != view.metric:
        header.notice(_("{metric} cannot be compared this way. Shown is {other}.", metric=view.metric.name[language()],
                        other=metric.name[language()]))  # fmt: skip
    if choice.place is None:
        header.notice(_("Mean and median are left out: they need areas that you may not see."))
    with panelmenu.panel("compare-chart", table=True):
        _chart(view, choice, metric, over == MONTHS)
    with panelmenu.panel("compare-table", table=True):
        header.title(_("All metrics of this cockpit"), note=format.period(view.period))
        columns = [Column(_("Metric"), lead=True), *(Column(text) for text in headings(view, choice))]
        table(columns, [_row(view, choice, one, chosen=one == metric) for one in shown], key="compared")


def offered(view: View, choice: Choice) -> list[Metric]:
    """The metrics of the layout, the chosen one first if it is none of them, that exist for what is compared."""
    named = dict.fromkeys((*view.layout.metrics,))
    if view.metric.id not in named:
        named = dict.fromkeys((view.metric.id, *named))
    metrics = [view.catalog.metrics[name] for name in named]
    if choice.by == "units":
        return [m for m in metrics if UNIT in filters(view.catalog, m) and exists_at(m, view.area.level)]
    return [m for m in metrics if exists_at(m, choice.split)]


# --- numbers ------------------------------------------------------------------------------------------------------


def parts(view: View, choice: Choice, metric: Metric) -> dict[str, Part]:
    """The answer for each of the subjects and their peers, by id."""
    if choice.place is None:
        queries = {s.id: replace(view.ask(metric.id), area=int(s.id)) for s in choice.subjects}
        return {id: answers.parts(query)[0] for id, query in queries.items()}
    together = tuple(one.id for one in offered(view, choice)) if choice.by == "areas" else ()
    return {part.group: part for part in answers.parts(view.ask(metric.id, by=choice.split), together)}


def _rows(by_subject: dict[str, Any], among: Sequence[Subject]) -> list[Any]:
    return [by_subject[one.id] for one in among if one.id in by_subject]


def mean(view: View, choice: Choice, metric: Metric, by_subject: dict[str, Any], total: Any) -> Typical:
    """The mean of all peers. by_subject: rows of an answer by group."""
    return mean_of(metric, _rows(by_subject, peers(view, choice)), total)


def median(view: View, choice: Choice, kind: str, by_subject: dict[str, Any]) -> Typical:
    """The median of the peers of a kind."""
    return median_of(_rows(by_subject, [one for one in peers(view, choice) if one.kind == kind]))


def _total(view: View, choice: Choice, metric: Metric) -> Any:
    """The answer for all facts of the place; None where the metric does not exist there."""
    if choice.place is None or not exists_at(metric, choice.place.level):
        return None
    return answers.parts(view.ask(metric.id))[0].now


# --- the table ----------------------------------------------------------------------------------------------------


def headings(view: View, choice: Choice) -> list[str]:
    """The subjects, then the mean and a median for each of their kinds."""
    own = [subject.name for subject in choice.subjects]
    if choice.place is None:
        return own
    return [*own, mean_name(choice), *(median_name(choice, kind) for kind in choice.kinds)]


def mean_name(choice: Choice) -> str:
    if choice.by == "units":
        return _("Mean of all units")
    assert choice.place is not None
    return _("Mean of {area}", area=choice.place.name)


def median_name(choice: Choice, kind: str) -> str:
    return _("Median of {kind}", kind=kind_name(choice, kind))


def _row(view: View, choice: Choice, metric: Metric, *, chosen: bool) -> list[Cell | str]:
    by_subject = parts(view, choice, metric)
    name = metric.name[language()]
    lead = Cell(name, note=_("in the chart")) if chosen else Cell(name, view.here(metric=metric))
    cells: list[Cell | str] = [lead, *(_cell(view, choice, metric, subject, by_subject) for subject in choice.subjects)]
    typical = _typicals(view, choice, metric, by_subject)
    return [*cells, *(Cell(typical_text(metric, one.value), note=_counted(one)) for one in typical)]


def typicals(view: View, choice: Choice, metric: Metric) -> list[float | None]:
    """The mean and the medians, as of `headings`; nothing where they need areas that the user may not see."""
    return [one.value for one in _typicals(view, choice, metric, parts(view, choice, metric))]


def _typicals(view: View, choice: Choice, metric: Metric, parts_by_subject: dict[str, Part]) -> list[Typical]:
    if choice.place is None:
        return []
    now = {id: part.now for id, part in parts_by_subject.items()}
    total = _total(view, choice, metric)
    return [mean(view, choice, metric, now, total), *(median(view, choice, kind, now) for kind in choice.kinds)]


def _cell(view: View, choice: Choice, metric: Metric, subject: Subject, by_subject: dict[str, Part]) -> Cell:
    """Value and state, which opens its rows; change and sample behind it."""
    part = by_subject.get(subject.id)
    if part is None or not part.known:
        return Cell(_("No data"))
    before = part.before.value if part.before is not None and not part.small else None
    change = format.change(metric, part.now.value, before).text
    sample = _("Sample {n}, not ranked", n=format.number(part.now.n)) if part.small else _sample(metric, part.now.n)
    state = "" if part.small or part.state == "none" else part.state
    of_unit = choice.by == "units"
    rows = rows_link(view, metric, unit=subject.id) if of_unit else rows_link(view, metric, area=subject.id)
    note = " · ".join(text for text in (change, sample) if text)
    return Cell(format.quantity(metric, part.now.value), rows, state=state, note=note)


def _sample(metric: Metric, n: int) -> str:
    return _("sample {n}", n=format.number(n)) if metric.is_rate else ""


def _counted(typical: Typical) -> str:
    """The number of values behind it, and of all subjects."""
    if typical.counted == typical.among:
        return _("of {n}", n=typical.among)
    return _(
        "of {n}, {left} without data or a sufficient sample", n=typical.counted, left=typical.among - typical.counted
    )


def typical_text(metric: Metric, value: float | None) -> str:
    """A mean or median: with one decimal more than a value where it is not whole."""
    if value is None:
        return _("No data")
    if metric.decimals or value == int(value):
        return format.quantity(metric, value)
    return format.with_unit(format.number(value, 1), metric.unit)


# --- the chart ----------------------------------------------------------------------------------------------------


def _chart(view: View, choice: Choice, metric: Metric, months: bool) -> None:
    name = metric.name[language()]
    title = _("{metric} by month", metric=name) if months else _("{metric} over time", metric=name)
    other = view.here(over=None if months else MONTHS)
    header.title(title, links=[(_("This period") if months else _("Last 13 months"), other)])
    lines = chart_lines(view, choice, metric, months)
    if not any(point.value is not None for line in lines for point in line.points):
        header.notice(_("No data in this period"))
        return
    happened = {format.day(day): text for day, text in events.by_bucket(view, _spans(view, months)).items()}
    comparison.show(
        metric, lines, happened, large=view.size == "l", key="compare-chart",
        label=f"{title}: {names(choice)}, {format.period(view.period)}",
    )  # fmt: skip
    with st.expander(_("The chart as a table")):
        columns = [Column(_("First day"), lead=True, short=True), *(Column(line.name, number=True) for line in lines)]
        days = [point.day for point in lines[0].points]
        rows: list[list[Cell | str]] = [
            [day, *(_point(metric, line, at) for line in lines)] for at, day in enumerate(days)
        ]
        table(columns, rows, key="compare-values")


def _point(metric: Metric, line: Line, at: int) -> Cell:
    point = line.points[at]
    text = typical_text(metric, point.value) if line.typical else format.quantity(metric, point.value)
    return Cell("–" if point.value is None else text, note=point.note)


@single_flight_cache(maxsize=128)
def chart_lines(view: View, choice: Choice, metric: Metric, months: bool) -> tuple[Line, ...]:
    """A line for each subject, the mean of all, and the median of each kind; a point a day, week or month."""
    spans = _spans(view, months)
    if not spans:
        return ()
    by_span = [_by_group(view, choice, metric, spans, at) for at in range(len(spans))]
    lines = [
        Line(subject.name, tuple(_subject_point(view, metric, span, by_span[at].get(subject.id))
                                 for at, span in enumerate(spans)))
        for subject in choice.subjects
    ]  # fmt: skip
    if choice.place is None:
        return tuple(lines)
    totals = _total_rows(view, choice, metric, spans)
    means = [mean(view, choice, metric, by_span[at], totals[at]) for at in range(len(spans))]
    lines.append(Line(mean_name(choice), _typical_points(spans, means), "mean"))
    for kind in choice.kinds:
        medians = [median(view, choice, kind, groups) for groups in by_span]
        lines.append(Line(median_name(choice, kind), _typical_points(spans, medians), "median"))
    return tuple(lines)


def _spans(view: View, months: bool) -> tuple[Period, ...]:
    return tuple(_months(view) if months else answers.buckets(view.query))


def _months(view: View) -> list[Period]:
    """The last months; the running one as far as the period goes."""
    *earlier, last = answers.last_months(view.period.end - DAY)
    return [*earlier, Period(last.start, view.period.end)]


def _by_group(view: View, choice: Choice, metric: Metric, spans: tuple[Period, ...], at: int) -> dict[str, Any]:
    if choice.place is None:
        queries = {s.id: replace(view.ask(metric.id), area=int(s.id)) for s in choice.subjects}
        return {id: _answered(query, spans)[spans[at]][""] for id, query in queries.items()}
    return _answered(view.ask(metric.id, by=choice.split), spans)[spans[at]]


def _total_rows(view: View, choice: Choice, metric: Metric, spans: tuple[Period, ...]) -> list[Any]:
    assert choice.place is not None
    if not exists_at(metric, choice.place.level):
        return [None] * len(spans)
    answered = _answered(view.ask(metric.id), spans)
    return [next(iter(answered[span].values())) for span in spans]


@lru_cache(maxsize=32)
def _answered(query: Query, spans: tuple[Period, ...]) -> dict[Period, dict[str, Any]]:
    """Rows of the answer by period and group; without a breakdown the only group is ""."""
    by_span: dict[Period, dict[str, Any]] = {span: {} for span in spans}
    for row in each(answer(query, periods=spans)):
        by_span[period_of(row)][row.group if query.by else ""] = row
    return by_span


def _subject_point(view: View, metric: Metric, span: Period, row: Any) -> Point:
    if row is None or str(row.quality) in WITHOUT_VALUE:
        return Point(format.day(span.start), None)
    small = str(row.quality) == SMALL
    notes = [
        _("Sample {n}, not ranked", n=format.number(row.n)) if small else _sample(metric, row.n),
        _("Unfinished, up to {time}", time=format.clock(view.as_of)) if is_running(span, view.as_of) else "",
    ]
    return Point(format.day(span.start), format.given(row.value), " · ".join(filter(None, notes)), open=small)


def _typical_points(spans: Sequence[Period], values: Sequence[Typical]) -> tuple[Point, ...]:
    return tuple(
        Point(format.day(span.start), one.value, _counted(one)) for span, one in zip(spans, values, strict=True)
    )
