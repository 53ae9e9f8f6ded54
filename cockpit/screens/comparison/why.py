"""Why a number changed: one sentence, the steps of each split, and tables that add up to the change."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.charts import bars
from cockpit.components.charts.bars import Bar
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.components.status import tiles
from cockpit.components.status.tiles import Tile
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.labels.movers import decimals_of, group_name, named_movers, split_title
from cockpit.labels.words import NOT_GIVEN
from cockpit.view_state import View
from metrics.analysis.compare import so_far
from metrics.analysis.why import Explanation
from metrics.analysis.why import why as explain
from metrics.engine.plan import AREAS

MOST_STEPS = 8
MOST_LINES = 25


def ask(view: View) -> Explanation:
    """The one request of the page."""
    return explain(view.query, view.against)


# --- the sentence -------------------------------------------------------------------------------------------------


def sentence(view: View, explanation: Explanation) -> str:
    """`按期办结率从 96.1 % 降到 94.0 %，−2.1 个百分点：按镇街 沙洲镇 −1.4，青埠镇 +0.3`"""
    metric, name = view.metric, view.metric.name[language()]
    if explanation.change is None:
        return _("{metric}: not known in both periods, so there is no change to explain", metric=name)
    before, after = (format.quantity(metric, value) for value in (explanation.before, explanation.after))
    values = {"metric": name, "before": before, "after": after}
    values["change"] = _amount(view, explanation.change)
    if not round(explanation.change, decimals(view)):
        moved = _("{metric} stayed at {after}", **values)
    elif explanation.change > 0:
        moved = _("{metric} rose from {before} to {after}, {change}", **values)
    else:
        moved = _("{metric} fell from {before} to {after}, {change}", **values)
    movers = named_movers(view, explanation)
    return _("{text}: {more}", text=moved, more=movers) if movers else moved


def _amount(view: View, change: float) -> str:
    number = format.signed(change, decimals(view))
    if view.metric.is_percent:
        return _("{n} points", n=number)
    return format.with_unit(number, view.metric.unit)


def decimals(view: View) -> int:
    return decimals_of(view.metric)


def fine(view: View) -> int:
    """Decimal places of the parts: for a rate one more than its own, since they are smaller."""
    return decimals(view) + 1 if view.metric.is_rate else decimals(view)


def both(view: View, explanation: Explanation) -> None:
    """Before and after, for what cannot be split."""
    metric = view.metric
    made = [
        Tile(
            f"{metric.name[language()]} · {format.period(period)}",
            _("No data") if value is None else format.value(metric, value),
            "" if value is None else metric.unit.behind(format.value(metric, value), language()),
            passport="" if period.until else view.href("passport", period=period),
            faint=value is None,
        )
        for period, value in ((explanation.against, explanation.before), (explanation.period, explanation.after))
    ]
    tiles.tiles(made, key="both")


def unsplit(view: View, explanation: Explanation) -> str:
    """Why there are no parts; empty where the sentence has said it."""
    if explanation.change is None:
        return ""
    if view.metric.composite:
        return _("A score is made of rates: open the passport to see them, and ask why of each.")
    if view.metric.rollup not in ("sum", "ratio of sums"):
        return _("A median, an extreme or an oldest age does not split into parts that add up.")
    return _("There is nothing below to split it by.")


def worth_telling(explanation: Explanation) -> list[str]:
    """The breakdowns that have more than one part."""
    return [by for by, moves in explanation.splits.items() if len(moves) > 1]


# --- the splits ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One part, its effects rounded so that all parts add up to the change shown.

    href: the same question of this part alone; rows: its facts. Empty where there is no such address.
    """

    name: str
    before: float | None
    after: float | None
    mix: float
    rate: float
    href: str = ""
    rows: str = ""

    @property
    def effect(self) -> float:
        return self.mix + self.rate


