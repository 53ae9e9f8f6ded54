"""The ledger of planned works: tasks of the topic of each month, projects of each year, and problems of pairing."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import data.demo.geography as geography
import data.demo.names as names
import data.demo.stories as stories
from data.demo.tables import copy

TOPICS = (
    "充电桩进小区", "既有住宅加装电梯", "菜市场环境提升", stories.LATE_TOPIC, "老旧小区改造", "农民工工资支付",
    "房屋办证历史遗留", "背街小巷整治", "物业服务提升", "老年助餐", "托育服务", "河道环境整治",
)  # fmt: skip
TASKS = 603
"""Of the last twelve months, as in Beijing's list."""
PROJECTS = {
    "公园绿地": "新建口袋公园", "农贸市场": "改造农贸市场", "托育教育": "新增公办托位", "农村公路": "改造农村公路",
    stories.LONG_PROJECT: "既有住宅加装电梯",
}  # fmt: skip
"""Kinds of projects, worded as the workflow of the projects words them, each with the title of one."""
PER_AREA = 3
"""Projects of a year in each town; the district has twenty."""
DISTRICT_PROJECTS = 20
PROBLEMS = ("引进物业服务", "改造活动中心", "对接就业岗位", "修缮水渠", "增设停车位")
PARTNERS = tuple(f"包保单位{i:02}" for i in range(1, 31))
Row = dict[str, Any]


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, seed: int, as_of: datetime) -> None:
    """Write `planned_works.parquet`."""
    rng = random.Random(f"{seed} planned works")
    rows = [*_tasks(rng, as_of), *_projects(rng, as_of), *_pairing(rng, as_of)]
    # the ledger is kept daily, though little changes
    rows[0]["updated_at"] = as_of - timedelta(hours=9)
    con.register("given_rows", pd.DataFrame(rows).convert_dtypes())
    copy(con, "SELECT * FROM given_rows ORDER BY registered_at, key", folder / "planned_works.parquet")
    con.unregister("given_rows")


def _tasks(rng: random.Random, as_of: datetime) -> Iterator[Row]:
    """The tasks of twelve topics; those of stories.LATE_TOPIC are late more often than not."""
    towns = [area.code for area in geography.areas() if area.level == "town"]
    for i in range(TASKS):
        month = i % len(TOPICS)
        topic = TOPICS[month]
        begun = as_of - timedelta(days=360 - 30 * month - rng.randrange(20))
        late = rng.random() < (0.55 if topic == stories.LATE_TOPIC else 0.05)
        area = stories.DISTRICT if i % 3 else rng.choice(towns)
        what = {"key": f"task-{i + 1:03}", "kind": "topic", "area": area, "unit": rng.choice(names.DEPARTMENTS)}
        what |= {"category": topic, "title": f"{topic}第{i // len(TOPICS) + 1}项任务"}
        yield what | _clocks(begun, rng.randint(20, 90), late, rng, as_of)


def _projects(rng: random.Random, as_of: datetime) -> Iterator[Row]:
    """The projects of three years, those of the district and of towns: begun in spring and due at the end of the year.

    Two in three of stories.LONG_PROJECT begin in late autumn, after the year's money is known.
    """
    towns = [area.code for area in geography.areas() if area.level == "town"]
    kinds = tuple(PROJECTS)
    for year in range(as_of.year - 2, as_of.year + 1):
        places = [stories.DISTRICT] * DISTRICT_PROJECTS + [town for town in towns for _ in range(PER_AREA)]
        for i, area in enumerate(places):
            kind = kinds[i % len(kinds)]
            winter = kind == stories.LONG_PROJECT and i // len(kinds) % 3
            start, span = (datetime(year, 10, 10, 9), 50) if winter else (datetime(year, 2, 20, 9), 20)
            begun = start + timedelta(days=rng.randrange(span))
            late, days = rng.random() < 0.06, rng.randint(120, 290)
            if begun >= as_of:
                continue
            unit = rng.choice(names.DEPARTMENTS) if area == stories.DISTRICT else names.TOWN_UNIT
            what = {"key": f"project-{year}-{i + 1:03}", "kind": "project", "area": area, "unit": unit}
            what |= {"category": kind, "title": f"{year}年{PROJECTS[kind]}"}
            clocks = _clocks(begun, days, late, rng, as_of)
            yield what | clocks | {"satisfied": rng.random() < 0.93 if clocks["close_kind"] else None}


def _pairing(rng: random.Random, as_of: datetime) -> Iterator[Row]:
    """One or two problems of every village in the last year."""
    villages = [area.code for area in geography.areas() if area.level == "village" and area.outline]
    for village in villages:
        for n in range(rng.randint(1, 2)):
            begun = as_of - timedelta(days=rng.uniform(3, 360))
            late = rng.random() < 0.12
            problem = rng.choice(PROBLEMS)
            what = {"key": f"pairing-{village}-{n}", "kind": "pairing", "area": village, "unit": rng.choice(PARTNERS)}
            what |= {"category": problem, "title": f"帮助{problem}"}
            clocks = _clocks(begun, 28, late, rng, as_of)
            yield what | clocks | {"solved": True if clocks["close_kind"] else None}


def _clocks(begun: datetime, days: int, late: bool, rng: random.Random, as_of: datetime) -> Row:
    """When a work was begun, is due in so many days, and was done."""
    begun = begun.replace(microsecond=0)
    due = (begun + timedelta(days=days)).replace(hour=17, minute=0, second=0)
    taken = due + timedelta(days=rng.uniform(3, 60)) if late else begun + (due - begun) * rng.uniform(0.3, 0.98)
    closed = taken.replace(microsecond=0)
    done = closed < as_of
    return {
        "registered_at": begun,
        "accepted_at": begun,
        "due_at": due,
        "due_calendar": "natural",
        "closed_at": closed if done else pd.NaT,
        "close_kind": "done" if done else None,
        "updated_at": closed if done else begun,
    }
