"""`load`, `unload`, `areas`, `rejects`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import FILE, as_usage, progress, with_settings
from cockpit.commands.output import format_option, write
from cockpit.errors import CockpitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cockpit.settings import Settings
    from data.ingest.ledger import Batch


@click.command()
@click.argument("source", type=FILE, metavar="SOURCE.yaml")
@click.option("--file", type=FILE, help="Read this file in place of the one the source names.")
@click.option("--force", is_flag=True, help="Accept a delivery in spite of too many rejects; load it again if known.")
@with_settings
def load(settings: "Settings", source: Path, file: Path | None, force: bool) -> None:
    """Load one delivery of the source that SOURCE.yaml describes.

    A delivery that is loaded already is left alone. One with too many rejects is held: look at them with
    `rejects`, then mend it or use --force. Readers see what was loaded after `publish`.
    """
    from data.ingest.loading import load as load_delivery
    from data.sources.definition import read_source

    with as_usage():
        definition = read_source(source)
    with progress() as show:
        report = load_delivery(
            settings.data, definition, file=file, force=force, reject_limit=settings.reject_limit, progress=show
        )
    click.echo(
        f"{report.source}: {report.status}: {report.read} read, {report.accepted} accepted, {report.updated} updated, "
        f"{report.rejected} rejected{skipped(report.skipped)}{ended(report.ended)}, {report.seconds:.1f} seconds, "
        f"batch {report.batch}"
    )
    if report.status == "held" and report.swallowed:
        raise CockpitError(
            "load.held_quote",
            "{file}: held, {swallowed} lines stand inside a quoted value, as if its quote was left open: "
            "see `rejects --source {source}`, mend the file, set csv.line_breaks: true if they are text, "
            "or use --force",
            file=file or source,
            swallowed=report.swallowed,
            source=report.source,
        )
    if report.status == "held" and report.ended:
        raise CockpitError(
            "load.held_ended",
            "{file}: held, {ended} stored rows are missing from it, more than {limit:.0%}, and would be "
            "ended: see that it is complete, then use --force",
            file=file or source,
            ended=report.ended,
            limit=settings.reject_limit,
        )
    if report.status == "held":
        raise CockpitError(
            "load.held_rejects",
            "{file}: held, {rejected} of {read} rows were rejected, more than {limit:.0%}: see `rejects "
            "--source {source}`, mend the delivery or use --force",
            file=file or source,
            rejected=report.rejected,
            read=report.read,
            limit=settings.reject_limit,
            source=report.source,
        )


def ended(count: int) -> str:
    return f", {count} ended" if count else ""


def skipped(rows: "Mapping[str, int]") -> str:
    """`, 3 skipped (2 blank, 1 total)`: rows of no fact; nothing if there are none."""
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(rows.items()))
    return f", {sum(rows.values())} skipped ({reasons})" if rows else ""


@click.command()
@click.argument("file", type=FILE, metavar="FILE.csv|.geojson")
@click.option("--aliases", is_flag=True, help="FILE lists further names of areas: code, name, from, to.")
@with_settings
def areas(settings: "Settings", file: Path, aliases: bool) -> None:
    """Load or update the area tree from a CSV, or its polygons from a GeoJSON file keyed by code.

    With --aliases, load further names of areas.
    """
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR
    from data.areas.loading import load_areas

    if aliases:
        with as_usage():
            listed = data.load_aliases(opened(settings), OPERATOR, settings, file)
        click.echo(f"{file.name}: {listed.read} read, {'changed' if listed.changed else 'nothing new'}")
    else:
        report = load_areas(settings.data, file)
        click.echo(
            f"{file.name}: {report.read} read, {report.added} added, {report.changed} changed, "
            f"{report.polygons} polygons, {report.seconds:.1f} seconds"
        )
    take_in_rejects(settings)


def take_in_rejects(settings: "Settings") -> None:
    """Take in the rejects whose areas are known now, and say which deliveries are still held."""
    from data.ingest.ledger import batches
    from data.ingest.revalidate import revalidate

    for accepted in revalidate(settings.data):
        what = f"{accepted.rows} rejected rows of batch {accepted.parent} accepted as batch {accepted.batch}"
        let_in = f"batch {accepted.batch} is no longer held: {accepted.rows} rows accepted"
        click.echo(f"{accepted.source}: {let_in if accepted.batch == accepted.parent else what}")
    newest: dict[str, bool] = {}
    for batch in batches(settings.data):
        if newest.setdefault(batch.source, batch.held) and batch.held:
            click.echo(f"{batch.source}: batch {batch.batch} is still held: {_way_out(batch)}", err=True)
            newest[batch.source] = False


def _way_out(batch: "Batch") -> str:
    """The command that loads a held batch."""
    if batch.push:
        return f"`python -m cockpit pushes --let-in {batch.push}`"
    file_option = f" --file {shlex.quote(batch.file)}" if batch.file and Path(batch.file).is_file() else ""
    command = f"python -m cockpit load SOURCE.yaml{file_option}"
    return f"add areas or aliases, or mend the delivery and `{command}`; --force accepts it as it is"


@click.command()
@click.argument("batch", type=int)
@with_settings
def unload(settings: "Settings", batch: int) -> None:
    """Take BATCH back: everything is as if it had never been loaded. `publish` shows it to readers.

    The last ten batches of a source can be taken back.
    """
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR

    with as_usage():
        report = data.unload(opened(settings), OPERATOR, settings, batch)
    batches = ", ".join(map(str, report.batches))
    click.echo(f"{report.source}: batch {batches} unloaded, {report.keys} facts rebuilt; publish to show it")


@click.command()
@click.option("--source", help="Only the rows of this source.")
@click.option(
    "--names", is_flag=True, help="The names of areas that were not found, with counts and the nearest areas."
)
@format_option
@with_settings
def rejects(settings: "Settings", source: str | None, names: bool, layout: str) -> None:
    """The rows that were refused, each with every reason that applies, newest delivery first.

    fixed_by is the later batch that delivered the row's key.
    """
    from data.ingest.revalidate import unmatched
    from data.sources.masking import mask
    from data.store import read_store

    with read_store(settings.data) as store:
        if source is not None:
            check_source(
                source, [name for (name,) in store.execute("SELECT source FROM sources ORDER BY 1").fetchall()]
            )
        records = store.execute(
            f"""SELECT source, batch, row, {mask("key")}, array_to_string(reasons, '; '), fixed_by, raw FROM rejects
            WHERE $1 IS NULL OR source = $1 ORDER BY batch DESC, row""",
            [source],
        ).fetchall()
    if names:
        lines = [
            (each.source, each.name, each.rows, "; ".join(each.nearest)) for each in unmatched(settings.data, source)
        ]
        write(("source", "name", "rows", "nearest"), lines, layout, uncut=("name", "nearest"))
        return
    columns = ("source", "batch", "row", "key", "reasons", "fixed_by", "raw")
    write(columns, records, layout, uncut=("reasons",))


def check_source(source: str, known: list[str]) -> None:
    if source not in known:
        names = ", ".join(known) or "none"
        raise click.BadParameter(f"nothing was loaded from {source!r}; loaded are: {names}", param_hint="--source")
