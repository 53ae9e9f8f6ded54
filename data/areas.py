"""The area tree and its polygons, from CSV or GeoJSON. Set-based: 620,000 villages load in seconds."""

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from data.errors import DataError
from data.home import Home
from data.schema import LEVELS, SPANS
from data.shapes import read_shapes
from data.store import AREA_COLUMNS, one, open_store

ALIASES = {
    "代码": "code", "编码": "code", "区划代码": "code", "名称": "name", "级别": "level", "层级": "level",
    "类型": "kind",
    "人口": "population", "常住人口": "population", "户数": "households", "经度": "lon", "纬度": "lat",
    "启用日期": "valid_from", "停用日期": "valid_to", "并入": "merged_into",
}  # fmt: skip
LEVEL_WORDS = {
    **{level: level for level in LEVELS},
    "省": "province", "市": "city", "地级市": "city", "区": "district", "县": "district", "区县": "district",
    "县级市": "district", "镇": "town", "街道": "town", "乡": "town", "镇街": "town", "乡镇": "town",
    "村": "village", "社区": "village", "村社": "village", "居委会": "village", "村委会": "village",
}  # fmt: skip
DIGITS = {2: "province", 4: "city", 6: "district", 9: "town", 12: "village"}
MOST_FAULTS = 5


@dataclass(frozen=True)
class AreaReport:
    """What a load of areas did: rows read, areas added (ancestors that no row names included), changed, polygons."""

    read: int
    added: int
    changed: int
    polygons: int
    seconds: float


def load_areas(home: Home, path: Path) -> AreaReport:
    """Load or update areas from a CSV (code, name and any column of AREA_COLUMNS) or from GeoJSON keyed by `code`.

    Codes have 2, 4, 6, 9 or 12 digits, or 12 with zeros behind; the level follows from the column `level`, else from
    the digits. Ancestors that are not there are made, named by their digits until a row names them. A row of the
    same code and valid_from updates that version; columns the file lacks stay as they are.
    Raises DataError, one line with the first faults and their rows; then nothing was changed.
    """
    started = time.perf_counter()
    with open_store(home) as con:
        try:
            con.execute("BEGIN")
            given, shapes = _stage(con, path)
            _code(con, given)
            if faults := _faults(con):
                more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
                raise DataError(f"{path.name}: {'; '.join(faults[:MOST_FAULTS])}{more}; nothing was changed")
            added, changed = _merge(con, given)
            polygons = _shapes(con) if shapes else 0
            con.execute("UPDATE counters SET value = value + 1 WHERE name = 'areas_version'")
            if faults := _tree_faults(con):
                raise DataError(f"{path.name}: {'; '.join(faults[:MOST_FAULTS])}; nothing was changed")
            read = int(one(con, "SELECT count(*) FROM given")[0])
            con.execute("COMMIT")
        except duckdb.Error as error:
            raise DataError(f"{path}: {str(error).splitlines()[0]}; nothing was changed") from error
    return AreaReport(read, added, changed, polygons, time.perf_counter() - started)


