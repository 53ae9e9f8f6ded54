"""Parse times as people write them. Each text gives its only possible instant, or is refused with a reason.

DuckDB casts plain ISO times (data.values.sql); other formats are parsed here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from data.values.texts import arabic, plain
from data.values.zones import candidates, day_start, is_fixed, zone_names

Order = Literal["mdy", "dmy"]

UNKNOWN = ""
"""No reason beyond "this is not a time"."""
WHICH_FIRST = "day or month first: set dates: mdy or dates: dmy in the source file"
SHORT_YEAR = "the year needs four digits"
NO_YEAR = "the year is missing: write year, month and day"
NO_DAY = "the day is missing: write year, month and day"
NO_DATE = "only a time of day: write the date as well"
LUNAR = "lunar calendar: write the date of the solar calendar"
NO_FIXED_DAY = "no fixed day: write the date"
SEVERAL = "several days: write one date"
MIXED = "use one separator between year, month and day"
SECONDS = "seconds since 1970: use to_timestamp(…) in the source file"
NO_SUCH_DAY = "there is no such day or hour"
SKIPPED = "the clocks skip this hour"
REPEATED = "the clocks show this hour twice: give the offset"
OTHER_ZONE = "the source's zone does not use this abbreviation then: give the offset"
CLASH = "the hour contradicts its morning or afternoon"
NO_ORDER = "does not fit dates in the source file"


class Refused(ValueError):
    """Why a text is not read as a time: one of the reasons above."""


class Clock(NamedTuple):
    """A time of day, `days` after the day it is written with (24:00), and the zone written behind it."""

    at: time
    days: int
    zone: str


MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTH = rf"(?P<name>{_MONTHS})[a-z]*\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<s>[-/. ])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2})(?!\d) ?[日号]?",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=\d{4}$|\d{6}$|\d{9}$|\D|$)",
        r"(?P<y>\d{4})-?W(?P<week>\d\d)-?(?P<weekday>[1-7])(?!\d)",
        r"(?P<a>\d{1,2})(?P<s>[-/. ])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4})(?!\d)",
        rf"(?P<d>\d{{1,2}})[- /.]{_MONTH}[- /.,]+(?P<y>\d{{4}})(?!\d)",
        rf"{_MONTH}[ -](?P<d>\d{{1,2}}),? (?P<y>\d{{4}})(?!\d)",
    )
)
_SHORT = re.compile(
    r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{2})(?!\d)|\d{2}([-/.])\d{1,2}\5\d(?!\d)|\d{2}年"
    r"|\d{1,2}[- ][A-Za-z]{3}[- ]\d{2}(?!\d)"
)
_ANY_MONTH = rf"(?:{_MONTHS})[a-z]*\.?"
_HALF_DAYS = "凌晨|清晨|早上|早晨|上午|中午|下午|午后|傍晚|晚上|夜里|夜间"
_TOLD_LUNAR = re.compile(r"农历|阴历|旧历|正月|冬月|腊月|闰.{0,3}月|廿|初[一二三四五六七八九十\d]")
_FAULTS = (
    (
        re.compile(
            r"(今|明|昨|前|后|当)[天日晚]|(本|上|下)(周|星期|月|季度|年)|(近|即)[日期]|尽快|待定|长期|立即|另行|未定"
        ),
        NO_FIXED_DAY,
    ),
    (re.compile(r"\d{4}.*[至~到].*\d"), SEVERAL),
    (re.compile(r"\d{4} ?([-/.]|年) ?\d{1,2} ?([-/.]|月)?(\D.*)?$|\d{4} ?年|\d{4}-?W\d\d$"), NO_DAY),
    (re.compile(rf"{_ANY_MONTH}[ -]\d{{4}}$", re.IGNORECASE), NO_DAY),
    (re.compile(r"\d{1,2} ?月 ?\d{1,2}|\d{1,2}[-/.]\d{1,2}(?![\d./-])( .*)?$"), NO_YEAR),
    (re.compile(rf"(\d{{1,2}}[- /.]{_ANY_MONTH}|{_ANY_MONTH}[ -]\d{{1,2}}(?!\d))( .*)?$", re.IGNORECASE), NO_YEAR),
    (re.compile(rf"({_HALF_DAYS})? ?\d{{1,2}} ?(:\d|[时点])|({_HALF_DAYS}) ?\d"), NO_DATE),
    (re.compile(r"1\d{9}(\.\d+)?$"), SECONDS),
)
"""Patterns of texts without a definite day, and their reasons. The first match applies."""
_UNTIL = re.compile(r" ?([至到~]|-+ ?(?=\d{4}|\d{1,2}[月日])).*\d")
_SEPARATORS = re.compile(r"\d{4} ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2}(?!\d)")
_WEEKDAY = re.compile(
    r"[(,]? ?(星期|周|礼拜)[一二三四五六日天]\)?,?|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,? ", re.IGNORECASE
)
_JAVA = re.compile(rf"({_MONTH} \d{{1,2}}) (.+) (\d{{4}})", re.IGNORECASE)
"""`Nov 01 08:00:00 CST 2026`: the year stands behind the time."""

HALVES = {
    "am": {h: h % 12 for h in range(13)},
    "pm": {h: h if h >= 12 else h + 12 for h in range(1, 24)},
    "凌晨": {**{h: h for h in range(7)}, 12: 0},
    "早上": {h: h for h in range(4, 12)},
    "中午": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "傍晚": {**{h: h + 12 for h in range(4, 9)}, **{h: h for h in range(16, 21)}},
    "晚上": {**{h: h + 12 for h in range(5, 12)}, **{h: h for h in range(17, 24)}},
}
"""Hour of the day by part of the day; other hours contradict it."""
_ALIASES = {
    "a.m.": "am", "a.m": "am", "上午": "am", "p.m.": "pm", "p.m": "pm", "下午": "pm", "午后": "pm", "清晨": "早上",
    "早晨": "早上", "早": "早上", "晚": "晚上", "夜里": "晚上", "夜间": "晚上",
}  # fmt: skip
_HALF = "|".join(sorted(map(re.escape, [*HALVES, *_ALIASES]), key=len, reverse=True))
_FRACTION = r"(?:[.,](?P<f>\d{1,12}))?"
_CLOCK = re.compile(
    rf"(?:[T,]|(?<=\d)-(?=\d\d:))? ?(?P<before>{_HALF})? ?(?:"
    rf"(?P<h>\d{{1,2}}):(?P<m>\d{{1,2}})(?::(?P<s>\d{{1,2}}){_FRACTION}|:)?"
    rf"|(?P<h2>\d{{1,2}}) ?[时点](?: ?(?:(?P<m2>\d{{1,2}})(?: ?分(?: ?(?P<s2>\d{{1,2}})(?: ?秒)?)?)?|(?P<half>半)|整))?"
    rf"|(?P<h3>\d\d)(?P<m3>\d\d)(?:(?P<s3>\d\d)[.,]?(?P<f3>\d{{1,9}})?)?"
    rf"|(?P<h4>\d{{1,2}})(?= ?(?:am|pm|a\.m|p\.m))"
    rf") ?(?P<after>{_HALF})?(?P<rest>.*)",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_TAIL = re.compile(r"(?P<zone>[^\[(]*?) ?(?:\[(?P<region>[\w/+-]+)\])? ?(?:\(.*\))?")
_LONGEST_OFFSET = timedelta(hours=14)

FIRST_SERIAL, LAST_SERIAL = 29221, 73050
"""1980-01-01 and 2099-12-31 as a spreadsheet counts days: a number outside of these is no date."""
_SERIAL_EPOCH = datetime(1899, 12, 30)
_SERIAL = re.compile(r"\d{5}(?:\.(\d+))?")
_MILLISECONDS = re.compile(r"[1-9]\d{12}")
LAST_MS = 4_102_444_800_000
"""2100 in milliseconds since 1970. What has 13 digits is later than 2001-09-09."""


@dataclass(frozen=True)
class TimeReader:
    """Reads the times of a source that are written in `zone`, days and months in the order `dates` if one is given."""

    zone: str
    dates: Order | None = None

    @cached_property
    def region(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def read(self, text: str) -> datetime:
        """The instant, in UTC. Raises Refused if the text can mean none or several."""
        try:
            return self._read(plain(text)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            if isinstance(error, Refused):
                raise
            raise Refused(NO_SUCH_DAY) from error

    def _read(self, text: str) -> datetime:
        if _MILLISECONDS.fullmatch(text) and int(text) < LAST_MS:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        if (match := _SERIAL.fullmatch(text)) and FIRST_SERIAL <= float(text) < LAST_SERIAL + 1:
            return self._local(_serial(float(text), len(match[1] or "")))
        if _TOLD_LUNAR.search(text):
            raise Refused(LUNAR)
        text = arabic(_WEEKDAY.sub(" ", text)).strip()
        if match := _JAVA.fullmatch(text):
            text = f"{match[1]}, {match[4]} {match[3]}"
        day, time_part = self._day(text)
        if not time_part.strip():
            return self._midnight(day)
        clock = _clock(time_part)
        local = datetime.combine(day + timedelta(days=clock.days), clock.at)
        return self._zoned(local, clock.zone)

    def _day(self, text: str) -> tuple[date, str]:
        """The day at the beginning of a text, and the rest."""
        for pattern in _DATES:
            if match := pattern.match(text):
                return self._date(match), text[match.end() :]
        raise Refused(_fault(text))

    def _date(self, match: re.Match[str]) -> date:
        part = match.groupdict()
        year = int(part["y"])
        if part.get("week"):
            return date.fromisocalendar(year, int(part["week"]), int(part["weekday"]))
        if part.get("name"):
            return date(year, MONTHS[part["name"].lower()], int(part["d"]))
        if "a" not in part:
            return date(year, int(part["m"]), int(part["d"]))
        first, second = int(part["a"]), int(part["b"])
        if self.dates:
            month, day = (first, second) if self.dates == "mdy" else (second, first)
            if month > 12 >= day:
                raise Refused(NO_ORDER)
        elif first <= 12 and second <= 12 and first != second:
            raise Refused(WHICH_FIRST)
        else:
            month, day = (first, second) if first <= 12 else (second, first)
        return date(year, month, day)

    def _midnight(self, day: date) -> datetime:
        return day_start(datetime.combine(day, time()), self.region)

    def _local(self, local: datetime) -> datetime:
        """The one instant at which the source's clocks show `local`."""
        if is_fixed(self.zone):
            return local.replace(tzinfo=self.region)
        instants = candidates(local, self.region)
        if len(instants) != 1:
            raise Refused(REPEATED if instants else SKIPPED)
        return instants[0]

    def _zoned(self, local: datetime, written: str) -> datetime:
        """The instant of a local time with what is written behind it: an offset, a region, an abbreviation or both."""
        match = _TAIL.fullmatch(written.strip())
        if not match:
            raise Refused(UNKNOWN)
        zone, region = match["zone"], match["region"]
        if region:
            instants = [at for at in candidates(local, _region(region)) if not zone or at.utcoffset() == _offset(zone)]
            if len(instants) != 1:
                raise Refused(REPEATED if instants else NO_SUCH_DAY)
            return instants[0]
        if not zone:
            return self._local(local)
        if zone.upper() in ("Z", "UTC", "GMT"):
            return local.replace(tzinfo=UTC)
        if (offset := _offset(zone)) is not None:
            return local.replace(tzinfo=timezone(offset))
        if "/" in zone:
            return TimeReader(_region(zone).key)._local(local)
        if not re.fullmatch(r"[A-Za-z]{2,5}", zone):
            raise Refused(UNKNOWN)
        named = [at for at in candidates(local, self.region) if at.tzname() == zone.upper()]
        if len(named) != 1:
            raise Refused(OTHER_ZONE)
        return named[0]


