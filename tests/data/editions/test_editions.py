"""Reading editions: the pointer, what stands in for a damaged one, rolling back, many threads."""

import logging
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from data.editions import edition as editions
from data.editions import files as edition_files
from data.editions.edition import Edition, current, open_edition, rollback
from data.editions.files import path_of
from data.editions.publish import publish
from data.errors import DataError
from data.home import Home
from tests.data.stock import ROLLUPS, a_case, put, put_areas

AS_OF = datetime(2026, 6, 1, 8)


def published(home: Home, day: int = 1) -> str:
    return publish(home, ROLLUPS[:1], as_of=AS_OF.replace(day=day)).edition


@pytest.fixture
def stocked(home: Home) -> Home:
    put_areas(home)
    put(home, "cases", [a_case(i, datetime(2026, 5, 1)) for i in range(3)])
    return home


def count(edition: Edition) -> int:
    return edition.cursor().execute("SELECT count(*) FROM cases").fetchone()[0]


def the_current(home: Home) -> Edition:
    edition = current(home)
    assert edition is not None
    return edition


def test_no_edition_before_first_publish(home: Home) -> None:
    assert current(home) is None
    assert editions.editions(home) == []


def test_edition_metadata(stocked: Home) -> None:
    id = publish(stocked, ROLLUPS[:1], as_of=AS_OF, demo=True).edition
    edition = the_current(stocked)
    assert (edition.id, edition.as_of, edition.zone, edition.demo) == (id, AS_OF, "Asia/Shanghai", True)
    assert edition.published_at.tzinfo is None
    assert edition.fallback is None
    assert edition.meta["cases"] == "3"
    listed = editions.editions(stocked)
    assert [(e.id, e.as_of, e.cases, e.current, e.demo) for e in listed] == [(id, AS_OF, 3, True, True)]
    assert listed[0].size_mb > 0.1


def test_readers_see_new_edition_and_keep_open_one(stocked: Home) -> None:
    published(stocked, 1)
    first = the_current(stocked)
    cursor = first.cursor()
    for day in range(2, 4 + editions.MAX_OPEN):
        put(stocked, "cases", [a_case(f"more {day}", datetime(2026, 5, 1))])
        newest = published(stocked, day)
        assert the_current(stocked).id == newest
    assert the_current(stocked) is the_current(stocked)
    assert cursor.execute("SELECT count(*) FROM cases").fetchone() == (3,)
    assert count(first) == 3
    assert count(the_current(stocked)) == 3 + 2 + editions.MAX_OPEN


def test_only_a_few_editions_stay_open(stocked: Home) -> None:
    for day in range(1, 4 + editions.MAX_OPEN):
        published(stocked, day)
        the_current(stocked)
    for info in editions.editions(stocked):
        open_edition(stocked, info.id)
    open_files = {Path(link).resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()}
    edition_files = [file for file in open_files if file.parent == stocked.editions and file.suffix == ".duckdb"]
    assert len(edition_files) == editions.MAX_OPEN
    assert the_current(stocked).path in edition_files


def test_rollback_points_at_an_older_edition_and_back(stocked: Home) -> None:
    old, new = published(stocked, 1), published(stocked, 2)
    rollback(stocked, old)
    assert the_current(stocked).id == old
    assert [(e.id, e.current) for e in editions.editions(stocked)] == [(new, False), (old, True)]
    rollback(stocked, new)
    assert the_current(stocked).id == new


def test_unknown_edition_error_suggests_similar_id(stocked: Home) -> None:
    id = published(stocked)
    with pytest.raises(DataError, match=f'no edition "{id[:-1]}": did you mean "{id}"'):
        rollback(stocked, id[:-1])
    for name in ("../../store", "", "CURRENT", f"../editions/edition-{id}"):
        with pytest.raises(DataError, match="there is no edition"):
            open_edition(stocked, name)
    assert the_current(stocked).id == id


def test_damaged_edition_falls_back_to_newest_older_one(stocked: Home, caplog: pytest.LogCaptureFixture) -> None:
    first, second, third = (published(stocked, day) for day in (1, 2, 3))
    path_of(stocked, third).write_bytes(b"not a database" * 1000)
    with caplog.at_level(logging.WARNING):
        edition = the_current(stocked)
    assert (edition.id, edition.fallback) == (second, f"edition {third} cannot be read")
    assert third in caplog.text
    assert count(edition) == 3

    with pytest.raises(DataError, match=f"edition {third} is damaged"):
        open_edition(stocked, third)
    assert [e.id for e in editions.editions(stocked)] == [second, first]

    fourth = published(stocked, 4)
    assert (the_current(stocked).id, the_current(stocked).fallback) == (fourth, None)
    rollback(stocked, second)
    assert (the_current(stocked).id, the_current(stocked).fallback) == (second, None)


