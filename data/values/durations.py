"""Deadlines written as durations: 15个工作日, 7天, 3日内, 24小时, 当日."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from data.values.calendar import DAY_END, Calendar
from data.values.texts import arabic, plain

Unit = Literal["workdays", "days", "hours", "minutes"]
_UNITS: dict[str, Unit] = {
    "个工作日": "workdays", "工作日": "workdays", "个自然日": "days", "自然日": "days", "天": "days", "日": "days",
    "个小时": "hours", "小时": "hours", "分钟": "minutes",
}  # fmt: skip
_DURATION = re.compile(
    rf"(?:自?(?:受理|登记|收到|接件)(?:之日)?起|在)?(\d{{1,4}}) ?({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
    r"(?:之内|以内|内|办结|完成)*"
)
_SAME_DAY = ("当日", "当天", "即日", "当日办结", "当天办结", "当日内", "当天内")


@dataclass(frozen=True)
class Duration:
    """How long something may take. 0 days end with the day they begin on."""

    n: int
    unit: Unit

    def end(self, start: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
        """When it ends that begins at `start`, both in UTC.

        Days and working days end with the n-th of them after the day of `start`, at 23:59:59 in `zone`; hours and
        minutes are counted from `start` itself.
        """
        if self.unit in ("hours", "minutes"):
            return start + timedelta(**{self.unit: self.n})
        day = start.astimezone(zone).date()
        last = calendar.workday_after(day, self.n) if self.unit == "workdays" else day + timedelta(days=self.n)
        return _end_of(last, zone)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time()) + DAY_END).replace(tzinfo=zone, fold=1).astimezone(UTC)


@lru_cache(maxsize=4096)
def read_duration(text: str) -> Duration | None:
    """The duration that a text says, None if it says none."""
    text = plain(text).strip("()。. ")
    if text in _SAME_DAY:
        return Duration(0, "days")
    match = _DURATION.fullmatch(arabic(text))
    return Duration(int(match[1]), _UNITS[match[2]]) if match else None
