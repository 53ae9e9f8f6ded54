"""`pushes`: list what systems sent over HTTP, with its outcome."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import as_usage, with_settings
from cockpit.commands.output import format_option, write
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.push.spool import State

STATES = ("queued", "loaded", "held", "failed", "published")
COLUMNS = ("id", "source", "system", "received", "state", "rows", "accepted", "updated", "rejected", "edition", "fault")


@click.command()
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--let-in", metavar="ID", help="Load one that is held or has failed, whatever was refused of it.")
@format_option
@with_settings
def pushes(settings: "Settings", state: "State | None", let_in: str | None, layout: str) -> None:
    """List what was pushed to the HTTP API, newest first, or let in one that is held.

    A running server loads and publishes what is let in.
    """
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR
    from data.push.spool import Spool

    spool = Spool(settings.data)
    if let_in:
        matches = spool.find(let_in)
        if matches is None:
            raise UsageError("push.unknown", "there is no push {id}: `pushes` lists them", id=let_in)
        with as_usage():
            data.let_in(opened(settings), OPERATOR, settings, matches)
        click.echo(f"{let_in}: queued")
        return
    zone = ZoneInfo(settings.zone)
    records = [
        (
            *(p.id, p.source, p.system, datetime.fromtimestamp(p.received, zone).replace(tzinfo=None, microsecond=0)),
            *(p.state, p.rows, p.accepted, p.updated, p.rejected, p.edition, str(p.why)),
        )
        for p in spool.newest(1000, state)
    ]
    write(COLUMNS, records, layout)
