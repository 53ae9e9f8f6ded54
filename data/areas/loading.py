"""The area tree and its polygons, from CSV or GeoJSON.

A file is authoritative for the codes it names: its rows replace the stored ones, and columns that it does not have keep
what is stored. The top of the tree is the lowest area that holds all others, a district at least. A town or district
that no row names is added and called by its digits; so is a level above the district (city, province) where no named
area holds what lies there. Where one does, that level is left out: districts may lie directly below a province.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import shapely

from data.areas.faults import CASTS, CODES, refuse_faults
from data.areas.levels import BASE, LEVELS, SPANS, TABLE, Level
from data.areas.resolution import padded
from data.areas.shapes import draw, points_inside, read_features
from data.errors import DataError
from data.home import Home
from data.sources.deliveries import csv_reader, reading, text, unpacked
from data.sources.expressions import quoted
from data.sources.parts import Csv
from data.store import AREA_COLUMNS, one, open_store, transaction

NUL_WITHIN = 65536
"""Bytes of a file that are searched for a zero byte, which no text has."""
ALIASES = {
    "代码": "code", "编码": "code", "区划代码": "code", "名称": "name", "级别": "level", "层级": "level",
    "类型": "kind", "上级": "parent", "上级代码": "parent", "人口": "population", "户数": "households",
    "经度": "lon", "纬度": "lat", "生效日期": "valid_from", "失效日期": "valid_to", "并入": "merged_into",
}  # fmt: skip
"""Chinese names of the columns."""


@dataclass(frozen=True)
class AreaReport:
    """Outcome of a load of areas: rows read, areas added (ancestors included), areas changed, polygons stored."""

    read: int
    added: int
    changed: int
    polygons: int
    seconds: float


def load_areas(home: Home, path: Path) -> AreaReport:
    """Load or update the area tree from a CSV (.csv, .csv.gz) or from GeoJSON features with `properties.code`.

    Columns are code, name and any other of the table areas, in English or Chinese, in any case and order; in GeoJSON
    they are properties, and a name is not needed. A code has 2, 4, 6, 9 or 12 digits; without a level, its zeros decide
    it. Raises DataError with the first faults and their rows; then nothing is changed.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, open_store(home) as store, transaction(store):
        store.execute("SET preserve_insertion_order = true")
        with reading(path):
            plain = plain_text(path, Path(scratch))
            if path.name.lower().removesuffix(".gz").endswith((".geojson", ".json")):
                columns, needed = _features(store, plain), {"code"}
            else:
                columns, needed = _rows(store, path, plain), {"code", "name"}
        if needed - columns:
            missing, present = " and ".join(sorted(needed - columns)), ", ".join(sorted(columns)) or "none"
            raise DataError(
                "areas.no_column",
                "{path}: has no {missing}, of the columns of an area it has {found}; name them in the header",
                path=path,
                missing=missing,
                found=present,
            )
        _read_rows(store, columns)
        _build_tree(store, columns)
        refuse_faults(store, path, columns, needed)
        added, changed = _replace_areas(store)
        polygons, redrawn = _replace_polygons(store)
        if added or changed or redrawn:
            store.execute("UPDATE counters SET value = value + 1 WHERE name = 'areas_version'")
        row_count = one(store, "SELECT count(*) FROM given")[0]
    return AreaReport(row_count, added, changed, polygons, time.monotonic() - began)


def plain_text(path: Path, scratch: Path) -> Path:
    """The file decompressed and in UTF-8, converted from GB18030 if necessary. Raises DataError for other bytes."""
    for encoding in ("utf-8", "gb18030"):
        try:
            plain = unpacked(path, encoding, scratch)
        except UnicodeDecodeError:
            continue
        with plain.open("rb") as file:
            if b"\0" not in file.read(NUL_WITHIN):
                return plain
    raise DataError(
        "areas.no_text", "{path}: is no text in UTF-8 or GB18030; save the areas as CSV, or their polygons as GeoJSON",
        path=path,
    )  # fmt: skip


