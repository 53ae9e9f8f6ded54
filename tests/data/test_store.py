import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import duckdb
import pytest

from data.errors import DataError
from data.home import Home
from data.schema import FACTS
from data.store import AREA_COLUMNS, one, open_store, read_store, stored, transaction


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: type for name, type, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}


@contextmanager
def held(home: Home, seconds: float) -> Iterator[int]:
    """Another process that has the store open for writing for some seconds; its id."""
    script = f"""
        import duckdb, time
        with duckdb.connect({str(home.store)!r}):
            print("open", flush=True)
            time.sleep({seconds})
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_new_store_has_every_table_of_the_contract(home: Home) -> None:
    with open_store(home) as connection:
        assert columns(connection, "areas") == AREA_COLUMNS
        for fact in FACTS.values():
            assert columns(connection, fact.name) == stored(fact)
        assert one(connection, "SELECT value FROM counters WHERE name = 'areas_version'") == (0,)


def test_derived_columns_are_not_stored() -> None:
    assert {"area_then", "repeated"}.isdisjoint(stored(FACTS["cases"]))
    assert list(stored(FACTS["cases"]))[:3] == ["source", "key", "kind"]


def test_reopening_keeps_content(home: Home) -> None:
    with open_store(home) as connection:
        connection.execute("UPDATE counters SET value = 7")
    with open_store(home) as connection:
        assert one(connection, "SELECT value FROM counters") == (7,)


def test_reading_creates_empty_store_and_does_not_write(home: Home) -> None:
    with read_store(home) as connection:
        assert one(connection, "SELECT count(*) FROM cases") == (0,)
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("UPDATE counters SET value = 7")


def test_reading_older_store_adds_missing_tables(home: Home) -> None:
    with open_store(home) as connection:
        connection.execute("DROP TABLE files; UPDATE counters SET value = 7")
    with read_store(home) as connection:
        assert columns(connection, "files")["content_hash"] == "VARCHAR"
        assert one(connection, "SELECT value FROM counters") == (7,)


@pytest.mark.parametrize("opening", [open_store, read_store])
def test_store_that_changed_since_its_check_is_checked_again(
    home: Home, opening: Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
) -> None:
    for _ in range(2):  # makes the tables, then finds them complete
        with read_store(home):
            pass
    with duckdb.connect(str(home.store)) as older_release:
        older_release.execute("DROP TABLE files")
    with opening(home) as connection:
        assert columns(connection, "files")["content_hash"] == "VARCHAR"


@pytest.mark.parametrize("opening", [open_store, read_store])
def test_checked_store_is_checked_again_for_another_zone(
    home: Home, opening: Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
) -> None:
    for _ in range(2):
        with read_store(home):
            pass
    elsewhere = replace(home, zone="America/New_York")
    assert elsewhere.time_type != home.time_type
    with opening(elsewhere) as connection:
        assert columns(connection, "cases")["registered_at"] == elsewhere.time_type


def test_older_store_gets_missing_fact_columns(home: Home) -> None:
    with open_store(home) as connection:
        connection.execute("INSERT INTO cases (source, key) VALUES ('hotline', '1')")
        for table in ("cases", "past_cases", "refused_cases", "held_cases"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN description")
        connection.execute("DROP TABLE steps")
    with read_store(home) as connection:
        assert columns(connection, "cases").keys() == stored(FACTS["cases"]).keys()
        assert one(connection, "SELECT key, description FROM cases") == ("1", None)
        assert columns(connection, "steps") == stored(FACTS["steps"])


def test_a_transaction_is_all_or_nothing(home: Home) -> None:
    with open_store(home) as connection:
        with pytest.raises(duckdb.CatalogException), transaction(connection):
            connection.execute("UPDATE counters SET value = 7; FROM nowhere")
        assert one(connection, "SELECT value FROM counters") == (0,)
        with transaction(connection):
            connection.execute("UPDATE counters SET value = 8")
        assert one(connection, "SELECT value FROM counters") == (8,)


@pytest.mark.parametrize("opening", [open_store, read_store])
def test_error_names_process_that_locks_store(
    home: Home, opening: Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
) -> None:
    with open_store(home):
        pass
    with held(home, 30) as pid, pytest.raises(DataError, match=f"is in use by process {pid}; wait until"):
        opening(home, wait=0.3).__enter__()


def test_waits_for_store_lock(home: Home) -> None:
    with open_store(home):
        pass
    with held(home, 1.0), open_store(home) as connection:
        assert one(connection, "SELECT count(*) FROM cases") == (0,)


def test_invalid_store_file_is_reported(home: Home) -> None:
    home.store.write_text("no database" * 1000)
    with pytest.raises(DataError, match="cannot be opened") as error, open_store(home):
        pass
    assert "\n" not in str(error.value)
