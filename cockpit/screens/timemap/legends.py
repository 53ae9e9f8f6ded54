"""Legends: the meaning of a layer's colours."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cockpit.i18n import _
from cockpit.labels import format, words
from metrics.catalog import Catalog
from metrics.mapping.hotspots import HotSpots
from metrics.mapping.layers import Layer
from metrics.mapping.series import KEYS, AreaSeries, five_steps

STYLES = (*KEYS, *(f"step{i}" for i in range(5)))
"""Names of the colours of areas; the index is what a browser gets."""


def of_series(catalog: Catalog, values: AreaSeries) -> tuple[list[dict[str, str]], npt.NDArray[np.uint8]]:
    """The legend, and the index in STYLES of each value.

    By states where the metric has them, else in five steps that are the same at all times. An entry has key, label and
    bound, as `cockpit.components.charts.areamap.Entry` does.
    """
    metric, keys = values.metric, values.keys.copy()
    least = format.number(metric.min_n)
    apart = [("small", _("Sample too small, below {n}", n=least)), ("absent", _("No data"))]
    if values.has_states:
        bounds = {
            "green": format.limit(catalog, metric, values.level), "red": format.alarm(catalog, metric, values.level),
        }  # fmt: skip
        known = [(state, format.state(state).word, bounds.get(state, "")) for state in ("green", "amber", "red")]
    else:
        plain = keys == KEYS.index("none")
        lows = five_steps(values.values[plain].tolist())
        places = [round(i * 4 / (len(lows) - 1)) if len(lows) > 1 else 2 for i in range(len(lows))]
        group = np.searchsorted(np.array(lows, np.float32), values.values[plain], side="right") - 1
        keys[plain] = len(KEYS) + np.array(places, np.uint8)[np.maximum(group, 0)] if lows else 0
        ranges = [_range(values, low, lows[i + 1] if i + 1 < len(lows) else None) for i, low in enumerate(lows)]
        known = [(f"step{place}", text, "") for place, text in zip(places, ranges, strict=True)]
    entries = [*known, *((key, label, "") for key, label in apart if (keys == KEYS.index(key)).any())]
    return [{"key": key, "label": label, "bound": bound} for key, label, bound in entries], keys


def _range(values: AreaSeries, low: float, above: float | None) -> str:
    """`3–7`: the values of a step from its least on, below the next step's."""
    plain = values.values[values.keys == KEYS.index("none")]
    inside = plain[(plain >= np.float32(low)) & (plain < np.float32(above) if above is not None else True)]
    ends = (format.value(values.metric, float(end)) for end in (inside.min(), inside.max()))
    return "–".join(dict.fromkeys(ends))


HOT = ("step0", "step2", "step4")
"""The colours of the grades of hot spots."""


def of_hotspots(spots: HotSpots) -> tuple[list[dict[str, str]], npt.NDArray[np.uint8]]:
    """As `of_series`, of hot spots; a bucket of which nothing can be said has the key of a small sample."""
    known = np.array([spots.is_known(i) for i in range(len(spots.buckets))], bool)
    grades = np.array([STYLES.index(key) for key in HOT], np.uint8)[spots.grade]
    keys = np.where(known[:, None], grades, np.uint8(KEYS.index("small"))).astype(np.uint8)
    labels = (
        (HOT[2], _("More cases than expected, confidence 99 %")),
        (HOT[1], _("More cases than expected, confidence 95 %")),
        (HOT[0], _("As expected")),
        ("small", _("Too few cases to say")),
    )
    return [{"key": key, "label": label, "bound": ""} for key, label in labels], keys


def sentence(spots: HotSpots, i: int, unit: str) -> str:
    """What a bucket's hot spots are, and how they changed from the one before."""
    when = format.month(spots.buckets[i].start) if unit == "month" else format.period(spots.buckets[i])
    if not spots.is_known(i):
        return _("{when}: too few cases to say where they cluster.", when=when)
    change = _change(spots, i)
    hot = spots.grade[i] > 0
    if not hot.any():
        text = _("{when}: no place with more cases than expected (confidence 95 %).", when=when)
        return f"{text} {change}".strip()
    names = [spots.places[at].name for at in np.argsort(-np.where(hot, spots.z[i], -np.inf))[: min(3, hot.sum())]]
    text = _(
        "{when}: more cases than expected around {n} places (confidence 95 %), most around {names}.", when=when,
        n=int(hot.sum()), names=words.listed(names),
    )  # fmt: skip
    return f"{text} {change}".strip()


def _change(spots: HotSpots, i: int) -> str:
    """How hot spots changed from the bucket before; empty where there were none, or nothing can be said of one."""
    if not i or not spots.is_known(i - 1) or not (spots.grade[i - 1 : i + 1] > 0).any():
        return ""
    more, fewer = int((spots.change[i] > 0).sum()), int((spots.change[i] < 0).sum())
    if not more and not fewer:
        return _("No certain change from the period before.")
    return _(
        "From the period before, the share of all cases rose around {more} places and fell around {fewer} "
        "(confidence 95 %).", more=more, fewer=fewer,
    )  # fmt: skip


def groups(layer: Layer, values: tuple[str, ...]) -> list[str]:
    """The names of the groups of a layer's marks."""
    return [words.value(layer.colour, value) if value else _("Other") for value in values]


def states() -> dict[str, list[dict[str, Any]]]:
    """The meaning of the shapes of cases on the map."""
    late, soon = _("Overdue"), _("Due in three days")
    return {
        "open": [_entry("red", late), _entry("amber", soon), _entry("none", _("Due later or without a deadline"))],
        "overdue": [_entry("red", late)],
        "opened": [_entry("none", _("Registered"))],
        "closed": [_entry("green", _("Closed in time")), _entry("red", _("Closed late"))],
    }


def _entry(key: str, label: str) -> dict[str, Any]:
    return {"key": key, "label": label, "bound": ""}
