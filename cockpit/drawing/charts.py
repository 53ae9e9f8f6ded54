"""Line charts as plain data: positions and texts of values. `cockpit.components.charts.linechart` draws them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from cockpit.i18n import _, language
from cockpit.labels import format
from metrics.catalog import Metric

MOST_TICKS = 7
STEPS = 4
"""Steps of the axis of values at most."""
MONTHS_FROM = 62
"""Days from which the axis is labelled with months instead of days."""


@dataclass(frozen=True)
class Line:
    """One line of a trend: a value a day of the axis, None where there is none.

    days: the days the values are of, where they are not those of the axis. unfinished: what the last value is called
    where its day, week or month is still running: the way to it is dashed.
    """

    name: str
    values: Sequence[float | None]
    style: Literal["now", "before", "last_year"] = "now"
    days: Sequence[date] = ()
    unfinished: str = ""


@dataclass(frozen=True)
class Drawn:
    """A line as it is drawn. y: share of the height from the bottom, one a day of the axis, None for a gap."""

    name: str
    style: str
    y: tuple[float | None, ...]
    unfinished: str


@dataclass(frozen=True)
class Tick:
    """A label of an axis, or a limit. at: share of the width from the left, or of the height from the bottom."""

    at: float
    text: str
    state: str = "none"


@dataclass(frozen=True)
class Point:
    """A day of the axis: position, text of every line, and link."""

    x: float
    text: str
    href: str


@dataclass(frozen=True)
class Chart:
    """points: one a day of the axis. rows, days: the labels of both axes. limits: its bounds and the mean."""

    lines: tuple[Drawn, ...]
    points: tuple[Point, ...]
    rows: tuple[Tick, ...]
    days: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    events: tuple[Tick, ...] = ()


def with_events(chart: Chart, days: Sequence[date], words: Mapping[date, str]) -> Chart:
    """The chart with a mark at each day that has events, whose words its label says as well."""
    points = tuple(
        replace(point, text=f"{point.text}\n{words[day]}") if day in words else point
        for day, point in zip(days, chart.points, strict=True)
    )
    marks = (Tick(point.x, words[day]) for day, point in zip(days, points, strict=True) if day in words)
    return replace(chart, points=points, events=tuple(marks))


def trend(
    metric: Metric,
    days: Sequence[date],
    lines: Sequence[Line],
    *,
    hrefs: Sequence[str] = (),
    mean: float | None = None,
) -> Chart:
    """This period against others, day by day, all laid on the days of this one; `hrefs` open the days of this one.

    mean: of this period, drawn as a thin line next to the metric's own bounds.
    """
    bounds = [*_bounds(metric), *_mean(metric, mean)]
    values = [value for line in lines for value in map(format.given, line.values) if value is not None]
    steps = scale([*values, *(value for value, _text, _state in bounds)], metric)
    low, span = steps[0], steps[-1] - steps[0]
    first, length = days[0], max((days[-1] - days[0]).days, 1)

    def high(value: float | None) -> float | None:
        known = format.given(value)
        return None if known is None else round((known - low) / span, 4)

    def across(day: date) -> float:
        return round((day - first).days / length, 4) if len(days) > 1 else 0.5

    decimals = max(0, -math.floor(math.log10(steps[1] - steps[0])))
    words = format.column(steps, decimals)
    opened = [*hrefs, *[""] * (len(days) - len(hrefs))]
    return Chart(
        lines=tuple(
            Drawn(line.name, line.style, tuple(high(value) for value in line.values[: len(days)]), line.unfinished)
            for line in lines
        ),
        points=tuple(
            Point(across(day), _text(metric, lines, days, index), opened[index]) for index, day in enumerate(days)
        ),
        rows=tuple(Tick(high(step) or 0.0, word) for step, word in zip(steps, words, strict=True)),
        days=tuple(Tick(across(day), text) for day, text in _time_ticks(days)),
        limits=tuple(Tick(high(value) or 0.0, text, state) for value, text, state in bounds),
    )


def scale(values: Sequence[float], metric: Metric) -> list[float]:
    """The steps of an axis that holds all values: two at least, round numbers, rising.

    Counts begin at 0; there is no half a case, so steps of what has no decimals are whole.
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if not metric.is_percent:
        low, high = min(low, 0.0), max(high, 0.0)
    size = _round_up((high - low or abs(high) or 1.0) / STEPS)
    if not metric.decimals and not metric.is_percent:
        size = max(size, 1.0)
    first, last = math.floor(low / size), math.ceil(high / size)
    # a multiple of the step may differ from itself by rounding
    first += round((first + 1) * size, 10) <= low
    last -= round((last - 1) * size, 10) >= high
    return [round(step * size, 10) for step in range(first, max(last, first + 1) + 1)]


def _round_up(size: float) -> float:
    """The next of 1, 2, 5, 10, … times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(size))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= size * (1 - 1e-9))


def _text(metric: Metric, lines: Sequence[Line], days: Sequence[date], index: int) -> str:
    """The values of all lines on one day of the axis, one text line each."""
    texts: list[str] = []
    for line in lines:
        if index >= len(line.values) or (texts and format.missing(line.values[index])):
            continue
        own = line.days[index] if index < len(line.days) else days[index]
        text = f"{line.name} {own.isoformat()} {format.quantity(metric, line.values[index])}"
        texts.append(f"{text} · {line.unfinished}" if line.unfinished and index == len(line.values) - 1 else text)
    return "\n".join(texts)


def _time_ticks(days: Sequence[date]) -> list[tuple[date, str]]:
    """A few ticks in words: months when the axis is long, days of the month when it is short."""
    if len(days) > 1 and (days[-1] - days[0]).days >= MONTHS_FROM:
        firsts = [day for day in days if day.day == 1] or [days[0]]
        chosen = firsts[:: -(-len(firsts) // MOST_TICKS)]
        january = next((i for i, day in enumerate(chosen) if day.month == 1), None)
        first = january is None or january > 1  # else the year of the first runs into that of the January behind it
        return [(day, _month(day, with_year=day.month == 1 or (first and not i))) for i, day in enumerate(chosen)]
    return [(day, day.strftime("%m-%d")) for day in days[:: -(-len(days) // MOST_TICKS) or 1]]


def _month(day: date, *, with_year: bool) -> str:
    """The month, with its year below where the year begins: seven have to stand side by side on a phone."""
    name = f"{day.month}月" if language() == "zh" else day.strftime("%b")
    if not with_year:
        return name
    return f"{name}\n{day.year}年" if language() == "zh" else f"{name}\n{day.year}"


def _mean(metric: Metric, mean: float | None) -> list[tuple[float, str, str]]:
    if mean is None:
        return []
    text = format.number(mean, max(metric.decimals, 1))
    return [(mean, _("Mean {value}", value=format.with_unit(text, metric.unit)), "mean")]


def _bounds(metric: Metric) -> list[tuple[float, str, str]]:
    """The metric's own bounds, where they hold for the value itself: value, words, state."""
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return []
    named = ((limits.green, "green"), (limits.red, "red"))
    return [(float(bound.limit), str(bound), state) for bound, state in named if bound is not None]
