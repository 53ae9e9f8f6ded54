"""Failures under open screens: the desk, the edition file, an endless query, the server."""

import asyncio
import errno
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from cockpit.access import guard, visitors
from cockpit.access.visitors import Visitors
from data.desk.errors import DeskError
from data.desk.store import open_desk
from data.editions import queries
from data.editions.edition import current, open_edition
from data.editions.files import ids
from data.errors import Damaged, TooSlow
from data.home import Home
from tests import drawn
from tests.serving.conftest import Server, sessions_of

ENDLESS = "SELECT count(*) FROM range(100_000_000) a, range(100_000) b"
Start = Callable[..., Server]
Own = Callable[[], Path]


@pytest.fixture(scope="module")
def server(start: Start, own: Own) -> Server:
    return start(own())


@contextmanager
def locked(desk: Path) -> Iterator[None]:
    """Nobody else can write to the desk, as while somebody copies it or a disk hangs."""
    holder = sqlite3.connect(desk, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


@pytest.fixture
def limit() -> Iterator[Callable[[float], None]]:
    yield queries.limit
    queries.limit(None)


def test_a_question_without_end_is_stopped_at_the_limit(original: Path, limit: Callable[[float], None]) -> None:
    home = Home(original, memory="1GB")
    edition = open_edition(home, ids(home)[-1])
    limit(0.3)
    endings: list[str] = []
    queries.observe(lambda seconds, ended: endings.append(ended))
    cursor, started = edition.cursor(), time.monotonic()
    with pytest.raises(TooSlow, match=r"longer than 0\.3 seconds .* COCKPIT_QUERY_SECONDS"):
        cursor.execute(ENDLESS).fetchall()
    assert 0.3 <= time.monotonic() - started < 30
    assert cursor.execute("SELECT 2").fetchall() == [(2,)], "the cursor can be used again"
    time.sleep(0.6)
    assert edition.cursor().execute("SELECT count(*) FROM cases").fetchone() == (60,), "a quick one is not stopped"
    assert endings.count("stopped") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TooSlow("query.too_slow", "stopped"), "查询超过 30 秒，已中止"),
        (Damaged("edition.damaged", "broken"), "显示较早的数据"),
        (OSError(errno.ENOSPC, "No space left on device"), "服务器磁盘已满"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "服务器磁盘已满"),
    ],
)
def test_a_screen_says_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    monkeypatch.setattr(guard, "token", lambda: "")

    def script(error: Exception) -> None:
        from cockpit import problem

        assert problem.of_a_run(error)

    page = AppTest.from_function(script, kwargs={"error": error}, default_timeout=30).run()
    assert not page.exception
    assert said in drawn.html(page)


def test_rows_that_trickle_are_stopped_as_well(original: Path, limit: Callable[[float], None]) -> None:
    """DuckDB answers before it has everything; the limit holds for the whole answer."""
    home = Home(original, memory="1GB")
    edition = open_edition(home, ids(home)[-1])
    limit(0.3)
    cursor = edition.cursor().execute("SELECT a.range FROM range(100_000_000) a, range(100) b")
    with pytest.raises(TooSlow):
        cursor.fetchall()


@pytest.mark.parametrize("touched", [True, False], ids=["the change shows", "the disk rots"])
def test_a_file_destroyed_while_it_is_read_gives_way_to_the_one_before(own: Own, touched: bool) -> None:
    home = Home(own(), memory="1GB")
    older, newest = ids(home)
    edition = current(home)
    assert edition
    assert edition.id == newest
    destroy(edition.path, touched=touched)
    if not touched:
        assert current(home) is edition, "nothing has shown it yet"
        with pytest.raises(Damaged, match=r"publish again or roll back"):
            edition.cursor().execute("SELECT count(hash(t)) FROM cases t").fetchone()
    served = current(home)
    assert served
    assert served.id == older
    assert newest in (served.fallback or "")
    assert served.cursor().execute("SELECT count(*) FROM cases").fetchone() == (30,)
    with pytest.raises(Damaged):
        edition.cursor()


