"""The alerts panel: new reds since yesterday, oldest open cases, largest moves."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from cockpit import filters
from cockpit.access.policy import Can
from cockpit.components.status.today import Head, Held, Item, Line
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format, site_verdicts
from cockpit.labels.movers import named_movers
from cockpit.panels import answers
from cockpit.panels.base import Call, Panel
from cockpit.panels.kinds.headline import behind, head, held, order_about, subject, way_to, with_next_step
from cockpit.panels.kinds.tiles import tile_metrics
from cockpit.panels.labels import area_name, rows_link
from cockpit.panels.numbers import Numbers, quantity
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from data.areas.levels import end_of
from data.values.zones import elapsed
from metrics.analysis.headline import Holder
from metrics.analysis.reds import Red
from metrics.analysis.today import Mover
from metrics.areas import below
from metrics.engine.frames import each
from metrics.engine.plan import exists_at
from metrics.query import Query

if TYPE_CHECKING:
    from cockpit.access.visitors import Visitor

SHOWN = 3
ON_WALL = 12
FOLDED = 3
"""So many of one metric stand in the folded list; a link leads to the others."""


class AlertsPanel(Panel):
    """The headline and what else needs a look; on a wall the headline and the next reds, one a line.

    A topic shows the reds of its own metrics.
    """

    kind: Literal["alerts"]

    def queries(self, view: View) -> Sequence[Call]:
        problems = _problems(view)
        old = [] if view.topic else [partial(answers.oldest, view.ask())]
        return [*old, *([partial(answers.headline, problems)] if problems else [])]

    def prepare(self, view: View) -> None:
        lines(view)
        headline(view)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.navigation import header
        from cockpit.components.status import today

        if not view.wall:
            from cockpit.access import guard

            today.today(offered(view, guard.enter()), label=_("To look at today"), head=_headline_with_next_step(view))
            return
        problems = reds_of(view)
        header.title(_("Over the limit: {n}", n=len(over_limit(problems))))
        today.today(wall_lines(view, problems), label="", head=headline(view))

    def said(self, view: View) -> str:
        return _("To look at today")

    def numbers(self, view: View) -> Numbers:
        """The red metrics, most severe first."""
        rows = []
        for red in over_limit(reds_of(view)):
            metric = view.catalog.metrics[red.metric]
            before = quantity(metric, red.before)
            name = metric.name[language()]
            rows.append((subject(view, red), name, quantity(metric, red.value), before, _("yes") if red.new else ""))
        columns = (_("Where"), _("Metric"), _("Value"), _("Yesterday"), _("New"))
        return Numbers(_("Over the limit"), columns, tuple(rows))

    def has_numbers(self, view: View) -> bool:
        return bool(over_limit(reds_of(view)))

    def section(self) -> dict[str, Any]:
        return {"type": "reds", "metrics": ()}


def wall_lines(view: View, problems: Sequence[Red]) -> list[Line]:
    """The worst reds of the area one a line and what has been open longest; the component shows as many as fit."""
    worst = [red_in_words(view, red) for red in _others(view, over_limit(problems))[:ON_WALL]]
    shown = [Line("▲", item.strong, (Item(item.text),), state="red") for item in worst]
    shown = shown if over_limit(problems) else [reds(view, [])]
    near = _near(view, [red for red in problems if red.kind == "near"])
    old = oldest(view, answers.oldest(view.ask())) if view.topic == "" else None
    between = [replace(line, on="") for line in (near, old) if line]
    return [*shown[:SHOWN], *between, *shown[SHOWN:]]


def reds_of(view: View) -> list[Red]:
    """The one list of reds; on a topic those of its metrics."""
    problems = _problems(view)
    return answers.reds(problems) if problems else []


def over_limit(items: Sequence[Red]) -> Sequence[Red]:
    """Without the sites that are only near a veto."""
    return [red for red in items if red.kind != "near"]


def _problems(view: View) -> Query | None:
    """The query of what is red: of all metrics with limits, on a topic of its own. None if none has limits."""
    if not view.topic:
        return view.ask()
    with_limits = [name for name in view.layout.metrics if view.catalog.metrics[name].thresholds]
    return view.ask(*with_limits) if with_limits else None


@single_flight_cache(maxsize=512)
def headline(view: View) -> Head | None:
    """The worst problem in words; None where nothing red touches enough."""
    problems = _problems(view)
    if view.empty or problems is None:
        return None
    worst = answers.headline(problems)
    return head(view, worst) if worst else None


def _headline_with_next_step(view: View) -> Head | None:
    """The headline, with what the visitor can do about it or what is under way."""
    from cockpit.access import guard

    head, problems = headline(view), _problems(view)
    worst = answers.headline(problems) if head and problems else None
    return with_next_step(view, head, worst, guard.enter()) if head and worst else head


def _others(view: View, problems: Sequence[Red]) -> Sequence[Red]:
    """The reds that are not in the headline."""
    return problems[1:] if headline(view) else problems


def fed_metrics(view: View) -> tuple[str, ...]:
    """The ids of the layout's metrics that have data in this area."""
    summaries = answers.summaries(view.ask(*tile_metrics(view)))
    return tuple(name for name, summary in summaries.items() if name in view.layout.metrics and summary.ever)


