"""`keys`: the keys of the home."""

from typing import TYPE_CHECKING

import click

from cockpit.commands.common import with_settings
from cockpit.commands.user import opened

if TYPE_CHECKING:
    from cockpit.settings import Settings


@click.group()
def keys() -> None:
    """The keys of the home, which encrypt the secrets of second factors."""


@keys.command()
@with_settings
def rotate(settings: "Settings") -> None:
    """Encrypt all secrets with a new key and remove the old one. The server may run."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.data import rotate_keys

    click.echo(f"{rotate_keys(opened(settings), OPERATOR)} secrets are encrypted with a new key")
