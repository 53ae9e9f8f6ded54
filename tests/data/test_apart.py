"""Long queries are restarted on separate threads while short ones pass them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
import pytest

from data.editions import queries
from data.editions.queries import Apart, Cursor, Long
from data.errors import TooSlow
from metrics.engine.parallel import run_parallel

LONG = "SELECT count(*) FROM range({}) a, range(200000) b WHERE hash(a.range * b.range) % 7 = 1"
QUICK = 0.2


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture
def places() -> Iterator[list[str]]:
    """What happened at the one place there is: a line of `in` and `out`."""
    order: list[str] = []
    lock = threading.Lock()

    @contextmanager
    def place() -> Iterator[None]:
        with lock:
            order.append("in")
            try:
                yield
            finally:
                order.append("out")

    queries.limit(30)
    queries.set_apart(Apart(QUICK, place, lambda: lambda: False))
    yield order
    queries.set_apart(None)
    queries.limit(None)


def cursor(database: duckdb.DuckDBPyConnection) -> Cursor:
    return Cursor(database.cursor(), lambda error: None)


def rows_of(seconds: float, database: duckdb.DuckDBPyConnection) -> str:
    """A query that takes about so long here."""
    began = time.monotonic()
    database.execute(LONG.format(200)).fetchall()
    return LONG.format(max(200, int(200 * seconds / (time.monotonic() - began))))


READERS: list[Callable[[Cursor], object]] = [Cursor.fetchall, Cursor.fetchone, Cursor.df, Cursor.fetchnumpy]


@pytest.mark.parametrize("read", READERS)
def test_slow_query_returns_same_result_from_slot(
    database: duckdb.DuckDBPyConnection, places: list[str], read: Callable[[Cursor], object]
) -> None:
    sql = rows_of(4 * QUICK, database)
    expected = str(read(Cursor(database.cursor().execute(sql), lambda error: None)))
    places.clear()
    assert str(read(cursor(database).execute(sql))) == expected
    assert places == ["in", "out"]
    assert str(read(cursor(database).execute(sql))) == expected
    assert places == ["in", "out"] * 2, "it is known to take long, and waits at once"


def test_quick_query_needs_no_slot(database: duckdb.DuckDBPyConnection, places: list[str]) -> None:
    assert cursor(database).execute("SELECT $1 + 1", [1]).fetchall() == [(2,)]
    many = cursor(database).execute("FROM range(100000)")
    assert sum(len(many.fetchmany(1000)) for _ in range(100)) == 100_000
    assert places == []


def test_parameters_are_kept_on_restart(database: duckdb.DuckDBPyConnection, places: list[str]) -> None:
    sql = rows_of(4 * QUICK, database).replace("% 7 = 1", "% 7 = $1")
    assert cursor(database).execute(sql, [8]).fetchall() == [(0,)]
    assert places == ["in", "out"]


def test_query_limit_applies_in_slot(database: duckdb.DuckDBPyConnection, places: list[str]) -> None:
    queries.limit(3 * QUICK)
    with pytest.raises(TooSlow):
        cursor(database).execute(rows_of(40 * QUICK, database)).fetchall()
    assert places == ["in", "out"]


def test_disconnected_client_releases_slot(database: duckdb.DuckDBPyConnection, places: list[str]) -> None:
    left = threading.Event()
    apart = queries._limit.apart
    assert apart
    queries.set_apart(Apart(QUICK, apart.place, lambda: left.is_set))
    threading.Timer(3 * QUICK, left.set).start()
    began = time.monotonic()
    with pytest.raises(TooSlow):
        cursor(database).execute(rows_of(20, database)).fetchall()
    assert time.monotonic() - began < 15
    assert places == ["in", "out"]


def test_without_waiting_raises_instead_of_waiting(database: duckdb.DuckDBPyConnection, places: list[str]) -> None:
    """Parallel queries share few threads: a long one returns to the calling thread."""
    sql = rows_of(4 * QUICK, database)
    with queries.without_waiting(), pytest.raises(Long):
        cursor(database).execute(sql).fetchall()
    this_thread, threads = threading.get_ident(), []

    def ask() -> list[tuple[int, ...]]:
        threads.append(threading.get_ident())
        return cursor(database).execute(sql).fetchall()

    quick = lambda: cursor(database).execute("SELECT 1").fetchall()  # noqa: E731
    answers = run_parallel([quick, ask, ask])
    assert answers[0] == [(1,)]
    assert answers[1] == answers[2]
    assert threads.count(this_thread) == 2
    assert places == ["in", "out"] * 2


def test_query_interrupted_at_its_end_is_too_slow_and_cursor_stays_usable(
    database: duckdb.DuckDBPyConnection,
) -> None:
    queries.limit(QUICK)
    try:
        query = cursor(database).execute("SELECT 1")
        with pytest.raises(TooSlow):
            query._timed(lambda: time.sleep(QUICK + 0.5), QUICK)
        assert query.execute("SELECT 2").fetchall() == [(2,)]
    finally:
        queries.limit(None)