@single_flight_cache(maxsize=512)
def lines(view: View) -> tuple[Line, ...]:
    """Lines for further reds, sites near a veto, oldest open cases and largest changes; empty ones are left out."""
    if view.empty:
        return (Line("○", _("No data in this period")),)
    listed = reds_of(view)
    every = over_limit(listed)
    others = reds(view, _others(view, every)) if not every or len(every) > 1 or not headline(view) else None
    near = _near(view, [red for red in listed if red.kind == "near"])
    old = oldest(view, answers.oldest(view.ask())) if view.topic == "" else None
    mover = None if headline(view) else _mover(view, answers.mover(view.ask(*fed_metrics(view)), tile_metrics(view)))
    return tuple(line for line in (others, near, old, mover) if line)


def reds(view: View, problems: Sequence[Red]) -> Line:
    """Further reds of `metrics.analysis.reds`, most severe first, and the number that are new since yesterday."""
    if not problems and view.query.where and not filters.unit_of(view.query.where):
        return _judged_by_category(view) or Line(
            "○", _("Limits are meant for all cases of an area: under a filter none is judged")
        )
    if not problems and not has_state(view):
        return Line(
            "○", _("No metric with a limit has enough data") if has_value(view) else _("No data in this period")
        )
    if not problems:
        return Line("●", _("Nothing is over its limit"), state="green")
    new = sum(red.new for red in problems)
    listed = _listed(view, problems)
    label = _("{n} other reds", n=len(problems)) if headline(view) else _("Over the limit: {n}", n=len(problems))
    label += _(" ({n} new)", n=new) if new else ""
    return Line("▲", label, listed, state="red", left=len(problems) - SHOWN)


def _judged_by_category(view: View) -> Line | None:
    """What is over a limit that is approved for the one category on the screen; None without such a limit."""
    summaries = answers.summaries(view.ask(*tile_metrics(view)))
    judged = [one for name in fed_metrics(view) if (one := summaries[name]).state != "none"]
    if not judged:
        return None
    over = [one for one in judged if one.state == "red"]
    if not over:
        return Line("●", _("Nothing is over the limits of this category"), state="green")
    items = [
        Item(
            one.metric.name[language()], format.quantity(one.metric, one.now.value),
            view.href("passport", metric=one.metric), rows=rows_link(view, one.metric),
            why=view.href("why", metric=one.metric),
        )
        for one in over
    ]  # fmt: skip
    return Line("▲", _("Over the limit of this category: {n}", n=len(items)), items, state="red")


def _near(view: View, sites: Sequence[Red]) -> Line | None:
    """The sites that pass but are near a veto, the nearest first."""
    if not sites:
        return None
    items = tuple(_with_holders(view, sites))
    label = ngettext("{n} site near a veto", "{n} sites near a veto", len(sites))
    return Line("◆", label, items, state="amber", on=_("All"), href=view.href("sites"))


def _listed(view: View, problems: Sequence[Red]) -> tuple[Item, ...]:
    """The first SHOWN; the others by metric, a few of each, and a link to the screen that lists them all."""
    first, others = problems[:SHOWN], sorted(problems[SHOWN:], key=_listed_by)
    groups = [list(same) for _name, same in groupby(others, key=_listed_by)]
    named = iter(_with_holders(view, [*first, *(red for same in groups for red in same[:FOLDED])]))
    items = [next(named) for _red in first]
    for same in groups:
        items += [next(named) for _red in same[:FOLDED]]
        if (left := len(same) - FOLDED) > 0:
            more = ngettext("{n} more", "{n} more", left)
            items.append(Item(more, "", _all_of(view, same[0]), group=items[-1].group))
    return tuple(items)


