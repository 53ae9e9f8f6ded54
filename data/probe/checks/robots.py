"""Requests allowed by a site's robots.txt. The site's owner may waive it: it is the owner's site that is checked."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from data.probe.network.net import AGENT
from data.probe.web.answer import Answer

KEPT = timedelta(days=1)
MOST_BYTES = 200_000
LONGEST_DELAY = 30.0
Asking = Callable[[str], Awaitable[Answer]]


class Robots:
    """The robots.txt of every host, requested once a day. Rules with `*` and `$` are those of RFC 9309."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, Protego]] = {}

    async def allows(self, url: str, ask: Asking, now: datetime) -> bool:
        """Whether a page may be requested. A file that is missing, out of reach or no robots.txt forbids nothing."""
        return (await self._of(url, ask, now)).can_fetch(url, AGENT)

    def delay(self, url: str) -> float:
        """Seconds that the host wants between two requests, at most LONGEST_DELAY."""
        cached = self._known.get(_root(url))
        return min(max(cached[1].crawl_delay(AGENT) or 0.0, 0.0), LONGEST_DELAY) if cached else 0.0

    async def _of(self, url: str, ask: Asking, now: datetime) -> Protego:
        root = _root(url)
        cached = self._known.get(root)
        if cached and now < cached[0] + KEPT:
            return cached[1]
        answer = await ask(f"{root}/robots.txt")
        if not answer.ok and answer.status == 0 and cached:
            return cached[1]
        rules = parsed(answer.body) if answer.status == 200 else Protego.parse("")
        self._known[root] = (now, rules)
        return rules


def parsed(body: bytes) -> Protego:
    """The rules of a robots.txt. A web page in its place, as many servers send, has none."""
    text = body[:MOST_BYTES].decode("utf-8-sig", "replace")
    return Protego.parse("" if "<html" in text[:500].lower() else text)


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