def _rows(store: duckdb.DuckDBPyConnection, path: Path, plain: Path) -> set[str]:
    """Table `file`: the CSV's rows under our names, as text, with their number in the file. Returns our columns."""
    names, reader = csv_reader(path, plain, Csv())
    headers = {column: header for header in reversed(names) if (column := _column_name(header)) in AREA_COLUMNS}
    fields = ", ".join(f"nullif(trim({quoted(header)}), '') AS {column}" for column, header in headers.items())
    store.execute(f"CREATE TEMP TABLE rows AS SELECT {fields or 'NULL AS nothing'} FROM {reader}")
    store.execute("CREATE TEMP TABLE file AS SELECT row_number() OVER () + 1 AS row, * FROM rows")
    store.execute("CREATE TEMP TABLE faults AS SELECT line AS row, error_message AS fault FROM reject_errors")
    store.execute("CREATE TEMP TABLE polygons (row BIGINT, wkb BLOB, lon DOUBLE, lat DOUBLE)")
    return set(headers)


def _features(store: duckdb.DuckDBPyConnection, plain: Path) -> set[str]:
    """Tables `file` as of a CSV, and `polygons` (row, wkb and a point inside). Returns our columns."""
    features = read_features(plain)
    rows = [{_column_name(name): value for name, value in properties.items()} for properties in features.properties]
    area_columns = sorted({name for row in rows for name in row} & set(AREA_COLUMNS))
    file = {"row": pa.array(range(1, len(rows) + 1), pa.int64())}
    file |= {name: pa.array([row.get(name) for row in rows], pa.string()) for name in area_columns}
    at = [number for number, polygon in enumerate(features.polygons) if polygon is not None]
    lon, lat = points_inside(features.polygons[at])
    wkb = pa.array(list(shapely.to_wkb(features.polygons[at])), pa.binary())
    polygons = {"row": pa.array([number + 1 for number in at], pa.int64()), "wkb": wkb, "lon": lon, "lat": lat}
    faults = {
        "row": pa.array([row for row, _ in features.faults], pa.int64()),
        "fault": pa.array([fault for _, fault in features.faults], pa.string()),
    }
    for name, columns in (("file", file), ("polygons", polygons), ("faults", faults)):
        store.register("arrow", pa.table(columns))
        store.execute(f"CREATE TEMP TABLE {name} AS FROM arrow")
        store.unregister("arrow")
    return set(area_columns)


def _column_name(header: str) -> str:
    name = header.strip().lower()
    return ALIASES.get(name, name)


def _read_rows(store: duckdb.DuckDBPyConnection, columns: set[str]) -> None:
    """Table `given`: the rows typed. What cannot be read is NULL here and not in `file`."""
    words = {name: level.id for level in TABLE for name in (level.id, *level.words)}
    level_faults = (
        "CASE lower(level)"
        + "".join(f" WHEN {text(name)} THEN {text(level)}" for name, level in words.items())
        + " END"
    )
    kind = ["kind"] if "kind" in columns else []
    kind += (
        [f"CASE WHEN level NOT IN {LEVELS} AND {level_faults} IS NOT NULL THEN level END"] if "level" in columns else []
    )
    values = dict.fromkeys(AREA_COLUMNS, "NULL") | {
        "name": "name" if "name" in columns else "NULL",
        "level": level_faults if "level" in columns else "NULL",
        "kind": f"coalesce({', '.join(kind)})" if kind else "NULL",
    }
    values |= {column: padded(rf"regexp_replace({column}, '\.0$', '')") for column in CODES if column in columns}
    values |= {column: f"TRY_CAST({column} AS {AREA_COLUMNS[column]})" for column in CASTS if column in columns}
    fields = ", ".join(f"CAST({values[column]} AS {type}) AS {column}" for column, type in AREA_COLUMNS.items())
    store.execute(f"CREATE TEMP TABLE given AS SELECT row, {fields} FROM file")


