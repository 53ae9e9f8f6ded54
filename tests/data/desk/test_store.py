"""Opening the desk: migrations, privacy of its file, and a desk that is gone."""

import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, String, create_engine, func, inspect, select, text

from data.desk import store
from data.desk.auditing import audit, proof
from data.desk.auditing.custody import Custody
from data.desk.base import Base
from data.desk.errors import DeskError, Refused
from data.desk.identity import accounts
from data.desk.register import limits
from data.desk.store import MIGRATIONS, Desk, migrate, newest, open_desk
from data.desk.tables import metadata

ROOT = Path(__file__).parents[3]


def test_migrations_make_the_tables_of_the_models(address: str, custody: Custody) -> None:
    open_desk(address, custody).close()
    engine = create_engine(address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_prepared_desk_of_tests_has_the_tables_of_the_models(desk: Desk, address: str) -> None:
    engine = create_engine(address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest()
    engine.dispose()


def test_the_newest_tables_are_those_that_alembic_ends_at() -> None:
    """The revision of a desk is in a file name: it must be the head of the migrations."""
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == newest()


def test_desk_of_a_newer_release_is_refused_in_one_line(address: str, custody: Custody) -> None:
    open_desk(address, custody).close()
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DeskError, match=r"newer release .*9999.*: start that release"):
        open_desk(address, custody)


def test_desk_with_old_schema_is_migrated(address: str, custody: Custody) -> None:
    engine = create_engine(address)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    open_desk(address, custody).close()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest()
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


VERSIONS = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py"))


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != newest()])
def test_rows_of_older_tables_stay_as_they_were(address: str, custody: Custody, version: str) -> None:
    """One more row in every table, each with what it refers to.

    The audit has a chain and tests of its own; failed sign-ins are counted afresh since version 0007.
    """
    engine = create_engine(address)
    with engine.begin() as connection:
        migrate(connection, version)
    tables = MetaData()
    tables.reflect(engine)
    filled = [table for table in tables.sorted_tables if not table.name.startswith(("audit", "alembic", "failure"))]
    counts = {table.name: select(func.count()).select_from(table) for table in filled}
    with engine.begin() as connection:
        for table in filled:
            connection.execute(table.insert().values({c.name: _value(c) for c in table.columns}))
        before = {name: connection.scalar(count) for name, count in counts.items()}
    open_desk(address, custody).close()
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert {name: connection.scalar(count) for name, count in counts.items()} == before
    engine.dispose()


def _value(column: Column[Any]) -> object:
    """Something of the column's type; 1 where it is a key or refers to one."""
    kind = column.type.python_type
    if column.foreign_keys or column.primary_key:
        return 1 if kind is int else "1"
    known: dict[type, object] = {bool: True, datetime: datetime(2026, 11, 1), date: date(2026, 11, 1), bytes: b"1"}
    return known[kind] if kind in known else kind(1)


def test_several_may_open_a_new_desk_at_once(address: str, custody: Custody) -> None:
    with ThreadPoolExecutor(4) as pool:
        for desk in pool.map(lambda _: open_desk(address, custody), range(4)):
            desk.check()
            desk.close()