def _stage(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[set[str], bool]:
    """Table `raw`: the file's rows as text under our names, with their number; and which of our columns it has."""
    if not path.exists():
        raise DataError(f"{path} does not exist: check the path")
    if path.name.endswith((".geojson", ".json")):
        shapes = read_shapes(path)
        frame = pd.DataFrame(shapes.properties).astype("object").reset_index(drop=True)
        frame = frame.assign(geometry=shapes.geometry, point_lon=shapes.lon, point_lat=shapes.lat)
        con.register("file", frame)
    elif path.name.endswith((".csv", ".csv.gz", ".txt")):
        quoted = str(path).replace("'", "''")
        con.execute(
            f"CREATE TEMP VIEW file AS FROM read_csv('{quoted}', all_varchar = true, header = true, parallel = false)"
        )
    else:
        raise DataError(f"{path.name} is neither .csv nor .geojson: areas come as one of these")
    names = {name: _ours(name) for name, *_ in con.execute("DESCRIBE file").fetchall()}
    given = set(names.values()) & set(AREA_COLUMNS)
    if missing := ({"code"} if "geometry" in names else {"code", "name"}) - given:
        raise DataError(f"{path.name} has no column {' and '.join(sorted(missing))}: it has {', '.join(names)}")
    kept = [*given, *(n for n in ("geometry", "point_lon", "point_lat") if n in names)]
    first = {ours: name for name, ours in reversed(names.items())}
    columns = ", ".join(f"nullif(trim(\"{first[n]}\"::VARCHAR), '') AS {n}" for n in kept)
    con.execute(f"CREATE TEMP TABLE raw AS SELECT row_number() OVER () AS row, {columns} FROM file")
    return given, "geometry" in names


def _ours(name: str) -> str:
    name = name.strip().lstrip("\ufeff").lower()
    return ALIASES.get(name, name)


def _code(con: duckdb.DuckDBPyConnection, given: set[str]) -> None:
    """Table `given`: rows with 12-digit codes, levels and typed columns; what could not be read is NULL."""
    digits = "regexp_replace(code, '\\.0$', '')"
    by_length = (
        "CASE length(d) " + " ".join(f"WHEN {n} THEN '{level}'" for n, level in DIGITS.items() if n < 12) + " END"
    )
    by_zeros = (
        "CASE WHEN length(d) = 12 THEN CASE WHEN ends_with(d, '0000000000') THEN 'province' "
        "WHEN ends_with(d, '00000000') THEN 'city' WHEN ends_with(d, '000000') THEN 'district' "
        "WHEN ends_with(d, '000') THEN 'town' ELSE 'village' END END"
    )
    words = "MAP {" + ", ".join(f"'{word}': '{level}'" for word, level in LEVEL_WORDS.items()) + "}"
    told = f"map_extract_value({words}, lower(level))" if "level" in given else "NULL"
    typed = {
        "population": "try_cast(population AS BIGINT)", "households": "try_cast(households AS BIGINT)",
        "lon": "try_cast(lon AS DOUBLE)", "lat": "try_cast(lat AS DOUBLE)",
        "valid_from": "try_cast(valid_from AS DATE)", "valid_to": "try_cast(valid_to AS DATE)",
        "merged_into": "try_cast(rpad(regexp_replace(merged_into, '\\.0$', ''), 12, '0') AS BIGINT)",
        "name": "name", "kind": "kind",
    }  # fmt: skip
    columns = ", ".join(
        f"{sql if name in given else f'NULL::{AREA_COLUMNS[name]}'} AS {name}" for name, sql in typed.items()
    )
    con.execute(
        f"""
        CREATE TEMP TABLE given AS
        WITH d AS (SELECT *, {digits} AS d FROM raw), l AS (
            SELECT *, CASE WHEN regexp_full_match(d, '[0-9]+') AND length(d) IN (2, 4, 6, 9, 12)
                THEN rpad(d, 12, '0')::BIGINT END AS full_code,
                coalesce({told}, {by_length}, {by_zeros}) AS told_level FROM d
        )
        SELECT row, code AS told_code, full_code AS code, told_level AS level, {columns} FROM l
        """
    )


def _faults(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with the rows themselves, by row."""
    unread = [
        f"SELECT row, 'unreadable {name}: ' || r.{name} AS fault FROM raw r JOIN given g USING (row) "
        f"WHERE r.{name} IS NOT NULL AND g.{name} IS NULL"
        for name, *_ in con.execute("DESCRIBE raw").fetchall()
        if name in ("population", "households", "lon", "lat", "valid_from", "valid_to", "merged_into")
    ]
    span = "CASE level " + " ".join(f"WHEN '{level}' THEN {span}" for level, span in SPANS.items()) + " END"
    arms = [
        "SELECT row, 'bad code ' || coalesce(told_code, '(empty)') || ', 2, 4, 6, 9 or 12 digits are meant' AS fault "
        "FROM given WHERE code IS NULL",
        "SELECT row, 'unknown level' FROM given WHERE code IS NOT NULL AND level IS NULL",
        f"SELECT row, 'code ' || code || ' is no code of a ' || level FROM given WHERE code % ({span}) <> 0",
        "SELECT row, 'merged_into without valid_to: when did it end?' FROM given "
        "WHERE merged_into IS NOT NULL AND valid_to IS NULL",
        "SELECT row, 'valid_to is not after valid_from' FROM given WHERE valid_to <= valid_from",
        "SELECT b.row, 'code ' || b.code || ' stands in row ' || a.row || ' as well' FROM given a JOIN given b "
        "ON a.code = b.code AND a.row < b.row AND coalesce(a.valid_from, DATE '0001-01-01') < "
        "coalesce(b.valid_to, DATE '9999-01-01') AND coalesce(b.valid_from, DATE '0001-01-01') < "
        "coalesce(a.valid_to, DATE '9999-01-01')",
        *unread,
    ]
    found = con.execute(f"SELECT row, fault FROM ({' UNION ALL '.join(arms)}) ORDER BY row").fetchall()
    return [f"row {row}: {fault}" for row, fault in found]


def _merge(con: duckdb.DuckDBPyConnection, given: set[str]) -> tuple[int, int]:
    """Update the versions that are there, add the others and missing ancestors, and link each to its parent."""
    if "valid_from" not in given:
        # a file that tells no versions means the newest one of each code
        newest = "(SELECT code, max(valid_from) AS valid_from FROM areas GROUP BY code)"
        con.execute(f"UPDATE given SET valid_from = a.valid_from FROM {newest} a WHERE given.code = a.code")
    same = "areas.code = g.code AND areas.valid_from IS NOT DISTINCT FROM g.valid_from"
    mine = sorted(given - {"code", "valid_from"})
    before = int(one(con, "SELECT count(*) FROM areas")[0])
    differs = " OR ".join(f"areas.{n} IS DISTINCT FROM g.{n}" for n in mine) or "false"
    updates = ", ".join(f"{n} = g.{n}" for n in mine)
    changed = int(one(con, f"SELECT count(*) FROM areas JOIN given g ON {same} WHERE {differs}")[0])
    if mine:
        con.execute(f"UPDATE areas SET {updates} FROM given g WHERE {same} AND ({differs})")
    columns = ", ".join(n for n in AREA_COLUMNS if n != "parent")
    con.execute(
        f"INSERT INTO areas BY NAME SELECT {columns.replace('name,', 'coalesce(name, code::VARCHAR) AS name,')} "
        f"FROM given g WHERE NOT EXISTS (SELECT 1 FROM areas WHERE {same})"
    )
    _ancestors(con)
    con.execute(f"CREATE TEMP TABLE parents AS {_parents_sql()}")
    con.execute(
        "UPDATE areas SET parent = p.parent FROM parents p "
        "WHERE areas.code = p.code AND areas.parent IS DISTINCT FROM p.parent"
    )
    return int(one(con, "SELECT count(*) FROM areas")[0]) - before, changed


def _ancestors(con: duckdb.DuckDBPyConnection) -> None:
    """Between a row and the top of the tree nothing is left out. The top is the lowest level that holds everything."""
    levels = list(LEVELS)
    highest = min(levels.index(level) for (level,) in con.execute("SELECT DISTINCT level FROM areas").fetchall())
    while highest > 0 and highest > levels.index("province"):
        span = SPANS[levels[highest]]
        tops = int(one(con, f"SELECT count(DISTINCT code // {span}) FROM areas")[0])
        if tops <= 1 and highest <= levels.index("district"):
            break
        highest -= 1
    for level in reversed(levels[highest : levels.index("village")]):
        span, lower = SPANS[level], levels[levels.index(level) + 1 :]
        digits = {"province": 2, "city": 4, "district": 6, "town": 9}[level]
        con.execute(
            f"INSERT INTO areas BY NAME SELECT DISTINCT code // {span} * {span} AS code, "
            f"left((code // {span} * {span})::VARCHAR, {digits}) AS name, '{level}' AS level FROM areas "
            f"WHERE level IN ({', '.join(repr(name) for name in lower)}) "
            f"AND code // {span} * {span} NOT IN (SELECT code FROM areas)"
        )


def _parents_sql() -> str:
    """SQL of code and parent: the nearest code above that exists at a higher level."""
    arms = " UNION ALL ".join(
        f"SELECT a.code, p.code AS parent, {rank} AS rank FROM areas a JOIN areas p "
        f"ON p.level = '{level}' AND p.code = a.code // {span} * {span} AND p.code <> a.code "
        f"WHERE list_position({list(LEVELS)}, a.level) > {rank + 1}"
        for rank, (level, span) in enumerate(SPANS.items())
        if level != "village"
    )
    return f"SELECT code, arg_max(parent, rank) AS parent FROM ({arms}) GROUP BY code"


def _tree_faults(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with the tree as a whole."""
    found = [
        f"{code} is merged into {heir}, which is not there"
        for code, heir in con.execute(
            "SELECT code, merged_into FROM areas WHERE merged_into NOT IN (SELECT code FROM areas) ORDER BY code"
        ).fetchall()
    ]
    circles = con.execute(
        "WITH RECURSIVE climb(code, heir, step) AS ("
        "SELECT code, merged_into, 1 FROM areas WHERE merged_into IS NOT NULL UNION ALL "
        "SELECT climb.code, a.merged_into, step + 1 FROM climb JOIN areas a ON a.code = climb.heir "
        "WHERE a.merged_into IS NOT NULL AND a.merged_into <> a.code AND step < 65) "
        "SELECT DISTINCT code FROM climb WHERE heir = code OR step > 64 ORDER BY code"
    ).fetchall()
    found += [f"{code} is merged into itself in a circle" for (code,) in circles]
    orphans = con.execute(
        "SELECT a.code, a.name, p.code, p.name FROM areas a JOIN areas p ON p.code = a.parent "
        "WHERE a.valid_to IS NULL AND a.merged_into IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM areas q WHERE q.code = p.code AND q.valid_to IS NULL) ORDER BY a.code"
    ).fetchall()
    found += [
        f"{code} {name} lies under {above} {above_name}, which ended: say what it merged into"
        for code, name, above, above_name in orphans
    ]
    return found


def _shapes(con: duckdb.DuckDBPyConnection) -> int:
    """Replace the polygons given, and put a point inside where an area has none."""
    con.execute("DELETE FROM shapes USING given g WHERE shapes.code = g.code")
    con.execute("INSERT INTO shapes SELECT g.code, r.geometry FROM given g JOIN raw r USING (row)")
    con.execute(
        "UPDATE areas SET lon = r.point_lon::DOUBLE, lat = r.point_lat::DOUBLE FROM given g JOIN raw r USING (row) "
        "WHERE areas.code = g.code AND (areas.lon IS NULL OR areas.lat IS NULL)"
    )
    return int(one(con, "SELECT count(*) FROM given")[0])
