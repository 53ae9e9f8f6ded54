"""Publish an edition: build it in a new file, check it, and make it current by an atomic rename of the pointer.

If publishing fails or is killed, readers keep the current edition, and the next run removes leftover files.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from data.editions import edition as editions
from data.editions import files as edition_files
from data.editions import from_desk, workdays
from data.editions.build import build, date_sql, describe, latest, rows_of
from data.editions.edition import Edition
from data.editions.from_desk import FromDesk
from data.editions.patch import Step, patch
from data.editions.queries import Cursor
from data.editions.rollups import Rollup
from data.errors import DataError
from data.home import Home
from data.messages import Message
from data.progress import Progress, watched
from data.schema import FACTS
from data.search import index
from data.store import attach_store
from data.system_errors import is_no_room
from data.values.calendar import calendar
from data.values.zones import LOCAL

log = logging.getLogger(__name__)

FORMAT = 5
"""Version of the table layout. A change forces a full build."""
CHANGED_SHARE = 0.05
"""Maximum share of facts changed since the last full build for a patch."""
TOUCHED_SHARE = 0.2
"""Maximum share of a fact's rows that a patch may touch."""
FICLONE = 0x40049409

Kind = Literal["full", "incremental", "unchanged"]


@dataclass(frozen=True)
class PublishReport:
    """Result of publishing. kind: full; incremental (patched from the last edition); unchanged (still current)."""

    edition: str
    kind: Kind
    cases: int
    seconds: float


@dataclass(frozen=True)
class PublishRequest:
    """Parameters of a publish run."""

    home: Home
    rollups: tuple[Rollup, ...]
    as_of: datetime
    published_at: datetime
    demo: bool
    progress: Progress
    from_desk: FromDesk | None = None

    @property
    def recipe(self) -> str:
        """Hash of the format, time storage, calendar, facts and roll-ups: a change requires a full build."""
        time_zone = self.home.zone if self.home.time_type == LOCAL else f"instants of {self.home.zone}"
        made_by = repr((FORMAT, time_zone, calendar(self.home.calendar).mark, FACTS, self.rollups))
        return hashlib.blake2b(made_by.encode(), digest_size=16).hexdigest()


def publish(
    home: Home,
    rollups: Sequence[Rollup],
    *,
    as_of: datetime | None = None,
    demo: bool = False,
    keep: int = 10,
    progress: Progress | None = None,
    from_desk: FromDesk | None = None,
) -> PublishReport:
    """Publish the loaded data as a new edition and make it current.

    as_of: naive, in the home's zone; default now. Each call makes a new edition, since `as_of` affects what is overdue,
    unless data and `as_of` equal those of the current one. keep: number of editions to keep, the newest and the last
    of each day, besides the current and pinned ones. progress: called with each step and its share done.
    from_desk: what was decided at the desk; that of the last edition by default.
    Raises DataError if nothing is loaded, store or editions are locked, the disk is full, or the store is damaged.
    """
    started = time.perf_counter()
    if not home.store.exists():
        raise DataError(
            "publish.nothing", "nothing is loaded in {home}: load areas and a source, then publish", home=home.root
        )
    home.prepare()
    now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    request = PublishRequest(
        home, tuple(rollups), as_of or now, now, demo, progress or (lambda step, share: None), from_desk
    )
    with edition_files.publish_lock(home), _publish_errors(home), _connection(home) as con:
        edition, kind, cases = _make(con, request)
        (home.editions / edition_files.ROLLED_BACK).unlink(missing_ok=True)
        _prune(home, keep)
    return PublishReport(edition, kind, cases, time.perf_counter() - started)


def _make(con: duckdb.DuckDBPyConnection, request: PublishRequest) -> tuple[str, Kind, int]:
    last = _last(request.home)
    if last and last.demo and _accepted(con, "store.") & _accepted(last.cursor(), ""):
        request = replace(request, demo=True)  # what was made up stays marked until none of it is left
    before = from_desk.read(last) if last else FromDesk()
    if request.from_desk is None:
        request = replace(request, from_desk=before)
    edited = last is not None and before.edits != (request.from_desk or before).edits
    step = _step(con, request, last) if last and not edited else None
    is_same = request.from_desk == before and last is not None and last.demo == request.demo
    if last and step and not step.batches and step.old == step.new and is_same:
        return last.id, "unchanged", int(last.meta["cases"])
    id = _new_id(request)
    building = request.home.editions / f".building-{id}.duckdb"
    patched = last and step and _patched(con, request, building, last, step)
    if not patched:
        _attach(con, building)
        from_desk.write(con, request.from_desk or before)
        build(con, request.rollups, request.as_of, request.progress, calendar(request.home.calendar))
    kind: Kind = "incremental" if patched else "full"
    rows = rows_of(con, "edition")
    describe(con, _meta(con, request, id, kind, rows, changed=step.changed if patched and step else 0))
    with watched(con, "check", request.progress):
        _finish(con, building, rows)
    os.replace(building, edition_files.path_of(request.home, id))
    edition_files.sync(request.home.editions)
    edition_files.point(request.home, id)
    return id, kind, rows["cases"]


