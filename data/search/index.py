"""The index of the texts of cases, built with an edition: which stretches of cases may hold a text.

A stretch is STRETCH cases that lie one behind the other. For each slot of `grams` a bit a stretch says whether one of
its cases has it: stretches without all slots of what is searched for hold no such case, and the others are read. Bits
are kept by tiles of 64 slots, so that a search reads a few of them.

A patched edition keeps the index of the edition it was copied from: what is new lies behind the indexed rows and is
read as it is. Rows that did not change keep their place, unless DuckDB closes the gaps of deleted ones: the rows of
each stretch are counted, and the index is rebuilt when some have moved.
"""

import logging
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import zstandard

from data.editions.queries import Cursor
from data.search import folding, grams

log = logging.getLogger(__name__)

STRETCH = 2048
"""Cases of a stretch: as many as DuckDB reads at once."""
LEAST = 200_000
"""With fewer cases there is no index: they are read as quickly as it."""
TEXTS = ("title", "place")
TILE = 64
STRETCHES_AT_ONCE = 60
"""Those of a row group of DuckDB."""
TILES, STRETCHES, STATE = "search_tiles", "search_stretches", "search_state"
TABLES = (TILES, STRETCHES, STATE)


def build(con: duckdb.DuckDBPyConnection) -> bool:
    """Make the index of the cases in `edition`, from its table. False if there are too few cases for one."""
    for name in TABLES:
        con.execute(f"DROP TABLE IF EXISTS edition.{name}")
    if _one(con, "SELECT count(*) FROM edition.cases") < LEAST:
        return False
    end = _one(con, "SELECT max(rowid) + 1 FROM edition.cases")
    _store_tiles(con, _bits(con, end))
    con.execute(
        f"CREATE TABLE edition.{STRETCHES} AS SELECT rowid // {STRETCH} AS stretch, count(*) AS rows, "
        "min(area) AS first, max(area) AS last, max(registered_at) AS newest, bool_or(closed_at IS NULL) AS has_open "
        "FROM edition.cases GROUP BY 1 ORDER BY 1"
    )
    con.execute(f"CREATE TABLE edition.{STATE} AS SELECT '{_recipe()}' AS recipe, {end}::BIGINT AS indexed")
    return True


def delete(con: duckdb.DuckDBPyConnection, ids: str) -> None:
    """Note that cases are deleted from `edition`: those of the row numbers that a SELECT gives as `id`."""
    if _has_index(con):
        con.execute(
            f"UPDATE edition.{STRETCHES} s SET rows = s.rows - g.rows FROM (SELECT id // {STRETCH} AS stretch, "
            f"count(*) AS rows FROM ({ids}) WHERE id < (SELECT indexed FROM edition.{STATE}) GROUP BY 1) g "
            "WHERE g.stretch = s.stretch"
        )


def mend(con: duckdb.DuckDBPyConnection) -> bool:
    """Rebuild the index of a patched edition if rows have moved, or texts fold in another way. Call once it is
    written out; True if it has to be written again."""
    if not _has_index(con) or _is_complete(con):
        return False
    log.info("cases have moved: the index of their texts is rebuilt")
    return build(con)


