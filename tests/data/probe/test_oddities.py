"""What Chromium opens is not reported down, whatever the habits of its server."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Browser, Error, async_playwright

from data.home import Home
from data.probe import service
from data.probe.checks.page import read
from data.probe.checks.rules import Check
from data.probe.network.failures import Failure
from data.probe.network.net import Answer, Ask, Net
from data.probe.web.unpack import CODINGS, unpacked
from tests.data.probe.conftest import FakeClock
from tests.data.probe.district import options, registered
from tests.data.probe.oddities import FAULTY, REPLIES, TITLE, serve
from tests.data.probe.zoo import Zoo

AT = datetime(2026, 11, 22, 8)
TOGETHER = 4
MARKLESS = {"page-field", "page-drawing", "page-frames", "page-iframe", "page-background"}
"""Pages that show something else than the title."""
DOUBTED = {
    "page-iframe", "page-background", "script-writes", "script-leads", "script-challenge",
    "version-09", "length-two", "chunked-not",
}  # fmt: skip
"""Pages that only a browser can decide on; Chromium opens all but the last three."""
DOWN = {"refresh-to-missing": "4xx", "nothing": "reset", "missing": "4xx", "broken": "5xx"}
"""What needs no browser to be down."""


@pytest.fixture(scope="module")
def server(zoo: Zoo) -> str:
    """The address of the odd server, such as http://127.0.0.1:40123/."""
    starting = asyncio.start_server(serve, "127.0.0.1", 0)
    made = asyncio.run_coroutine_threadsafe(starting, zoo.loop).result(10)
    zoo.servers.append(made)
    return f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}/"


def ask(net: Net, url: str) -> Answer:
    return asyncio.run(net.ask(Ask(url), lambda host, port: True, AT))


@pytest.mark.parametrize("name", sorted(REPLIES.keys() - DOUBTED - MARKLESS - {"page-large"}))
def test_the_page_is_read(net: Net, server: str, name: str) -> None:
    answer = ask(net, server + name)
    assert (answer.failure, answer.detail) == (None, "")
    assert TITLE in read(answer).text


def test_bytes_of_a_redirect_go_back_as_they_came(net: Net, server: str) -> None:
    assert ask(net, f"{server}location-gbk").redirects == (f"{server}location-gbk/%CA%D7%D2%B3",)
    assert ask(net, f"{server}location-gbk-read").final == f"{server}location-gbk-read/%E9%A6%96%E9%A1%B5"


def visits(
    home: Home, server: str, names: Sequence[str], folder: Path, chromium: str, clock: FakeClock
) -> dict[str, Check]:
    """What one visit finds of each page, by its name."""
    sites = [{"key": name, "url": server + name} for name in names]
    extras = {name: {"waive_robots": True} for name in names}
    edition = registered(home, sites, AT)

    async def visit() -> dict[str, Check]:
        runner = service.made(home, edition, options(folder, extras, chromium=chromium), clock)
        things = runner.jobs.register.things.values()
        checks = {thing.key: (await runner.jobs.do("visit", thing))[0] for thing in things}
        runner.jobs.state.close()
        return checks

    return asyncio.run(visit())


def test_without_a_browser_doubt_is_no_failure(home: Home, server: str, tmp_path: Path, clock: FakeClock) -> None:
    checks = visits(home, server, [*REPLIES, *FAULTY], tmp_path, "", clock)
    doubted = {name for name, check in checks.items() if check.rule == "uncertain"}
    assert doubted == DOUBTED | (FAULTY.keys() - DOWN.keys())
    assert not any(checks[name].passed for name in doubted)
    assert {name: check.evidence.split()[0] for name, check in checks.items() if check.rule == "site_open"
            and not check.passed} == DOWN  # fmt: skip


@pytest.mark.slow
def test_sites_that_chromium_opens_are_open(
    home: Home, server: str, tmp_path: Path, clock: FakeClock, chromium: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look at every page of the server, the prober with its own browser where it is in doubt."""
    monkeypatch.setattr("data.probe.checks.render.FILLING", 1.5)
    opened = asyncio.run(opened_by_chromium(chromium, [server + name for name in [*REPLIES, *FAULTY]]))
    by_chromium = {name for name, is_open in zip([*REPLIES, *FAULTY], opened, strict=True) if is_open}
    assert len(by_chromium) > 100, "the server is one that browsers open"
    checks = visits(home, server, [*REPLIES, *FAULTY], tmp_path, f"{chromium} --no-sandbox", clock)
    assert {check.rule for check in checks.values()} <= {"site_open", "uncertain"}
    down = {name for name, check in checks.items() if check.rule == "site_open" and not check.passed}
    assert not by_chromium & down
    assert by_chromium <= {name for name, check in checks.items() if check.passed}
    assert down >= FAULTY.keys() - {"leads-nowhere", "empty-cut", "loop-refresh"}


async def opened_by_chromium(chromium: str | None, urls: Sequence[str]) -> list[bool]:
    """Which pages show something and are no error."""
    turn = asyncio.Semaphore(TOGETHER)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        return await asyncio.gather(*(_opens(browser, url, turn) for url in urls))


async def _opens(browser: Browser, url: str, turn: asyncio.Semaphore) -> bool:
    script = """() => document.body && (document.body.innerText.trim() !== '' ||
        document.querySelector('input, button, svg, frame, iframe, [style*=background]') !== null)
        && location.protocol === 'http:' && performance.getEntriesByType('navigation')[0].responseStatus < 400"""
    async with turn:
        context = await browser.new_context()
        page = await context.new_page()
        try:
            await page.goto(url, wait_until="commit", timeout=8_000)
            await page.wait_for_timeout(1_800 if "later" in url else 300)
            return bool(await page.evaluate(script))
        except Error:
            return False
        finally:
            await context.close()


# --- no page can make us fail -------------------------------------------------------------------------------------


@given(st.binary(max_size=600), st.sampled_from([*CODINGS, "gzip, br", "x", ""]), st.sampled_from([0, 1, 100, 10_000]))
def test_any_bytes_are_unpacked_within_the_limit(body: bytes, coding: str, most: int) -> None:
    assert len(unpacked(body, coding, most)) <= most


@given(
    st.lists(
        st.sampled_from(
            [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302\r\n", b"Location: /\xff\r\n", b"Location: http://[\r\n",
             b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\n", b"Content-Encoding: br\r\n", b"\r\n", b"\n",
             b"Set-Cookie: =;;Expires=x;Max-Age=;Path\r\n", b"Refresh: .;url=\r\n", b": \r\n", b"5\r\nhello\r\n",
             b"0\r\n\r\n", b"<meta http-equiv=refresh content=0;url=//>", b"\x1f\x8b\x08\x04\xff\xff", b"\x00"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_any_answer_ends_in_a_class(parts: list[bytes]) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(parts))
        writer.close()

    async def fetch() -> Answer:
        server = await asyncio.start_server(reply, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return await NET.ask(Ask(url), lambda host, port: True, AT)

    answer = asyncio.run(fetch())
    assert answer.failure in (None, Failure.BROKEN, Failure.RESET, Failure.REDIRECTS)


NET = Net(service.Allowance.of(["127.0.0.0/8"]))
