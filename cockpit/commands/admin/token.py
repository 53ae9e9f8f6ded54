"""`token`: what a system shows to the HTTP API."""

from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import area_to_grant, as_usage, on_the_clock, with_settings
from cockpit.commands.output import format_option, write

if TYPE_CHECKING:
    from cockpit.settings import Settings

COLUMNS = ("id", "system", "area", "reports", "sources", "expires_at", "revoked_at")


@click.group()
def token() -> None:
    """Tokens of systems for the HTTP API."""


@token.command()
@click.argument("system")
@click.option("--area", help="Code or name of the area it may ask of, with all below.")
@click.option("--source", "sources", multiple=True, help="A source it may push to; may be given again.")
@click.option(
    "--reports", is_flag=True, help="It may ask for reports of its area, but for none that holds single cases."
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it holds.")
@with_settings
def issue(
    settings: "Settings", system: str, area: str | None, sources: tuple[str, ...], reports: bool, days: int
) -> None:
    """Make a token. It is printed once and kept only as a hash."""
    from cockpit.actions import grants
    from cockpit.actions.action import OPERATOR

    code = area_to_grant(settings, area)
    with as_usage():
        issued = grants.issue_token(
            opened(settings), OPERATOR, settings, system, sources=sources, area=code, reports=reports, days=days
        )
    click.echo(issued)


@token.command()
@click.argument("id", type=int)
@with_settings
def revoke(settings: "Settings", id: int) -> None:
    """Refuse a token from now on."""
    from cockpit.actions import grants
    from cockpit.actions.action import OPERATOR

    with as_usage():
        grants.revoke_token(opened(settings), OPERATOR, id)
    click.echo(f"token {id} is revoked")


@token.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """All tokens, without what they are."""
    from data.desk.identity import tokens

    with as_usage():
        stored = tokens.listing(opened(settings))
    rows = []
    for one in stored:
        times = (on_the_clock(settings, one.expires_at), on_the_clock(settings, one.revoked_at))
        rows.append((one.id, one.system, one.area, one.reports, ",".join(one.sources), *times))
    write(COLUMNS, rows, layout)
