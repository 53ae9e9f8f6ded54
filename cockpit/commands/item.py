"""`item`: list work items, show one with its history, begin one, do a step, as the operator."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from cockpit.commands.admin.user import opened as open_desk
from cockpit.commands.common import area_code, as_usage, on_the_clock, opened, with_settings
from cockpit.commands.output import format_option, write
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.desk.items.lists import Filter
    from data.workflow.model import Workflow

COLUMNS = ("number", "kind", "state", "title", "area", "unit", "holder", "due_at")
EVENTS = ("seq", "at", "step", "state", "actor", "fields")
VIEWS = ("all", "overdue", "closed")
MOST = 1000
field_option = click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="May be given again.")
key_option = click.option("--key", default="", help="Names the request: given again, it is done once.")


@click.group()
def item() -> None:
    """Work items: orders, events, problems and the other kinds. Steps of a unit are done by its accounts on screen."""


@item.command("list")
@click.option("--view", type=click.Choice(VIEWS), default="all", show_default=True, help="all: all that are open.")
@click.option("--kind", default="", help="Such as order.")
@click.option("--state", default="", help="A state of the kind.")
@click.option("--unit", default="", help="Responsible unit; – for none yet.")
@format_option
@with_settings
def listed(settings: "Settings", view: str, layout: str, **narrowed: str) -> None:
    """Work items, those due first on top; at most 1,000."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.items import checked, reader
    from cockpit.workflows.desk_source import rules
    from data.desk import clock
    from data.desk.items import lists
    from data.editions.edition import current

    with as_usage():
        desk = open_desk(settings)
        only: Filter = checked(rules(settings), lists.Filter(**narrowed), current(settings.data))
        (chosen,) = (one for one in get_args(lists.View) if one == view)
        items = lists.items(desk, reader(OPERATOR), chosen, clock.now(), only, most=MOST)
    rows = [(*(getattr(one, name) for name in COLUMNS[:-1]), on_the_clock(settings, one.due_at)) for one in items]
    write(COLUMNS, rows, layout)


@item.command()
@click.argument("number")
@format_option
@with_settings
def show(settings: "Settings", number: str, layout: str) -> None:
    """The events of one item."""
    from cockpit.workflows.desk_source import rules
    from data.desk.items import store

    with as_usage():
        desk, known = open_desk(settings), rules(settings)
        stored = store.find(desk, number)
        if stored is None:
            raise UsageError("item.none", "there is no item {number}: list them with `item list`", number=number)
        happened = store.events(desk, known, stored.id)
    write(EVENTS, [(e.seq, e.at, e.transition, e.state, e.actor, dict(e.fields)) for e in happened], layout)


@item.command()
@click.argument("kind")
@click.option("--area", required=True, help="Code or name.")
@click.option("--title", required=True, help="What the item is about, in one line.")
@field_option
@key_option
@with_settings
def start(settings: "Settings", kind: str, area: str, title: str, fields: Sequence[str], key: str) -> None:
    """Begin an item; prints its number."""
    from cockpit.actions import items
    from cockpit.actions.action import OPERATOR
    from cockpit.workflows.desk_source import rules
    from data.desk.items.store import Beginning

    edition = opened(settings)
    with as_usage():
        flow = rules(settings).flow(kind)
        beginning = Beginning(kind, title, area_code(edition, area), values(flow, fields))
        desk = open_desk(settings)
        written = items.start(desk, OPERATOR, settings, edition, beginning, key or uuid.uuid4().hex)
    click.echo(written.item.number)


@item.command("do")
@click.argument("number")
@click.argument("step")
@field_option
@key_option
@with_settings
def do(settings: "Settings", number: str, step: str, fields: Sequence[str], key: str) -> None:
    """Do a step of an item, such as `item do DB20261120-12 issue --field unit=区住建局 --field due=2026-12-01`."""
    from cockpit.actions import items
    from cockpit.actions.action import OPERATOR
    from cockpit.workflows.desk_source import rules
    from data.desk.items import store

    edition = opened(settings)
    with as_usage():
        desk = open_desk(settings)
        stored = store.find(desk, number)
        if stored is None:
            raise UsageError("item.none", "there is no item {number}: list them with `item list`", number=number)
        given = values(rules(settings).flow(stored.kind), fields)
        written = items.act(desk, OPERATOR, settings, edition, number, step, given, key=key or uuid.uuid4().hex)
    click.echo(f"{number} is {written.item.state}")


def values(flow: "Workflow", given: Sequence[str]) -> dict[str, Any]:
    """`name=value` by the types of the workflow's fields; several units are separated by commas. Raises UsageError."""
    fields: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        kind = flow.fields[name].type if name in flow.fields else "text"
        if not sign:
            raise UsageError("item.field", "--field {text} is not NAME=VALUE", text=text)
        if kind == "integer" and value.lstrip("-").isdecimal():
            fields[name] = int(value)
        elif kind == "yes_no" and value in ("yes", "no"):
            fields[name] = value == "yes"
        elif kind == "units":
            fields[name] = [one for one in value.split(",") if one]
        else:
            fields[name] = value
    return fields
