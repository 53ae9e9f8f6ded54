"""Escalations: what towns propose that the district should handle, and what came of it."""

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

LEAST, MOST, CASES_TO_ONE = 60, 400, 500
"""Escalations of a year: in proportion to the cases of the demo."""
DAYS = 360
MATTERS = (
    ("供水排水", "跨镇污水管网改造"), ("道路设施", "断头路打通"), ("物业管理", "失管小区托管"),
    ("劳动保障", "拖欠工资群体诉求"), ("教育医疗", "新建片区学位不足"), ("违法建设", "历史遗留违建处置"),
)  # fmt: skip
PROPOSED_BY_ONE = 0.2
"""Share that stories.PROPOSING_TOWN proposes."""
ACCEPTED, ACCEPTED_OF_ONE = 0.88, 0.3
"""Shares that are accepted after screening, the second of what stories.PROPOSING_TOWN proposes."""
VOID, LATE = 0.03, 0.06


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, cases: int, seed: int, as_of: datetime) -> None:
    """Write `escalations.parquet`. cases: of the whole demo."""
    count = min(MOST, max(LEAST, cases // CASES_TO_ONE))
    con.register("given_rows", pd.DataFrame(_escalations(count, seed, as_of)).convert_dtypes())
    copy(con, "SELECT * FROM given_rows ORDER BY registered_at, key", folder / "escalations.parquet")
    con.unregister("given_rows")


def _escalations(count: int, seed: int, as_of: datetime) -> Iterator[dict[str, Any]]:
    rng = random.Random(f"{seed} escalations")
    towns = [area.code for area in geography.areas() if area.level == "town" and area.code != stories.PROPOSING_TOWN]
    for i in range(count):
        begun = as_of - timedelta(hours=2 + DAYS * 24 * i / count + rng.uniform(0, 12))
        by_one = rng.random() < PROPOSED_BY_ONE
        category, matter = rng.choice(MATTERS)
        yield {
            "key": f"escalation-{i + 1:03}",
            "kind": "escalation",
            "area": stories.PROPOSING_TOWN if by_one else rng.choice(towns),
            "unit": rng.choice(names.DEPARTMENTS),
            "category": category,
            "title": f"{matter}，提请区级统筹",
            **_clocks(begun, ACCEPTED_OF_ONE if by_one else ACCEPTED, rng, as_of),
        }


def _clocks(begun: datetime, accepted: float, rng: random.Random, as_of: datetime) -> dict[str, Any]:
    """Screened within two days: accepted, and handled within a month, or refused; a few are withdrawn."""
    begun = begun.replace(microsecond=0)
    screened = begun + timedelta(hours=rng.randint(3, 46))
    due = (begun + timedelta(days=30)).replace(hour=17, minute=0, second=0)
    kind = "void" if rng.random() < VOID else "done" if rng.random() < accepted else "refused"
    days = rng.uniform(31, 40) if rng.random() < LATE else rng.uniform(5, 27)
    closed = begun + timedelta(days=days) if kind == "done" else screened
    closed = closed.replace(microsecond=0)
    is_screened, is_closed = screened < as_of, closed < as_of
    return {
        "registered_at": begun,
        "accepted_at": screened if kind == "done" and is_screened else pd.NaT,
        "respond_due_at": begun + timedelta(days=2),
        "responded_at": screened if is_screened else pd.NaT,
        "due_at": due,
        "due_calendar": "natural",
        "closed_at": closed if is_closed else pd.NaT,
        "close_kind": kind if is_closed else None,
        "updated_at": closed if is_closed else screened if is_screened else begun,
    }
