"""Notifications of work items: the transitions and colours that their workflows declare."""

from collections.abc import Collection
from typing import cast

from cockpit.address import link
from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.recipients import watchers
from cockpit.settings import Settings
from cockpit.workflows.desk_source import rules
from data.desk.items.item import Item
from data.desk.items.store import Written
from data.desk.notifications import recipients, subscriptions
from data.desk.notifications.store import Severity
from data.desk.store import Desk
from data.messages import Message, Name
from data.workflow.model import START, Party, Workflow


def of_transition(
    desk: Desk, config: Settings, written: Written, transition: str, actor: str, actors: Collection[str], area: Name
) -> None:
    """Notify the parties that the workflow names for a transition, and who subscribed to the item, except who did it.

    actors: the names of those who have acted on the item. Call it in the transaction of the event. The title of an
    item is left out: people write it, and it may name somebody.
    """
    known, item = rules(config), written.item
    flow = known.flow(item.kind)
    parties, subscribed = parties_of(flow, transition), subscriptions.watchers(desk, [item.id]).get(item.id, {})
    if not parties and not subscribed:
        return
    today = known.local(item.changed_at).date()
    concerned = recipients.of_item(desk, item, parties, actors, today)
    watching = watchers(desk, item, subscribed, today)
    accounts = (concerned | watching.keys()) - recipients.named(desk, [actor])
    unmailed = frozenset(id for id, by_mail in watching.items() if not by_mail) - concerned
    message = Message(
        "notification.step", "{kind} {number}, {area}: {step}",
        kind=kind_name(flow), number=item.number, area=area, step=_step(flow, transition),
    )  # fmt: skip
    severity = cast(Severity, item.colour(item.changed_at) or "none")
    occasion = Occasion(
        f"item/{item.number}/{written.seq}", "item", message, item.area, item_link(item), severity,
        to_groups=bool(parties), unmailed=unmailed,
    )  # fmt: skip
    announce(desk, config, [(occasion, accounts)], now=item.changed_at)


def parties_of(flow: Workflow, event: str) -> set[Party]:
    """The parties that a workflow notifies of a transition or a colour."""
    return {party for note in flow.notifications if note.event == event for party in note.to}


def kind_name(flow: Workflow) -> Name:
    return Name("item_kind", flow.id, flow.name.zh, flow.name.en)


def item_link(item: Item) -> str:
    return link("item", {"item": item.number})


def _step(flow: Workflow, transition: str) -> Message | Name:
    if transition == START:
        return Message("notification.begun", "begun")
    name = flow.transitions[transition].name
    return Name("transition", transition, name.zh, name.en)
