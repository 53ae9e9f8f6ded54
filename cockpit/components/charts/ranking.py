"""The ranking: areas in order, each value with its confidence interval; too small samples are listed separately."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cockpit.components.base import define
from cockpit.components.status.tiles import quality
from cockpit.i18n import _
from cockpit.labels import format
from metrics.analysis.interval import wilson
from metrics.answer import SMALL, UNRANKED
from metrics.catalog import Metric

if TYPE_CHECKING:
    from cockpit.view_state import View

_ranking = define("ranking")


@dataclass(frozen=True)
class RankingRow:
    """One area in words. small: no value to rank it by, `note` says why. empty: it has no value at all.

    share: length of its bar, 0 to 1. A rate has a dot in place of a bar, within bounds: value and Wilson interval.
    order: what its columns are sorted by: value, sample, change; None where there is none.
    code: of an area that can be compared; empty for what cannot.
    group: with whom it is ranked; rows of other groups have ranks of their own, one without a group has none.
    rows: what the value opens. chosen: it is the one that the screen is filtered by.
    """

    name: str
    value: str
    href: str = ""
    interval: str = ""
    sample: str = ""
    change: str = ""
    tone: str = "none"
    state: str = "none"
    word: str = ""
    share: float = 0.0
    small: bool = False
    empty: bool = False
    note: str = ""
    rows: str = ""
    chosen: bool = False
    code: str = ""
    group: str = ""
    bounds: tuple[float, float, float] | None = None
    order: tuple[float | None, float | None, float | None] = (None, None, None)


def ranking(
    rows: Sequence[RankingRow],
    *,
    title: str = "",
    first: str = "",
    height: int = 660,
    compare: str = "",
    key: str = "ranking",
) -> None:
    """Draw rows in the order given, those with `small` below the others and without a rank.

    title: what the values are. first: what the rows are, by default areas. height: in pixels, more rows scroll.
    compare: the page that compares; rows with a code can then be marked for it.
    """
    ranked, apart = _parted(tuple(rows))
    data = {
        "ranked": ranked,
        "apart": apart,
        "title": title,
        "height": height,
        "compare": compare,
        "words": {
            "columns": [first or _("Area"), title or _("Value"), _("Interval"), _("Sample"), _("Change")],
            "apart": _("Not ranked") if ranked or not title else f"{title} · {_('Not ranked')}",
            "comma": _(", "),
            "sort": _("Sort by {column}", column="{column}"),
            "add": _("Add {name} to the comparison", name="{name}"),
            "compare": _("Compare the {n} marked", n="{n}"),
            "more": _("Mark two to six to compare them"),
            "cut": _("The first {n} of {all}", n="{n}", all="{all}"),
        },
    }
    _ranking(key=key, data=data)


@lru_cache(maxsize=512)
def _parted(rows: tuple[RankingRow, ...]) -> tuple[tuple[RankingRow, ...], tuple[RankingRow, ...]]:
    return tuple(row for row in rows if not row.small), tuple(row for row in rows if row.small)


def row(
    view: "View",
    metric: Metric,
    answer: Any,
    *,
    name: str,
    state: str = "none",
    before: Any = None,
    href: str = "",
    rows: str = "",
    chosen: bool = False,
    largest: float = 0.0,
) -> RankingRow:
    """The row of one area's answer.

    answer, before: one row each of `metrics.answer.answer`; largest: the value whose bar is full, 0 for no bars.
    """
    silent, small = format.missing(answer.value), answer.quality in UNRANKED
    then = before.value if before is not None and not small else None
    step = format.change(metric, answer.value, then)
    bounds = None if silent or small else _bounds(metric, answer)
    moved = None if silent or then is None or format.missing(then) else float(answer.value) - float(then)
    return RankingRow(
        name=name,
        value=_("No data") if silent else format.quantity(metric, answer.value),
        href=href,
        interval="–".join(format.number(bound, 1) for bound in (bounds[1], bounds[2])) if bounds else "",
        sample=format.number(answer.n) if metric.is_rate else "",
        change=step.text,
        tone=step.tone,
        state="none" if silent or small else state,
        word=format.state("none" if silent or small else state).word,
        share=0.0 if silent or largest <= 0 else max(0.0, min(1.0, answer.value / largest)),
        small=silent or small,
        empty=silent,
        note=_("Sample {n}", n=format.number(answer.n)) if answer.quality == SMALL else quality(answer),
        rows=rows,
        chosen=chosen,
        bounds=bounds,
        order=(None if silent else float(answer.value), float(answer.n) if metric.is_rate else None, moved),
    )


def _bounds(metric: Metric, answer: Any) -> tuple[float, float, float] | None:
    """A share and its Wilson interval, in percent; None for anything that is no share."""
    if not metric.is_percent or format.missing(answer.denominator) or format.missing(answer.numerator):
        return None
    bounds = wilson(answer.numerator, answer.denominator)
    return (float(answer.value), 100 * bounds[0], 100 * bounds[1]) if bounds else None
