"""What colours of a layer mean, in words."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cockpit.i18n import _
from cockpit.labels import format, words
from metrics.catalog import Catalog
from metrics.mapping.layers import Layer
from metrics.mapping.series import KEYS, AreaSeries, five_steps

STYLES = (*KEYS, *(f"step{i}" for i in range(5)))
"""Names of the colours of areas; the index is what a browser gets."""


def of_series(catalog: Catalog, found: AreaSeries) -> tuple[list[dict[str, str]], npt.NDArray[np.uint8]]:
    """The legend, and the index in STYLES of each value.

    By states where the metric has them, else in five steps that are the same at all times. An entry has key, label and
    bound, as `cockpit.components.charts.areamap.Entry` does.
    """
    metric, keys = found.metric, found.keys.copy()
    least = format.number(metric.min_n)
    apart = [("small", _("Sample too small, below {n}", n=least)), ("absent", _("No data"))]
    if found.has_states:
        bounds = {
            "green": format.limit(catalog, metric, found.level), "red": format.alarm(catalog, metric, found.level),
        }  # fmt: skip
        known = [(state, format.state(state).word, bounds.get(state, "")) for state in ("green", "amber", "red")]
    else:
        plain = keys == KEYS.index("none")
        lows = five_steps(found.values[plain].tolist())
        places = [round(i * 4 / (len(lows) - 1)) if len(lows) > 1 else 2 for i in range(len(lows))]
        group = np.searchsorted(np.array(lows, np.float32), found.values[plain], side="right") - 1
        keys[plain] = len(KEYS) + np.array(places, np.uint8)[np.maximum(group, 0)] if lows else 0
        ranges = [_range(found, low, lows[i + 1] if i + 1 < len(lows) else None) for i, low in enumerate(lows)]
        known = [(f"step{place}", text, "") for place, text in zip(places, ranges, strict=True)]
    entries = [*known, *((key, label, "") for key, label in apart if (keys == KEYS.index(key)).any())]
    return [{"key": key, "label": label, "bound": bound} for key, label, bound in entries], keys


def _range(found: AreaSeries, low: float, above: float | None) -> str:
    """`3–7`: the values of a step from its least on, below the next step's."""
    plain = found.values[found.keys == KEYS.index("none")]
    inside = plain[(plain >= np.float32(low)) & (plain < np.float32(above) if above is not None else True)]
    ends = (format.value(found.metric, float(end)) for end in (inside.min(), inside.max()))
    return "–".join(dict.fromkeys(ends))


def groups(layer: Layer, values: tuple[str, ...]) -> list[str]:
    """The names of the groups of a layer's marks."""
    return [words.value(layer.colour, value) if value else _("Other") for value in values]


def states() -> dict[str, list[dict[str, Any]]]:
    """What the shapes of cases mean, by what the map shows of them."""
    late, soon = _("Overdue"), _("Due in three days")
    return {
        "open": [_entry("red", late), _entry("amber", soon), _entry("none", _("Due later or without a deadline"))],
        "overdue": [_entry("red", late)],
        "opened": [_entry("none", _("Registered"))],
        "closed": [_entry("green", _("Closed in time")), _entry("red", _("Closed late"))],
    }


def _entry(key: str, label: str) -> dict[str, Any]:
    return {"key": key, "label": label, "bound": ""}
