"""Charts as SVG without a browser, byte-identical on each run; one style for paper and preview."""

import math
from collections.abc import Sequence
from html import escape

from cockpit.drawing.palette import LIGHT
from cockpit.labels import format
from cockpit.reports.model import Chart, Series

WIDTH, HEIGHT = 620, 250
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 28
FONT = "Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
SIZE = 12
DASHES = {"now": "", "before": "6 4", "last_year": "2 3"}
UNFINISHED = "3 3"
"""The way to the value of a day, week or month that is still running."""
TICKS = 4
MOST_LABELS = 8
MOST_MARKERS = 40
STATES = {"red": LIGHT.red, "amber": LIGHT.amber, "green": LIGHT.green}


def draw(chart: Chart) -> bytes:
    """The picture of a chart, WIDTH by HEIGHT. Its words are in `chart.alt`."""
    low, high, step = axis(chart)
    body = [*_grid(chart, low, high, step), *_limits(chart, low, high)]
    body += _bars(chart, low, high) if chart.kind == "bar" else _lines(chart, low, high)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="{FONT}" font-size="{SIZE}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f"{''.join(body)}</svg>"
    ).encode()


def axis(chart: Chart) -> tuple[float, float, float]:
    """Lowest and highest value of the axis, and the step of its lines."""
    values = [v for series in chart.series for v in series.values if v is not None]
    values += [limit for limit, _text, _state in chart.limits if _near(limit, values)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if chart.from_zero or chart.kind == "bar":
        low = min(low, 0.0)
    if high == low:
        high = low + 1
    step = _step((high - low) / TICKS)
    if chart.format == "0":
        step = max(step, 1.0)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _near(limit: float, values: Sequence[float]) -> bool:
    """Whether a limit lies close enough to be drawn without pressing the lines flat."""
    if not values:
        return False
    spread = max(values) - min(values) or abs(max(values)) or 1
    return min(values) - spread <= limit <= max(values) + spread


def _step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= rough * 0.999)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def _grid(chart: Chart, low: float, high: float, step: float) -> list[str]:
    lines, decimals = [], 0 if step >= 1 and step == int(step) else 1 if step >= 0.1 else 2
    for i in range(round((high - low) / step) + 1):
        value = low + i * step
        y = _y(value, low, high)
        lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{LIGHT.grid}"/>')
        lines.append(_text(LEFT - 6, y + 4, format.number(value, decimals), "end"))
    lines.append(_text(LEFT - 6, TOP - 14, chart.unit, "end"))
    every = -(-len(chart.categories) // MOST_LABELS)
    centred = chart.kind == "bar"
    for i, name in enumerate(chart.categories):
        if i % every == 0:
            half = wide(name) * SIZE / 2
            x = min(_x(i, len(chart.categories), centred=centred), WIDTH - half)  # the last one may be long
            lines.append(_text(x, HEIGHT - 9, name, "middle"))
    return lines


def _x(i: int, count: int, *, centred: bool) -> float:
    room = WIDTH - LEFT - RIGHT
    if centred or count < 2:
        return LEFT + room * (i + 0.5) / max(count, 1)
    return LEFT + 14 + (room - 28) * i / (count - 1)


def _limits(chart: Chart, low: float, high: float) -> list[str]:
    lines = []
    for value, text, state in chart.limits:
        if low <= value <= high:
            y, colour = _y(value, low, high), STATES[state]
            lines.append(
                f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{colour}" '
                'stroke-dasharray="1 3"/>'
            )
            lines.append(_text(WIDTH - RIGHT, y - 4, text, "end", colour))
    return lines


def _lines(chart: Chart, low: float, high: float) -> list[str]:
    made: list[str] = []
    count = len(chart.categories)
    for series in reversed(chart.series):  # the first series is drawn last, on top
        colour = getattr(LIGHT, series.style)
        for stretch in _stretches(series.values):
            points = [(_x(i, count, centred=False), _y(v, low, high)) for i, v in stretch]
            running = series.unfinished and stretch[-1][0] == len(series.values) - 1
            parts = [(points[:-1], DASHES[series.style]), (points[-2:], UNFINISHED)] if running else []
            for part, dashes in parts or [(points, DASHES[series.style])]:
                path = " ".join(f"{x:.1f},{y:.1f}" for x, y in part)
                made.append(
                    f'<polyline points="{path}" fill="none" stroke="{colour}" '
                    f'stroke-width="{2.2 if series.style == "now" else 1.4}" stroke-dasharray="{dashes}"/>'
                )
            if series.style == "now" and (count <= MOST_MARKERS or len(points) == 1):
                made += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in points]
    return [*made, *_legend(chart.series)]


def _stretches(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of values without a gap: where nothing is known no line is drawn."""
    stretches: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((i, value))
    return [stretch for stretch in stretches if stretch]


def _legend(series: Sequence[Series]) -> list[str]:
    parts, x = [], float(LEFT)
    for item in series:
        colour = getattr(LIGHT, item.style)
        parts.append(
            f'<line x1="{x:.1f}" y1="12" x2="{x + 24:.1f}" y2="12" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{DASHES[item.style]}"/>'
        )
        parts.append(_text(x + 30, 16, item.name, "start"))
        x += 46 + wide(item.name) * SIZE
    return parts


def _bars(chart: Chart, low: float, high: float) -> list[str]:
    bars, count = [], len(chart.categories)
    width = min(46.0, (WIDTH - LEFT - RIGHT) / max(count, 1) * 0.6)
    values = chart.series[0].values if chart.series else ()
    for i, (value, label) in enumerate(zip(values, format.column(values), strict=True)):
        if value is None:
            continue
        x, y = _x(i, count, centred=True), _y(value, low, high)
        bars.append(
            f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{_y(low, low, high) - y:.1f}" fill="{LIGHT.now}"/>'
        )
        bars.append(_text(x, y - 5, label, "middle", LIGHT.ink))
    return bars


def wide(text: str) -> float:
    """The width of a text in ems: 1 for a Chinese character, about a half for others."""
    return sum(1.0 if ord(character) > 0x2E80 else 0.56 for character in text)


def _text(x: float, y: float, text: str, anchor: str, colour: str = LIGHT.faint) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
