"""The demo's days: working days, deadlines, daily volumes and hourly profile."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

import data.demo.stories as stories
from data.demo.casework.streams import STREAMS, Stream

EPOCH = date(1970, 1, 1)
YEARS = 3
GROWTH = 0.06
"""Intake grows by so much a year."""
REGIMES = ("spring", "summer", "autumn", "winter", "typhoon", "snow")
QUARTERS = 96
"""Steps of the day in which the hour profile is kept."""
DEADLINES = (1, 3, 5, 7, 8, 10, 13, 15, 18, 20, 25)
"""Working days a case may be given, extensions included."""
SPRING_FESTIVAL = {
    2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17),
    2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31),
    2034: (2, 19), 2035: (2, 8),
}  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One day of one stream: how many cases, their regime, and the part of the day before the data time."""

    day: date
    cases: int
    regime: str
    part: float


def number(day: date) -> int:
    """Days since 1970, the unit of all clocks in the SQL (times 86,400 seconds)."""
    return (day - EPOCH).days


def second(at: datetime) -> int:
    """Seconds since 1970 on the local clock."""
    return round((at - datetime(1970, 1, 1)).total_seconds())


def is_holiday(day: date) -> bool:
    """New Year, Spring Festival (eve and six days), May Day and National Day weeks. Make-up days are left out."""
    if (day.month, day.day) == (1, 1) or (day.month == 5 and day.day <= 5) or (day.month == 10 and day.day <= 7):
        return True
    festival = SPRING_FESTIVAL.get(day.year)
    return festival is not None and -1 <= (day - date(day.year, *festival)).days <= 6


def is_working(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


def regime(day: date) -> str:
    """The weather of a day: a spike of stories.SPIKES, else the season."""
    return _spike(day)[0] or ("winter", "spring", "summer", "autumn")[day.month % 12 // 3]


def _spike(day: date) -> tuple[str | None, float]:
    for name, month, start, length, times in stories.SPIKES:
        if 0 <= (day - date(day.year, month, start)).days < length:
            return name, times
    return None, 1.0


def clocks(start: date, end: date) -> Iterator[tuple[int, bool, int, int]]:
    """(day, working, working day at or after it, working day after it), as day numbers."""
    day, after = end + timedelta(days=40), number(end) + 41
    rows = []
    while day >= start:
        working = is_working(day)
        rows.append((number(day), working, number(day) if working else after, after))
        after = number(day) if working else after
        day -= timedelta(days=1)
    return reversed(rows)


def deadlines(start: date, end: date) -> Iterator[tuple[int, int, int]]:
    """(day, working days, the day that many working days later), as day numbers."""
    span = [start + timedelta(days=i) for i in range((end - start).days + 60)]
    working = [number(day) for day in span if is_working(day)]
    passed = 0
    for day in span[: (end - start).days + 1]:
        passed += is_working(day)
        yield from ((number(day), ahead, working[passed + ahead - 1]) for ahead in DEADLINES)


def profile(stream: Stream) -> list[float]:
    """The second of the day by which each 1/1000 of the stream's cases have come in: 1,001 values."""
    quarter = 86400 / QUARTERS
    weights = [stream.hours[i * 24 // QUARTERS] for i in range(QUARTERS)]
    total, step, before = sum(weights), 0, 0.0
    seconds = []
    for i in range(1001):
        target = total * i / 1000
        while step < QUARTERS - 1 and before + weights[step] < target:
            before, step = before + weights[step], step + 1
        seconds.append(min((step + (target - before) / max(weights[step], 1e-9)) * quarter, 86400 - 1))
    return seconds


def part_before(stream: Stream, hour: int) -> float:
    """The share of a day's cases of the stream that come in before the hour."""
    return sum(stream.hours[:hour]) / sum(stream.hours)


def days(cases: int, seed: int, as_of: datetime) -> dict[str, list[Day]]:
    """The days of each stream, `cases` in all."""
    today = as_of.date()
    start = date(today.year - YEARS, today.month, min(today.day, 28))
    span = [start + timedelta(days=i) for i in range((today - start).days + 1)]
    expected = {(s.source, day): _expected(s, day, start, seed, as_of) for s in STREAMS for day in span}
    counts = _rounded(expected, cases)
    parts = {s.source: part_before(s, as_of.hour) for s in STREAMS}
    return {
        s.source: [Day(d, counts[s.source, d], regime(d), parts[s.source] if d == today else 1.0) for d in span]
        for s in STREAMS
    }


def _expected(stream: Stream, day: date, start: date, seed: int, as_of: datetime) -> float:
    if stream.source == stories.SILENT_SOURCE and day >= (as_of - stories.SILENT_FOR).date():
        return 0.0
    times = _spike(day)[1]
    weekday = 1.0 if is_working(day) else stream.off_days * (0.8 if is_holiday(day) else 1.0)
    season = 1 + 0.10 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 100) / 365)
    noise = random.Random(f"{seed} {stream.source} {day}").lognormvariate(0, 0.07)
    growth = math.pow(1 + GROWTH, (day - start).days / 365.25)
    part = part_before(stream, as_of.hour) if day == as_of.date() else 1.0
    return stream.share * growth * weekday * season * math.pow(times, stream.weather) * noise * part


def _rounded(expected: dict[Any, float], total: int) -> dict[Any, int]:
    """Whole numbers that sum to `total`: steps of the running sum, so that small numbers keep their share as well."""
    scale = total / sum(expected.values())
    passed = [0, *(round(part * scale) for part in accumulate(expected.values()))]
    return {key: after - before for key, before, after in zip(expected, passed, passed[1:], strict=False)}
