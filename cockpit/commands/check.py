"""`check`: validate the definitions, and reconcile the numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import FILE, as_usage, catalog_of, opened, progress, with_settings
from cockpit.commands.output import format_option, write, write_frame
from cockpit.commands.serve import check_own_files
from cockpit.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.editions.edition import Edition
    from metrics.catalog import Catalog

ONE_OF_EACH = """code,name,level
990101000000,区,district
990101001000,镇,town
990101001201,村,village
"""


@click.command()
@click.argument("source", type=FILE, nargs=-1, metavar="[SOURCE.yaml]...")
@format_option
@with_settings
def check(settings: "Settings", source: tuple[Path, ...], layout: str) -> None:
    """Validate catalog, layouts, workflows, kinds of report and source definitions, then reconcile the current edition.

    Every metric is run at every level by every split on the current edition, or on an empty one if nothing is
    published; each that fails is named with its file, field and the database's message (exit code 2).
    With source files named, validate them and list which metrics each of them feeds, and which columns the others
    lack. Exit code 1 if a reconciliation fails.
    """
    catalog = catalog_of(settings)
    check_own_files(settings)
    check_recipients(settings)
    check_sources(settings, source)
    if source:
        write(("source", "metric", "name", "fed", "missing"), fed_by(catalog, source), layout)
        return
    from data.editions.edition import current
    from metrics.analysis.reconcile import reconcile

    with as_usage():
        published = current(settings.data, memory=settings.read_memory)
    if published is None:
        with empty_edition(settings, catalog) as nothing:
            run_all(nothing, catalog)
        opened(settings)  # says what to do
    else:
        run_all(published, catalog)
    findings = reconcile(opened(settings), catalog)
    write_frame(findings.assign(detail=findings["detail"].map(str)), layout)
    failed = list(findings.loc[findings["passed"].eq(False), "check"])
    if failed:
        raise CockpitError(
            "check.failed",
            "{failed} of {count} reconciliations failed: {names}",
            failed=len(failed),
            count=len(findings),
            names=tuple(failed),
        )


def check_recipients(settings: "Settings") -> None:
    """Refuse alert rules whose recipients are not there: units of the directory, accounts of the desk."""
    from cockpit.notifications.recipients import faults
    from cockpit.server.alerting import rules_of
    from data.desk.store import made_desk
    from data.editions.edition import current

    rules = rules_of(settings)
    if not any(rule.recipients for rule in rules.values()):
        return
    with as_usage():
        desk, edition = made_desk(settings.desk_url, settings.custody), current(settings.data)
        problems = list(faults(desk, edition, rules.values()))
    if problems:
        raise UsageError("check.recipients", "{faults}", faults="; ".join(problems))


def run_all(edition: "Edition", catalog: "Catalog") -> None:
    """Run every metric at every level by every split. UsageError with one line a fault."""
    from metrics.analysis.trials import trials

    with progress() as show:
        tried, faults = trials(edition, catalog, progress=show)
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        raise UsageError(
            "check.metrics_failed",
            "{n} of {tried} metrics fail: correct the fields above",
            n=len({fault.metric for fault in faults}),
            tried=tried,
        )


@contextmanager
def empty_edition(settings: "Settings", catalog: "Catalog") -> Iterator["Edition"]:
    """An edition of one area of each level and no facts, in a folder that is deleted afterwards."""
    from data.areas.loading import load_areas
    from data.editions.edition import open_edition
    from data.editions.publish import publish

    with TemporaryDirectory(prefix="cockpit-check-") as folder:
        home = replace(settings.data, root=Path(folder))
        home.prepare()
        areas = home.root / "areas.csv"
        areas.write_text(ONE_OF_EACH, "utf-8")
        load_areas(home, areas)
        edition = open_edition(home, publish(home, catalog.rollups()).edition)
        try:
            yield edition
        finally:
            edition.close()


def fed_by(catalog: "Catalog", paths: tuple[Path, ...]) -> list[tuple[str, str, str, bool, str]]:
    """Source, metric, its name, whether the source feeds it, and the columns missing, of each metric of its fact."""
    from data.sources.definition import read_source
    from metrics.availability.feeds import lacking
    from metrics.availability.needs import needs

    lines = []
    for definition in map(read_source, paths):
        mapped = {name for name, sql in definition.columns.items() if sql.strip().upper() != "NULL"}
        for domain in catalog.domains:
            if domain.fact != definition.fact or domain.view:
                continue
            for metric in domain.metrics:
                parts = metric.components or (metric.id,)
                needed = {name for part in parts for name in needs(catalog, part).columns}
                missing = lacking(definition.contract, needed, mapped)
                lines.append((definition.source, metric.id, metric.name.zh, not missing, ", ".join(missing)))
    return lines


def check_sources(settings: "Settings", paths: tuple[Path, ...]) -> None:
    """Read the source files named, else those that may be pushed to and the definitions in the store.

    Raises UsageError with all faults.
    """
    from data.errors import DataError
    from data.sources.definition import read_source

    faults = [] if paths else stored_faults(settings)
    for path in paths or sorted(settings.sources_folder.glob("*.yaml")):
        try:
            read_source(path)
        except DataError as error:
            faults.append(str(error))
    if faults:
        raise UsageError("check.faults", "{faults}", faults="; ".join(faults))


def stored_faults(settings: "Settings") -> list[str]:
    """Faults of stored source definitions under the current contract, one line each."""
    from pydantic import ValidationError

    from data.sources.definition import Source
    from data.store import read_store

    with read_store(settings.data) as store:
        definitions = store.execute("SELECT source, definition FROM sources ORDER BY source").fetchall()
    faults = []
    for source, definition in definitions:
        try:
            Source.model_validate_json(definition)
        except ValidationError as error:
            faults.append(f"source {source} as stored: {error.errors()[0]['msg']}; mend its file and load it again")
    return faults
