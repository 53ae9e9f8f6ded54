"""Accept stored rejects whose area can be resolved after areas or aliases were added, without a new delivery.

A reject with only recoverable reasons is stored as a typed row (`refused_<fact>`), masked like an accepted one, with
the texts that identify its area. The rows resolved now become a derived batch with the load time of the original.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import duckdb

from data.areas.names import AreaNames
from data.areas.resolution import area_names, functions_of, padded, registered
from data.home import Home
from data.ingest import held
from data.ingest.merge import next_batch
from data.ingest.unload import mark_fixed
from data.ingest.upsert import Arrival, prune_history, upsert
from data.push.metadata import Pushed
from data.schema import FACTS, Fact
from data.store import areas_version, one, open_store, read_store, stored, transaction


@dataclass(frozen=True)
class Derived:
    """Rows accepted from a batch's rejects. batch: the derived batch; equal to `parent` if that was held until now."""

    source: str
    parent: int
    batch: int
    rows: int


@dataclass(frozen=True)
class Unmatched:
    """An area text of rejected rows. rows: number of rows; nearest: code and path of the most similar areas."""

    source: str
    name: str
    rows: int
    nearest: tuple[str, ...]


def revalidate(home: Home) -> list[Derived]:
    """Accept every stored reject whose area can be resolved now; held batches first."""
    with open_store(home) as store, transaction(store):
        store.execute("SET preserve_insertion_order = true")
        held_batches = [(fact, batch) for fact in FACTS.values() for batch in held.held_batches(store, fact)]
        if not held_batches and not any(_waiting(store, fact) for fact in FACTS.values()):
            return []
        outlines = one(store, "SELECT count(*) FROM outlines")[0] > 0
        dated, functions = functions_of(store, named=True, placed=outlines)
        with registered(store, functions):
            now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
            accepted_batches = [_accept_held(store, fact, batch, dated, outlines) for fact, batch in held_batches]
            waiting = [(fact, batch) for fact in FACTS.values() for batch in _waiting(store, fact)]
            derived = (_accept_rejects(store, fact, batch, now, dated, outlines) for fact, batch in waiting)
            return [result for result in (*accepted_batches, *derived) if result]


def unmatched(home: Home, source: str | None = None) -> list[Unmatched]:
    """Unresolved area names in rejects that no later batch fixed, most frequent first."""
    with read_store(home) as store:
        rows = store.execute(
            """
            SELECT source, coalesce(list_filter(ways, lambda way: starts_with(way, 'path:'))[1], ways[1]) AS way,
                count(*) AS n
            FROM rejects WHERE fixed_by IS NULL AND ($1 IS NULL OR source = $1) AND len(list_filter(reasons,
                lambda reason: starts_with(reason, 'unknown area') OR starts_with(reason, 'ambiguous area'))) > 0
            GROUP BY ALL HAVING way IS NOT NULL ORDER BY n DESC, source, way""",
            [source],
        ).fetchall()
        names = area_names(store)
    return [Unmatched(source, way.partition(":")[2], count, _nearest(names, way)) for source, way, count in rows]


def _nearest(names: AreaNames, way: str) -> tuple[str, ...]:
    kind, _, text = way.partition(":")
    return tuple(f"{code} {names.path(code)}" for code in names.nearest(text, date.today())) if kind != "point" else ()


def _waiting(store: duckdb.DuckDBPyConnection, fact: Fact) -> list[int]:
    """Accepted batches with stored, unfixed rejects."""
    sql = (
        f"SELECT DISTINCT k.batch FROM refused_{fact.name} k JOIN rejects r USING (batch, row) "
        "JOIN batches b ON b.batch = k.batch AND b.status = 'accepted' WHERE r.fixed_by IS NULL ORDER BY 1"
    )
    return [row[0] for row in store.execute(sql).fetchall()]


def _accept_held(
    store: duckdb.DuckDBPyConnection, fact: Fact, batch: int, dated: bool, outlines: bool
) -> Derived | None:
    """Accept a held batch if enough of its rejects can be resolved now. The rejects follow like those of any batch."""
    source, at = one(store, "SELECT source, started_at FROM batches WHERE batch = ?", [batch])
    _resolve(store, fact, batch, at, dated, outlines)
    rows = held.accept(store, fact, batch, one(store, "SELECT count(*) FROM resolved")[0])
    return None if rows is None else Derived(source, batch, batch, rows)


