"""`demo`: build the fictional district, loaded and published like any other data."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cockpit.commands.common import catalog_of, progress, with_settings
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.desk.store import Desk

CASES, SEED = 200_000, 20261122


@click.command()
@click.option("--cases", type=click.IntRange(1), default=CASES, show_default=True, help="How many cases it has.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same district.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Its last day, for a district that stays as it is.")
@click.option("--force", is_flag=True, help="Replace the data of another district that this home holds.")
@with_settings
def demo(settings: "Settings", cases: int, seed: int, until: datetime | None, force: bool) -> None:
    """Build the fictional demo district, three years of it up to the last 08:00, and publish it.

    An older demo in this home is replaced; editions published before are kept.
    """
    build_demo(settings, cases=cases, seed=seed, until=until.date() if until else None, force=force)


def build_demo(
    settings: "Settings", *, cases: int = CASES, seed: int = SEED, until: date | None = None, force: bool = False
) -> None:
    """Write the demo's deliveries, load them into a fresh store, publish. UsageError if other data are in it."""
    with _alone(settings):
        _build(settings, cases, seed, until, force=force)


@contextmanager
def _alone(settings: "Settings") -> Iterator[None]:
    """Lock of the single process that builds a demo in a home. Raises UsageError if another one does."""
    file = settings.data.root / "demo.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "demo.running", "{home}: another process builds the demo district there: wait until it has",
                home=settings.data.root,
            ) from None  # fmt: skip
        yield


def _build(settings: "Settings", cases: int, seed: int, until: date | None, *, force: bool) -> None:
    from cockpit.commands import demo_desk
    from cockpit.workflows import desk_source
    from data.areas.loading import load_areas
    from data.demo import build
    from data.demo.deliveries import ZONE
    from data.editions.edition import open_edition
    from data.editions.publish import publish
    from data.ingest.loading import load
    from data.sources.definition import read_source

    home = settings.data
    if not force and (existing := others(settings)):
        raise UsageError(
            "home.not_empty",
            "{home} holds data of {sources}: build the demo in another home with --home, or replace what "
            "is there with --force",
            home=home.root,
            sources=tuple(existing),
        )
    catalog = catalog_of(settings)
    with progress() as show:
        show("drawing the demo district", 0)
        made = build(home.root, cases=cases, seed=seed, today=until, memory=home.memory, threads=home.threads)
        home.store.unlink(missing_ok=True)
        for areas in made.areas:
            load_areas(home, areas)
        for i, source in enumerate(made.sources):
            show(f"loading {source.stem}", i / len(made.sources))
            load(home, read_source(source), reject_limit=1)
        show("work items", 1)
        as_of = made.as_of.replace(tzinfo=ZoneInfo(ZONE)).astimezone(ZoneInfo(home.zone)).replace(tzinfo=None)
        build_items(settings, made.as_of, seed, cases)
        now = as_of.replace(tzinfo=ZoneInfo(home.zone)).astimezone(UTC).replace(tzinfo=None)
        with desk_of(settings) as desk:
            demo_desk.decide(desk, home, as_of.date(), now)
        report = publish(
            home, catalog.rollups(), as_of=as_of, demo=True, keep=settings.keep_editions, progress=show,
            from_desk=desk_source.decided(settings),
        )  # fmt: skip
        with desk_of(settings) as desk:
            demo_desk.assess(desk, home, open_edition(home, report.edition), catalog, now)
    click.echo(f"{report.edition}: demo district published, {report.cases} cases")


def build_items(settings: "Settings", as_of: datetime, seed: int, cases: int) -> None:
    """Put the demo's work items on the desk, unless it has some, and load them. as_of: local to the demo."""
    from cockpit.workflows import desk_source
    from data.demo import items

    with desk_of(settings) as desk:
        items.build(desk, desk_source.rules(settings), as_of=as_of, seed=seed, cases=cases)
    desk_source.deliver(settings)


@contextmanager
def desk_of(settings: "Settings") -> Iterator["Desk"]:
    """The desk of these settings, closed at the end."""
    from data.desk.store import open_desk

    desk = open_desk(settings.desk_url, settings.custody)
    try:
        yield desk
    finally:
        desk.close()


def others(settings: "Settings") -> list[str]:
    """The districts and sources that this home holds and that are not the demo's."""
    from data.demo.deliveries import SOURCES
    from data.demo.stories import DISTRICT
    from data.desk.items.deliver import NAMES
    from data.store import read_store

    if not settings.data.store.is_file():
        return []
    with read_store(settings.data) as store:
        tops = store.execute(
            "SELECT name FROM areas WHERE parent IS NULL AND code <> $1 ORDER BY 1", [DISTRICT]
        ).fetchall()
        loaded = store.execute("SELECT source, file FROM sources ORDER BY 1").fetchall()
    files = {source: f"{source}.parquet" for source, *_ in SOURCES}
    files |= {source: f"{source}.ndjson" for source in NAMES}
    return [name for (name,) in tops] + [source for source, file in loaded if files.get(source) != file]