def cut(file: Path) -> None:
    with file.open("r+b") as handle:
        handle.truncate(file.stat().st_size // 2)


def dangle(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_suffix(".nowhere"))


def empty_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def unreadable(file: Path) -> None:
    file.chmod(0)


def another_database(file: Path) -> None:
    file.unlink()
    with duckdb.connect(str(file)) as con:
        con.execute("CREATE TABLE something AS SELECT 1 AS else")


@pytest.mark.parametrize("damage", [Path.unlink, cut, dangle, empty_folder, unreadable, another_database])
def test_any_damage_of_newest_file_falls_back_to_older_edition(home: Home, damage: object) -> None:
    put_areas(home)
    first, second = published(home, 1), published(home, 2)
    damage(path_of(home, second))  # type: ignore[operator]
    edition = the_current(home)
    may_still_read = damage is unreadable and edition.id == second  # root reads everything
    assert may_still_read or (edition.id == first and edition.fallback)
    assert count(edition) == 0


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe\x00", b"20260101-000000-0000\n", None])
def test_dangling_pointer_falls_back_to_readable_edition(stocked: Home, content: bytes | None) -> None:
    published(stocked, 1)
    newest = published(stocked, 2)
    pointer = stocked.editions / edition_files.POINTER
    pointer.unlink()
    if content is not None:
        pointer.write_bytes(content)
    if content and content.startswith(b"2026"):
        # an id, but older than every edition there is
        with pytest.raises(DataError, match="none of the editions"):
            current(stocked)
        return
    edition = the_current(stocked)
    assert edition.id == newest
    assert edition.fallback


def test_no_readable_edition_error_gives_remedy(stocked: Home) -> None:
    path_of(stocked, published(stocked)).write_bytes(b"")
    with pytest.raises(DataError, match=r"none of the editions in .* can be read: publish again"):
        current(stocked)
    published(stocked, 2)
    assert count(the_current(stocked)) == 3


def test_an_edition_is_read_only_and_reaches_no_other_file(stocked: Home) -> None:
    published(stocked)
    cursor = the_current(stocked).cursor()
    for statement in (
        "DELETE FROM cases",
        f"SELECT * FROM read_csv('{stocked.store}')",
        f"ATTACH '{stocked.store}' AS store",
        f"COPY cases TO '{stocked.root}/stolen.csv'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ):
        with pytest.raises(duckdb.Error):
            cursor.execute(statement)


@pytest.mark.slow  # publishes for seconds under load
def test_many_threads_read_while_editions_come_and_go(stocked: Home) -> None:
    published(stocked, 1)
    over, counts = threading.Event(), set()

    def read() -> int:
        number = 0
        while not over.is_set():
            edition = the_current(stocked)
            assert count(edition) == int(edition.meta["cases"])
            counts.add(edition.id)
            number += 1
        return number

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(6)]
        try:
            for day in range(2, 7):
                put(stocked, "cases", [a_case(f"more {day}", datetime(2026, 5, 1))])
                last = publish(stocked, ROLLUPS[:1], as_of=AS_OF.replace(day=day), keep=2).edition
        finally:
            over.set()
        assert all(reader.result() for reader in readers)
    assert the_current(stocked).id == last


def test_closed_edition_reopens(stocked: Home) -> None:
    published(stocked)
    edition = the_current(stocked)
    edition.close()
    assert count(edition) == 3
    assert edition == Edition(stocked, edition.id)
    assert len({edition, Edition(stocked, edition.id)}) == 1


def test_another_process_publishes_and_this_one_sees_it(stocked: Home) -> None:
    first = published(stocked, 1)
    assert the_current(stocked).id == first
    program = (
        "import sys; from pathlib import Path; from datetime import datetime; from data.home import Home; "
        "from data.editions.publish import publish; "
        "print(publish(Home(Path(sys.argv[1]), memory='1GB'), [], as_of=datetime(2026, 6, 3)).edition)"
    )
    run = [sys.executable, "-c", program, str(stocked.root)]
    output = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert the_current(stocked).id == output.stdout.split()[0] != first


def test_two_homes_do_not_mix(home: Home, tmp_path: Path) -> None:
    put_areas(home)
    other_home = Home(tmp_path / "other", memory="1GB")
    shutil.copytree(home.root, other_home.root)
    one, two = published(home, 1), published(other_home, 2)
    assert (the_current(home).id, the_current(other_home).id) == (one, two)
