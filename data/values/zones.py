"""Time zones: whether a zone's clock ever changes, and which instants a local time can mean."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

LOCAL, INSTANT = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"
"""DuckDB's types of a local time and of an instant."""
SINCE, UNTIL = 1992, 2100
"""Years in which a zone must keep one offset to be a fixed one. China's last summer time ended in 1991."""


@cache
def zone_names() -> frozenset[str]:
    """The names of all time zones. Cached: the standard library searches its folders at each call."""
    return frozenset(available_timezones())


@lru_cache(maxsize=64)
def is_fixed(zone: str) -> bool:
    """Whether the zone keeps one offset from UTC all through SINCE to UNTIL: no summer time and no change of standard.

    Local times of such a zone order and subtract as instants do.
    """
    region = ZoneInfo(zone)
    moments = (datetime(year, month, 1, tzinfo=UTC) for year in range(SINCE, UNTIL) for month in range(1, 13))
    return len({moment.astimezone(region).utcoffset() for moment in moments}) == 1


def time_type(zone: str) -> str:
    """Storage type of times in `zone`: local times if they sort like instants, else instants."""
    return LOCAL if is_fixed(zone) else INSTANT


def elapsed(start: datetime, end: datetime, zone: str) -> timedelta:
    """Elapsed time between two local times of `zone`, including changes of clocks."""
    if is_fixed(zone):
        return end - start
    region = ZoneInfo(zone)
    first, last = (datetime.combine(at.date(), at.time(), region).astimezone(UTC) for at in (start, end))
    return last - first


def candidates(local: datetime, region: ZoneInfo) -> list[datetime]:
    """The instants at which the clocks of `region` show `local`, in order: none in a skipped hour, two in a repeated
    one."""
    instants: list[datetime] = []
    for fold in (0, 1):
        aware = local.replace(tzinfo=region, fold=fold)
        instant = aware.astimezone(UTC)
        if instant.astimezone(region).replace(tzinfo=None) == local and instant not in (
            f.astimezone(UTC) for f in instants
        ):
            instants.append(aware)
    return instants


def day_start(local: datetime, region: ZoneInfo) -> datetime:
    """The first instant of the day that begins at `local`, also where clocks skip or repeat midnight."""
    return local.replace(tzinfo=region, fold=0)