def _step(con: duckdb.DuckDBPyConnection, request: PublishRequest, last: Edition) -> Step | None:
    """The step from the last edition to the requested one; None if a full build is required."""
    if last.meta.get("recipe") != request.recipe or request.as_of < last.as_of:
        return None
    if last.meta["areas_version"] != _areas_version(con) or _holders_change(con, last.as_of, request.as_of):
        return None
    loaded, published = _accepted(con, "store."), _accepted(last.cursor(), "")
    if published - loaded:
        return None
    batches = sorted(batch for batch, *_ in loaded - published)
    rows = rows_of(con, "store")
    changed = int(last.meta["changed"]) + _rows_in(con, batches)
    if changed > CHANGED_SHARE * sum(rows.values()):
        return None
    return Step(last.as_of, request.as_of, batches, changed, int(TOUCHED_SHARE * max(rows.values())))


def _accepted(con: duckdb.DuckDBPyConnection | Cursor, schema: str) -> set[tuple[int, str, datetime]]:
    """Batch, identity and time of the accepted deliveries of a store or an edition."""
    sql = f"SELECT batch, identity, finished_at FROM {schema}batches WHERE status = 'accepted'"
    return set(con.execute(sql).fetchall())


def _patched(
    con: duckdb.DuckDBPyConnection, request: PublishRequest, building: Path, last: Edition, step: Step
) -> bool:
    """Write a patched copy of the last edition to `building`. On failure remove it and return False."""
    request.progress("copy", 0.0)
    _copy(last.path, building)
    request.progress("copy", 1.0)
    _attach(con, building)
    workdays.use(con)
    from_desk.write(con, request.from_desk or FromDesk())
    if patch(con, request.rollups, step, request.progress):
        if rows_of(con, "edition") == rows_of(con, "store"):
            return True
        log.warning("edition %s and what is loaded since do not add up: building in full", last.id)
    con.execute("DETACH edition")
    _remove(building)
    return False


def _meta(
    con: duckdb.DuckDBPyConnection, request: PublishRequest, id: str, kind: Kind, rows: dict[str, int], changed: int
) -> dict[str, str]:
    """changed: rows that came by patches since the last full build."""
    return {
        "edition": id,
        "as_of": request.as_of.isoformat(),
        "published_at": request.published_at.isoformat(),
        "zone": request.home.zone,
        "demo": str(request.demo).lower(),
        "kind": kind,
        "recipe": request.recipe,
        "areas_version": _areas_version(con),
        "changed": str(changed),
        **{name: str(count) for name, count in rows.items()},
        **{f"latest_{name}": at.isoformat() if (at := latest(con, FACTS[name])) else "" for name in rows},
    }


def _finish(con: duckdb.DuckDBPyConnection, building: Path, rows: dict[str, int]) -> None:
    """Write the file, verify its row counts, and sync it to disk."""
    if rows != (loaded := rows_of(con, "store")):
        raise DataError(
            "publish.rows",
            "the new edition holds {rows} but the store {loaded}: load the areas again, then publish",
            rows=rows,
            loaded=loaded,
        )
    con.execute("CHECKPOINT edition")
    if index.mend(con):
        con.execute("CHECKPOINT edition")
    con.execute("DETACH edition")
    con.execute(f"ATTACH {_text(building)} AS edition (READ_ONLY)")
    if rows != rows_of(con, "edition"):
        raise DataError(
            "publish.unreadable",
            "{name} does not read back as it was written: check the disk, then publish again",
            name=building.name,
        )
    con.execute("DETACH edition")
    edition_files.sync(building)


