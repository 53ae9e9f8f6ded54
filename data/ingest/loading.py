"""Load a delivery: validate its rows, record the rejects, upsert the facts.

Validation runs without the store; the store is open for writing only during the merge, which is one transaction. A
process killed at any time has loaded either the whole delivery or nothing.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from data.contents import Stamp, content_hash, remember, remembered
from data.errors import DataError, OutOfMemory, Unavailable
from data.home import Home
from data.ingest.merge import LoadReport, Run, is_recorded, merge, record_source
from data.ingest.validate import validate
from data.messages import Message
from data.processes import is_alive
from data.progress import Progress, watched
from data.push.metadata import Pushed
from data.sources import watermarks
from data.sources.definition import Source
from data.sources.deliveries import reading, text
from data.store import open_store, read_store, transaction
from data.system_errors import is_no_room, line_of, of_os

if TYPE_CHECKING:
    from data.sources.databases import Fetched

MERGE_SECONDS = 120.0
"""Time that a load waits for the store lock."""

MACHINE_FAULTS = (
    OSError, duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.InterruptException,
    duckdb.TransactionException,
)  # fmt: skip
"""Errors of the machine, not of the data: the same load may succeed later."""


def load(
    home: Home,
    source: Source,
    *,
    file: Path | None = None,
    pushed: Pushed | None = None,
    force: bool = False,
    reject_limit: float = 0.2,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one delivery of `source`. file: replaces the file that the source names.

    Loading is idempotent: a delivery is identified by its content, a push by its id.

    A delivery with more than `reject_limit` rejects (a share, 0 to 1) is held: its batch and rejects are recorded, its
    facts are not. force: load a held or already loaded delivery anyway.
    progress: called with the phases fetch (queries only), validate and merge.
    Raises DataError if the delivery cannot be read, Unavailable if the store cannot be written; then the store is
    unchanged.
    """
    _refuse_pushed(source, file)
    home.prepare()
    begun, started_at = time.monotonic(), datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    report_progress = progress or (lambda phase, done: None)
    with _plain_errors(home), _scratch(home) as scratch:
        is_query = source.url is not None and file is None
        fetched = _fetched(home, source, scratch, report_progress) if is_query else None
        path, origin = (fetched.path, fetched.origin) if fetched else _named(source, file)
        with reading(path):
            stamp = Stamp.of(path)
            content = (None if force or pushed else _remembered(home, stamp)) or content_hash(path)
        run = Run(home, source, pushed.origin if pushed else origin, content, started_at, begun, force, pushed)
        with read_store(home, wait=MERGE_SECONDS) as store:
            earlier, recorded = run.existing_report(store), is_recorded(store, source)
        if earlier:
            if not recorded:
                with open_store(home, wait=MERGE_SECONDS) as store:
                    record_source(store, source)
            return earlier
        as_read = source.pushed_as(pushed.format) if pushed else source
        validated = validate(home, as_read, path, scratch, started_at, report_progress, pushed)
        if Stamp.of(path) != stamp:
            raise Unavailable(
                "load.changed",
                "{origin}: changed while it was read; nothing was loaded; load it when it is complete",
                origin=origin,
            )
        with open_store(home, wait=MERGE_SECONDS) as store:
            store.execute(f"SET temp_directory = {text(str(scratch))}")
            with watched(store, "merge", report_progress), transaction(store):
                record_source(store, source)
                report = run.existing_report(store) or merge(store, run, validated, reject_limit)
                if fetched and report.status == "accepted":
                    watermarks.advance(store, source, report.batch, fetched.kind, path, validated)
                if not is_query and not pushed:
                    remember(store, stamp, content)
        return replace(report, seconds=run.seconds)


def _refuse_pushed(source: Source, file: Path | None) -> None:
    if source.push and file is None:
        raise DataError(
            "load.pushed",
            "{path}: its rows are pushed to the HTTP API; to load a file of them, name it with --file",
            path=source.path,
        )


def _named(source: Source, file: Path | None) -> tuple[Path, str]:
    """The path of the file to load, and its origin as recorded."""
    path = file or source.path.parent / str(source.file)
    return path, str(path)


def _fetched(home: Home, source: Source, scratch: Path, report_progress: Progress) -> "Fetched":
    """Run the source's query, starting at its watermark if it has one."""
    from data.sources.databases import fetch  # here, so that other loads start without it

    report_progress("fetch", 0.0)
    last = None
    if source.watermark is not None:
        with read_store(home, wait=MERGE_SECONDS) as store:
            last = watermarks.last(store, source)
    return fetch(home, source, scratch, last)


def _remembered(home: Home, stamp: Stamp) -> str | None:
    with read_store(home, wait=MERGE_SECONDS) as store:
        return remembered(store, stamp)


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """A temporary folder for one load. Folders of killed loads are removed."""
    for folder in home.scratch.glob("load-*"):
        if not is_alive(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"load-{os.getpid()}-", dir=home.scratch) as folder_name:
        yield Path(folder_name)


@contextmanager
def _plain_errors(home: Home) -> Iterator[None]:
    """Convert disk, memory and DuckDB errors to one-line errors."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise OutOfMemory(
            "load.memory",
            "{memory} of memory are not enough for this load; nothing was loaded; allow more",
            memory=home.memory,
        ) from error
    except (duckdb.Error, OSError) as error:
        if is_no_room(error):
            raise Unavailable(
                "load.disk_full",
                "the disk of {home} is full; nothing was loaded; free some space, then load again",
                home=home.root,
            ) from error
        why = of_os(error) if isinstance(error, OSError) else line_of(error)
        kind = Unavailable if isinstance(error, MACHINE_FAULTS) else DataError
        raise kind.of(Message("load.failed", "nothing was loaded: {why}", why=why)) from error