def _fault(text: str) -> str:
    """Why a text does not begin with a day."""
    if _SHORT.match(text):
        return SHORT_YEAR
    fault = next((fault for pattern, fault in _FAULTS if pattern.match(text)), UNKNOWN)
    return MIXED if fault in (UNKNOWN, NO_DAY) and _SEPARATORS.match(text) else fault


def _serial(value: float, decimals: int) -> datetime:
    """A spreadsheet's day number; as exact as its decimals, a second or a millisecond."""
    at = _SERIAL_EPOCH + timedelta(milliseconds=round(value * 86_400_000))
    if decimals >= len("123456789"):
        return at
    return (at + timedelta(milliseconds=500)).replace(microsecond=0)


def _clock(text: str) -> Clock:
    match = _CLOCK.fullmatch(text)
    if not match:
        raise Refused(SEVERAL if _UNTIL.match(text) else UNKNOWN)
    part = match.groupdict()
    hour = int(part["h"] or part["h2"] or part["h3"] or part["h4"])
    minute = 30 if part["half"] else int(part["m"] or part["m2"] or part["m3"] or 0)
    second = int(part["s"] or part["s2"] or part["s3"] or 0)
    fraction = int((part["f"] or part["f3"] or "").ljust(6, "0")[:6])
    written = {_ALIASES.get(half.lower(), half.lower()) for half in (part["before"], part["after"]) if half}
    if written:
        hours = [HALVES[half].get(hour) for half in written]
        if None in hours or len(set(hours)) > 1:
            raise Refused(CLASH)
        hour = hours[0] or 0
    if hour == 24 and not (minute or second or fraction):
        return Clock(time(), 1, part["rest"])
    return Clock(time(hour, minute, second, fraction), 0, part["rest"])


def _offset(text: str) -> timedelta | None:
    """`+08:00`, `+0800`, `+8`, `UTC+8`, `GMT+0800`; None for anything else."""
    if text.upper() == "Z":
        return timedelta(0)
    match = _OFFSET.fullmatch(text)
    if not match:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _LONGEST_OFFSET or int(match[3] or 0) >= 60:
        raise Refused(NO_SUCH_DAY)
    return -offset if match[1] == "-" else offset


@lru_cache(maxsize=64)
def _region(name: str) -> ZoneInfo:
    if name not in zone_names():
        raise Refused(UNKNOWN)
    return ZoneInfo(name)
