"""`user`: accounts, and what they are granted."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import DAY, area_to_grant, as_usage, prompted, unit_to_grant, with_settings
from cockpit.commands.output import format_option, write
from data.desk.identity.roles import ROLES

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.desk.identity.accounts import Grant
    from data.desk.store import Desk

COLUMNS = ("name", "title", "state", "role", "area", "unit", "from", "to", "by")


@click.group()
def user() -> None:
    """Accounts and grants. A new account has no rights until it is granted a role on an area."""


@user.command()
@click.argument("name")
@click.option("--title", default="", help="Name and office to show.")
@click.option("--password", help="Its first password, to be changed at the first login; asked for if not given.")
@with_settings
def add(settings: "Settings", name: str, title: str, password: str | None) -> None:
    """Make an account."""
    from cockpit.actions import accounts
    from cockpit.actions.action import OPERATOR
    from data.desk.identity.accounts import check_new_name

    with as_usage():
        desk = opened(settings)
        check_new_name(desk, name)
        password = password or prompted("Password", "--password", twice=True)
        accounts.add(desk, OPERATOR, name, title=title, password=password)
    click.echo(f"{name} can sign in; grant it a role: python -m cockpit user grant {name} ROLE --area CODE")


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--area", help="Code or name of the area with all below it; none for an administrator.")
@click.option("--unit", default="", help="Unit of the directory whose part it takes in work items; any by default.")
@click.option("--from", "start", type=DAY, help="First day it holds.")
@click.option("--to", "end", type=DAY, help="Last day it holds.")
@with_settings
def grant(
    settings: "Settings", name: str, role: str, area: str | None, unit: str, start: datetime | None,
    end: datetime | None,
) -> None:  # fmt: skip
    """Grant a role on an area and a span of days."""
    from cockpit.actions import grants
    from cockpit.actions.action import OPERATOR

    days = {"first_day": start.date() if start else None, "last_day": end.date() if end else None}
    code = area_to_grant(settings, area)
    with as_usage():
        grants.grant(
            opened(settings), OPERATOR, name, role, code, unit=unit_to_grant(settings, unit, code), **days
        )  # fmt: skip
    of = f" of {code:012}" if code is not None else ""
    click.echo(f"{name} is {role}{of}" + (f", {unit}" if unit else ""))


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--area", type=int, help="Code of the area it was granted on.")
@with_settings
def revoke(settings: "Settings", name: str, role: str, area: int | None) -> None:
    """Take a role away; open screens feel it within seconds."""
    from cockpit.actions import grants
    from cockpit.actions.action import OPERATOR

    with as_usage():
        grants.revoke(opened(settings), OPERATOR, name, role, area)
    click.echo(f"{name} is no longer {role}" + (f" of {area}" if area is not None else ""))


@user.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Open it again.")
@with_settings
def lock(settings: "Settings", name: str, off: bool) -> None:
    """Close an account and end its sessions."""
    from cockpit.actions import accounts
    from cockpit.actions.action import OPERATOR

    with as_usage():
        (accounts.unlock if off else accounts.lock)(opened(settings), OPERATOR, name)
    click.echo(f"{name} is {'open again' if off else 'locked'}")


@user.command()
@click.argument("name")
@click.option("--password", help="Its new password, to be changed at the next login; asked for if not given.")
@with_settings
def passwd(settings: "Settings", name: str, password: str | None) -> None:
    """Set a password and end the account's sessions."""
    from cockpit.actions import accounts
    from cockpit.actions.action import OPERATOR
    from data.desk.identity.accounts import named

    with as_usage():
        desk = opened(settings)
        named(desk, name)
        password = password or prompted("Password", "--password", twice=True)
        accounts.set_password(desk, OPERATOR, name, password)
    click.echo(f"{name} has a new password, to be changed at the next login")


@user.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Take it away, for somebody who lost the phone.")
@with_settings
def factor(settings: "Settings", name: str, off: bool) -> None:
    """Say whether an account has a second factor, which people set up for themselves on their account's page."""
    from cockpit.actions.accounts import remove_factor
    from cockpit.actions.action import OPERATOR
    from data.desk.identity import accounts

    with as_usage():
        desk = opened(settings)
        if off:
            remove_factor(desk, OPERATOR, name)
        has = accounts.named(desk, name).has_totp
    click.echo(f"{name} signs in with {'a second factor' if has else 'a password alone'}")


@user.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """All accounts with their grants, one line a grant."""
    from data.desk.identity import accounts

    with as_usage():
        stored = accounts.listing(opened(settings))
    rows = [
        (account.name, account.title, "locked" if account.disabled else "open", *grant)
        for account, grants in stored
        for grant in ([_grant_row(g) for g in grants] or [(None,) * 6])
    ]
    write(COLUMNS, rows, layout)
    if not rows:
        click.echo(
            "no account yet: add one with `user add`. `serve --demo` lets choose a role without one, and then adds it",
            err=True,
        )


def _grant_row(grant: "Grant") -> tuple[object, ...]:
    return (
        grant.role,
        grant.area,
        grant.unit or None,
        grant.first_day,
        grant.last_day,
        "provider" if grant.by_provider else None,
    )


def opened(settings: "Settings") -> "Desk":
    """The desk of these settings."""
    from data.desk.store import open_desk

    return open_desk(settings.desk_url, settings.custody)


def note(desk: "Desk", event: str, what: str) -> None:
    """A row of the audit for what was done here."""
    from cockpit.actions.action import OPERATOR
    from data.desk.auditing import audit

    audit.write(desk, who=OPERATOR.name, role="", scope="", event=event, what=what, result="ok", address="")
