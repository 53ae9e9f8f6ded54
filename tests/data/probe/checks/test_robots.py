"""robots.txt by RFC 9309: wildcards, the longest rule, groups, and whatever servers send in its place."""

import asyncio
import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.probe.checks.robots import LONGEST_DELAY, Robots, parsed
from data.probe.network.net import AGENT, Answer

AT = datetime(2026, 11, 22, 8)
SITE = "https://a.example"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /*.php$", "/index.php", False),
        ("Disallow: /*.php$", "/index.php?id=1", True),
        ("Disallow: /*?", "/list?page=2", False),
        ("Disallow: /*?", "/list", True),
        ("Disallow: /*/print/", "/news/print/1.html", False),
        ("Disallow: /\nAllow: /$", "/", True),
        ("Disallow: /\nAllow: /$", "/news", False),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a\nDisallow: /a/b", "/a/b/c", False),
        ("Disallow: /首页", "/%E9%A6%96%E9%A1%B5", False),
        ("Disallow:", "/anything", True),
        ("Disallow: *", "/anything", False),
    ],
)
def test_wildcards_and_the_longest_rule(rules: str, path: str, allowed: bool) -> None:
    assert parsed(f"User-agent: *\n{rules}\n".encode()).can_fetch(SITE + path, AGENT) is allowed


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n", False),
        (b"User-agent: *\r\nDisallow: /\r\n", False),
        (b"user-agent:*\rdisallow:/\r", False),
        (b"User-agent: GovernanceCockpit-Prober\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False),
        (b"User-agent: GovernanceCockpit-Prober\nAllow: /\n\nUser-agent: *\nDisallow: /\n", True),
        (b"User-agent: Baiduspider\nUser-agent: *\nDisallow: /\n", False),
        (b"User-agent: Baiduspider\nDisallow: /\n", True),
        (b"<!doctype html><html><body>User-agent: *\nDisallow: /\n</body></html>", True),
        (b"# " + "注释".encode("gbk") + b"\nUser-agent: *\nDisallow: /\n", False),
        (b"", True),
    ],
    ids=["mark", "CRLF", "CR", "our name", "let in by name", "group of two", "others", "a page", "GBK", "empty"],
)
def test_files_as_servers_send_them(body: bytes, allowed: bool) -> None:
    assert parsed(body).can_fetch(f"{SITE}/news", AGENT) is allowed


@given(st.binary(max_size=400))
def test_any_bytes_are_read(body: bytes) -> None:
    rules = parsed(b"User-agent: *\n" + body)
    assert rules.can_fetch(f"{SITE}/", AGENT) in (True, False)


def test_a_file_made_to_keep_us_busy_is_read_in_time() -> None:
    began = time.process_time()
    rules = parsed(b"User-agent: *\n" + b"Disallow: /" + b"*a" * 50_000 + b"$\n" + b"Disallow: /*x*y$\n" * 5_000)
    rules.can_fetch(f"{SITE}/{'a' * 2_000}", AGENT)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(("said", "seconds"), [("2.5", 2.5), ("900", LONGEST_DELAY), ("-3", 0), ("often", 0)])
def test_the_delay_that_a_host_wants(said: str, seconds: float) -> None:
    async def ask(url: str) -> Answer:
        return Answer(url, AT, 0.1, status=200, body=f"User-agent: *\nCrawl-delay: {said}\n".encode())

    robots = Robots()
    asyncio.run(robots.allows(f"{SITE}/", ask, AT))
    assert robots.delay(f"{SITE}/news") == seconds
