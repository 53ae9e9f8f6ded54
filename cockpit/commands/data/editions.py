"""`publish`, `editions`, `rollback`."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import TIME, as_usage, progress, with_settings
from cockpit.commands.output import format_option, write
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings

COLUMNS = ("edition", "current", "as_of", "published_at", "cases", "size_mb", "demo")


@click.command()
@click.option("--as-of", type=TIME, metavar="T", help="What is not known before T stays out; now by default.")
@click.option("--demo-time", is_flag=True, help="A demonstration stays as of its own time.")
@with_settings
def publish(settings: "Settings", as_of: datetime | None, demo_time: bool) -> None:
    """Publish what is loaded as a new edition. Readers change over at once; older editions are kept.

    Broken files of the district's own catalog are named and left out; `check` fails for them.
    """
    from cockpit.workflows.desk_source import decided, deliver_if_possible
    from data.editions.edition import current
    from data.editions.publish import publish as publish_edition
    from metrics.catalog import load_usable

    catalog, faults = load_usable(settings.catalog, settings.three_rate_weights)
    for fault in faults:
        click.echo(f"left out of the catalog: {fault}", err=True)
    if fault := deliver_if_possible(settings):
        click.echo(f"work items are left out: {fault}", err=True)
    if as_of:
        _check_known(settings, as_of)
    last = current(settings.data) if demo_time else None
    as_of = last.as_of if last and last.demo else as_of
    with progress() as show:
        report = publish_edition(
            settings.data, catalog.rollups(), as_of=as_of, keep=settings.keep_editions, progress=show,
            from_desk=decided(settings),
        )  # fmt: skip
    outcome = "nothing new to publish" if report.kind == "unchanged" else "published"
    click.echo(f"{report.edition}: {outcome}, {report.cases} cases, {report.seconds:.1f} seconds")


def _check_known(settings: "Settings", as_of: datetime) -> None:
    """Refuse a time before everything that is loaded: each number of the edition would be empty."""
    from data.store import read_store

    if not settings.data.store.exists():
        return  # publishing says so
    with as_usage(), read_store(settings.data) as store:
        ((first,),) = store.execute("SELECT min(registered_at)::TIMESTAMP FROM cases").fetchall()
    if first and as_of < first:
        raise UsageError(
            "publish.before_all", "no case was known at {as_of}: the first is of {first}, name a later time",
            as_of=f"{as_of:%Y-%m-%d %H:%M}", first=f"{first:%Y-%m-%d %H:%M}",
        )  # fmt: skip


@click.command()
@format_option
@with_settings
def editions(settings: "Settings", layout: str) -> None:
    """List the published editions, newest first."""
    from data.editions.edition import editions as published

    records = [
        (e.id, e.current, e.as_of, e.published_at.replace(microsecond=0), e.cases, round(e.size_mb, 1), e.demo)
        for e in published(settings.data)
    ]
    write(COLUMNS, records, layout)


@click.command()
@click.argument("edition")
@with_settings
def rollback(settings: "Settings", edition: str) -> None:
    """Point readers at EDITION, one that `editions` lists. Nothing is deleted."""
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR

    with as_usage():
        data.rollback(opened(settings), OPERATOR, settings, edition)
    click.echo(f"{edition}: current")
