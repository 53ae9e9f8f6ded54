"""Visitors: the session of a token and its grants today, cached briefly."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cockpit import settings
from cockpit.access.policy import Grants, Held
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError
from data.desk.identity import accounts, sessions
from data.desk.identity.roles import ADMINISTRATORS
from data.desk.identity.sessions import Session
from data.desk.store import Desk, open_desk
from data.errors import DataError

COOKIE = "cockpit_session"
FRESH_SECONDS = 2.0
"""Cache time. A revoked session or grant takes effect within it."""
STALE_SECONDS = 30.0
"""Age up to which a cached visitor is used while the desk is busy; after that the request waits for the desk."""
AT_ONCE = 4
"""Concurrent desk queries."""
ASK_SECONDS = 0.1
"""Seconds that a known visitor waits for a desk query; then the cached visitor serves."""
ASK_SECONDS_NEW = 10.0
"""Seconds that an unknown token waits."""
GONE_SECONDS = 5.0
"""Seconds without desk queries for known visitors after the desk failed."""
REMEMBERED = 10_000


@dataclass(frozen=True)
class Visitor:
    """A signed-in account: session and grants."""

    session: Session
    grants: Grants

    @property
    def name(self) -> str:
        return self.session.name

    @property
    def lacks_factor(self) -> bool:
        """Whether a second factor is compulsory and was not shown in this session."""
        if self.session.factor or self.session.demo:
            return False
        everyone = settings.current().second_factor == "all"
        return everyone or any(role in ADMINISTRATORS for role in self.grants.roles)


def desk() -> Desk:
    """This process's desk. Raises DeskError when it cannot be reached."""
    config = settings.current()
    key = (config.desk_url, config.custody)
    known = _desks.get(key)
    if known is None:
        opened = open_desk(*key)
        known = _desks.setdefault(key, opened)
        if known is not opened:  # another thread was first
            opened.close()
    return known


def close_desks() -> None:
    """Close the desks of this process; they are opened again when they are needed."""
    while _desks:
        _desks.popitem()[1].close()


_desks: dict[tuple[str, Custody], Desk] = {}


class Visitors:
    """Short-lived cache of visitors. Keeps serving while the desk is unreachable, so that screens stay readable."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()
        self._lock = threading.Lock()
        self._gone_until = 0.0
        self._asking = threading.Semaphore(AT_ONCE)

    def of(self, token: str | None) -> Visitor | None:
        """The visitor of a token; None without a valid session. Raises DeskError if the desk cannot answer."""
        if not token:
            return None
        if known := self.just_now(token):
            return known
        with self._lock:
            at, known = self._known.get(token, (0.0, None))
        if known and _is_over(known.session):
            known = None
        if known and time.monotonic() < self._gone_until:
            return known  # a query to an unreachable desk blocks: one at a time is enough
        recent = known is not None and time.monotonic() - at < STALE_SECONDS
        if not self._asking.acquire(timeout=ASK_SECONDS if recent else ASK_SECONDS_NEW):
            if known is None or not recent:
                raise DeskError("desk.silent", "the desk does not answer: see that it runs, then try again")
            return known
        try:
            visitor = _read(token)
        except DataError:
            self._gone_until = time.monotonic() + GONE_SECONDS
            if known is None:
                raise
            visitor = known
        finally:
            self._asking.release()
        with self._lock:
            self._known.pop(token, None)
            if visitor:
                self._known[token] = (time.monotonic(), visitor)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return visitor

    def just_now(self, token: str | None) -> Visitor | None:
        """The visitor if cached within FRESH_SECONDS; never blocks."""
        at, known = self._known.get(token or "", (0.0, None))
        return known if known and time.monotonic() - at < FRESH_SECONDS else None

    def remembers(self, token: str) -> bool:
        """Whether the token is cached."""
        return token in self._known

    def forget(self, token: str) -> None:
        with self._lock:
            self._known.pop(token, None)


known = Visitors()


def limits() -> tuple[timedelta, timedelta]:
    """Idle limit and maximum duration of a session."""
    config = settings.current()
    return timedelta(minutes=config.session_idle), timedelta(hours=config.session_longest)


def _is_over(session: Session) -> bool:
    """Whether a session has reached its maximum duration; needs no desk."""
    return session.started_at + limits()[1] < clock.now()


def today() -> date:
    """Today in the district's time zone; grants are valid by this date."""
    return datetime.now(ZoneInfo(settings.current().zone)).date()


def _read(token: str) -> Visitor | None:
    idle, longest = limits()
    session = sessions.read(desk(), token, idle=idle, longest=longest)
    if session is None or (session.demo and not settings.current().demo):
        return None
    stored = accounts.grants_of(desk(), session.account_id, today(), by_provider=session.by_provider)
    return Visitor(session, grants(stored))


def grants(stored: tuple[accounts.Grant, ...]) -> Grants:
    """Grants from stored roles on areas, sorted so that equal grants compare equal."""
    scopes = {
        Held(g.role, g.area, end_of(g.area), g.unit) if g.area is not None else Held(g.role, 0, 0) for g in stored
    }
    return Grants(tuple(sorted(scopes, key=lambda h: (h.first, -h.end, h.role, h.unit))))
