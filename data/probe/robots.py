"""What a site's robots.txt lets us ask. The owner may waive it: it is the owner's site that is checked."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from data.probe.net import AGENT, Answer

KEPT = timedelta(days=1)
MOST_BYTES = 200_000
LONGEST_DELAY = 30.0
Asking = Callable[[str], Awaitable[Answer]]


class Robots:
    """The files of all hosts, asked for once a day each."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, RobotFileParser]] = {}

    async def allows(self, url: str, ask: Asking, now: datetime) -> bool:
        """Whether a page may be asked for. A file that is not there forbids nothing; one out of reach neither."""
        return (await self._of(url, ask, now)).can_fetch(AGENT, url)

    def delay(self, url: str) -> float:
        """Seconds that the host wants between two requests, as far as we heed it."""
        known = self._known.get(_root(url))
        return min(float(known[1].crawl_delay(AGENT) or 0), LONGEST_DELAY) if known else 0.0

    async def _of(self, url: str, ask: Asking, now: datetime) -> RobotFileParser:
        root = _root(url)
        known = self._known.get(root)
        if known and now < known[0] + KEPT:
            return known[1]
        answer = await ask(f"{root}/robots.txt")
        if not answer.ok and answer.status == 0 and known:
            return known[1]
        told = RobotFileParser()
        text = answer.body[:MOST_BYTES].decode("utf-8", "replace") if answer.status == 200 else ""
        told.parse([] if "<html" in text[:500].lower() else text.splitlines())
        told.modified()
        self._known[root] = (now, told)
        return told


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