def _accept_rejects(
    store: duckdb.DuckDBPyConnection, fact: Fact, parent: int, began: datetime, dated: bool, outlines: bool
) -> Derived | None:
    """Store the batch derived from `parent`; None if none of its rejects can be resolved now."""
    source, file, content, at = one(
        store, "SELECT source, file, content_hash, started_at FROM batches WHERE batch = ?", [parent]
    )
    _resolve(store, fact, parent, at, dated, outlines)
    count = one(store, "SELECT count(*) FROM resolved")[0]
    if not count:
        return None
    batch = next_batch(store)
    columns = ", ".join(name for name in stored(fact) if name != "batch")
    updated, unchanged = upsert(
        store, Arrival(fact, source, batch, at, parent), f"SELECT number, {columns} FROM resolved"
    )
    mark_fixed(store, source, batch, "SELECT key FROM resolved")
    identity = f"areas {areas_version(store)} of batch {parent}"
    store.execute(
        f"INSERT INTO batches VALUES ({', '.join('?' * 19)}, NULL)",
        [
            *(batch, source, fact.name, identity, content, file, count, count, updated, unchanged, 0, "accepted"),
            *(began, began, 0.0, False, parent, None, 0),
        ],
    )
    prune_history(store, fact, source)
    return Derived(source, parent, batch, count)


def _resolve(
    store: duckdb.DuckDBPyConnection, fact: Fact, parent: int, at: datetime, dated: bool, outlines: bool
) -> None:
    """Create table `resolved`: the stored rejects of a batch that are valid now, with their `number`, one row per key.

    Pushed rows must still be inside their sender's area. A row whose key was duplicated in the delivery must be newer
    than the stored row.
    """
    day = f"coalesce({fact.time}::DATE, DATE '{at.date()}')" if fact.time else f"DATE '{at.date()}'"
    code = padded("way[6:]")
    point = "CASE WHEN starts_with(way, 'point:') THEN nullif(area_at({lon}, {lat}, day), 0) END"
    point = point.format(lon="split_part(way[7:], ',', 1)::DOUBLE", lat="split_part(way[7:], ',', 2)::DOUBLE")
    area = (
        f"coalesce(CASE WHEN starts_with(way, 'path:') THEN nullif(area_named(way[6:], day), 0) END, "
        f"CASE WHEN starts_with(way, 'code:') AND area_known({code}) THEN {code} END"
        f"{', ' + point if outlines else ''})"
    )
    valid = "area_valid(found, day)" if dated and fact.time else "true"
    store.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE ways AS
        SELECT k.rowid AS number, {day} AS day, unnest(k.ways) AS way, generate_subscripts(k.ways, 1) AS nth
        FROM refused_{fact.name} k JOIN rejects r USING (batch, row) WHERE k.batch = ? AND r.fixed_by IS NULL""",
        [parent],
    )
    store.execute(
        f"CREATE OR REPLACE TEMP TABLE found AS SELECT number, arg_min(found, nth) AS found, any_value(day) AS day "
        f"FROM (SELECT *, {area} AS found FROM ways) WHERE found IS NOT NULL GROUP BY number"
    )
    covers = " OR ".join(
        f"k.sender = {sender} AND {_covered(fact, sender)}"
        for (sender,) in store.execute(
            f"SELECT DISTINCT sender FROM refused_{fact.name} WHERE batch = ? AND sender IS NOT NULL", [parent]
        ).fetchall()
    )
    store.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE resolved AS
        SELECT k.rowid AS number, k.* REPLACE (f.found AS area)
        FROM refused_{fact.name} k JOIN found f ON f.number = k.rowid LEFT JOIN {fact.name} s USING (source, key)
        WHERE {valid} AND (k.sender IS NULL{f" OR {covers}" if covers else ""})
            AND (NOT k.duplicate OR s.key IS NULL OR coalesce(k.updated_at, $at) > s.updated_at)
        QUALIFY row_number() OVER (PARTITION BY k.key ORDER BY coalesce(k.updated_at, $at) DESC, k.row) = 1""",
        {"at": at},
    )


def _covered(fact: Fact, sender: int) -> str:
    """SQL condition: the sender may push the resolved row and replace the stored row of its key."""
    pushed = Pushed("", "csv", sender)
    return f"{pushed.covers('f.found')} AND (s.key IS NULL OR {pushed.covers('s.area')})"
