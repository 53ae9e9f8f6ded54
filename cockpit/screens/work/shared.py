"""Shared by the screens of items: the actor, the rules, and clocks and kinds in words."""

from datetime import datetime, timedelta

from cockpit import settings
from cockpit.access import guard
from cockpit.actions import items as actions
from cockpit.actions.action import Actor
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.screens.admin import desk
from cockpit.workflows import desk_source
from data.desk.items.item import Item
from data.desk.items.store import Rules
from data.editions.edition import AnyEdition
from data.workflow.model import Workflow
from data.workflow.parties import may_start

STATES = {"red": "red", "yellow": "amber", "blue": "none", None: "none"}
"""Shape and colour of a colour of supervision; see `mark`."""


def rules() -> Rules:
    """The rules of items under the settings of this process."""
    return desk_source.rules(settings.current())


def actor() -> Actor:
    return Actor.of(guard.enter())


def counted_until(edition: AnyEdition) -> datetime:
    """The time up to which an edition has items, on the district's clock: that of its data, or of its publication where
    its data are those of a whole day that is not over yet.
    """
    return min(edition.as_of, edition.published_at)


def startable(area: int) -> dict[str, Workflow]:
    """The kinds that the visitor may begin in an area, by id."""
    who = actor()
    held = actions.reader(who).held
    return {id: flow for id, flow in rules().flows.items() if may_start(flow, area, who.name, held)}


def kind_name(item: Item) -> str:
    flow = rules().flows.get(item.kind)
    return flow.name[language()] if flow else item.kind


def state_name(item: Item) -> str:
    """The state in words; its id where a district has taken it out of its file."""
    flow = rules().flows.get(item.kind)
    return flow.states[item.state].name[language()] if flow and item.state in flow.states else item.state


def colour_name(colour: str | None) -> str:
    return {"red": _("Red"), "yellow": _("Yellow"), "blue": _("Blue"), None: ""}[colour]


def mark(item: Item, now: datetime) -> str:
    """Shape and colour of an item: those of its colour of supervision; an overdue one is never without a mark."""
    state = STATES[item.colour(now)]
    return "amber" if state == "none" and is_overdue(item, now) else state


def is_overdue(item: Item, now: datetime) -> bool:
    return item.is_open and item.due_at is not None and item.due_at < now


def time_left(due: datetime, now: datetime) -> str:
    """`超期 2 天`, `还有 3 天`; both naive UTC."""
    if due < now:
        return _("{age} overdue", age=format.age(now - due))
    return _("{age} left", age=format.age(max(due - now, timedelta(minutes=1))))


def stamp(at: datetime) -> str:
    """A time of the desk on the district's clock."""
    return format.stamp(desk.local(at))