def test_opening_a_desk_waits_longer_for_a_migration_than_for_a_row(
    address: str, custody: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated = []

    def slow(connection: Connection) -> None:
        migrated.append(1)
        time.sleep(1)
        migrate(connection)

    monkeypatch.setattr(store, "LOCK_SECONDS", 0.2 if address.startswith("sqlite") else 3)
    monkeypatch.setattr(store, "migrate", slow)
    with ThreadPoolExecutor(3) as pool:
        for desk in pool.map(lambda _: open_desk(address, custody), range(3)):
            desk.check()
            desk.close()
    assert len(migrated) == 1


OTHER = """
import sys
from data.desk.auditing import audit
from data.desk.store import open_desk
desk = open_desk(sys.argv[1])
audit.write(desk, who="other", role="", scope="", event="login", what="")
desk.close()
"""


def test_a_process_that_opens_its_desk_twice_keeps_what_it_writes(tmp_path: Path) -> None:
    """SQLite removes its log of writes once the last process has closed the file, according to its locks.

    A process that opens and closes the file itself gives up its locks: what it writes from then on would be lost.
    """
    address = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    first = open_desk(address)
    first.check()
    second = open_desk(address)
    for _ in range(2):
        subprocess.run([sys.executable, "-c", OTHER, address], cwd=ROOT, check=True)
        for desk in (first, second):
            audit.write(desk, who="own", role="", scope="", event="login", what="")
    for desk in (first, second):
        assert proof.verify(desk) == proof.Verdict(6)
        desk.close()
    again = open_desk(address)
    assert [row["who"] for row in audit.entries(again)] == ["own", "own", "other"] * 2
    again.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    open_desk(f"sqlite:///{tmp_path / 'deep' / 'desk.sqlite'}").close()
    assert stat.S_IMODE((tmp_path / "deep" / "desk.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "postgresql+psycopg://nobody:secret@127.0.0.1:1/none"])
def test_unreachable_desk_gives_one_line(url: str, custody: Custody) -> None:
    with pytest.raises(DeskError) as error_info:
        open_desk(url, custody)
    assert "\n" not in str(error_info.value)
    assert "secret" not in str(error_info.value)


def test_damaged_file_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "desk.sqlite").write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    with pytest.raises(DeskError, match="does not answer") as error_info:
        open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    assert str(tmp_path) not in str(error_info.value)  # what visitors read
    assert error_info.value.__notes__ == [f"sqlite:///{tmp_path / 'desk.sqlite'}"]  # what operators read as well


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "路\udfff灯", "𠮷" * 300])
def test_search_for_unstorable_text_finds_nothing(desk: Desk, name: str) -> None:
    with pytest.raises(Refused, match="there is no account"):
        accounts.named(desk, name)
    assert audit.entries(desk, who=name) == []


@pytest.mark.parametrize("name", ["\ud800", "路\udfff灯"])
def test_text_beyond_the_limits_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(Refused, match="cannot be kept"):
        audit.write(desk, who=name, role="", scope="", event="login", what="")


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_too_large_for_the_desk_is_refused_or_not_there(desk: Desk, number: int) -> None:
    with pytest.raises(Refused, match=rf"a number is too large for the desk|there is no limit {number}"):
        limits.decide(desk, number, "wang", approve=True)


def test_a_full_desk_says_so(sqlite_desk: Callable[[], Desk]) -> None:
    desk = sqlite_desk()
    with desk.begin() as session:
        session.execute(text("PRAGMA max_page_count = 1"))  # SQLite takes the number of pages that there are
        audit.write(desk, who="wang", role="", scope="", event="login", what="")
    with pytest.raises(DeskError, match="no room on the disk of the desk: make room"):
        for i in range(2000):
            audit.write(desk, who="wang", role="", scope="", event="login", what=f"{i} " + "x" * 400)
    desk.close()


TEXTS = [
    (mapper.class_, attribute.key)
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    for attribute in mapper.column_attrs
    if isinstance(attribute.columns[0].type, String)
]


@pytest.mark.parametrize(("model", "name"), TEXTS, ids=[f"{model.__name__}.{name}" for model, name in TEXTS])
def test_every_desk_refuses_texts_that_one_of_them_cannot_keep(
    sqlite_desk: Callable[[], Desk], model: type[Base], name: str
) -> None:
    """SQLite would take any text, and a longer one than its column says."""
    desk, table = sqlite_desk(), model.__table__
    longest = table.columns[inspect(model).attrs[name].columns[0].name].type.length
    refused_texts = {"cannot be kept": "a\0b"} | ({f"more than {longest}": "长" * (longest + 1)} if longest else {})
    for match, value in refused_texts.items():
        with pytest.raises(Refused, match=match), desk.begin() as session:
            session.add(model(**{name: value}))
    desk.close()


@pytest.mark.parametrize("what", ["moved", "deleted", "replaced"])
def test_a_desk_whose_file_is_taken_away_is_not_written_to_any_more(
    sqlite_desk: Callable[[], Desk], tmp_path: Path, what: str
) -> None:
    """SQLite itself would go on with the file that nobody will find again."""
    desk, file = sqlite_desk(), tmp_path / "desk.sqlite"
    accounts.add(desk, "wang", "Hongqi+2026+x", must_change=False)
    kept = file.rename(tmp_path / "away.sqlite") if what != "deleted" else None
    if what == "deleted":
        file.unlink()
    elif what == "replaced":
        file.write_bytes(b"")
    with pytest.raises(DeskError, match=r"desk\.sqlite is gone or was replaced"):
        accounts.add(desk, "li", "Hongqi+2026+x", must_change=False)
    with pytest.raises(DeskError, match="is gone or was replaced"):
        desk.check()
    if kept:
        kept.replace(file)
        assert accounts.named(desk, "wang").name == "wang", "put back, it serves again"
    desk.close()
