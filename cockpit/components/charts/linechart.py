"""A line chart as SVG: lines over days, each day a link to its rows with the values of all lines."""

from cockpit.components.base import define
from cockpit.drawing.charts import Chart

_linechart = define("linechart")


def linechart(chart: Chart, *, key: str, label: str, height: int = 240) -> None:
    """Draw a chart. label: what it shows, for those who cannot see it. height: of the whole, in pixels."""
    data = {
        "lines": chart.lines, "points": chart.points, "rows": chart.rows, "days": chart.days, "limits": chart.limits,
        "events": chart.events, "label": label, "height": height,
    }  # fmt: skip
    _linechart(key=key, data=data)