def split(view: View, explanation: Explanation, by: str) -> None:
    """The steps from one period to the other by one breakdown, and the same as a table."""
    every = lines(view, explanation, by)
    header.title(split_title(by), level=2)
    bars.waterfall(
        [_bar(view, line) for line in merged(every, MOST_STEPS)],
        start=Bar(
            format.period(explanation.against),
            explanation.before or 0,
            format.quantity(view.metric, explanation.before),
        ),
        end=Bar(
            format.period(so_far(explanation.period, view.as_of)),
            explanation.after or 0,
            format.quantity(view.metric, explanation.after),
        ),
        key=f"waterfall-{by}",
    )
    total = Line(
        _("Together"), explanation.before, explanation.after, sum(m.mix for m in every), sum(m.rate for m in every)
    )
    rows = [_row(view, line) for line in merged(every, MOST_LINES)]
    table(_columns(view), rows, total=_row(view, total), key=f"table-{by}")


def lines(view: View, explanation: Explanation, by: str) -> list[Line]:
    """All parts, greatest first; effects rounded so that their sum is the rounded change, mix and rate that of each."""
    moves, places = explanation.splits[by], fine(view)
    effects = apportion([move.effect for move in moves], explanation.change or 0.0, places)
    texts = []
    for move, effect in zip(moves, effects, strict=True):
        mix = round(move.mix, places)
        links = _links(view, by, move.group)
        texts.append(
            Line(group_name(view, by, move.group), move.before, move.after, mix, round(effect - mix, places), *links)
        )
    return sorted(texts, key=lambda line: -abs(line.effect))


def apportion(values: Sequence[float], total: float, places: int) -> list[float]:
    """Each value rounded to `places`; those that lost most by it change by a last digit, so that the sum is `total`'s.

    The method of largest remainders: no rounded value is further than one last digit from its exact one.
    """
    step = 10**places
    rounded = [round(value * step) for value in values]
    missing = round(round(total, places) * step) - sum(rounded)
    sign = 1 if missing > 0 else -1
    by_loss = sorted(range(len(values)), key=lambda i: sign * (rounded[i] - values[i] * step))
    for index in by_loss[: abs(missing)]:
        rounded[index] += sign
    return [value / step for value in rounded]


def merged(every: list[Line], most: int) -> list[Line]:
    """The first parts, the others as one."""
    if len(every) <= most:
        return every
    rest = every[most - 1 :]
    name = ngettext("{n} other", "{n} others", len(rest))
    return [*every[: most - 1], Line(name, None, None, sum(m.mix for m in rest), sum(m.rate for m in rest))]


def _bar(view: View, line: Line) -> Bar:
    places = fine(view)
    effect = round(line.effect, places)
    better = (effect > 0) == (view.metric.direction == "up")
    state = "none" if view.metric.direction == "none" or not effect else "green" if better else "red"
    return Bar(line.name, effect, format.signed(effect, places), line.href, state)


def _columns(view: View) -> list[Column]:
    effects = [_("Mix"), _("Rate"), _("Effect")] if view.metric.is_rate else [_("Change")]
    numbers = [Column(text, number=True) for text in (_("Before"), _("After"), *effects)]
    return [Column(_("Part"), lead=True), *numbers, Column("")]


def _row(view: View, line: Line) -> list[Cell | str]:
    places = fine(view)
    effects = (line.mix, line.rate, line.effect) if view.metric.is_rate else (line.effect,)
    return [
        Cell(line.name, line.href),
        *("" if value is None else format.value(view.metric, value) for value in (line.before, line.after)),
        *(format.signed(round(value, places), places) for value in effects),
        Cell(_("Rows"), line.rows) if line.rows else "",
    ]


def _links(view: View, by: str, group: str) -> tuple[str, str]:
    """The same question of one part, and its rows. What belongs to the area itself has no scope of its own."""
    part = "rest" if "rest" in view.metric.parts else None
    if by not in AREAS:
        own = {by: group or NOT_GIVEN}
        return view.href("why", **own), view.href("rows", part=part, **own)
    if group == str(view.area.code):
        return "", ""
    return view.href("why", area=group), view.href("rows", area=group, part=part)
