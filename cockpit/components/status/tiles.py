"""The metric tile, the one component that shows a number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cockpit.components.base import define
from cockpit.i18n import _, language
from cockpit.labels import format, words
from metrics.answer import CONFLICT, SMALL
from metrics.catalog import Metric

if TYPE_CHECKING:
    from cockpit.view_state import View


@dataclass(frozen=True)
class Tile:
    """One number in words. `value` without a unit; `why` says why there is none, or why it has no state.

    href: what choosing the tile does; passport: what opening the number does.
    rows: details of the number, label and text, shown on hover, focus or tap.
    trend: one value a month, oldest first, None where there is none. running: the last month is not over.
    """

    name: str
    value: str
    unit: str = ""
    href: str = ""
    passport: str = ""
    change: str = ""
    tone: str = "none"
    state: str = "none"
    word: str = ""
    why: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    faint: bool = False
    trend: Sequence[float | None] = field(default=())
    running: bool = False
    chosen: bool = False


_tiles = define("tiles")


def tiles(
    items: Sequence[Tile],
    *,
    key: str = "tiles",
    choose: str = "",
    compared: str = "",
    groups: Sequence[tuple[str, int]] = (),
) -> None:
    """Draw a grid of tiles: eight in a row or twice four at a desk, two a row on a phone.

    choose: the page where other metrics are chosen. compared: what all changes are against, in words.
    groups: the headings of the tiles, each with how many of them it is for; none for one grid.
    """
    labels = {
        "passport": _("Passport"),
        "detail": _("What is behind it"),
        "good": _("for the better"),
        "bad": _("for the worse"),
        "choose": _("Choose metrics"),
    }
    data = {"tiles": tuple(items), "groups": tuple(groups), "words": labels, "choose": choose, "compared": compared}
    _tiles(key=key, data=data)


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

    row, before: one row each of `metrics.answer.answer`, as `metrics.engine.frames.each` gives them;
    `before` is of the period before.
    state: the row's entry of `metrics.thresholds.states`.
    """
    silent = format.missing(row.value)
    small, disputed = row.quality == SMALL, row.quality == CONFLICT
    step = format.change(metric, row.value, before.value if before is not None and not (small or disputed) else None)
    state = "none" if silent or small or disputed else state
    return Tile(
        name=metric.name[language()],
        value=_absent(row) if silent else format.value(metric, row.value),
        unit="" if silent else metric.unit.behind(format.value(metric, row.value), language()),
        href=href,
        passport=passport,
        change=step.text,
        tone=step.tone,
        state=state,
        word=format.state(state).word,
        why=quality(row) if silent or small else _("Sources disagree") if disputed else "",
        rows=_behind(view, metric, row, state=state, compared=bool(step.text)),
        faint=silent or small,
        trend=tuple(format.given(value) for value in trend),
        running=view.running,
        chosen=chosen,
    )


def _behind(view: "View", metric: Metric, row: Any, *, state: str, compared: bool) -> tuple[tuple[str, str], ...]:
    """The details of a tile: comparison, limit with its source, sample, as-of time, data quality."""
    limits = metric.thresholds
    limit = format.limit(view.catalog, metric, view.area.level) if state != "none" else ""
    if limit and limits and limits.mark in words.DEFAULTS:
        limit = _("{limit} (default, to be confirmed)", limit=limit)
    sample = ""
    if format.given(row.denominator) and not metric.composite:
        sample = f"{format.number(row.numerator)} / {format.number(row.denominator)}"
    behind = (
        (_("Change"), view.compared if compared else ""),
        (_("Limit"), limit),
        (_("Sample"), sample),
        (_("As of"), format.stamp(view.as_of)),
        (_("Note"), quality(row)),
    )
    return tuple((label, text) for label, text in behind if text)


def _absent(row: Any) -> str:
    words = {"no source": _("No source yet"), "older edition": _("Not in this edition"), "failed": _("Not computable")}
    return words.get(row.quality, _("No data"))


def quality(row: Any) -> str:
    """The data quality problems of a number, in words; empty without any."""
    match row.quality:
        case "no source":
            return _("No source gives what this counts")
        case "older edition":
            return _("An earlier release published this edition: publish again")
        case "failed":
            return _("The definition of this metric fails on the data")
        case "no data":
            return _("Nothing to count in this period") if row.n == 0 else _("The source is silent")
        case "small sample":
            return _("Sample {n}, not ranked", n=format.number(row.n))
        case "conflict":
            return _("Sources disagree, both values are in the rows; not ranked")
        case "partial":
            return _("Some sources are silent")
        case "stale":
            return _("The source is silent")
        case _:
            return ""