def indexed(cursor: Cursor) -> int:
    """Cases with lower row numbers are indexed; 0 without an index, or if it folds or cuts texts in another way."""
    if not cursor.execute(f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{STATE}'").fetchone():
        return 0
    row = cursor.execute(f"SELECT indexed, recipe FROM {STATE}").fetchone()
    return int(row[0]) if row and row[1] == _recipe() else 0


def candidates(cursor: Cursor, slots: np.ndarray, stretches: int) -> np.ndarray:
    """Which of the stretches have all the slots; boolean."""
    wanted: dict[int, list[int]] = {}
    for slot in slots.tolist():
        wanted.setdefault(slot // TILE, []).append(slot % TILE)
    rows = cursor.execute(f"SELECT tile, bits FROM {TILES} WHERE tile IN ({', '.join(map(str, wanted))})").fetchall()
    octets = -(-stretches // 8)
    if len(rows) < len(wanted):  # a tile without any bit is not kept
        return np.zeros(stretches, bool)
    common = np.full(octets, 0xFF, np.uint8)
    unpack = zstandard.ZstdDecompressor()
    for tile, packed in rows:
        bits = np.frombuffer(unpack.decompress(packed), np.uint8).reshape(octets, TILE)
        for column in wanted[tile]:
            common &= bits[:, column]
    return np.unpackbits(common, bitorder="little")[:stretches].astype(bool)


def _bits(con: duckdb.DuckDBPyConnection, end: int) -> np.ndarray:
    """One byte an octet of stretches and a slot, of all rows below `end`."""
    bits = np.zeros((-(-end // (8 * STRETCH)), grams.SLOTS), np.uint8)
    has, shifted = np.zeros(grams.SLOTS, np.uint8), np.zeros(grams.SLOTS, np.uint8)
    for first in range(0, end, STRETCHES_AT_ONCE * STRETCH):
        ids, columns = _rows(con, first, first + STRETCHES_AT_ONCE * STRETCH)
        stretches, begins = np.unique(ids // STRETCH, return_index=True)
        for stretch, begin, stop in zip(stretches.tolist(), begins, [*begins[1:], len(ids)], strict=True):
            number, *texts = (_part(*column, begin, stop) for column in columns)
            _mark(has, number, [text for text, _ends in texts])
            np.left_shift(has, stretch % 8, out=shifted)
            np.bitwise_or(bits[stretch // 8], shifted, out=bits[stretch // 8])
            has.fill(0)
    return bits


def _mark(has: np.ndarray, number: tuple[bytes, np.ndarray], texts: Sequence[bytes]) -> None:
    """Set the slots that the cases of a stretch have."""
    has[grams.slots_of_numbers(grams.numbers(*number))] = 1
    for text in texts:
        for slots in grams.slots_of_texts(grams.codes(text)):
            has[slots] = 1


def _rows(
    con: duckdb.DuckDBPyConnection, first: int, end: int
) -> tuple[np.ndarray, list[tuple[memoryview, np.ndarray]]]:
    """Row numbers in [first, end), ascending, with number and texts of their cases as columns."""
    ended = (f"coalesce({name}, '') || '|' AS {name}" for name in TEXTS)  # so that no number goes on in the next text
    columns = ", ".join(("rowid AS id", "key", *ended))
    rows = con.sql(f"SELECT {columns} FROM edition.cases WHERE rowid >= {first} AND rowid < {end}").to_arrow_table()
    ids = rows["id"].to_numpy()
    if (np.diff(ids) < 0).any():  # row order is free
        order = np.argsort(ids)
        ids, rows = ids[order], rows.take(pa.array(order))
    return ids, [_column(rows[name]) for name in ("key", *TEXTS)]


def _column(column: pa.ChunkedArray) -> tuple[memoryview, np.ndarray]:
    """Texts as UTF-8 and the offsets between them; what is NULL is empty."""
    array = column.combine_chunks().cast(pa.string())
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    _valid, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return memoryview(data or b""), ends


def _part(data: memoryview, offsets: np.ndarray, first: int, end: int) -> tuple[bytes, np.ndarray]:
    begin = int(offsets[first])
    return bytes(data[begin : int(offsets[end])]), offsets[first + 1 : end + 1] - begin


def _store_tiles(con: duckdb.DuckDBPyConnection, bits: np.ndarray) -> None:
    pack = zstandard.ZstdCompressor(level=1)
    tiles, packed = [], []
    for tile in range(grams.SLOTS // TILE):
        part = np.ascontiguousarray(bits[:, tile * TILE : (tile + 1) * TILE])
        if part.any():
            tiles.append(tile)
            packed.append(pack.compress(part.tobytes()))
    con.register("tiles_of_search", pa.table({"tile": pa.array(tiles, pa.int32()), "bits": pa.array(packed)}))
    con.execute(f"CREATE TABLE edition.{TILES} AS FROM tiles_of_search ORDER BY tile")
    con.unregister("tiles_of_search")


def _recipe() -> str:
    """Changes when texts fold or are cut into grams in another way."""
    return f"{folding.fingerprint()} {STRETCH} {TILE} {grams.SLOTS} {grams.PREFIXES} {grams.FORMAT}"


def _has_index(con: duckdb.DuckDBPyConnection) -> bool:
    sql = f"SELECT count(*) FROM duckdb_tables() WHERE database_name = 'edition' AND table_name = '{STATE}'"
    return bool(_one(con, sql))


def _is_complete(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether each stretch has the rows that were not deleted. Where DuckDB closes a gap, the stretch of the gap has
    more: rows of the next one."""
    moved = (
        f"SELECT count(*) FROM (SELECT rowid // {STRETCH} AS stretch, count(*) AS rows FROM edition.cases "
        f"WHERE rowid < (SELECT indexed FROM edition.{STATE}) GROUP BY 1) c "
        f"FULL JOIN edition.{STRETCHES} s USING (stretch) WHERE coalesce(c.rows, 0) <> coalesce(s.rows, 0)"
    )
    folded = f"SELECT count(*) FROM edition.{STATE} WHERE recipe = '{_recipe()}'"
    return _one(con, folded) == 1 and _one(con, moved) == 0


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])
