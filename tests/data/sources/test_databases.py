"""Database queries: speed, watermarks, at-least-once delivery, and no passwords in logs."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from data import vault
from data.errors import DataError
from data.home import Home
from data.ingest import loading as ingest
from data.ingest.loading import LoadReport, load
from data.sources import databases, watermarks
from data.sources.databases import fetch
from data.sources.watermarks import Mark, kind_of, single
from data.store import read_store
from tests.data.hotline import COLUMNS, GOOD, HEADER, facts, rejects, settle, source
from tests.servers.postgres import Postgres

QUERY = "SELECT * FROM tickets WHERE updated >= :last"


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def entry(number: int, **cells: Any) -> dict[str, Any]:
    return GOOD | {"id": f"K{number}", "updated": f"2026-01-07 00:00:{number:02}"} | cells


def put(home: Home, *rows: dict[str, Any], types: str = "") -> None:
    """Rows into the SQLite database a.db."""
    with closing(sqlite3.connect(home.root / "a.db")) as connection, connection:
        columns = HEADER.replace("updated", f"updated {types}")
        connection.execute(f"CREATE TABLE IF NOT EXISTS tickets ({columns})")
        marks = ", ".join(f":{name}" for name in HEADER.split(","))
        connection.executemany(f"INSERT INTO tickets VALUES ({marks})", rows)


def ask(home: Home, limit: float = 1.0, force: bool = False, **changes: Any) -> LoadReport:
    settings = {"file": None, "url": "sqlite:///a.db", "query": QUERY, "watermark": "updated"} | changes
    return load(home, source(home, **settings), reject_limit=limit, force=force)


def test_first_run_fetches_all_rows_and_next_run_new_ones(home: Home) -> None:
    put(home, entry(1), entry(2))
    assert ask(home).read == 2
    put(home, entry(3), entry(2, title="again", updated="2026-01-07 00:00:04"))
    report = ask(home)
    assert (report.read, report.accepted) == (3, 2)
    assert facts(home, "key, title") == [("K1", "路灯不亮"), ("K2", "again"), ("K3", "路灯不亮")]
    assert ask(home).read == 1


def test_a_held_batch_does_not_move_the_watermark(home: Home) -> None:
    put(home, entry(1))
    ask(home)
    put(home, entry(2), *(entry(number, area="1") for number in range(3, 43)))
    assert ask(home, limit=0.2).status == "held"
    assert ask(home, limit=0.2).status == "held"
    report = ask(home, limit=0.2, force=True)
    assert (report.status, report.read, report.accepted) == ("accepted", 42, 2)


def test_a_rejected_row_does_not_move_the_watermark(home: Home) -> None:
    put(home, entry(1), entry(9, area="1"))
    ask(home)
    assert ask(home).read == 2
    put(home, entry(2))
    assert ask(home).read == 3


def test_null_values_do_not_move_the_watermark(home: Home) -> None:
    put(home, entry(1), entry(2, updated=None))
    ask(home)
    put(home, entry(3, updated=None))
    assert ask(home).read == 1


def test_failed_load_does_not_move_the_watermark(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home, entry(1))
    ask(home)
    put(home, entry(2))
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "remember", lambda *_: None)
        patch.setattr(watermarks, "advance", _fail)
        with pytest.raises(RuntimeError):
            ask(home)
    assert facts(home, "key") == [("K1",)]
    assert ask(home).read == 2


def _fail(*_: object) -> None:
    raise RuntimeError


def test_changed_query_or_mapping_resets_the_watermark(home: Home) -> None:
    put(home, entry(1), entry(2))
    ask(home)
    assert ask(home).read == 1
    assert ask(home, query=QUERY + " AND id <> 'x'").read == 2
    assert ask(home, columns=COLUMNS | {"category": "kind"}).read == 2
    assert ask(home, source="other").read == 2


@pytest.mark.parametrize(
    ("values", "more"),
    [([1, 2, 10], 11), (["a1", "a2", "b"], "c"), ([1.5, 2.25, 10.125], 11), ([2**53 + 1, 2**53 + 2], 2**53 + 3)],
)
def test_watermark_order_depends_on_type(home: Home, values: list[Any], more: Any) -> None:
    columns = {name: sql for name, sql in COLUMNS.items() if name != "updated_at"}
    query = QUERY.replace(">=", ">")
    put(home, *(entry(at, updated=value) for at, value in enumerate(values)))
    assert ask(home, query=query, columns=columns).read == len(values)
    assert ask(home, query=query, columns=columns).read == 0
    put(home, entry(99, updated=more))
    assert ask(home, query=query, columns=columns).read == 1


def test_other_conditions_need_a_first_value(home: Home) -> None:
    put(home, entry(1), entry(2))
    query = "SELECT * FROM tickets WHERE coalesce(updated, registered) >= :last"
    with pytest.raises(DataError, match=r"watermark\.first: is missing"):
        ask(home, query=query)
    first = {"column": "updated", "first": "2026-01-07 00:00:02"}
    assert ask(home, query=query, watermark=first).read == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"watermark": None}, "query: has :last; name in watermark"),
        ({"query": "SELECT * FROM tickets"}, "watermark: is for a query with :last"),
        ({"mode": "snapshot"}, "mode: snapshot is for full deliveries"),
        ({"watermark": "update"}, "watermark: the query gives no column update, did you mean updated?"),
        ({"watermark": {"column": "updated", "frist": 1}}, "watermark.frist: there is no such key, did you mean first"),
    ],
)
def test_invalid_watermark_is_reported(home: Home, changes: dict[str, Any], fault: str) -> None:
    put(home, entry(1))
    with pytest.raises(DataError) as error:
        ask(home, **changes)
    assert fault in str(error.value)


@pytest.mark.parametrize(
    "condition",
    [
        "updated > :last",
        "t.updated >= :last",
        '"updated" > :last',
        "(updated > :last)",
        "id <> '' AND updated > :last ORDER BY id",
    ],
)
def test_first_run_omits_plain_watermark_conditions(home: Home, condition: str) -> None:
    put(home, entry(1), entry(2))
    assert ask(home, query=f"SELECT * FROM tickets t WHERE {condition}").read == 2
    assert ask(home, query=f"SELECT * FROM tickets t WHERE {condition}").read < 2


@pytest.mark.parametrize(
    "value", [7, 2**70, 1.5, Decimal("12.50"), datetime(2026, 1, 1, 8, 0, 0, 5), "甲", b"\x00\xff"]
)
def test_watermark_value_round_trips(value: Any) -> None:
    (kind,) = kind_of([value, None])
    assert Mark(kind, databases._texts((value,)).to_pylist()[0]).bound == value


def test_values_of_different_types_are_refused() -> None:
    with pytest.raises(DataError, match="different types: integer, text"):
        single({"integer", "text"})
    with pytest.raises(DataError, match="type bool"):
        kind_of([True])


@pytest.mark.parametrize(
    ("url", "module", "said"),
    [
        ("mysql+pymysql://u:geheim@h/d", "pymysql", "the driver PyMySQL is not installed: run `pip install -r"),
        ("mysql://u:geheim@h/d", "MySQLdb", "write the URL as mysql+pymysql://"),
        ("oracle+oracledb://u:geheim@h/d", "oracledb", "the driver oracledb is not installed"),
        ("mssql+pymssql://u:geheim@h/d", "pymssql", "the driver pymssql is not installed"),
        ("nosuch://u:geheim@h/d", "nothing", "SQLAlchemy knows no database nosuch; known are mssql+pymssql"),
    ],
)
def test_a_missing_driver_says_how_to_install_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str, module: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    vault.put(home.keys, "database", url)
    with pytest.raises(DataError) as error:
        ask(home, url="${secret:database}")
    assert said in str(error.value)
    assert "geheim" not in repr(error.value) + str(error.value.__cause__)


@pytest.mark.parametrize(
    "url",
    ["mysql+pymysql://u:geheim@127.0.0.1:9/d", "mssql+pymssql://u:geheim@127.0.0.1:9/d",
     "oracle+oracledb://u:geheim@127.0.0.1:9/?service_name=d", "postgresql+psycopg://u@127.0.0.1:9/d?password=geheim"],
)  # fmt: skip
def test_unreachable_database_error_has_no_password(home: Home, url: str) -> None:
    vault.put(home.keys, "database", url)
    with pytest.raises(DataError) as error:
        ask(home, url="${secret:database}")
    assert "query: " in str(error.value)
    assert "geheim" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    postgres = Postgres()
    postgres.start()
    yield postgres
    postgres.remove()


def test_postgresql_query_continues_from_time_watermark(home: Home, server: Postgres) -> None:
    url = server.database("hotline")
    columns = ", ".join(f"{name} text" for name in HEADER.split(",") if name not in ("updated", "rating"))
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE TABLE tickets ({columns}, rating numeric(3,1), updated timestamptz(6))")

        def put_rows(*rows: dict[str, Any]) -> None:
            names = HEADER.split(",")
            for cells in rows:
                connection.execute(
                    f"INSERT INTO tickets ({HEADER}) VALUES ({', '.join(['%s'] * len(names))})",
                    [cells[name] for name in names],
                )

        put_rows(entry(1, updated="2026-01-07 00:00:01.000001+08"), entry(2, updated="2026-01-07 00:00:01.000002+08"))
        query = QUERY.replace(">=", ">")
        assert ask(home, url=url, query=query).accepted == 2
        with read_store(home) as store:
            ((kind, value),) = store.execute("SELECT kind, value FROM watermarks").fetchall()
        assert Mark(kind, value).bound == datetime(2026, 1, 6, 16, 0, 1, 2, UTC)
        assert ask(home, url=url, query=query).read == 0
        put_rows(
            entry(3, updated="2026-01-07 00:00:01.000003+08"), entry(4, updated="2026-01-08 08:00:00+08", rating=3)
        )
        report = ask(home, url=url, query=query)
        assert (report.read, report.accepted) == (2, 2)
    assert facts(home, "updated_at, rating", "cases WHERE key = 'K4'") == [(datetime(2026, 1, 8, 8), 3)]
    assert rejects(home) == []


def test_rows_are_fetched_in_large_steps(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put(home, *(entry(n % 60, id=f"K{n}") for n in range(2500)))
    steps = []
    texts = databases._texts
    monkeypatch.setattr(databases, "ROWS", 1000)
    monkeypatch.setattr(databases, "_texts", lambda values: steps.append(len(values)) or texts(values))
    monkeypatch.setattr(databases.Bulk, "fetch", _not_in_bulk)
    settings = {"file": None, "url": "sqlite:///a.db", "query": "SELECT id FROM tickets"}
    fetch(home, source(home, **settings), tmp_path)
    assert steps == [1000, 1000, 500]


def _not_in_bulk(*_: object) -> None:
    raise databases.NotInBulk


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_bulk_fetch_equals_value_fetch(
    home: Home, server: Postgres, monkeypatch: pytest.MonkeyPatch, backend: str, tmp_path: Path
) -> None:
    awkward = [entry(1, title='a "b", c\\d\n甲\t%s :x'), entry(2, title=None, closed=""), entry(3, title="\\N")]
    put(home, *awkward)
    url, query = "sqlite:///a.db", "SELECT *, 5 AS n, 2.5 AS f, 1 = 1 AS yes FROM tickets WHERE id LIKE 'K%' -- all"
    if backend == "postgresql":
        url = server.database("awkward")
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE TABLE tickets ({', '.join(f'{name} text' for name in HEADER.split(','))})")
            for cells in awkward:
                marks = ", ".join(["%s"] * len(cells))
                connection.execute(f"INSERT INTO tickets VALUES ({marks})", [cells[n] for n in HEADER.split(",")])
        query = query.replace("-- all", "").replace("1 = 1 AS yes", "1 = 1 AS yes, timestamp '2026-01-01 08:00' AS at")
    definition = source(home, file=None, url=url, query=query + ";")
    answers = []
    for at in ("bulk", "values"):
        (tmp_path / at).mkdir()
        fetched = fetch(home, definition, tmp_path / at)
        table = pq.read_table(fetched.path).to_pylist()
        answers.append([{name: value or None for name, value in cells.items()} for cells in table])
        monkeypatch.setattr(databases.Bulk, "fetch", _not_in_bulk)
    assert len(answers[0]) == 3
    if backend == "sqlite":
        assert answers[0] == answers[1]
    else:
        assert [{**cells, "at": None} for cells in answers[0]] == [{**cells, "at": None} for cells in answers[1]]
        assert {cells["at"] for cells in answers[0]} == {"2026-01-01 08:00:00"}


def test_values_with_separator_and_blobs_use_value_fetch(home: Home, tmp_path: Path) -> None:
    put(home, entry(1, title="a\x1fb"), entry(2, title=b"\xff\x00"), entry(3, updated=0.1 + 0.2))
    (tmp_path / "a").mkdir()
    settings = {"file": None, "url": "sqlite:///a.db", "query": QUERY, "watermark": "updated"}
    with pytest.raises(DataError, match="different types: float, text"):
        fetch(home, source(home, **settings), tmp_path)
    settings = {"file": None, "url": "sqlite:///a.db", "query": "SELECT id, title FROM tickets"}
    table = pq.read_table(fetch(home, source(home, **settings), tmp_path / "a").path).to_pylist()
    assert [cells["title"] for cells in table] == ["a\x1fb", "ff00", "路灯不亮"]
