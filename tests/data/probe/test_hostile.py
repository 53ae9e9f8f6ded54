"""Pages that try to waste the prober's time."""

import time
from datetime import date, datetime

import pytest

from data.home import Home
from data.probe.checks import contents, rules
from data.probe.checks.page import read
from data.probe.network.net import Answer
from data.probe.register import Thing
from tests.data.probe import zoo as z

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
