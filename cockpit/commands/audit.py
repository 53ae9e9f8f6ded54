"""`audit`: prove that the record of who did what is whole, and take old rows out of it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import DAY, with_settings
from cockpit.commands.user import opened
from cockpit.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.settings import Settings


@click.group()
def audit() -> None:
    """The record of who did what."""


@audit.command()
@with_settings
def verify(settings: "Settings") -> None:
    """Say whether any row was changed, removed or moved, and which."""
    from data.desk import audit

    verdict = audit.verify(opened(settings))
    if not verdict.ok:
        raise CockpitError(f"the audit is not whole: {verdict.fault}")
    click.echo(f"the audit is whole: {verdict.rows} rows")


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
