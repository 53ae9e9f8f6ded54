"""The tile: every number is shown by this one component."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cockpit.components.base import define
from cockpit.i18n import _, language
from cockpit.labels import format
from metrics.catalog import Metric

if TYPE_CHECKING:
    from cockpit.view_state import View


@dataclass(frozen=True)
class Tile:
    """One number in words. `value` without a unit; `note` says what is wrong with it, or why there is none.

    href: what choosing the tile does; passport: what opening the number does.
    trend: one value a month, oldest first, None where there is none. running: the last month is not over.
    """

    name: str
    value: str
    unit: str = ""
    href: str = ""
    passport: str = ""
    change: str = ""
    tone: str = "none"
    against: str = ""
    state: str = "none"
    word: str = ""
    limit: str = ""
    basis: Sequence[str] = ()
    note: str = ""
    faint: bool = False
    trend: Sequence[float | None] = field(default=())
    running: bool = False
    chosen: bool = False


_tiles = define("tiles")


def tiles(items: Sequence[Tile], *, key: str = "tiles") -> None:
    """Draw a grid of tiles: eight in a row or twice four at a desk, two a row on a phone."""
    _tiles(key=key, data={"tiles": tuple(items), "passport": _("Passport")})


def tile(
    view: "View",
    metric: Metric,
    row: Any,
    *,
    state: str = "none",
    before: Any = None,
    trend: Sequence[float | None] = (),
    href: str = "",
    passport: str = "",
    chosen: bool = False,
) -> Tile:
    """The tile of one answer.

    row, before: one row each of `metrics.query.query`, as `metrics.engine.frames.each` gives them;
    `before` is of the period before.
    state: the row's entry of `metrics.thresholds.states`.
    """
    silent = format.missing(row.value)
    small = row.quality == "small sample"
    step = format.change(metric, row.value, before.value if before is not None and not small else None)
    state = "none" if silent or small else state
    return Tile(
        name=metric.name[language()],
        value=_absent(row) if silent else format.value(metric, row.value),
        unit="" if silent else metric.unit[language()],
        href=href,
        passport=passport,
        change=step.text,
        tone=step.tone,
        against=view.compared if step.text else "",
        state=state,
        word=format.state(state).word,
        limit=format.limit(metric, view.area.level) if state != "none" else "",
        basis=_basis(metric, row, view),
        note=quality(row),
        faint=silent or small,
        trend=tuple(format.given(value) for value in trend),
        running=view.running,
        chosen=chosen,
    )


def _basis(metric: Metric, row: Any, view: "View") -> tuple[str, ...]:
    """Numerator over denominator where there is one, and the as-of time."""
    known = _("as of {time}", time=format.clock(view.as_of))
    if not format.given(row.denominator) or metric.composite:
        return (known,)
    return f"{format.number(row.numerator)} / {format.number(row.denominator)}", known


def _absent(row: Any) -> str:
    words = {"no source": _("No source yet"), "failed": _("Not computable")}
    return words.get(row.quality, _("No data"))


def quality(row: Any) -> str:
    """What is wrong with a number, in words; empty when nothing is."""
    match row.quality:
        case "no source":
            return _("No source gives what this counts")
        case "failed":
            return _("The definition of this metric fails on the data")
        case "no data":
            return _("Nothing to count in this period") if row.n == 0 else _("The source is silent")
        case "small sample":
            return _("Sample {n}, not ranked", n=format.number(row.n))
        case "partial":
            return _("Some sources are silent")
        case "stale":
            return _("The source is silent")
        case _:
            return ""
