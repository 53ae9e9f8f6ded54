"""Which area a delivered row lies in: by its code, by its name, or by a point in a polygon."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from data.areas.lookups import Batch, ByDay, Members, columns, function
from data.areas.names import CANDIDATES, AreaNames, Named
from data.home import Home
from data.sources.definition import Source
from data.store import areas_version, one, read_store
from data.values.crs import AXES, OFFSET, ToWgs84

REMEMBERED = 200_000
"""Texts whose areas are remembered while a delivery is read."""

CODE_OF = {2: 10**10, 4: 10**8, 6: 10**6, 9: 10**3, 12: 1}
"""Factor by number of digits that extends a code to twelve digits."""


@dataclass(frozen=True)
class Areas:
    """The areas a delivery is held against. `dated`: some of them are not valid on every day."""

    version: int
    dated: bool


@dataclass(frozen=True)
class Resolution:
    """SQL that resolves the area of a row.

    values: select list to add to the mapped values; the others refer to it. code: the area code, NULL if unknown.
    given: the delivered text. doubt: text of the candidate areas, empty or NULL if not ambiguous. ways: for each way
    the delivered text, prefixed by its kind.
    """

    values: str
    code: str
    given: str
    doubt: str
    ways: tuple[str, ...]


def padded(code: str) -> str:
    """SQL of the BIGINT of twelve digits for a text of 2, 4, 6, 9 or 12 digits, NULL for any other."""
    arms = " ".join(f"WHEN {digits} THEN TRY_CAST({code} AS BIGINT) * {factor}" for digits, factor in CODE_OF.items())
    return f"CASE strlen({code}) {arms} END"


def resolution(source: Source, mapped: Callable[[str], str], day: str) -> Resolution:
    """Area resolution of a source. `mapped` gives the SQL of a mapped expression by its key; `day` is SQL of a DATE."""
    values, codes, raw_texts, candidates, ways = [], [], [], ["''"], []
    for key in source.expressions:
        if not key.startswith("area") or key.endswith(".point.lat"):
            continue
        resolved, raw_text = mapped(f"said {key}"), f"trim(CAST({mapped(key)} AS VARCHAR))"
        if key.endswith(".point.lon"):
            lon, lat = (f"TRY_CAST({mapped(key.removesuffix('lon') + axis)} AS DOUBLE)" for axis in ("lon", "lat"))
            values.append(f"{lon} || ',' || {lat} AS {resolved}")
            codes.append(f"nullif(area_at({lon}, {lat}, {day}), 0)")
        elif key.endswith(".path"):
            values.append(f"{raw_text} AS {resolved}")
            codes.append(f"nullif(area_named({resolved}, {day}), 0)")
            candidates.insert(-1, f"nullif(area_doubt({resolved}, {day}), '')")
        else:
            values.append(f"{raw_text} AS {resolved}")
            codes.append(f"CASE WHEN area_known({padded(resolved)}) THEN {padded(resolved)} END")
        raw_texts.append(resolved)
        kind = key.rpartition(".")[2] if key.endswith((".path", ".lon")) else "code"
        ways.append(f"'{'point' if kind == 'lon' else kind}:' || {resolved}")
    code, texts, doubts = (f"coalesce({', '.join(parts)})" for parts in (codes, raw_texts, candidates))
    return Resolution(", ".join(values), code, texts, doubts, tuple(ways))


@contextmanager
def area_functions(connection: duckdb.DuckDBPyConnection, home: Home, source: Source) -> Iterator[Areas]:
    """The store's areas as functions of `connection`, those that a resolution of `source` asks:
    area_known(code), area_valid(code, day), area_named(text, day) and area_at(lon, lat, day), 0 if there is none, and
    area_doubt(text, day): the areas between which a text cannot decide.
    """
    with read_store(home) as store:
        version = areas_version(store)
        named, placed = any(place.path for place in source.area), any(place.point for place in source.area)
        dated, functions = functions_of(store, named=named, placed=placed)
        if source.crs in OFFSET:
            functions += [(f"wgs84_{axis}", ToWgs84(source.crs, axis), ["DOUBLE", "DOUBLE"], "DOUBLE") for axis in AXES]
    with registered(connection, functions):
        yield Areas(version, dated)


Function = tuple[str, Batch, list[str], str]
"""Name, what answers, types of the arguments and of the answer."""


def functions_of(store: duckdb.DuckDBPyConnection, *, named: bool, placed: bool) -> tuple[bool, list[Function]]:
    """Whether areas are dated, and the functions that ask for them: area_valid only then."""
    dated = one(store, "SELECT count(*) FROM areas WHERE valid_from IS NOT NULL OR valid_to IS NOT NULL")[0] > 0
    store.execute(
        "CREATE OR REPLACE TEMP VIEW versions AS SELECT code, name, level, parent, "
        "coalesce(valid_from, DATE '0001-01-01') AS low, coalesce(valid_to, DATE '9999-12-31') AS high FROM areas"
    )
    functions: list[Function] = [
        ("area_known", Members(columns(store, "SELECT code FROM areas")[0]), ["BIGINT"], "BOOLEAN")
    ]
    if dated:
        functions.append(("area_valid", _Valid(store), ["BIGINT", "DATE"], "BOOLEAN"))
    if named:
        names = _Named(area_names(store))
        functions.append(("area_named", names, ["VARCHAR", "DATE"], "BIGINT"))
        functions.append(("area_doubt", names.doubt, ["VARCHAR", "DATE"], "VARCHAR"))
    if placed:
        from data.areas.points import AreaAtPoint  # here, so that other loads start without it

        functions.append(("area_at", AreaAtPoint(store), ["DOUBLE", "DOUBLE", "DATE"], "BIGINT"))
    store.execute("DROP VIEW versions")
    return dated, functions


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, functions: list[Function]) -> Iterator[None]:
    """The functions, for as long as the context lasts."""
    with ExitStack() as stack:
        for name, batch, parameters, returns in functions:
            stack.enter_context(function(connection, name, batch, parameters, returns))
        yield


class _Valid:
    """Whether an area is valid on a day."""

    def __init__(self, store: duckdb.DuckDBPyConnection) -> None:
        codes, low, high = columns(store, "SELECT code, low, high FROM versions ORDER BY code")
        self.versions, self.codes = ByDay(codes, low, high), Members(codes)

    def __call__(self, code: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        return pa.array(self.versions.rows(self.codes.positions(code.to_numpy()), day.to_numpy()) >= 0)


class _Named:
    """The area that a text names on a day, 0 if none or several match. Results are cached."""

    def __init__(self, names: AreaNames) -> None:
        self.names = names
        edges = {edge for named in names.names for edge in (named.low, named.high)} | {date.min}
        self.edges = sorted(edges)
        self.days = np.array(self.edges, "datetime64[D]")
        self.cache: dict[tuple[str, int], tuple[int, ...]] = {}

    def codes(self, text: str, edge: int) -> tuple[int, ...]:
        """The areas that fit, while the areas are as on the day `edges[edge]`."""
        key = (text, edge)
        if key not in self.cache:
            if len(self.cache) >= REMEMBERED:
                self.cache.clear()
            self.cache[key] = self.names.find(text, self.edges[edge])
        return self.cache[key]

    def _codes_of(self, text: pa.ChunkedArray, day: pa.ChunkedArray) -> Iterator[tuple[int, ...]]:
        edges = np.searchsorted(self.days, day.to_numpy().astype("datetime64[D]"), side="right") - 1
        return (self.codes(codes_text, edge) for codes_text, edge in zip(text.to_pylist(), edges.tolist(), strict=True))

    def __call__(self, text: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        return pa.array((codes[0] if len(codes) == 1 else 0 for codes in self._codes_of(text, day)), pa.int64())

    def doubt(self, text: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        """The areas between which a text cannot decide, as text; empty if it is not ambiguous."""
        return pa.array(
            (self._listed(codes) if len(codes) > 1 else "" for codes in self._codes_of(text, day)), pa.string()
        )

    def _listed(self, codes: tuple[int, ...]) -> str:
        labels = [f"{code} {self.names.path(code)}" for code in codes[:CANDIDATES]]
        return ", ".join(labels) + ("" if len(codes) <= CANDIDATES else f" and {len(codes) - CANDIDATES} more")


def area_names(store: duckdb.DuckDBPyConnection) -> AreaNames:
    """The names of the store's areas and their aliases."""
    rows = store.execute(
        f"""
        WITH own AS (
            SELECT code, level, name, coalesce(valid_from, DATE '{date.min}') AS low,
                coalesce(valid_to, DATE '{date.max}') AS high FROM areas
        )
        SELECT *, false FROM own
        UNION ALL
        SELECT code, a.level, n.name, greatest(a.low, coalesce(n.valid_from, a.low)) AS low,
            least(a.high, coalesce(n.valid_to, a.high)) AS high, true
        FROM aliases n JOIN own a USING (code) WHERE low < high"""
    )
    return AreaNames(Named(*row) for row in rows.fetchall())