def _with_holders(view: View, problems: Sequence[Red]) -> list[Item]:
    holders = answers.holders(view.ask(), tuple(problems))
    return [
        replace(red_in_words(view, red), held=_held(view, red, holder))
        for red, holder in zip(problems, holders, strict=True)
    ]


def _held(view: View, red: Red, holder: Holder | None) -> Held:
    """The holder, with the way to an order about a red; a site that is only near a veto is none yet."""
    words = held(view, red, holder)
    return (
        words
        if view.wall or red.kind == "near"
        else replace(words, order=order_about(view, red, holder.unit if holder else ""))
    )


def offered(view: View, visitor: "Visitor") -> tuple[Line, ...]:
    """The lines, which visitors share, without orders for who may not begin one here."""
    if visitor.grants.may(Can.ACT, view.area.code, end_of(view.area.code)):
        return lines(view)
    return tuple(
        replace(line, items=tuple(replace(i, held=replace(i.held, order="")) if i.held else i for i in line.items))
        for line in lines(view)
    )


def _listed_by(red: Red) -> tuple[str, bool]:
    """Sites have a page of their own."""
    return red.metric, red.of_site


def _all_of(view: View, red: Red) -> str:
    return view.href("sites") if red.of_site else view.href(metric=view.catalog.metrics[red.metric])


def has_value(view: View) -> bool:
    """Whether any metric of the tiles has a value here, judged or not."""
    summaries = answers.summaries(view.ask(*tile_metrics(view)))
    return any(not format.missing(summaries[name].now.value) for name in fed_metrics(view))


def has_state(view: View) -> bool:
    """Whether any metric of the tiles has a state here or in any area below: else nothing is within its limit either.

    Of a unit's own cockpit: whether any has one of the unit.
    """
    summaries = answers.summaries(view.ask(*tile_metrics(view)))
    if any(summaries[name].state != "none" for name in fed_metrics(view)):
        return True
    lower = below(view.edition, view.area)
    if lower is None or filters.unit_of(view.query.where):
        return False
    metrics = (view.catalog.metrics[name] for name in fed_metrics(view))
    return any(
        part.state != "none"
        for metric in metrics
        if metric.thresholds and exists_at(metric, lower)
        for part in answers.parts(view.ask(metric.id, by=lower), view.layout.metrics)
    )


def red_in_words(view: View, red: Red) -> Item:
    """`沙洲镇` and `积压件数 412 件 (▲ 31 件)`: the value, and how it changed since yesterday."""
    metric = view.catalog.metrics[red.metric]
    if red.left is not None:
        until = site_verdicts.left(red.rules[0], red.left)
        return Item(subject(view, red), until, way_to(view, red), group=metric.name[language()], brief=until)
    value = format.quantity(metric, red.value)
    if red.before is not None and format.quantity(metric, red.before) != value:
        value += _(" ({change} since yesterday)", change=format.change(metric, red.value, red.before).text)
    name = metric.name[language()]
    rows, why = behind(view, metric, red)
    return Item(subject(view, red), f"{name} {value}", way_to(view, red), name, value, rows, why)


def oldest(view: View, frame: pd.DataFrame) -> Line | None:
    """The oldest open cases, by age in days."""
    if frame.empty:
        return None
    items = tuple(_old(view, row) for row in each(frame))
    everything = view.href("rows", metric=view.layout.metric, sort="registered_at")
    return Line("◷", _("Open longest"), items, on=_("All"), href=everything)


def _old(view: View, row: answers.Row) -> Item:
    until = min(pd.Timestamp(view.as_of), pd.Timestamp(view.period.end))
    age = format.age(elapsed(row.registered_at, until, view.edition.zone))
    what = next(
        (text for text in (row.title, row.subcategory, row.category) if isinstance(text, str) and text), row.key
    )
    where = "" if row.area == view.area.code else f" · {area_name(view, row.area)}"
    return Item(age, f"{what}{where}", view.href("case", source=row.source, key=row.key))


def _mover(view: View, mover: Mover | None) -> Line | None:
    """`按期办结率 ▼ 2.1 个百分点 较上月同期（10-01 至 10-28）：按镇街 沙洲镇 −1.4，青埠镇 +0.3`"""
    if mover is None:
        return None
    metric, explanation = view.catalog.metrics[mover.metric], mover.explanation
    change = format.change(metric, explanation.after, explanation.before)
    why = view.href("why", metric=metric)
    movers = named_movers(view, explanation)
    text = f"{change.text} {view.compared}" + (_(": {parts}", parts=movers) if movers else "")
    return Line("Δ", _("Moved most"), (Item(metric.name[language()], text, why),), on=_("Why"), href=why)
