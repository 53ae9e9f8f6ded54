"""The headline: the worst problem in one sentence, with place, excess, duration, holder and cause."""

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from cockpit.access.policy import MATRIX, Can
from cockpit.actions.origins import key_reference, number_reference
from cockpit.components.status.today import Head, Held
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format, phones, words
from cockpit.labels.movers import named_movers
from cockpit.panels.labels import area_name
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk.items.item import Item
from data.desk.items.links import LinkKind
from data.desk.items.lists import Reader, may_see
from data.errors import DataError
from data.workflow.fields import LONGEST_TITLE
from metrics import areas
from metrics.analysis.headline import Headline, Holder
from metrics.analysis.reds import Red
from metrics.availability.extent import occurs
from metrics.catalog import Metric
from metrics.period import last_day

if TYPE_CHECKING:
    from cockpit.access.visitors import Visitor

MOST_ITEMS = 3
"""Items about a headline that it links to."""


def head(view: View, problem: Headline) -> Head:
    """The headline in words, with the pages that it opens."""
    red = problem.red
    metric = view.catalog.metrics[red.metric]
    parts = _site(red) if red.kind == "site" else _metric(view, metric, red)
    since = _since(view, problem)
    return Head(
        strong=subject(view, red),
        text=_unbroken(_(", ").join(filter(None, (*parts, since)))),
        href=way_to(view, red),
        held=held(view, red, problem.holder),
        moved=_moved(view, metric, problem),
        links=tuple((text, href) for text, href in _links(view, metric, red) if href),
    )


def subject(view: View, red: Red) -> str:
    """The area, unit or site that is red."""
    return red.name or (view.area.name if red.kind == "own" else area_name(view, red.area))


def way_to(view: View, red: Red) -> str:
    """The address of the screen that shows the problem."""
    metric = view.catalog.metrics[red.metric]
    match red.kind:
        case "site" | "near":
            return view.href("site", source=red.source, key=red.key)
        case "unit":
            return view.href(metric=metric, unit=red.name)
        case _:
            return view.href(area=red.area, metric=metric)


def held(view: View, red: Red, holder: Holder | None) -> Held:
    """The holder in words with its telephone number and its screen, or why none is named and what to do."""
    if holder is None and red.of_site:
        return Held(_("the register names no unit of this site: name one there or in an order"))
    if holder is None:
        return Held(_("the directory has no unit that leads this area: name one in an order"))
    if not holder.unit:
        return Held(
            ngettext("{n} unit", "{n} units, none with a quarter of it", holder.among),
            "" if view.wall else view.href("why", metric=view.catalog.metrics[red.metric], area=red.area),
        )
    text = holder.unit
    if holder.share is not None:
        text = _("{unit} ({share} % of it)", unit=text, share=format.number(100 * holder.share))
    return Held(text, "" if view.wall else _way_to_holder(view, red, holder), phones.first(holder.phone))


def _way_to_holder(view: View, red: Red, holder: Holder) -> str:
    """The unit's own cockpit; of a unit that administers an area below, which may have no facts itself, the area's."""
    if holder.administers:
        return view.href(area=red.area) if red.kind == "below" else ""
    if red.of_site and not occurs(view.edition, view.area.code, (("department", holder.unit),)):
        return ""
    return view.href(unit=holder.unit)


def _site(red: Red) -> tuple[str, ...]:
    reasons = words.listed(words.veto(rule) for rule in red.rules)
    return (reasons, _("vetoed")) if reasons else (_("below 60 points"),)


def _metric(view: View, metric: Metric, red: Red) -> tuple[str, ...]:
    """`积压件数 219 件`, `是近30日均值的 1.7 倍`"""
    return f"{metric.name[language()]} {format.quantity(metric, red.value)}", _how_far(view, metric, red)


def _unbroken(text: str) -> str:
    """The text with each number kept in one line with its operator and the first word of its unit."""
    return re.sub(r"(?<=[<>≤≥\d]) ", "\u00a0", text)