def _build_tree(store: duckdb.DuckDBPyConnection, columns: set[str]) -> None:
    """Table `tree`: all areas as they will be: the given ones (with their `row`), the others, the missing ancestors."""
    _create_macros(store)
    values = {
        "name": "coalesce(g.name, s.name, digits(g.code))",
        "level": "coalesce(g.level, s.level, tier(g.code))",
    }
    values |= {c: f"g.{c}" if c in columns else f"coalesce(g.{c}, s.{c})" for c in AREA_COLUMNS if c not in values}
    fields = ", ".join(f"{values[column]} AS {column}" for column in AREA_COLUMNS if column != "parent")
    nearest, matches = "s.valid_from DESC NULLS LAST", "a.code = f.code"
    if "valid_from" in columns:
        nearest = f"s.valid_from IS NOT DISTINCT FROM g.valid_from DESC, {nearest}"
    else:
        matches += " AND a.valid_from IS NOT DISTINCT FROM f.valid_from"
    store.execute(
        f"""
        CREATE TEMP TABLE tree AS
        WITH fresh AS (
            SELECT g.row, {fields} FROM given g LEFT JOIN areas s ON s.code = g.code
            QUALIFY row_number() OVER (PARTITION BY g.row ORDER BY {nearest}) = 1
        )
        SELECT * FROM fresh
        UNION ALL BY NAME SELECT NULL AS row, a.* EXCLUDE (parent) FROM areas a ANTI JOIN fresh f ON {matches}"""
    )
    _add_missing(store, "SELECT DISTINCT parent AS code FROM given")
    for level in _levels_to_fill(store):
        missing = f"code // {level.span} * {level.span}"
        unheld = f" AND NOT ({_held_above(level)})" if level.optional else ""
        _add_missing(store, f"SELECT DISTINCT {missing} AS code FROM tree WHERE code % {level.span} <> 0{unheld}")
    store.execute(
        "UPDATE tree SET lon = p.lon, lat = p.lat FROM polygons p "
        "WHERE p.row = tree.row AND (tree.lon IS NULL OR tree.lat IS NULL)"
    )
    _link(store)


def _create_macros(store: duckdb.DuckDBPyConnection) -> None:
    """tier(code): the level by its zeros; span(level): how many codes it covers; digits(code): a name for it."""
    tiers = "".join(f" WHEN code % {span} = 0 THEN {text(level)}" for level, span in SPANS.items())
    spans = "".join(f" WHEN {text(level)} THEN {span}" for level, span in SPANS.items())
    store.execute(f"CREATE TEMP MACRO tier(code) AS CASE{tiers} END")
    store.execute(f"CREATE TEMP MACRO span(level) AS CASE level{spans} END")
    named = "".join(f" WHEN {text(level.id)} THEN {text(level.unnamed)}" for level in TABLE if level.unnamed)
    plain = "CAST(code // span(tier(code)) AS VARCHAR)"
    store.execute(f"CREATE TEMP MACRO digits(code) AS CASE tier(code){named} ELSE {plain} END")


def _add_missing(store: duckdb.DuckDBPyConnection, codes: str) -> None:
    store.execute(
        "INSERT INTO tree BY NAME SELECT code, digits(code) AS name, tier(code) AS level "
        f"FROM ({codes}) WHERE code NOT IN (SELECT code FROM tree WHERE code IS NOT NULL)"
    )


def _levels_to_fill(store: duckdb.DuckDBPyConnection) -> list[Level]:
    """The levels above the lowest, from there to the top of the tree."""
    present = store.execute("SELECT DISTINCT level FROM tree WHERE level IS NOT NULL").fetchall()
    top = min(LEVELS.index(level) for level in (BASE.id, *(row[0] for row in present)))
    while top > 0 and one(store, f"SELECT count(DISTINCT code // {TABLE[top].span}) FROM tree")[0] > 1:
        top -= 1
    return list(reversed(TABLE[top:-1]))


