"""Plotly figures as plain dictionaries, in the theme's colours; `cockpit.drawing.figures` draws them.

A point that can be opened carries its address as `customdata`; choosing it moves there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from cockpit.drawing.palette import DARK, LIGHT, Palette
from cockpit.i18n import language
from cockpit.labels import format
from metrics.catalog import Metric

if TYPE_CHECKING:
    from cockpit.view_state import View

Figure = dict[str, Any]
FONT = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
MOST_TICKS = 7
FEW = 5
"""Below so many of what is counted the axis has a tick for each: there is no half a case."""
MONTHS_FROM = 62
"""Days from which the axis tells months instead of days."""


DASH = {"now": "solid", "before": "dash", "last_year": "dot"}


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


def trend(
    view: "View", metric: Metric, days: Sequence[date], lines: Sequence[Line], *, hrefs: Sequence[str] = ()
) -> Figure:
    """This period against others, day by day, all laid on the days of this one; `hrefs` open the days of this one."""
    colours = palette(view)
    data: list[dict[str, Any]] = []
    for line in lines:
        x = [day.isoformat() for day in days[: len(line.values)]]
        own = [day.isoformat() for day in line.days[: len(x)]] or x
        texts = [f"{line.name} {day} {format.quantity(metric, v)}" for day, v in zip(own, line.values, strict=True)]
        done = len(x) - bool(line.unfinished)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if line.style == "now" else "lines",
                "name": line.name,
                "x": x,
                "y": [format.given(v) for v in line.values][:done] + [None] * (len(x) - done),
                "text": texts,
                "hovertemplate": "%{text}<extra></extra>",
                "customdata": list(hrefs) if line.style == "now" else None,
                "line": {
                    "color": getattr(colours, line.style),
                    "dash": DASH[line.style],
                    "width": 2.2 if line.style == "now" else 1.5,
                },
                "marker": {"size": 5},
                "connectgaps": False,
                "cliponaxis": False,
            }
        )
        if line.unfinished:
            data.append(_running(data[-1], line, texts))
    layout = _layout(view, colours)
    layout["xaxis"] |= _time_ticks(days)
    layout |= _limits(metric, colours)
    if not metric.is_percent:
        layout["yaxis"]["rangemode"] = "tozero"
    if not metric.decimals and max((v for line in data for v in line["y"] if v is not None), default=0) < FEW:
        layout["yaxis"]["dtick"] = 1
    return {"data": data, "layout": layout}


def _running(trace: dict[str, Any], line: Line, texts: Sequence[str]) -> dict[str, Any]:
    """The dashed way to the value of a day, week or month that is still running: not a fall, but not all of it."""
    return {
        **trace,
        "name": line.unfinished,
        "x": trace["x"][-2:],
        "y": [format.given(v) for v in line.values][-2:],
        "text": [*texts[-2:-1], f"{texts[-1]} · {line.unfinished}"],
        "customdata": (trace["customdata"] or [])[-2:] or None,
        "line": {**trace["line"], "dash": "2px,3px"},
        "marker": {"size": 6, "symbol": "circle-open"},
    }


def columns(
    view: "View",
    names: Sequence[str],
    values: Sequence[float],
    *,
    hrefs: Sequence[str] = (),
    states: Sequence[str] = (),
) -> Figure:
    """Upright bars over an ordered axis, such as the ages of a backlog; a state other than none colours its bar."""
    colours = palette(view)
    told = list(states) or ["none"] * len(names)
    bar = {
        "type": "bar",
        "x": list(names),
        "y": list(values),
        "text": [
            f"{format.SHAPES[s]} {t}" if s != "none" else t for s, t in zip(told, format.column(values), strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": list(hrefs),
        "hovertemplate": "%{x} %{text}<extra></extra>",
        "marker": {"color": [colours.now if s == "none" else getattr(colours, s) for s in told]},
    }
    layout = _layout(view, colours)
    layout["yaxis"] |= {"visible": False, "range": [0, max([*values, 1]) * 1.18]}
    layout["xaxis"] |= {"type": "category"}
    layout |= {"showlegend": False, "bargap": 0.25}
    return {"data": [bar], "layout": layout}


def palette(view: "View") -> Palette:
    return DARK if view.dark else LIGHT


def _layout(view: "View", colours: Palette) -> dict[str, Any]:
    size = 17 if view.size == "l" else 13
    axis = {
        "fixedrange": True,
        "gridcolor": colours.grid,
        "zeroline": False,
        "tickfont": {"size": size - 1, "color": colours.faint},
    }
    return {
        "font": {"family": FONT, "size": size, "color": colours.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 26, "b": 8},
        "xaxis": {**axis, "showgrid": False, "automargin": True},
        "yaxis": {**axis, "automargin": True, "nticks": 5, "separatethousands": True},
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {
            "bgcolor": colours.ground,
            "bordercolor": colours.grid,
            "font": {"family": FONT, "color": colours.ink},
        },
        "dragmode": False,
        "clickmode": "event+select",
        "uirevision": "fixed",
    }


def _time_ticks(days: Sequence[date]) -> dict[str, Any]:
    """A few ticks in words: months when the axis is long, days of the month when it is short."""
    if len(days) > 1 and (days[-1] - days[0]).days >= MONTHS_FROM:
        firsts = [day for day in days if day.day == 1] or [days[0]]
        chosen = firsts[:: -(-len(firsts) // MOST_TICKS)]
        texts = [_month(day, first=index == 0) for index, day in enumerate(chosen)]
    else:
        chosen = list(days[:: -(-len(days) // MOST_TICKS) or 1])
        texts = [day.strftime("%m-%d") for day in chosen]
    return {"type": "date", "tickvals": [day.isoformat() for day in chosen], "ticktext": texts}


def _month(day: date, *, first: bool) -> str:
    if first or day.month == 1:
        return format.month(day)
    return f"{day.month}月" if language() == "zh" else day.strftime("%b")


def _limits(metric: Metric, colours: Palette) -> dict[str, Any]:
    """The metric's own bounds as thin lines, where they hold for the value itself."""
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return {}
    bounds = [(limits.green, colours.green), (limits.red, colours.red)]
    shapes, notes = [], []
    for bound, colour in bounds:
        if bound is None:
            continue
        line = {"color": colour, "width": 1, "dash": "dot"}
        shapes.append(
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bound.limit, "y1": bound.limit, "line": line}
        )
        notes.append(
            {
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "y": bound.limit,
                "yanchor": "bottom",
                "text": str(bound),
                "showarrow": False,
                "font": {"color": colour},
            }
        )
    return {"shapes": shapes, "annotations": notes}
