"""Which area a delivered row lies in: by its code, by its path of names, or by a point in a polygon."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from data.home import Home
from data.lookups import Batch, ByDay, Members, columns, function
from data.schema import LEVELS
from data.sources import Source
from data.store import one, read_store

CODE_OF = {2: 10**10, 4: 10**8, 6: 10**6, 9: 10**3, 12: 1}
"""What a code of so many digits is multiplied with to have twelve."""


@dataclass(frozen=True)
class Areas:
    """The areas a delivery is held against. `dated`: some of them are not valid on every day."""

    version: int
    dated: bool


@dataclass(frozen=True)
class Resolution:
    """How the area of a row is found.

    values: SQL values to put beside the mapped ones. Over these, code: SQL of the code found, NULL if none; given: SQL
    of what the row said, as text.
    """

    values: str
    code: str
    given: str


def padded(code: str) -> str:
    """SQL of the BIGINT of twelve digits for a text of 2, 4, 6, 9 or 12 digits, NULL for any other."""
    arms = " ".join(f"WHEN {digits} THEN TRY_CAST({code} AS BIGINT) * {factor}" for digits, factor in CODE_OF.items())
    return f"CASE strlen({code}) {arms} END"


def resolution(source: Source, mapped: Callable[[str], str], day: str) -> Resolution:
    """How `source` finds areas. `mapped` gives the SQL of a mapped expression by its key; `day` is SQL of a DATE."""
    values, found, given = [], [], []
    for key in source.expressions:
        if not key.startswith("area") or key.endswith(".point.lat"):
            continue
        said, told = mapped(f"said {key}"), f"trim(CAST({mapped(key)} AS VARCHAR))"
        if key.endswith(".point.lon"):
            lon, lat = (f"TRY_CAST({mapped(key.removesuffix('lon') + axis)} AS DOUBLE)" for axis in ("lon", "lat"))
            values.append(f"{lon} || ',' || {lat} AS {said}")
            found.append(f"nullif(area_at({lon}, {lat}, {day}), 0)")
        elif key.endswith(".path"):
            values.append(f"regexp_replace({told}, '\\s*[/／]\\s*', '/', 'g') AS {said}")
            found.append(f"nullif(area_named({said}, {day}), 0)")
        else:
            values.append(f"{told} AS {said}")
            found.append(f"CASE WHEN area_known({padded(said)}) THEN {padded(said)} END")
        given.append(said)
    code, texts = (f"coalesce({', '.join(parts)})" for parts in (found, given))
    return Resolution(", ".join(values), code, texts)


@contextmanager
def area_functions(connection: duckdb.DuckDBPyConnection, home: Home, source: Source) -> Iterator[Areas]:
    """The store's areas as functions of `connection`, those that a resolution of `source` asks:
    area_known(code), area_valid(code, day), and area_named(path, day) and area_at(lon, lat, day), 0 if there is none.
    """
    with read_store(home) as store:
        version = one(store, "SELECT value FROM counters WHERE name = 'areas_version'")[0]
        dated = one(store, "SELECT count(*) FROM areas WHERE valid_from IS NOT NULL OR valid_to IS NOT NULL")[0] > 0
        store.execute(
            "CREATE TEMP VIEW versions AS SELECT code, name, level, parent, "
            "coalesce(valid_from, DATE '0001-01-01') AS low, coalesce(valid_to, DATE '9999-12-31') AS high FROM areas"
        )
        functions: list[tuple[str, Batch, list[str], str]] = [
            ("area_known", Members(columns(store, "SELECT code FROM areas")[0]), ["BIGINT"], "BOOLEAN")
        ]
        if dated:
            functions.append(("area_valid", _Valid(store), ["BIGINT", "DATE"], "BOOLEAN"))
        if any(place.path for place in source.area):
            functions.append(("area_named", _Named(store), ["VARCHAR", "DATE"], "BIGINT"))
        if any(place.point for place in source.area):
            from data.points import At  # here, so that other loads start without it

            functions.append(("area_at", At(store), ["DOUBLE", "DOUBLE", "DATE"], "BIGINT"))
    with ExitStack() as made:
        for name, batch, parameters, returns in functions:
            made.enter_context(function(connection, name, batch, parameters, returns))
        yield Areas(version, dated)


class _Valid:
    """Whether an area is valid on a day."""

    def __init__(self, store: duckdb.DuckDBPyConnection) -> None:
        codes, low, high = columns(store, "SELECT code, low, high FROM versions ORDER BY code")
        self.versions, self.codes = ByDay(codes, low, high), Members(codes)

    def __call__(self, code: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        return pa.array(self.versions.rows(self.codes.positions(code.to_numpy()), day.to_numpy()) >= 0)


class _Named:
    """The area that a path of names ends at, on a day.

    A path begins at any of the area's ancestors, for a village at its town at least. One that means two areas on the
    same day means none.
    """

    def __init__(self, store: duckdb.DuckDBPyConnection) -> None:
        paths, low, high, self.codes = columns(store, _PATHS)
        self.versions = ByDay(paths, low, high)
        self.paths = Members(paths)

    def __call__(self, path: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        rows = self.versions.rows(self.paths.positions(path.to_numpy()), day.to_numpy())
        return pa.array(np.append(self.codes, 0)[rows])


_PATHS = f"""
    WITH RECURSIVE tails AS (
        SELECT code, level, low, high, parent, name AS path, 1 AS parts FROM versions
        UNION ALL
        SELECT t.code, t.level, greatest(t.low, v.low), least(t.high, v.high), v.parent,
            v.name || '/' || t.path, t.parts + 1
        FROM tails t JOIN versions v ON v.code = t.parent AND v.low < t.high AND v.high > t.low
        WHERE t.parts < {len(LEVELS)}
    ),
    told AS (
        SELECT DISTINCT path, code, low, high FROM tails
        WHERE parts >= CASE level WHEN 'village' THEN 2 ELSE 1 END
    ),
    neighbours AS (
        SELECT *, lead(low) OVER by_path AS next_low,
            max(high) OVER (by_path ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_high
        FROM told WINDOW by_path AS (PARTITION BY path ORDER BY low, high)
    )
    SELECT path, low, high, code FROM neighbours
    WHERE coalesce(next_low >= high, true) AND coalesce(last_high <= low, true)
    ORDER BY path, low"""
