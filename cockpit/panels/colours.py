"""Colours of the map's areas, and its legend."""

from collections import Counter
from collections.abc import Callable, Sequence

from cockpit.components.charts.areamap import Entry
from cockpit.drawing.palette import STATES, STEPS
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.panels.answers import Part
from metrics.catalog import Catalog, Metric

SMALL, ABSENT, NONE = "small", "absent", "none"


def coloured(
    catalog: Catalog, metric: Metric, level: str, parts: Sequence[Part]
) -> tuple[tuple[Entry, ...], list[str]]:
    """The legend, with the number of areas of each entry, and the key of each part's entry.

    By state where any part has one: the states of the ranking. Else in steps of one hue, from the least value to the
    most. Too small a sample and no data are entries of their own.
    level: that of the areas, which a limit may depend on.
    """
    if any(part.ranked and part.state in STATES for part in parts):
        keys = [_key(part, lambda part: part.state) for part in parts]
        bounds = {"green": format.limit(catalog, metric, level), "red": format.alarm(catalog, metric, level)}
        known = [(state, format.state(state).word, bounds.get(state, "")) for state in _states(metric)]
        known += [(NONE, _("No state"), "")] if NONE in keys else []
    else:
        known, place = steps(metric, [part.now.value for part in parts if part.ranked])
        # a value that sources disagree on is known and not ranked
        keys = [_key(part, lambda part: place(part.now.value) if part.ranked else NONE) for part in parts]
        known += [(NONE, _("Not ranked"), "")] if NONE in keys else []
    counts = Counter(keys)
    least = format.number(metric.min_n)
    apart = [(SMALL, _("Sample too small, below {n}", n=least), ""), (ABSENT, _("No data"), "")]
    named = [*known, *(entry for entry in apart if counts[entry[0]])]
    return tuple(Entry(key, label, counts[key], bound) for key, label, bound in named), keys


def steps(metric: Metric, values: Sequence[float]) -> tuple[list[tuple[str, str, str]], Callable[[float], str]]:
    """At most five groups of about as many different values each, from the least to the most.

    Returns key, range in words and "" of each group, and what gives the key of a value. However few they are, they
    reach from the faintest step to the strongest.
    """
    ordered = sorted(set(values))
    size = max(1, -(-len(ordered) // STEPS))
    groups = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    keys = [
        f"step{round(i * (STEPS - 1) / (len(groups) - 1)) if len(groups) > 1 else STEPS // 2}"
        for i in range(len(groups))
    ]
    key_of = {value: key for key, group in zip(keys, groups, strict=True) for value in group}
    return [(key, _range(metric, group), "") for key, group in zip(keys, groups, strict=True)], key_of.__getitem__


def _range(metric: Metric, group: Sequence[float]) -> str:
    return "–".join(dict.fromkeys(format.value(metric, end) for end in (group[0], group[-1])))


def _states(metric: Metric) -> tuple[str, ...]:
    """The states of its limits. Without a green bound nothing is amber, except counts too small for red."""
    limits = metric.thresholds
    amber = limits is None or limits.green is not None or limits.min_count > 0
    return STATES if amber else tuple(state for state in STATES if state != "amber")


def _key(part: Part, of_value: Callable[[Part], str]) -> str:
    if not part.known:
        return ABSENT
    return SMALL if part.small else of_value(part)
