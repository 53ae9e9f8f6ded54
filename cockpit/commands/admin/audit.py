"""`audit`: verify the audit chain, and archive old rows."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import DAY, FILE, with_settings
from cockpit.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.settings import Settings


@click.group()
def audit() -> None:
    """The record of who did what."""


@audit.command()
@click.option(
    "--against", type=FILE, help="Compare with an anchor file, an export, or the log of a syslog collector as well."
)
@with_settings
def verify(settings: "Settings", against: Path | None) -> None:
    """Say whether any row was changed, removed, moved or added, and which. Notes jumps of the clock."""
    from data.desk.auditing import proof

    verdict = proof.verify(opened(settings), against)
    for note in verdict.notes:
        click.echo(f"note: {note}", err=True)
    if not verdict.ok:
        raise CockpitError("audit.not_whole", "the audit is not intact: {fault}", fault=verdict.fault)
    click.echo(f"the audit is intact: {verdict.rows} rows")


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--until", type=DAY, required=True, help="Rows before this day.")
@click.option("--purge", is_flag=True, help="Remove them once they are in the file; not those of the last 180 days.")
@with_settings
def export(settings: "Settings", file: Path, until: datetime, purge: bool) -> None:
    """Write rows to FILE as JSON Lines, with the hashes that prove them."""
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR

    desk = opened(settings)
    click.echo(f"{data.export_audit(desk, OPERATOR, file, until)} rows are in {file}")
    if purge:
        click.echo(f"{data.purge_audit(desk, OPERATOR, until, file)} rows were removed")


@audit.command()
@click.option("--why", required=True, help="What was found out; it goes into the audit.")
@with_settings
def accept(settings: "Settings", why: str) -> None:
    """Continue from a chain whose end or head is damaged, once the cause is known. Changed rows stay visible."""
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR

    data.accept_audit(opened(settings), OPERATOR, why)
    click.echo("the head of the audit is sealed as it is now")