def test_locked_desk_does_not_block_reading(server: Server) -> None:
    asyncio.run(_reading_goes_on(server))


async def _reading_goes_on(server: Server) -> None:
    async with AsyncExitStack() as screens:
        crowd = [await screens.enter_async_context(server.viewer()) for _ in range(8)]
        for viewer in crowd:
            await viewer.run()
        with locked(server.home / "desk.sqlite"):
            await asyncio.sleep(2.5)  # what is known of a session holds for two seconds
            times = await asyncio.gather(*(viewer.run() for viewer in crowd))
            assert max(times) < 2, "reading waited for the desk"
            response = await asyncio.to_thread(
                httpx.post, f"{server.address}/login", data={"name": "wang", "password": "x"},
                headers={"Origin": server.address}, timeout=30,
            )  # fmt: skip
            assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert "业务库没有响应" in response.text
            assert "desk.sqlite" not in response.text, "where it lies is not for the door"


def test_three_hundred_reruns_do_not_hang_on_a_desk_that_is_gone(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk is unreadable: cached sessions stay valid, and one request a moment checks whether it is back."""
    home = own()
    url = f"sqlite:///{home / 'desk.sqlite'}"
    tokens = sessions_of(home, 300)
    desk, known = open_desk(url), Visitors()
    monkeypatch.setattr(visitors, "desk", lambda: desk)
    monkeypatch.setattr(visitors, "FRESH_SECONDS", 0.0)
    assert all(known.of(token) for token in tokens)
    desk.close()
    holder = sqlite3.connect(home / "desk.sqlite", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DeskError):
        desk.check()
    sessions_read, started = [], time.monotonic()
    threads = [
        threading.Thread(target=lambda t=token: sessions_read.append(known.of(t))) for token in tokens for _ in "12"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    took = time.monotonic() - started
    holder.execute("ROLLBACK")
    holder.close()
    assert len(sessions_read) == 600
    assert all(sessions_read)
    assert took < 15, f"{took:.1f} s"
    assert known.of(tokens[0])
    desk.close()


def test_a_server_whose_file_is_destroyed_serves_the_one_before_and_says_so(server: Server) -> None:
    asyncio.run(_older_data_are_shown(server))


async def _older_data_are_shown(server: Server) -> None:
    before = server.get("/readyz", signed_in=True).json()
    assert before["instead_of_newest"] is None
    async with server.viewer() as viewer:
        await viewer.run()
        destroy(server.home / "editions" / f"edition-{before['edition']}.duckdb")
        await viewer.run()
        assert "最新版本无法读取" in viewer.said.decode("utf-8", "ignore")
    ready = server.get("/readyz", signed_in=True)
    assert ready.status_code == httpx.codes.OK, "it serves"
    assert ready.json()["edition"] < before["edition"]
    assert before["edition"] in ready.json()["instead_of_newest"]
    assert "is damaged" in server.log


@pytest.mark.slow  # a server with open screens
def test_sigterm_ends_a_server_in_order_with_screens_open(start: Start, own: Own) -> None:
    home = own()
    newest = sorted((home / "editions").glob("*.duckdb"))[-1]
    newest.write_bytes(os.urandom(200_000))
    server = start(home)
    assert newest.stem.removeprefix("edition-") in server.get("/readyz", signed_in=True).json()["instead_of_newest"], (
        "from the start"
    )
    asyncio.run(_ends_in_order(server))
    assert "Traceback" not in server.log
    assert "nanobind" not in server.log


async def _ends_in_order(server: Server) -> None:
    async with AsyncExitStack() as screens:
        for viewer in [await screens.enter_async_context(server.viewer()) for _ in range(3)]:
            await viewer.run()
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(server.process.wait, 30)
        assert code == 0, server.log
        assert time.monotonic() - started < 25


def destroy(file: Path, *, touched: bool = True) -> None:
    """Overwrite all but the head of a file in place; untouched, its time of change stays as it was."""
    before, size = file.stat(), file.stat().st_size
    with file.open("r+b") as out:
        out.seek(12_288)
        out.write(os.urandom(size - 12_288))
    if not touched:
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