def _how_far(view: View, metric: Metric, red: Red) -> str:
    limits, number = metric.thresholds, format.number(red.compared, 1)
    if limits is None or red.compared is None or not limits.red.holds(red.compared):
        return ""
    match limits.against:
        case "mean_30_days":
            return _("{n} times its mean of 30 days", n=number)
        case "weekday_8_weeks":
            return _("{n} spreads above the usual weekday", n=number)
        case _:
            level = areas.area(view.edition, red.area).level
            return _("limit {bound}", bound=format.alarm(view.catalog, metric, level))


def _since(view: View, problem: Headline) -> str:
    if problem.since is None:
        return _("new since yesterday") if problem.red.new else ""
    days = (last_day(view.as_of) - problem.since).days + 1
    return ngettext("for {n} day", "for {n} days", days)


def _moved(view: View, metric: Metric, problem: Headline) -> str:
    """`+176 件 +409.3 % 较上月同期（10-01 至 10-29）：按类别 …`; what was gained or lost, and by which parts."""
    explanation = problem.moved
    if explanation is None or explanation.change is None:
        return ""
    change = format.change(metric, explanation.after, explanation.before).text
    place = view.asking(area=problem.red.area) if problem.red.kind == "below" else view
    movers = named_movers(place, explanation)
    return f"{change} {view.compared}" + (_(": {parts}", parts=movers) if movers else "")


def _links(view: View, metric: Metric, red: Red) -> tuple[tuple[str, str], ...]:
    if red.kind == "site":
        return ((_("Evidence"), way_to(view, red)),)
    rows, why = behind(view, metric, red)
    return ((_("Rows"), rows), (_("Why"), why))


def behind(view: View, metric: Metric, red: Red) -> tuple[str, str]:
    """The addresses of the rows behind a red and of what moved it; empty where there are none."""
    if red.of_site:
        return "", ""
    place = {"area": red.area} if red.kind == "below" else {}
    unit = {"department": red.name} if red.kind == "unit" else {}
    rows = "" if metric.components else view.href("rows", metric=metric, **place, **unit)
    why = "" if unit else view.href("why", metric=metric, **place)
    return rows, why


def _reference(view: View, red: Red) -> tuple[LinkKind, str]:
    """The reference that an item about this problem is linked to."""
    if red.kind == "site":
        return "site", key_reference(red.source, red.key)
    code = red.area if red.kind == "below" else view.area.code
    return "metric", number_reference(red.metric, code, red.name if red.kind == "unit" else "")


def with_next_step(view: View, head: Head, problem: Headline, visitor: "Visitor") -> Head:
    """The headline with the open items about it or else with the way to begin an order, for who may act there.

    Not to be cached: views that are shared between visitors grant nothing.
    """
    from cockpit.panels.items import about  # reports draw headlines too, and need no accounts

    red, holder = problem.red, problem.holder.unit if problem.holder else ""
    code = red.area if red.kind == "below" else view.area.code
    if not visitor.grants.may(Can.ACT, code, end_of(code)):
        return head
    kind, reference = _reference(view, red)
    reader = Reader(visitor.name, tuple(held for held in visitor.grants.held if Can.ACT in MATRIX[held.role]))
    items: tuple[Item, ...] = ()
    with suppress(DataError):  # without the desk the headline still says what is wrong
        items = about(kind, reference)
    under_way = [item for item in items if item.is_open and may_see(reader, item)]
    ways = [(item.number, view.href("item", item=item.number)) for item in under_way[:MOST_ITEMS]]
    if not ways:
        ways = [(_("Begin an order"), order_about(view, red, holder))]
    return replace(head, links=(*head.links, *ways))


def order_about(view: View, red: Red, holder: str) -> str:
    """The page on which an order about a red is begun. holder: the unit that it is proposed for."""
    metric = view.catalog.metrics[red.metric]
    return view.href(
        "start", kind="order", area=red.area if red.kind == "below" else view.area.code, metric=metric,
        title=f"{subject(view, red)} {metric.name[language()]}"[:LONGEST_TITLE],
        origin="site" if red.kind == "site" else "red", ref=_reference(view, red)[1], holder=holder,
    )  # fmt: skip
