"""`asset`: list the registered assets and their edits, edit a value or withdraw an edit, as the operator."""

from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened as open_desk
from cockpit.commands.common import as_usage, opened, with_settings
from cockpit.commands.output import format_option, write

if TYPE_CHECKING:
    from cockpit.settings import Settings

ASSETS = ("source", "key", "name", "kind", "area", "unit", "registered_at", "retired_at")
EDITS = ("id", "field", "loaded", "value", "reason", "who", "at", "withdrawn_by")


@click.group()
def asset() -> None:
    """Registered assets. An edited value wins over the loaded one from the next `publish` on, until it is withdrawn."""


@asset.command("list")
@click.option("--kind", default="", help="Of one kind, such as dataset.")
@click.option("--text", default="", help="With this text in name, key or unit.")
@format_option
@with_settings
def listed(settings: "Settings", kind: str, text: str, layout: str) -> None:
    """The assets of the current edition, by name."""
    from data.editions.scoped import EVERYTHING
    from metrics.register import assets

    ((first, end),) = EVERYTHING
    rows = assets(opened(settings, None).scoped(EVERYTHING), first, end, kind, text)
    write(ASSETS, [tuple(row[name] for name in ASSETS) for row in rows], layout)


@asset.command("edits")
@click.argument("source")
@click.argument("key")
@format_option
@with_settings
def edits_of(settings: "Settings", source: str, key: str, layout: str) -> None:
    """The edits of asset KEY of SOURCE, the newest first, withdrawn ones included."""
    from data.desk.register import edits

    with as_usage():
        rows = edits.listing(open_desk(settings), source, key)
    write(EDITS, [tuple(getattr(row, name) for name in EDITS) for row in rows], layout)


@asset.command()
@click.argument("source")
@click.argument("key")
@click.argument("field")
@click.argument("value")
@click.option("--reason", required=True, help="Why the loaded value is wrong.")
@click.option("--seen", type=click.IntRange(0), help="The edit that applied when this was decided, 0 for none.")
@with_settings
def edit(settings: "Settings", source: str, key: str, field: str, value: str, reason: str, seen: int | None) -> None:
    """Give FIELD of asset KEY of SOURCE another VALUE; an empty one for none."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import Change, edit_asset
    from data.editions.scoped import EVERYTHING

    edition = opened(settings, None).scoped(EVERYTHING)
    with as_usage():
        id = edit_asset(open_desk(settings), OPERATOR, edition, source, key, Change(field, value, reason, seen))
    click.echo(f"edit {id}: saved; it applies from the next edition on")


@asset.command()
@click.argument("source")
@click.argument("key")
@click.argument("id", type=int)
@with_settings
def withdraw(settings: "Settings", source: str, key: str, id: int) -> None:
    """Withdraw edit ID of asset KEY of SOURCE: the loaded value applies again."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.register import withdraw_edit
    from data.editions.scoped import EVERYTHING

    edition = opened(settings, None).scoped(EVERYTHING)
    with as_usage():
        withdraw_edit(open_desk(settings), OPERATOR, edition, source, key, id)
    click.echo(f"edit {id}: withdrawn")
