"""When a message may be sent to somebody: outside the quiet hours, or once a day as a digest. Local times, naive."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from data.desk.errors import Refused

DAY = timedelta(days=1)
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Hours:
    """Quiet from one time of day to another, over midnight if it is earlier; the time of a daily digest."""

    quiet_from: time | None = None
    quiet_to: time | None = None
    digest: time | None = None

    def release(self, at: datetime) -> datetime:
        """The first instant from `at` on at which a message may be sent."""
        if self.digest is not None:
            at = _next(at, self.digest)
        return _next(at, self.quiet_to) if self.quiet_to is not None and self.is_quiet(at) else at

    def is_quiet(self, at: datetime) -> bool:
        """Whether an instant is in the quiet hours; their end is not."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        now, first, end = at.time(), self.quiet_from, self.quiet_to
        return first <= now < end if first <= end else now >= first or now < end


def of_text(text: str) -> time | None:
    """A time of day such as 22:30; None if empty. Refused for anything else."""
    if not text:
        return None
    match = CLOCK.fullmatch(text)
    if match is None:
        raise Refused("hours.time", "{text} is not a time of day such as 22:30", text=text[:20])
    return time(int(match[1]), int(match[2]))


def _next(at: datetime, clock: time) -> datetime:
    """The first instant from `at` on with this time of day."""
    today = datetime.combine(at.date(), clock)
    return today if today >= at else today + DAY
