"""Working days: China's official calendar with make-up days, overridden by a district's own table.

The rule of a deadline in days: the day after the beginning is day 1, and the deadline is the end of the last day.
Times are local to the district and naive.
"""

import csv
import hashlib
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from data.errors import DataError
from data.system_errors import line_of
from data.values.numbers import read_boolean

log = logging.getLogger(__name__)

FIRST, LAST = date(1990, 1, 1), date(2110, 12, 31)
"""Range of the calendar; outside, Monday to Friday are working days."""
EPOCH = np.datetime64("1970-01-01")
DAY_END = timedelta(hours=23, minutes=59, seconds=59)
"""The last second of a day, so that a deadline counts on its last day."""
SATURDAY = 5
COLUMNS = {"day": ("day", "日期"), "workday": ("workday", "工作日"), "note": ("note", "说明", "备注")}


@dataclass(frozen=True)
class Calendar:
    """A calendar of working days. own: a district's own days, which override the official ones."""

    own: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        inside = FIRST <= day <= LAST
        return bool(self._working[(day - FIRST).days]) if inside else day.weekday() < SATURDAY

    def workday_after(self, day: date, n: int) -> date:
        """The n-th working day after `day`; `day` itself for 0. Raises DataError where the calendar ends before it."""
        if n <= 0:
            return day
        passed = self._passed(day)
        at = int(np.searchsorted(self._counts, passed + n))
        if not FIRST <= day <= LAST or at >= len(self._counts):
            raise DataError(
                "calendar.beyond",
                "{days} working days after {day} lie beyond the calendar, {first} to {last}",
                days=n,
                day=day,
                first=FIRST,
                last=LAST,
            )
        return FIRST + timedelta(days=at)

    def workdays_between(self, start: date, end: date) -> int:
        """Number of working days after `start` up to and including `end`; negative if `end` is first."""
        return self._passed(end) - self._passed(start)

    def deadline(self, start: datetime, workdays: int) -> datetime:
        """The end of the n-th working day after the day of `start`; the end of that very day for 0."""
        day = self.workday_after(start.date(), workdays)
        return datetime(day.year, day.month, day.day) + DAY_END

    def working_minutes(self, start: datetime, end: datetime) -> float:
        """Minutes from `start` to `end` that lie on working days, each of 24 hours; negative if `end` is first."""
        return self._minutes(end) - self._minutes(start)

    def unpublished(self, years: Iterable[int]) -> list[int]:
        """The years without a published official calendar; only their fixed holidays are known."""
        covered_years = {day.year for day in self.own}
        return sorted(year for year in set(years) if year > last_published() and year not in covered_years)

    def table(self) -> Iterable[tuple[date, bool, int]]:
        """Rows for SQL: each day, whether it is a working day, and the number of working days up to it."""
        days = (FIRST + timedelta(days=i) for i in range(len(self._working)))
        return zip(days, self._working.tolist(), self._counts.tolist(), strict=True)

    def lists(self) -> tuple[np.ndarray, np.ndarray]:
        """The working days (datetime64[D]), and for each day from FIRST the number of working days up to it (int32)."""
        days = np.arange(np.datetime64(FIRST), np.datetime64(LAST) + 1)
        return days[self._working], self._counts.astype("int32")

    @cached_property
    def mark(self) -> str:
        """Fingerprint of its working days."""
        return hashlib.blake2b(np.packbits(self._working).tobytes(), digest_size=16).hexdigest()

    def counts(self, days: np.ndarray) -> np.ndarray:
        """For each day (datetime64[D]), how many working days have passed with it since FIRST."""
        at = np.clip((days.astype("datetime64[D]") - np.datetime64(FIRST)).astype(int), 0, len(self._counts) - 1)
        return np.asarray(self._counts[at])

    def _passed(self, day: date) -> int:
        return int(self._counts[min(max((day - FIRST).days, 0), len(self._counts) - 1)])

    def _minutes(self, at: datetime) -> float:
        before = self._passed(at.date()) - self.is_workday(at.date())
        today = (at - datetime(at.year, at.month, at.day)).total_seconds() / 60 if self.is_workday(at.date()) else 0.0
        return before * 1440 + today

    @cached_property
    def _working(self) -> np.ndarray:
        working = official().copy()
        for day, worked in self.own.items():
            working[(day - FIRST).days] = worked
        return working

    @cached_property
    def _counts(self) -> np.ndarray:
        return np.cumsum(self._working)


@lru_cache(maxsize=1)
def official() -> np.ndarray:
    """Whether each day from FIRST to LAST is a working day: weekends and public holidays off, make-up days worked."""
    import holidays  # here, so that a start without deadlines does not wait for it

    days = np.arange(np.datetime64(FIRST), np.datetime64(LAST) + 1)
    working = np.is_busday(days)
    china = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 1))
    for day in china:
        if FIRST <= day <= LAST:
            working[(day - FIRST).days] = False
    for day in china.weekend_workdays:
        if FIRST <= day <= LAST:
            working[(day - FIRST).days] = True
    return working


@lru_cache(maxsize=1)
def last_published() -> int:
    """The newest year whose days off and make-up days the library knows."""
    from holidays.countries.china import ChinaStaticHolidays

    return max(ChinaStaticHolidays.special_public_holidays)


@lru_cache(maxsize=8)
def calendar(path: Path | None = None) -> Calendar:
    """The official calendar with the district's own table at `path`. Raises DataError if that cannot be read."""
    return Calendar(read_table(path)) if path else Calendar()


def read_table(path: Path) -> dict[date, bool]:
    """A district's table: a CSV in UTF-8 with the columns day, workday (yes or no) and note, or 日期, 工作日, 说明."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    except FileNotFoundError as error:
        raise DataError(
            "calendar.none",
            "{path}: there is no such file; set COCKPIT_CALENDAR to a CSV of day, workday, note",
            path=path,
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            "calendar.unreadable", "{path}: cannot be read as CSV in UTF-8: {why}", path=path, why=line_of(error)
        ) from error
    table: dict[date, bool] = {}
    for number, row in enumerate(rows, 2):
        day, worked = _cell(row, "day"), _cell(row, "workday")
        try:
            at = date.fromisoformat(day)
        except ValueError as error:
            raise DataError(
                "calendar.day",
                '{path}: row {row}: day: "{day}" is not a day such as 2027-02-06',
                path=path,
                row=number,
                day=day,
            ) from error
        is_workday = read_boolean(worked)
        if is_workday is None:
            raise DataError(
                "calendar.workday",
                '{path}: row {row}: workday: "{worked}" is neither yes nor no',
                path=path,
                row=number,
                worked=worked,
            )
        if at in table:
            raise DataError("calendar.twice", "{path}: row {row}: {day} is given twice", path=path, row=number, day=at)
        if not FIRST <= at <= LAST:
            raise DataError(
                "calendar.outside",
                "{path}: row {row}: {day} lies outside of {first} to {last}",
                path=path,
                row=number,
                day=at,
                first=FIRST,
                last=LAST,
            )
        table[at] = is_workday
    return table


def _cell(row: Mapping[str, str | None], column: str) -> str:
    return next((str(row[name] or "").strip() for name in COLUMNS[column] if name in row), "")
