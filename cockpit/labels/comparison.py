"""The comparison period in words: `较上月同期（10-01 至 10-28）`."""

from datetime import date, datetime

from cockpit.i18n import _
from cockpit.labels import format
from metrics.analysis.compare import Comparison, against, is_complete, unit_of
from metrics.period import DAY, Period


def label(period: Period, how: Comparison, as_of: datetime, *, exact: bool = False) -> str:
    """The label of a change: comparison period and its days. exact: with the time of day it is cut at."""
    other = against(period, how, as_of)
    return _("vs {name} ({days})", name=_name(period, how, as_of), days=days(other, period, exact=exact))


def days(of: Period, other: Period, *, exact: bool = False) -> str:
    """`10-01 至 10-28`: the first and last day, with their year if it differs from that of the other period."""
    last = of.end - DAY
    own_year = last.year != (other.end - DAY).year or of.start.year != last.year

    def day(moment: date) -> str:
        return format.day(moment) if own_year else f"{moment:%m-%d}"

    hour = f" {format.clock(of.until)}" if exact and of.until else ""
    if of.days == 1:
        return day(last) + hour
    return _("{start} to {end}", start=day(of.start), end=day(last) + hour)


def _name(period: Period, how: Comparison, as_of: datetime) -> str:
    """`上月` of a whole month, `上月同期` of its beginning."""
    if how == "last_year":
        return _("the same days last year")
    complete = is_complete(period, as_of)
    match unit_of(period, as_of):
        case "week":
            return _("the week before") if complete else _("the same days of the week before")
        case "month":
            return _("the month before") if complete else _("the same days of the month before")
        case "quarter":
            return _("the quarter before") if complete else _("the same days of the quarter before")
        case "year":
            return _("the year before") if complete else _("the same days of the year before")
        case "months":
            return _("the months before")
        case _:
            n = against(period, how, as_of).days
            return _("the day before") if n == 1 else _("the {n} days before", n=n)