def _held_above(level: Level) -> str:
    """SQL of whether a named area of a level above holds the code."""
    return " OR ".join(
        f"code // {high.span} * {high.span} IN "
        f"(SELECT code FROM tree WHERE level = {text(high.id)} AND name <> digits(code))"
        for high in TABLE[: TABLE.index(level)]
    ) or "false"  # fmt: skip


def _link(store: duckdb.DuckDBPyConnection) -> None:
    """Create table `linked`: `tree` with the `parent` of each area, the nearest area above that contains it."""
    joins, parents = [], []
    for level in LEVELS[-2::-1]:
        above = f"t.code // {SPANS[level]} * {SPANS[level]}"
        joins.append(
            f"LEFT JOIN scopes {level} ON {level}.code = {above} AND {above} <> t.code AND t.code < {level}.stop"
        )
        parents.append(f"{level}.code")
    store.execute(
        f"""
        CREATE TEMP TABLE linked AS
        WITH scopes AS (SELECT code, max(code + span(level)) AS stop FROM tree GROUP BY code)
        SELECT t.*, coalesce({", ".join(parents)}) AS parent FROM tree t {" ".join(joins)}"""
    )


def _replace_areas(store: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Make `areas` what the tree is. Returns how many areas were added and how many changed."""
    fields = ", ".join(AREA_COLUMNS)
    matches = "a.code = l.code AND a.valid_from IS NOT DISTINCT FROM l.valid_from"
    differ = " OR ".join(f"a.{column} IS DISTINCT FROM l.{column}" for column in AREA_COLUMNS)
    added, changed, removed = one(
        store,
        f"SELECT (SELECT count(*) FROM linked l ANTI JOIN areas a ON {matches}), "
        f"(SELECT count(*) FROM linked l JOIN areas a ON {matches} WHERE {differ}), "
        f"(SELECT count(*) FROM areas a ANTI JOIN linked l ON {matches})",
    )
    if added or changed or removed:
        store.execute("DELETE FROM areas")
        store.execute(f"INSERT INTO areas SELECT {fields} FROM linked ORDER BY code, valid_from")
    return added, changed + removed


def _replace_polygons(store: duckdb.DuckDBPyConnection) -> tuple[int, bool]:
    """Store the polygons as outlines and redraw all shapes. Returns the number of polygons, and whether any is new."""
    store.execute("CREATE TEMP TABLE outlined AS SELECT g.code, p.wkb FROM polygons p JOIN given g USING (row)")
    delivered, new = one(
        store,
        "SELECT count(*), count(*) FILTER (WHERE (code, wkb) NOT IN (SELECT (code, wkb) FROM outlines)) FROM outlined",
    )
    if new:
        store.execute("DELETE FROM outlines WHERE code IN (SELECT code FROM outlined)")
        store.execute("INSERT INTO outlines SELECT code, wkb FROM outlined")
        outlines = store.sql(
            """
            SELECT o.code, o.wkb, CASE WHEN a.valid_to IS NULL THEN a.level ELSE 'ended' END AS layer,
                coalesce(a.parent, 0) AS parent
            FROM outlines o JOIN areas a USING (code)
            QUALIFY row_number() OVER (PARTITION BY code ORDER BY a.valid_from DESC NULLS LAST) = 1 ORDER BY code"""
        ).to_arrow_table()
        polygons = shapely.from_wkb(outlines["wkb"].to_numpy(zero_copy_only=False))
        outlines_drawn = draw(polygons, outlines["layer"].to_pylist(), outlines["parent"].to_pylist())
        store.register("drawn", pa.table({"code": outlines["code"], "geometry": outlines_drawn}))
        store.execute("DELETE FROM shapes")
        store.execute("INSERT INTO shapes SELECT code, geometry FROM drawn")
        store.unregister("drawn")
    return delivered, bool(new)
