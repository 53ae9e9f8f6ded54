"""Times of the API: read with or without an offset, always written with one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cockpit import settings


def of_district(at: datetime) -> datetime:
    """A time of the district's clock, as editions keep it, with its offset; one with an offset as it is."""
    return at if at.tzinfo else at.replace(tzinfo=_zone())


def of_desk(at: datetime) -> datetime:
    """A time of the desk, naive UTC, with its offset."""
    return at.replace(tzinfo=UTC)


def local(at: datetime) -> datetime:
    """A time with an offset on the district's clock, naive; one without is on it already."""
    return at.astimezone(_zone()).replace(tzinfo=None) if at.tzinfo else at


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.current().zone)