def _last(home: Home) -> Edition | None:
    """The current edition; None if there is none or it cannot be read."""
    id = edition_files.pointed(home)
    try:
        return editions.look(home, id) if id else None
    except DataError as error:
        log.warning("%s", error)
        return None


def _new_id(request: PublishRequest) -> str:
    """A new id: local time to 1/65536 second, greater than every existing id even if the clock was set back."""
    ids, moment = edition_files.ids(request.home), request.published_at
    while True:
        id = f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond * 65536 // 10**6:04x}"
        if not ids or id > ids[-1]:
            return id
        newest = datetime.strptime(ids[-1][:15], "%Y%m%d-%H%M%S")
        newest += timedelta(microseconds=int(ids[-1][16:], 16) * 10**6 // 65536)
        moment = max(moment, newest) + timedelta(microseconds=16)


def _areas_version(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute("SELECT value FROM store.counters WHERE name = 'areas_version'").fetchone()
    return str(row[0]) if row else ""


def _holders_change(con: duckdb.DuckDBPyConnection, old: datetime, new: datetime) -> bool:
    """Whether an area begins or ends between two as-of times, so that holders may change."""
    between = " OR ".join(
        f"({day} > {date_sql(old)} AND {day} <= {date_sql(new)})" for day in ("valid_from", "valid_to")
    )
    row = con.execute(f"SELECT count(*) FROM store.areas WHERE {between}").fetchone()
    return row is not None and row[0] > 0


def _rows_in(con: duckdb.DuckDBPyConnection, batches: Sequence[int]) -> int:
    if not batches:
        return 0
    among = f"batch IN ({', '.join(map(str, batches))})"
    counts = (f"SELECT count(*) AS n FROM store.{name} WHERE {among}" for name in FACTS)
    row = con.execute(f"SELECT sum(n) FROM ({' UNION ALL '.join(counts)})").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _connection(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the store attached. Removes leftover files before and after."""
    _sweep(home)
    con = home.connect()
    try:
        attach_store(home, con)
        yield con
    finally:
        with suppress(duckdb.Error):
            con.close()
        _sweep(home)


def _attach(con: duckdb.DuckDBPyConnection, building: Path) -> None:
    con.execute(f"ATTACH {_text(building)} AS edition")


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _copy(source: Path, target: Path) -> None:
    """Copy a file, as a reflink where the file system supports it."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new, FICLONE, old.fileno())
        except OSError:
            shutil.copyfile(source, target)


def _sweep(home: Home) -> None:
    for pattern in (".building-*", f".{edition_files.POINTER}-*"):
        for file in home.editions.glob(pattern):
            _remove(file)


def _prune(home: Home, keep: int) -> None:
    """Delete all editions that are not retained. Readers with a deleted edition open can keep reading it."""
    with edition_files.pins(home):
        stay = {edition_files.pointed(home), *edition_files.pinned(home), *retained(edition_files.ids(home), keep)}
        for id in edition_files.ids(home):
            if id not in stay:
                _remove(edition_files.path_of(home, id))
                _remove(edition_files.findings_of(edition_files.path_of(home, id)))


def retained(ids: Sequence[str], keep: int) -> set[str]:
    """The editions to keep. ids: oldest to newest. Half of `keep` are the newest, half the last of each earlier day, so
    that a day with many editions does not displace all others. Free places go to the newest.
    """
    newest = list(reversed(ids))
    last_of_day = {id[:8]: id for id in ids}
    days = sorted(last_of_day.values(), reverse=True)
    order = dict.fromkeys((*newest[: (keep + 1) // 2], *days, *newest))
    return set(list(order)[: max(keep, 1)])


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be deleted: %s", file, error.strerror)


@contextmanager
def _publish_errors(home: Home) -> Iterator[None]:
    """Convert errors of publishing to a one-line DataError."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        served: Message | str = ""
        if id := edition_files.pointed(home):
            served = Message("edition.still_served", "; edition {id} is still served", id=id)
        raise DataError(
            "publish.failed", "publishing failed: {why}{served}", why=_reason(home, error), served=served
        ) from error


def _reason(home: Home, error: Exception) -> Message | str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if is_no_room(error):
        return Message(
            "publish.no_room", "no room on the disk of {home}: make room, then publish again", home=home.root
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return Message(
            "publish.memory", "{memory} of memory are too little ({why}): raise the limit, then publish again",
            memory=home.memory, why=line,
        )  # fmt: skip
    return line
