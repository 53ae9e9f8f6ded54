"""Applications in the service halls and online, their ratings, and the repair of bad ones."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import data.demo.calendar as calendar
import data.demo.registers as registers
import data.demo.stories as stories
from data.demo.tables import copy

DAYS = 400
FEWEST, MOST = 600, 40_000
IN_DISTRICT = 0.5
"""Share of the applications that come to the district's hall."""
IN_NEED_OF_HELP = 0.08
"""Share of the applications that staff file for somebody."""
REPAIR_DAYS = 15
"""Working days in which a bad rating is repaired."""
END_OF_DAY = time(23, 59, 59)
REFUSALS = ("系统无法核验", "要求纸质原件", "跨省证照未互认", "证照信息有误")
"""Why an electronic certificate is not accepted."""
Row = dict[str, Any]


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, cases: int, seed: int, as_of: datetime) -> None:
    """Write `applications.parquet` and `reviews.parquet`. cases: of the whole demo; a tenth as many applications."""
    rows = list(applications(min(max(cases // 10, FEWEST), MOST), seed, as_of))
    for name, made in (("applications", rows), ("reviews", list(reviews(rows, seed, as_of)))):
        con.register("given_rows", pd.DataFrame(made).convert_dtypes())
        copy(con, "SELECT * FROM given_rows ORDER BY registered_at, key", folder / f"{name}.parquet")
        con.unregister("given_rows")


def applications(count: int, seed: int, as_of: datetime) -> Iterator[Row]:
    """Of the working days of 13 months, each for a service item of its hall."""
    rng = random.Random(f"{seed} applications")
    days = [day for i in range(1, DAYS) if calendar.is_working(day := as_of.date() - timedelta(days=i))]
    items: dict[int, list[Row]] = {}
    for item in registers.services():
        if item["kind"] == "service_item":
            items.setdefault(item["area"], []).append(item)
    towns = [area for area in items if area != stories.DISTRICT]
    for i in range(count):
        area = stories.DISTRICT if rng.random() < IN_DISTRICT else rng.choice(towns)
        # of yesterday, which may be a Sunday, there is one online, so that the source never looks silent
        day = rng.choice(days) if i else as_of.date() - timedelta(days=1)
        at = datetime.combine(day, time(8, 30)) + timedelta(minutes=rng.uniform(0, 510))
        yield _application(f"app-{i + 1:06}", rng.choice(items[area]), at.replace(microsecond=0), rng, as_of)


def _application(key: str, item: Row, at: datetime, rng: random.Random, as_of: datetime) -> Row:
    promised = item["promised_days"]
    late = rng.random() < 0.015
    if promised:
        taken = promised + rng.randint(1, 3) if late else max(1, round(promised * rng.uniform(0.2, 0.95)))
        closed = datetime.combine(working_day(at.date(), taken), time(9)) + timedelta(minutes=rng.uniform(0, 470))
    else:
        closed = at + timedelta(minutes=rng.uniform(5, 40))
    closed = closed.replace(microsecond=0)
    shown = rng.random() < 0.35
    accepted = rng.random() < (0.74 if item["unit"] == stories.REFUSING_UNIT else 0.975)
    rating, by_default = _rating(item["area"], rng)
    in_need = IN_NEED_OF_HELP * (4 if item["area"] == stories.ELDERLY_TOWN else 1)
    done = closed < as_of
    return {
        "key": key,
        "kind": "service",
        "area": item["area"],
        "unit": item["unit"],
        "channel": rng.choices(("窗口", "网上", "自助"), (55, 35, 10))[0],
        "assisted": random.Random(f"help with {key}").random() < in_need,
        "category": item["item_kind"],
        "subcategory": item["bundle"],
        "title": item["name"],
        "asset": item["key"],
        "urgency": "normal",
        "registered_at": at,
        "accepted_at": at + timedelta(minutes=5),
        "due_at": datetime.combine(working_day(at.date(), promised), END_OF_DAY),
        "due_calendar": "workday",
        "closed_at": closed if done else pd.NaT,
        "close_kind": "done" if done else None,
        "rating": rating if done else None,
        "rating_default": by_default if done and rating else None,
        "reason": rng.choice(REFUSALS) if done and shown and not accepted else None,
        "cert_presented": shown if done else None,
        "cert_accepted": accepted if done and shown else None,
        "updated_at": closed if done else at,
    }


def _rating(area: int, rng: random.Random) -> tuple[int | None, bool]:
    """Levels 1 to 5, and whether it is by default; None without a rating."""
    by_hand, by_default, bad = 0.45, 0.15, 0.006
    if area == stories.DEFAULTED_TOWN:
        by_hand, by_default = 0.05, 0.9
    if area == stories.UNKIND_TOWN:
        bad = 0.09
    draw = rng.random()
    if draw < by_hand:
        return (rng.randint(1, 2) if rng.random() < bad else rng.choices((3, 4, 5), (4, 22, 74))[0]), False
    return (5, True) if draw < by_hand + by_default else (None, False)


def reviews(rows: list[Row], seed: int, as_of: datetime) -> Iterator[Row]:
    """One for each bad rating given by hand, and for some callers who complained later."""
    rng = random.Random(f"{seed} reviews")
    for row in rows:
        bad = bool(row["rating"]) and row["rating"] <= 2
        called = rng.random() < 0.01
        if row["close_kind"] is None or not (bad or called):
            continue
        at = row["closed_at"] if bad else row["closed_at"] + timedelta(days=1)
        if at >= as_of:
            continue
        late = rng.random() < (0.5 if row["area"] == stories.UNKIND_TOWN else 0.02)
        ended = working_day(at.date(), rng.randint(17, 22) if late else rng.randint(2, 13))
        closed = datetime.combine(ended, time(15))
        done = closed < as_of
        yield {
            "key": f"review-{row['key']}",
            "kind": "review",
            "area": row["area"],
            "unit": row["unit"],
            "channel": "窗口评价" if bad else "电话回访",
            "category": row["category"],
            "title": f"差评：{row['title']}",
            "parent": row["key"],
            "registered_at": at,
            "due_at": datetime.combine(working_day(at.date(), REPAIR_DAYS), END_OF_DAY),
            "due_calendar": "workday",
            "closed_at": closed if done else pd.NaT,
            "close_kind": "done" if done else None,
            "reached": rng.random() < (0.8 if row["area"] == stories.UNKIND_TOWN else 0.99) if done else None,
            "updated_at": closed if done else at,
        }


@cache
def working_day(day: date, n: int) -> date:
    """The n-th working day after a day; the day itself for 0."""
    while n:
        day += timedelta(days=1)
        n -= calendar.is_working(day)
    return day
