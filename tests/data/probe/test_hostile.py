"""Pages made to keep us busy, pages that only scripts fill, and a server that goes away in the midst of everything."""

import asyncio
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.probe import contents, rules
from data.probe.failures import Failure
from data.probe.net import Answer
from data.probe.page import read
from data.probe.register import Thing
from data.probe.render import renderer
from tests.data.probe import zoo as z
from tests.data.probe.conftest import FakeClock
from tests.data.probe.district import options, probed, registered
from tests.data.probe.zoo import Zoo

AT = datetime(2026, 11, 22, 8)
THING = Thing("s", "k", "site", "n", "http://x/")
HOSTILE = {
    "deep": z.HOSTILE,
    "deeper": "<div>" * 200_000 + "<a href='/x'>2026-11-01 item</a>",
    "rows in rows": "<ul>" + "<li><a href='/x'>x</a> 2026-11-01" * 60_000,
    "one long line": "x" * 4_000_000,
    "dates without end": "<p><a href=/x>" + "2026-11-01 " * 300_000 + "</a></p>",
    "attributes": "<a " + " ".join(f"a{i}='{i}'" for i in range(100_000)) + ">x</a>",
    "quoted attributes": "<a " + "".join(f"a{i}='>'" for i in range(100_000)) + ">x</a>",
    "quotes that never close": "<a href='" * 50_000 + '<p title="' * 50_000,
    "nothing closes": "<table><tr><td><a href=/x>" * 50_000,
    "null bytes": "\x00" * 1_000_000 + "<a href=/x>2026-11-01</a>",
    "entities": "&lt;&#x0;&#99999999;&bogus;" * 100_000,
    "hrefs": "".join(f"<a href='http://[::{i}'>bad address</a>" for i in range(20_000)),
    "script only in name": "<scr\x00ipt>alert(1)</script><iframe src=javascript:alert(1)>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_within_seconds(name: str) -> None:
    began = time.process_time()
    page = read(Answer("http://x/", AT, 0.1, status=200, body=HOSTILE[name].encode("utf-8", "replace")))
    page.pieces()
    contents.listed(page, date(2026, 11, 22))
    contents.elements(page)
    contents.unanswered(page, date(2026, 11, 22))
    list(page.links)
    rules.accessibility(THING, AT, page)
    rules.required_links(THING, AT, page)
    assert time.process_time() - began < 5


def test_a_page_of_random_bytes_is_read(home: Home) -> None:
    body = bytes((i * 7919 + i // 256) % 256 for i in range(500_000))
    page = read(Answer("http://x/", AT, 0.1, headers=(("content-type", "text/html; charset=nonsense"),), body=body))
    assert isinstance(page.title, str)


def test_a_page_that_scripts_fill_is_seen_through_chromium(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, chromium: str | None
) -> None:
    """The browser reaches the one address that was checked: what the page asks of another host leads nowhere."""
    assert chromium, "install Chromium: the README says how"
    other = zoo.house(z.page("<p>elsewhere</p>"))
    script = f"document.body.innerHTML = '<h1>由脚本写出的首页</h1>'; fetch('{other}leak').catch(() => 0)"
    url = zoo.house(z.page(f"<body><script>{script}</script></body>"))
    never = zoo.house(z.page("<body><script>1</script></body>"))
    body = asyncio.run(renderer(chromium, "--no-sandbox")(url, url[7:].split(":")[0]))
    assert "由脚本写出的首页" in body.decode()
    assert zoo.asked[other] == []
    edition = registered(home, [{"key": "full", "url": url}, {"key": "empty", "url": never}], AT)
    found = probed(home, edition, options(tmp_path, chromium=f"{chromium} --no-sandbox"), clock)
    visits = {check["asset"]: check for check in found if check["rule"] == "site_open"}
    assert visits["full"]["passed"]
    assert visits["empty"]["evidence"].startswith(Failure.EMPTY)


def test_a_browser_that_cannot_be_started_is_no_fault_of_the_page(home: Home, zoo: Zoo, tmp_path: Path) -> None:
    url = zoo.house(z.page("<body><script>1</script></body>"))
    edition = registered(home, [{"key": "site", "url": url}], AT)
    found: list[dict[str, Any]] = probed(home, edition, options(tmp_path, chromium="/no/browser"), FakeClock(AT))
    assert next(check for check in found if check["rule"] == "site_open")["passed"]
