"""`keys` of the home, and `secret`: what source files and settings name instead of a password."""

import sys
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import prompted, with_settings
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.desk.store import Desk


@click.group()
def keys() -> None:
    """The keys of the home: they encrypt secrets and hash the audit."""


@keys.command()
@with_settings
def rotate(settings: "Settings") -> None:
    """Replace the keys and encrypt all secrets again. The audit of before stays provable. The server may run."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.keys import rotate as act

    desk = opened(settings)
    click.echo(f"{act(desk, OPERATOR)} secrets are encrypted with a new key")
    if desk.custody.audit_key:
        click.echo(_of_environment(desk), err=True)
    else:
        click.echo("the audit has a new key; the old one stays in keys/audit.key and proves the rows of before")


def _of_environment(desk: "Desk") -> str:
    """The two steps by which an operator replaces an audit key that comes from the environment."""
    from data.desk.auditing.proof import first_of_newest_key

    ring = desk.custody.audit
    if len(ring.keys) == 1 or ring.since:
        return (
            "COCKPIT_AUDIT_KEY gives the key of the audit: put a new one before it, with a comma between, restart all "
            "servers, and run this command again"
        )
    return (
        f"COCKPIT_AUDIT_KEY: once all servers have the new key, write it as KEY@{first_of_newest_key(desk)} before the "
        "old one: the old key proves no row from there on"
    )


@click.group()
def secret() -> None:
    """Secrets that source files and settings name as ${secret:NAME}, encrypted in the home."""


@secret.command("set")
@click.argument("name")
@click.option("--stdin", is_flag=True, help="Read the secret from standard input, one line.")
@with_settings
def put(settings: "Settings", name: str, stdin: bool) -> None:
    """Keep a secret under NAME; it is asked for."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.keys import set_secret
    from data import vault
    from data.errors import DataError

    try:
        vault.check_name(name)
        value = sys.stdin.readline().rstrip("\r\n") if stdin else prompted("Secret", "--stdin")
        set_secret(opened(settings), OPERATOR, settings, name, value)
    except DataError as error:
        raise UsageError.of(error) from None
    click.echo(f"{name} is kept: write ${{secret:{name}}} where it is needed")


@secret.command("remove")
@click.argument("name")
@with_settings
def removed(settings: "Settings", name: str) -> None:
    """Forget a secret."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.keys import remove_secret
    from data.errors import DataError

    try:
        remove_secret(opened(settings), OPERATOR, settings, name)
    except DataError as error:
        raise UsageError.of(error) from None
    click.echo(f"{name} is forgotten")


@secret.command("list")
@with_settings
def listed(settings: "Settings") -> None:
    """The names of all secrets."""
    from data import vault

    for name in vault.names(settings.data.keys):
        click.echo(name)
