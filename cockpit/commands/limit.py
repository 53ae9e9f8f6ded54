"""`limit`: list the limits of metrics, propose, withdraw, approve, refuse or end one, as the operator."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from cockpit.commands.admin.user import opened as open_desk
from cockpit.commands.common import area_code, as_usage, catalog_of, opened, with_settings
from cockpit.commands.output import format_option, write

if TYPE_CHECKING:
    from datetime import datetime

    from cockpit.settings import Settings
    from data.desk.register.limits import Row
    from data.desk.store import Desk
    from metrics.limits import Overlap

COLUMNS = (
    "id", "state", "metric", "area", "category", "valid_from", "valid_to", "green", "red", "source", "proposed_by",
    "decided_by", "overlaps",
)  # fmt: skip
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def limit() -> None:
    """Limits of metrics by area, category and day. An approved one applies from the next `publish` on."""


@limit.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """All proposals, the newest first. valid_to is the first day without the limit.

    overlaps: the approved limits that a proposal shares days with.
    """
    from data.desk.register import limits

    with as_usage():
        desk = open_desk(settings)
        rows = limits.listing(desk)
        shared = {row.id: " ".join(str(one.row.id) for one in _overlaps(desk, row)) for row in rows}
    write(COLUMNS, [tuple(_value(row, name, shared) for name in COLUMNS) for row in rows], layout)


def _value(row: Any, name: str, shared: dict[int, str]) -> Any:
    if name == "overlaps":
        return shared[row.id]
    return getattr(row, name, None) if hasattr(row, name) else getattr(row.what, name)


def _overlaps(desk: "Desk", row: "Row") -> "list[Overlap]":
    """The approved limits that a proposal shares days with."""
    from data.desk.register import limits
    from metrics.limits import overlaps

    return overlaps(limits.approved(desk), limits.as_limit(row)) if row.state == "proposed" else []


def _warn(overlap: "Overlap") -> None:
    last = f" to {overlap.end - timedelta(days=1)}" if overlap.end else ""
    which = "the new one" if overlap.yields else f"limit {overlap.row.id}"
    click.echo(f"overlaps limit {overlap.row.id} from {overlap.first}{last}: {which} applies then", err=True)


@limit.command()
@click.argument("metric")
@click.option("--area", required=True, help="Code or name; the limit applies to all below it as well.")
@click.option("--green", default="", metavar="BOUND", help='Such as ">= 95".')
@click.option("--red", required=True, metavar="BOUND", help='Such as "< 85".')
@click.option("--from", "start", type=DAY, required=True, metavar="DAY", help="First day.")
@click.option("--to", "end", type=DAY, metavar="DAY", help="Last day; without end by default.")
@click.option("--category", default="", help="Only for cases of this category.")
@click.option("--source", required=True, help="The document or decision it is from.")
@with_settings
def propose(
    settings: "Settings", metric: str, area: str, start: "datetime", end: "datetime | None", **texts: str
) -> None:
    """Propose a limit of METRIC."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import propose_limit
    from data.desk.register import limits
    from data.desk.register.limits import Proposal
    from data.editions.scoped import EVERYTHING

    edition = opened(settings, None)
    until: date | None = end.date() + timedelta(days=1) if end else None
    what = Proposal(
        metric, area_code(edition, area), texts["green"], texts["red"], start.date(), texts["source"], until,
        texts["category"],
    )  # fmt: skip
    with as_usage():
        desk = open_desk(settings)
        id = propose_limit(desk, OPERATOR, edition.scoped(EVERYTHING), catalog_of(settings), what)
        shared = _overlaps(desk, limits.find(desk, id))
    click.echo(f"limit {id}: proposed")
    for overlap in shared:
        _warn(overlap)


@limit.command()
@click.argument("id", type=int)
@with_settings
def approve(settings: "Settings", id: int) -> None:
    """Approve proposal ID of somebody else. Says which approved limits it shares days with."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import approve_limit
    from data.desk.register import limits

    with as_usage():
        desk = open_desk(settings)
        shared = _overlaps(desk, limits.find(desk, id))
        approve_limit(desk, OPERATOR, id)
    click.echo(f"limit {id}: approved; it applies from the next edition on")
    for overlap in shared:
        _warn(overlap)


@limit.command()
@click.argument("id", type=int)
@click.option("--reason", required=True, help="Shown to who proposed it.")
@with_settings
def refuse(settings: "Settings", id: int, reason: str) -> None:
    """Refuse proposal ID of somebody else."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import refuse_limit

    with as_usage():
        refuse_limit(open_desk(settings), OPERATOR, id, reason)
    click.echo(f"limit {id}: refused")


@limit.command()
@click.argument("id", type=int)
@click.option("--from", "day", type=DAY, required=True, metavar="DAY", help="The first day without the limit.")
@with_settings
def end(settings: "Settings", id: int, day: "datetime") -> None:
    """End an approved limit."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import end_limit
    from data.desk.register import limits

    desk = open_desk(settings)
    with as_usage():
        end_limit(desk, OPERATOR, id, day.date(), version=limits.find(desk, id).version)
    click.echo(f"limit {id}: ends before {day.date()}")


@limit.command()
@click.argument("id", type=int)
@with_settings
def withdraw(settings: "Settings", id: int) -> None:
    """Take back proposal ID of the operator that nobody has decided on."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import withdraw_limit

    with as_usage():
        withdraw_limit(open_desk(settings), OPERATOR, id)
    click.echo(f"limit {id}: withdrawn")
