"""The ranking: areas in order, each value with what its sample leaves open. Too small a sample is listed apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cockpit.components.base import define
from cockpit.components.tiles import quality
from cockpit.i18n import _
from cockpit.labels import format
from metrics.analysis.interval import wilson
from metrics.catalog import Metric

if TYPE_CHECKING:
    from cockpit.view_state import View

_ranking = define("ranking")


@dataclass(frozen=True)
class RankingRow:
    """One area in words. share: length of its bar, 0 to 1. small: no value to rank it by, `note` says why.

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
    note: str = ""
    rows: str = ""
    chosen: bool = False


def ranking(
    rows: Sequence[RankingRow], *, title: str = "", first: str = "", height: int = 460, key: str = "ranking"
) -> None:
    """Draw rows in the order given, those with `small` below the others and without a rank.

    title: what the values are. first: what the rows are, by default areas. height: in pixels, more rows scroll.
    """
    ranked, apart = _parted(tuple(rows))
    data = {
        "ranked": ranked,
        "apart": apart,
        "title": title,
        "height": height,
        "words": {
            "columns": [first or _("Area"), title or _("Value"), _("Interval"), _("Sample"), _("Change")],
            "apart": _("Not ranked"),
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
    silent, small = format.missing(answer.value), answer.quality == "small sample"
    step = format.change(metric, answer.value, before.value if before is not None and not small else None)
    return RankingRow(
        name=name,
        value=_("No data") if silent else format.quantity(metric, answer.value),
        href=href,
        interval=_interval(metric, answer),
        sample=format.number(answer.n) if metric.is_rate else "",
        change=step.text,
        tone=step.tone,
        state="none" if silent or small else state,
        word=format.state("none" if silent or small else state).word,
        share=0.0 if silent or largest <= 0 else max(0.0, min(1.0, answer.value / largest)),
        small=silent or small,
        note=quality(answer),
        rows=rows,
        chosen=chosen,
    )


def _interval(metric: Metric, answer: Any) -> str:
    """`93.2–96.6`: the Wilson interval of a share; empty for anything that is no share."""
    if not metric.is_percent or format.missing(answer.denominator) or format.missing(answer.numerator):
        return ""
    bounds = wilson(answer.numerator, answer.denominator)
    return "–".join(format.number(100 * bound, 1) for bound in bounds) if bounds else ""
