"""Notifications of work items: the transitions and colours that their workflows declare."""

from collections.abc import Collection
from typing import cast

from cockpit.address import link
from data.desk.items.item import Item
from data.desk.items.store import Rules, Written
from data.desk.notifications import recipients, store
from data.desk.notifications.store import Notice, Severity
from data.desk.store import Desk
from data.messages import Message, Name
from data.workflow.model import START, Party, Workflow


def of_transition(
    desk: Desk, rules: Rules, written: Written, transition: str, actor: str, actors: Collection[str], area: Name
) -> None:
    """Notify the parties that the workflow names for a transition, except who did it.

    actors: the names of those who have acted on the item. Call it in the transaction of the event. The title of an
    item is left out: people write it, and it may name somebody.
    """
    item, flow = written.item, rules.flow(written.item.kind)
    parties = parties_of(flow, transition)
    if not parties:
        return
    today = rules.local(item.changed_at).date()
    accounts = recipients.of_item(desk, item, parties, actors, today) - recipients.named(desk, [actor])
    message = Message(
        "notification.step", "{kind} {number}, {area}: {step}",
        kind=kind_name(flow), number=item.number, area=area, step=_step(flow, transition),
    )  # fmt: skip
    key = f"item/{item.number}/{written.seq}"
    severity = cast(Severity, item.colour(item.changed_at) or "none")
    notices = [Notice(id, key, "item", message, item_link(item), severity) for id in sorted(accounts)]
    store.add(desk, notices, now=item.changed_at)


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
