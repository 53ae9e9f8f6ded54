"""Requests for data: to share, to open, and to return what upper levels hold."""

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import data.demo.calendar as calendar
import data.demo.geography as geography
import data.demo.names as names
import data.demo.registers as registers
import data.demo.stories as stories
from data.demo.casework.applications import DAYS, END_OF_DAY, working_day
from data.demo.tables import copy

COUNTS = {"share_req": 420, "open_req": 260, "flow_req": 320}
REPLY_DAYS = {"share_req": 10, "open_req": 15, "flow_req": 10}
"""Working days in which a request is answered; of an open-data request 15 more if extended."""
DELIVERY_DAYS = 30
DELIVERED = {"share_req": 0.96, "open_req": 0.94, "flow_req": 0.62}
"""Share that is delivered in time: upper levels seldom return data."""
TITLES = {"share_req": "申请共享", "open_req": "申请开放", "flow_req": "申请回流"}


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, seed: int, as_of: datetime) -> None:
    """Write `data_requests.parquet`."""
    con.register("given_rows", pd.DataFrame(requests(seed, as_of)).convert_dtypes())
    copy(con, "SELECT * FROM given_rows ORDER BY registered_at, key", folder / "data_requests.parquet")
    con.unregister("given_rows")


def requests(seed: int, as_of: datetime) -> Iterator[dict[str, Any]]:
    """Of 13 months. Return flow is asked for by the district and its towns, the others by the district's units."""
    rng, choice = random.Random(f"{seed} data requests"), random.Random(f"{seed} data sets requested")
    towns = [area.code for area in geography.areas() if area.level == "town"]
    days = [day for i in range(1, DAYS) if calendar.is_working(day := as_of.date() - timedelta(days=i))]
    for kind, count in COUNTS.items():
        for i in range(count):
            theme = rng.choice(registers.THEMES)
            unit = rng.choice(names.DEPARTMENTS)
            at = datetime.combine(rng.choice(days), time(9)) + timedelta(minutes=rng.randrange(480))
            area = stories.DISTRICT if kind != "flow_req" or rng.random() < 0.3 else rng.choice(towns)
            dataset = _dataset(choice, theme) if kind == "share_req" else None
            theme = registers.theme_of(dataset) if dataset else theme
            yield {
                "key": f"{kind}-{i + 1:03}",
                "kind": kind,
                "area": area,
                "unit": unit,
                "category": theme,
                "asset": dataset,
                "title": f"{TITLES[kind]}{theme}数据",
                **_clocks(kind, unit, theme, at, rng, as_of),
            }


def _dataset(rng: random.Random, theme: str) -> str:
    """The key of the data set requested: one of the theme, every third time stories.REUSED."""
    if rng.random() < 0.33:
        return stories.REUSED
    of_theme = range(registers.THEMES.index(theme) + 1, registers.DATASETS + 1, len(registers.THEMES))
    return registers.dataset_key(rng.choice(of_theme))


def _clocks(kind: str, unit: str, theme: str, at: datetime, rng: random.Random, as_of: datetime) -> dict[str, Any]:
    allowed = REPLY_DAYS[kind]
    extended = kind == "open_req" and rng.random() < 0.2
    late = rng.random() < (0.35 if unit == stories.SLOW_OWNER else 0.015)
    limit = allowed * 2 if extended else allowed
    replied = working_day(at.date(), limit + rng.randint(2, 15) if late else rng.randint(1, limit - 1))
    responded = datetime.combine(replied, time(16))
    if kind == "share_req" and theme == stories.AT_ONCE_THEME:
        responded = at + timedelta(minutes=20 + at.minute * 7 % 60)
        replied = responded.date()
    in_time = rng.random() < DELIVERED[kind]
    end = working_day(replied, 1) if in_time else working_day(at.date(), DELIVERY_DAYS + rng.randint(3, 80))
    closed = max(datetime.combine(end, time(16, 30)), responded)
    refused = rng.random() < 0.05
    times = [moment for moment in (at, responded, closed) if moment < as_of]
    return {
        "registered_at": at,
        "accepted_at": at,
        "respond_due_at": datetime.combine(working_day(at.date(), limit), END_OF_DAY),
        "responded_at": responded if responded < as_of else pd.NaT,
        "due_at": datetime.combine(working_day(at.date(), DELIVERY_DAYS), END_OF_DAY),
        "due_calendar": "workday",
        "extended": int(extended),
        "closed_at": closed if closed < as_of else pd.NaT,
        "close_kind": ("refused" if refused else "done") if closed < as_of else None,
        "updated_at": times[-1],
    }
