"""The text index of cases is reused while its rows are unchanged, and rebuilt when they moved."""

from collections.abc import Iterator

import duckdb
import pytest

from data.editions.queries import Cursor
from data.search import folding, grams, index

ROWS = 400


@pytest.fixture
def con(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.setattr(index, "STRETCH", 16)
    monkeypatch.setattr(index, "STRETCHES_AT_ONCE", 3)
    monkeypatch.setattr(index, "LEAST", 100)
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS edition")
        connection.execute(
            "CREATE TABLE edition.cases AS SELECT 990101001201 + i % 3 AS area, 'K-' || i AS key, "
            "CASE WHEN i % 5 > 0 THEN '标题' || chr((19968 + i)::INTEGER) || i END AS title, "
            "'地点' || i || '号' AS place, NULL::TIMESTAMP AS closed_at, "
            f"TIMESTAMP '2026-01-01' + to_hours(i::INTEGER) AS registered_at FROM range({ROWS}) t(i)"
        )
        yield connection


def stretches(con: duckdb.DuckDBPyConnection, slots: object) -> list[int]:
    cursor = con.cursor()
    cursor.execute("USE edition")
    candidates = index.candidates(Cursor(cursor, lambda error: None), slots, -(-ROWS // 16))  # type: ignore[arg-type]
    return [at for at, may in enumerate(candidates) if may]


def test_a_text_is_in_the_stretch_of_its_case_and_in_few_others(con: duckdb.DuckDBPyConnection) -> None:
    assert index.build(con)
    for i in (0, 1, 17, 101, ROWS - 1):
        for text in filter(None, (f"{chr(19968 + i)}{i}" if i % 5 else "", f"地点{i}号")):
            stretches_found = stretches(con, grams.slots_of_text(folding.fold(text)))
            assert i // 16 in stretches_found
            assert len(stretches_found) < 12
        stretches_found = stretches(con, grams.slots_of_number(folding.fold(f"k-{i}")))
        assert i // 16 in stretches_found
    assert stretches(con, grams.slots_of_text("没有的文字")) == []
    assert stretches(con, grams.slots_of_number("x")) == []


def test_few_cases_have_no_index(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", ROWS + 1)
    assert not index.build(con)
    assert not index.mend(con)


def test_rows_in_any_order_make_the_same_index(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    index.build(con)
    tiles = con.execute(f"FROM edition.{index.TILES}").fetchall()
    plain = index._rows

    def turned(*given: object) -> object:
        ids, columns = plain(*given)  # type: ignore[arg-type]
        assert list(ids) == sorted(ids)
        return ids, columns

    monkeypatch.setattr(index, "_rows", turned)
    con.execute("SET preserve_insertion_order = false")
    index.build(con)
    assert con.execute(f"FROM edition.{index.TILES}").fetchall() == tiles


def test_deleted_cases_that_are_noted_leave_the_index(con: duckdb.DuckDBPyConnection) -> None:
    index.build(con)
    index.delete(con, "SELECT unnest([3, 4, 40]) AS id")
    con.execute("DELETE FROM edition.cases WHERE rowid IN (3, 4, 40)")
    con.execute("INSERT INTO edition.cases SELECT * REPLACE ('new' AS key) FROM edition.cases LIMIT 5")
    assert not index.mend(con)


def test_index_is_rebuilt_when_a_stretch_has_other_rows(con: duckdb.DuckDBPyConnection) -> None:
    index.build(con)
    con.execute("DELETE FROM edition.cases WHERE rowid = 40")
    assert index.mend(con)
    assert not index.mend(con)


def test_index_is_rebuilt_when_texts_fold_differently(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.build(con)
    monkeypatch.setattr(folding, "fingerprint", lambda: "another")
    cursor = con.cursor()
    cursor.execute("USE edition")
    assert index.indexed(Cursor(cursor, lambda error: None)) == 0
    assert index.mend(con)
    assert index.indexed(Cursor(cursor, lambda error: None)) == ROWS
