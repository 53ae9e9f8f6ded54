"""The interactive chart of a comparison, drawn by Plotly: zoom, legend, picture. Only the page that compares loads it.

Colours of the lines are those of the theme (`chartCategoricalColors`), set in the browser, so that a change between
light and dark needs no new run. Each line also has its own dash and mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from types import MappingProxyType
from typing import Any, Literal

import streamlit as st

from cockpit.i18n import _
from cockpit.labels import format
from metrics.catalog import Metric

HEIGHT = 420
CONFIG = {"displayModeBar": False, "scrollZoom": False, "showTips": False}
"""Without Plotly's buttons, which the keyboard reaches unseen: the panel's menu has picture, table and full screen."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")
MEAN = {"color": "#7d8894", "width": 3, "dash": "solid"}
MEDIANS = (
    {"color": "#7d8894", "width": 3, "dash": "dot"},
    {"color": "#9a7b4f", "width": 3, "dash": "dash"},
    {"color": "#5f8a8b", "width": 3, "dash": "longdashdot"},
)
"""At least 3:1 on the light and on the dark ground."""
LIMIT = {"green": "#2f8f55", "red": "#c4473e"}
MOST_MARKS = 40
"""Days up to which every value has its mark."""


@dataclass(frozen=True)
class Point:
    """A value of a day, week or month that begins on `day`. open: drawn hollow, since its sample is small."""

    day: str
    value: float | None
    note: str = ""
    open: bool = False


@dataclass(frozen=True)
class Line:
    """typical: "mean" or "median" of all; empty for one of those compared."""

    name: str
    points: tuple[Point, ...]
    typical: Literal["", "mean", "median"] = ""


def figure(
    metric: Metric, lines: Sequence[Line], events: Mapping[str, str] = MappingProxyType({}), *, large: bool = False
) -> dict[str, Any]:
    """The chart as a Plotly figure in plain dictionaries, without colours of a ground."""
    size = 17 if large else 13
    layout: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 28 if events else 8, "b": 8},
        "font": {"size": size},
        "hovermode": "x unified",
        "hoverlabel": {"font": {"size": size}},
        "legend": {"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top", "font": {"size": size}},
        "xaxis": {"type": "date", "tickformat": "%m-%d", "hoverformat": "%Y-%m-%d", "automargin": True},
        "yaxis": {"automargin": True, "ticksuffix": " %" if metric.is_percent else "", "separatethousands": True},
        **_marks(metric, events),
    }
    if not metric.is_percent:
        layout["yaxis"]["rangemode"] = "tozero"
    if lines and len(lines[0].points) > 1 and _days(lines[0]) > 62:
        layout["xaxis"] |= {"tickformat": "%Y-%m", "nticks": 8}
    styles = _styles(lines)
    return {
        "data": [_trace(metric, *each) for each in zip(lines, styles, range(len(lines)), strict=True)],
        "layout": layout,
    }


def _styles(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Width and dash of each line, and the colour of means and medians; the others take theirs from the theme."""
    medians = cycle(MEDIANS)
    styles: list[dict[str, Any]] = []
    for at, line in enumerate(lines):
        if line.typical:
            styles.append(MEAN if line.typical == "mean" else next(medians))
        else:
            styles.append({"width": 2, "dash": DASHES[at % len(DASHES)]})
    return styles


def show(
    metric: Metric,
    lines: Sequence[Line],
    events: Mapping[str, str],
    *,
    key: str,
    label: str,
    large: bool = False,
) -> None:
    """Draw the chart.

    events: the words of what happened, by the first day of a point. label: what it shows, for those who cannot see it.
    """
    from plotly.graph_objects import Figure  # slow to import, and only this page needs it

    # as a Figure it carries Streamlit's template, in which the browser sets the colours of the theme
    st.plotly_chart(
        Figure(figure(metric, lines, events, large=large)), key=key, theme="streamlit", width="stretch", height=HEIGHT,
        config=CONFIG, alt=label,
    )  # fmt: skip


def _trace(metric: Metric, line: Line, style: dict[str, Any], at: int) -> dict[str, Any]:
    few = len(line.points) <= MOST_MARKS
    trace: dict[str, Any] = {
        "type": "scatter",
        "name": _plain(line.name),
        "mode": "lines" if line.typical or not few else "lines+markers",
        "x": [point.day for point in line.points],
        "y": [point.value for point in line.points],
        "text": [_said(metric, line, point) for point in line.points],
        "hovertemplate": "%{fullData.name}: %{text}<extra></extra>",
        "connectgaps": False,
        "line": style,
    }
    if not line.typical:
        mark = MARKS[at % len(MARKS)]
        trace["marker"] = {"size": 7, "symbol": [f"{mark}-open" if point.open else mark for point in line.points]}
    return trace


def _said(metric: Metric, line: Line, point: Point) -> str:
    """The value and its note. Plotly reads some HTML in texts: none of ours is meant as such."""
    if point.value is None:
        return ""
    value = format.number(point.value, max(metric.decimals, 1 if line.typical else 0))
    text = format.with_unit(value, metric.unit)
    return _plain(f"{text} · {point.note}" if point.note else text)


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _days(line: Line) -> int:
    return (date.fromisoformat(line.points[-1].day) - date.fromisoformat(line.points[0].day)).days


def _marks(metric: Metric, events: Mapping[str, str]) -> dict[str, Any]:
    """Bounds and events as thin lines with their words."""
    marks = _limits(metric)
    for day, words in events.items():
        line = {"color": "#7d8894", "width": 1, "dash": "dash"}
        marks["shapes"].append({"type": "line", "yref": "paper", "x0": day, "x1": day, "y0": 0, "y1": 1, "line": line})
        note = {"yref": "paper", "x": day, "xanchor": "left", "y": 1, "yanchor": "bottom", "text": _plain(words)}
        marks["annotations"].append({**note, "showarrow": False, "font": {"color": "#7d8894"}})
    return marks


def _limits(metric: Metric) -> dict[str, Any]:
    """The metric's own bounds as thin lines, where they hold for the value itself."""
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return {"shapes": [], "annotations": []}
    named = ((limits.green, "green", _("Target")), (limits.red, "red", _("Alert")))
    bounds = [
        (float(bound.limit), f"{word} {bound}", LIMIT[state]) for bound, state, word in named if bound is not None
    ]
    return {
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit, "y1": limit,
             "line": {"color": colour, "width": 1, "dash": "dot"}}
            for limit, _text, colour in bounds
        ],
        "annotations": [
            {"xref": "paper", "x": 0, "xanchor": "left", "y": limit, "yanchor": "bottom", "text": _plain(text),
             "showarrow": False, "font": {"color": colour}}
            for limit, text, colour in bounds
        ],
    }  # fmt: skip
