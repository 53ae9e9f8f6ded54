"""Market supervision: enterprises, their listing as abnormal, clues of risk, joint discipline, inspections by lot."""

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

PER_VILLAGE = 8
TRADES = ("批发零售", "餐饮", "建筑施工", "居民服务", "运输", "食品加工", "机械制造", stories.CLOSED_INDUSTRY)
RISKS = ("A",) * 46 + ("B",) * 38 + ("C",) * 12 + ("D",) * 4
LISTED = 0.05
"""Share of the enterprises that were listed as abnormal in three and a half years."""
REASONS = ("未按期公示年度报告", "登记住所无法联系", "公示信息隐瞒真实情况")
CLUES = ("投诉举报集中", "资质证照到期", "涉诉被执行", "欠薪线索")
SUPERVISOR = "区市场监管局"
INSPECTED = 0.35
"""Share of the enterprises inspected in the last year."""
Row = dict[str, Any]


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, seed: int, as_of: datetime) -> None:
    """Write `enterprises.parquet` (assets), `credit.parquet` (cases) and `inspections.parquet` (checks)."""
    enterprises = list(_enterprises(as_of))
    rng = random.Random(f"{seed} market")
    cases = [*_listed(enterprises, rng, as_of), *_clues(enterprises, rng, as_of), *_discipline(enterprises, rng, as_of)]
    checks = list(_inspections(enterprises, rng, as_of))
    cases[0]["updated_at"] = checks[0]["updated_at"] = as_of - timedelta(hours=10)
    for name, rows in (("enterprises", enterprises), ("credit", cases), ("inspections", checks)):
        con.register("given_rows", pd.DataFrame(rows).convert_dtypes())
        copy(con, "SELECT * FROM given_rows ORDER BY key", folder / f"{name}.parquet")
        con.unregister("given_rows")


def _enterprises(as_of: datetime) -> Iterator[Row]:
    rng = random.Random("enterprises")
    for area in geography.areas():
        if area.level != "village" or not area.outline:
            continue
        for n in range(1, PER_VILLAGE + 1):
            trade = rng.choice(TRADES)
            yield {
                "key": f"e-{area.code}-{n}",
                "kind": "enterprise",
                "area": area.code,
                "name": f"{area.name}{trade}{n}号商户",
                "unit": SUPERVISOR,
                "theme": trade,
                "risk": rng.choice(RISKS),
                "registered_at": datetime(2019, 1, 1) + timedelta(days=rng.randrange(2000)),
                "updated_at": as_of.replace(hour=2, minute=30),
            }


def _listed(enterprises: list[Row], rng: random.Random, as_of: datetime) -> Iterator[Row]:
    """Some enterprises, the more in stories.CLOSED_INDUSTRY; most are taken off the list within a year or so."""
    for enterprise in enterprises:
        often = 3 if enterprise["theme"] == stories.CLOSED_INDUSTRY else 1
        if rng.random() >= LISTED * often:
            continue
        at = _moment(as_of, rng, 1, 1280)
        stays = rng.random() < 0.12
        closed = as_of if stays else at + timedelta(days=rng.uniform(10, 500))
        yield _case("listed", "abnormal", enterprise, rng.choice(REASONS), at, closed, as_of) | {
            "subcategory": enterprise["theme"]
        }


def _clues(enterprises: list[Row], rng: random.Random, as_of: datetime) -> Iterator[Row]:
    for enterprise in rng.sample(enterprises, len(enterprises) // 4):
        at = _moment(as_of, rng, 0, 390)
        due = at + timedelta(days=20)
        late = rng.random() < 0.06
        closed = due + timedelta(days=rng.uniform(1, 20)) if late else at + (due - at) * rng.uniform(0.1, 0.95)
        case = _case("clue", "risk", enterprise, rng.choice(CLUES), at, closed, as_of)
        yield case | {"subcategory": enterprise["theme"], "due_at": due}


def _discipline(enterprises: list[Row], rng: random.Random, as_of: datetime) -> Iterator[Row]:
    """Restrictions on those in serious breach; other departments answer within ten days."""
    for enterprise in rng.sample(enterprises, len(enterprises) // 12):
        at = _moment(as_of, rng, 0, 390)
        due = at + timedelta(days=10)
        answered = due + timedelta(days=5) if rng.random() < 0.05 else at + timedelta(days=rng.uniform(1, 9))
        answered = answered.replace(microsecond=0)
        case = _case("joint", "discipline", enterprise, rng.choice(("限制投标", "限制许可", "从严监管")), at,
                     answered + timedelta(days=rng.uniform(5, 60)), as_of)  # fmt: skip
        yield case | {
            "subcategory": enterprise["theme"],
            "unit": rng.choice(names.DEPARTMENTS),
            "respond_due_at": due,
            "responded_at": answered if answered < as_of else pd.NaT,
        }


def _case(
    prefix: str, kind: str, enterprise: Row, category: str, at: datetime, closed: datetime, as_of: datetime
) -> Row:
    closed = closed.replace(microsecond=0)
    done = closed < as_of
    return {
        "key": f"{prefix}-{enterprise['key']}",
        "kind": kind,
        "area": enterprise["area"],
        "unit": SUPERVISOR,
        "category": category,
        "subcategory": None,
        "title": f"{enterprise['name']}：{category}",
        "asset": enterprise["key"],
        "registered_at": at,
        "due_at": pd.NaT,
        "respond_due_at": pd.NaT,
        "responded_at": pd.NaT,
        "closed_at": closed if done else pd.NaT,
        "close_kind": "done" if done else None,
        "updated_at": closed if done else at,
    }


def _inspections(enterprises: list[Row], rng: random.Random, as_of: datetime) -> Iterator[Row]:
    for enterprise in rng.sample(enterprises, round(len(enterprises) * INSPECTED)):
        at = _moment(as_of, rng, 0, 390)
        rule = "inspection:joint" if rng.random() < 0.4 else "inspection:single"
        yield {
            "key": f"{enterprise['key']}/{at:%Y%m%d}",
            "area": enterprise["area"],
            "asset_source": "enterprises",
            "asset": enterprise["key"],
            "rule": rule,
            "checked_at": at,
            "window_days": 365,
            "passed": rng.random() < {"A": 0.99, "B": 0.96, "C": 0.88, "D": 0.7}[enterprise["risk"]],
            "veto": False,
            "checker": SUPERVISOR,
            "method": "sample",
            "updated_at": at,
        }


def _moment(as_of: datetime, rng: random.Random, low: float, high: float) -> datetime:
    """A whole second between `high` and `low` days before the data time."""
    return (as_of - timedelta(days=rng.uniform(low, high))).replace(microsecond=0) - timedelta(seconds=1)
