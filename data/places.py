"""Which area a delivered row lies in: by its code, by its path of names, or by a point in a polygon."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from duckdb.func import PythonUDFType

from data.home import Home
from data.schema import LEVELS
from data.sources import Source
from data.store import one, read_store

AREA_AT = "area_at"

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

    values: SQL values to put beside the mapped ones, joins: SQL joins to put after that; code: SQL of the code found,
    NULL if none; given: SQL of what the row said, as text.
    """

    values: str
    joins: str
    code: str
    given: str


def padded(code: str) -> str:
    """SQL of the BIGINT of twelve digits for a text of 2, 4, 6, 9 or 12 digits, NULL for any other."""
    arms = " ".join(f"WHEN {digits} THEN TRY_CAST({code} AS BIGINT) * {factor}" for digits, factor in CODE_OF.items())
    return f"CASE strlen({code}) {arms} END"


def resolution(source: Source, mapped: Callable[[str], str], day: str) -> Resolution:
    """How `source` finds areas. `mapped` gives the SQL of a mapped expression by its key; `day` is SQL of a DATE."""
    values, joins, found, given = [], [], [], []
    for key in source.expressions:
        if not key.startswith("area") or key.endswith(".point.lat"):
            continue
        said = mapped(f"said {key}")
        if key.endswith(".point.lon"):
            lon, lat = (f"TRY_CAST({mapped(key.removesuffix('lon') + axis)} AS DOUBLE)" for axis in ("lon", "lat"))
            values.append(f"{lon} || ',' || {lat} AS {said}")
            found.append(f"{AREA_AT}({lon}, {lat}, {day})")
        elif key.endswith(".path"):
            way = f"way{len(found)}"
            values.append(f"regexp_replace({_stripped(mapped(key))}, '\\s*[/／]\\s*', '/', 'g') AS {said}")
            joins.append(f"LEFT JOIN paths {way} ON {way}.path = {said} AND {day} >= {way}.low AND {day} < {way}.high")
            found.append(f"{way}.code")
        else:
            # IN makes a mark join, which leaves the rows as they are; a left join would copy all their columns.
            values.append(f"{_stripped(mapped(key))} AS {said}")
            found.append(f"CASE WHEN {padded(said)} IN (SELECT code FROM known) THEN {padded(said)} END")
        given.append(said)
    code, texts = (f"coalesce({', '.join(parts)})" for parts in (found, given))
    return Resolution(", ".join(values), " ".join(joins), code, texts)


def _stripped(value: str) -> str:
    return f"trim(CAST({value} AS VARCHAR))"


@contextmanager
def area_tables(connection: duckdb.DuckDBPyConnection, home: Home, source: Source) -> Iterator[Areas]:
    """The store's areas in `connection`, as a resolution asks for them: tables known, versions and paths, and the
    function area_at(lon, lat, day).
    """
    by_path = any(place.path for place in source.area)
    by_point = any(place.point for place in source.area)
    with read_store(home) as store:
        version = one(store, "SELECT value FROM counters WHERE name = 'areas_version'")[0]
        areas = store.sql("SELECT code, name, level, parent, valid_from, valid_to FROM areas").to_arrow_table()
        outlines = store.sql("SELECT code, wkb FROM outlines").to_arrow_table() if by_point else None
    connection.register("stored_areas", areas)
    connection.execute(
        "CREATE TEMP TABLE versions AS SELECT code, name, level, parent, "
        "coalesce(valid_from, DATE '-infinity') AS low, coalesce(valid_to, DATE 'infinity') AS high FROM stored_areas"
    )
    connection.unregister("stored_areas")
    connection.execute("CREATE TEMP TABLE known AS SELECT DISTINCT code FROM versions")
    if by_path:
        _create_paths(connection)
    if outlines is not None:
        finder = _Finder(connection, outlines)
        connection.create_function(AREA_AT, finder, ["DOUBLE", "DOUBLE", "DATE"], "BIGINT", type=PythonUDFType.ARROW)
    dated = one(connection, "SELECT bool_or(isfinite(low) OR isfinite(high)) FROM versions")[0]
    try:
        yield Areas(version, bool(dated))
    finally:
        if outlines is not None:
            connection.remove_function(AREA_AT)


def _create_paths(connection: duckdb.DuckDBPyConnection) -> None:
    """Every path of names that ends at an area: from any of its ancestors, for a village from its town at least.

    A path that means two areas on the same day means none.
    """
    shortest = " WHEN ".join(["CASE level", "'village' THEN 2 ELSE 1 END"])
    connection.execute(
        f"""
        CREATE TEMP TABLE paths AS
        WITH RECURSIVE tails AS (
            SELECT code, level, low, high, parent, name AS path, 1 AS parts FROM versions
            UNION ALL
            SELECT t.code, t.level, greatest(t.low, v.low), least(t.high, v.high), v.parent, v.name || '/' || t.path,
                t.parts + 1
            FROM tails t JOIN versions v ON v.code = t.parent AND v.low < t.high AND v.high > t.low
            WHERE t.parts < {len(LEVELS)}
        ),
        told AS (SELECT DISTINCT path, code, low, high FROM tails WHERE parts >= {shortest}),
        ordered AS (
            SELECT *, lead(low) OVER w AS next_low,
                max(high) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_high
            FROM told WINDOW w AS (PARTITION BY path ORDER BY low, high)
        )
        SELECT path, code, low, high FROM ordered
        WHERE (next_low IS NULL OR next_low >= high) AND (last_high IS NULL OR last_high <= low)
        """
    )


class _Finder:
    """The function area_at: the smallest area whose outline holds a point, of those valid on the day if any is."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, outlines: pa.Table) -> None:
        connection.register("stored_outlines", outlines)
        rows = connection.sql(
            f"""
            SELECT o.code, o.wkb, v.low, v.high FROM stored_outlines o JOIN versions v USING (code)
            ORDER BY list_position({list(LEVELS)}, v.level) DESC, o.code
            """
        ).to_arrow_table()
        connection.unregister("stored_outlines")
        self.codes = rows["code"].to_numpy()
        self.low, self.high = (rows[name].cast(pa.date32()).to_numpy() for name in ("low", "high"))
        self.tree = shapely.STRtree(shapely.from_wkb(rows["wkb"].to_numpy(zero_copy_only=False)))

    def __call__(self, lon: pa.ChunkedArray, lat: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        days = day.to_numpy()
        row, area = self.tree.query(shapely.points(lon.to_numpy(), lat.to_numpy()), predicate="intersects")
        invalid = ~((self.low[area] <= days[row]) & (days[row] < self.high[area]))
        order = np.lexsort((area, invalid, row))
        row, area = row[order], area[order]
        first = np.unique(row, return_index=True)[1]
        codes = np.zeros(len(days), np.int64)
        codes[row[first]] = self.codes[area[first]]
        return pa.array(codes, mask=codes == 0)
