"""The registers of the demo: systems, data sets, service items, halls and facilities. All of them are assets."""

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

FIELDS = ("经济调节", "市场监管", "社会管理", "公共服务", "生态环保", "政务运行")
SYSTEMS = (
    "协同办公",
    "业务受理",
    "执法监管",
    "统计分析",
    "档案管理",
    "预警监测",
    "信用管理",
    "资金监管",
    "移动巡查",
    "视频汇聚",
)
OWNER_LEVELS = ("区",) * 6 + ("市",) * 2 + ("省",) * 2 + ("中央",)
THEMES = ("人口", "法人", "信用", "证照", "空间地理", "民生保障", "市场主体", "城乡建设", "农业农村", "应急管理")
SETS = ("登记信息", "许可信息", "处罚信息", "名录", "台账", "巡查记录", "统计月报", "监测数据", "补贴发放", "点位分布")
ITEMS = ("新办", "变更", "延续", "注销", "备案", "年审", "补证", "查询", "认定", "申领")
SUBJECTS = (
    "食品经营许可", "道路运输证", "施工许可", "取水许可", "卫生许可", "排水许可", "人力资源服务许可",
    "民办学校许可", "社会救助", "残疾人补贴", "老年优待证", "灵活就业参保", "农房翻建审批", "户外广告设置",
    "占道施工许可", "树木砍伐许可", "校车使用许可", "再生育登记", "医保报销", "公租房",
)  # fmt: skip
ITEM_KINDS = ("行政许可", "行政许可", "行政确认", "公共服务", "公共服务", "行政给付")
TOWN_ITEMS = (
    "社会保险参保登记", "医保参保登记", "老年优待证办理", "生育登记", "残疾人证申请", "临时救助申请", "低保申请",
    "就业失业登记", "农村宅基地申请", "特困供养申请", "高龄津贴申领", "退役军人登记",
)  # fmt: skip
"""Services of the hall of every town."""
FACILITY_KINDS = ("烈士纪念设施", "不可移动文物", "古树名木")
FACILITIES = 12
"""In each town."""
DATASETS = 300
PROJECTS = 60
DISTRICT_ITEMS = 690
"""With those of 22 towns 954, as in Yuexiu."""
HALL = "区政务服务中心"
VENDORS = ("承建单位甲", "承建单位乙", "承建单位丙", "自建")


def halls() -> list[tuple[str, int]]:
    """Name and area of each service hall: the district's, and one in every town."""
    towns = [area for area in geography.areas() if area.level == "town"]
    return [(HALL, stories.DISTRICT), *((f"{town.name}便民服务中心", town.code) for town in towns)]


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, as_of: datetime) -> None:
    """Write a Parquet file for each register; that of services has the halls as well."""
    updated_at = as_of.replace(hour=2, minute=30)
    registers = {
        "systems": _systems(as_of), "digital_projects": _projects(as_of), "datasets": _datasets(as_of),
        "services": services(), "facilities": _facilities(as_of),
    }  # fmt: skip
    for name, rows in registers.items():
        con.register("given_rows", pd.DataFrame([row | {"updated_at": updated_at} for row in rows]).convert_dtypes())
        copy(con, "SELECT * FROM given_rows", folder / f"{name}.parquet")
        con.unregister("given_rows")


def _systems(as_of: datetime) -> Iterator[dict[str, Any]]:
    """Those that must share their data by stories.SHARING, and others; of the upper levels' some return data."""
    rng = random.Random("systems")
    owners = [(level, i < shared) for level, (due, shared) in stories.SHARING.items() for i in range(due)]
    others = [(level, None) for level, count in (("区", 18), ("市", 6), ("省", 12), ("中央", 8)) for _ in range(count)]
    for i, (level, shared) in enumerate([*owners, *others]):
        upper = level != "区"
        flows = upper and rng.random() < 0.2
        yield {
            "key": f"system-{i + 1:02}",
            "kind": "system",
            "area": stories.DISTRICT,
            "name": f"{FIELDS[i % 6]}{SYSTEMS[i // 6 % 10]}{i // 60 + 1}期系统",
            "unit": names.DEPARTMENTS[i % len(names.DEPARTMENTS)],
            "owner_level": level,
            "vendor": rng.choice(VENDORS),
            "on_cloud": rng.random() < 0.85,
            "connected": None if upper else rng.random() < 0.9,
            "mlps_level": rng.choice((2, 2, 2, 3)),
            "share_required": shared is not None,
            "share_due_at": _before(as_of, rng, 60, 300) if shared is not None else pd.NaT,
            "share_done_at": _before(as_of, rng, 10, 400) if shared else pd.NaT,
            "flow_required": upper,
            "flow_active": flows,
            "flow_last_at": _before(as_of, rng, 0, 3) if flows else pd.NaT,
            "users_registered": rng.randint(20, 4000),
            "theme": FIELDS[i % 6],
            "registered_at": _before(as_of, rng, 500, 3000),
        }


def _projects(as_of: datetime) -> Iterator[dict[str, Any]]:
    """Of three years: approved, then started; the newest wait for their approval. Some against the rules of stories."""
    rng = random.Random("digital projects")
    hasty = 0
    for i in range(PROJECTS):
        unit = names.DEPARTMENTS[i % len(names.DEPARTMENTS)]
        key = f"digital-project-{i + 1:02}"
        asked = as_of.replace(microsecond=0) - timedelta(days=1000 * (PROJECTS - i) / PROJECTS + rng.uniform(1, 12))
        approved = asked + timedelta(days=rng.randint(20, 60))
        started = approved + timedelta(days=rng.randint(15, 80))
        if unit == stories.HASTY_UNIT and hasty < stories.UNAPPROVED:
            hasty += 1
            started = asked + timedelta(days=9)
            approved = as_of + timedelta(days=20) if hasty == stories.UNAPPROVED else approved
        yield {
            "key": key,
            "kind": "digital_project",
            "area": stories.DISTRICT,
            "name": f"{unit.removeprefix('区')}{SYSTEMS[i // 6 % 10]}平台{('一', '二', '三')[i % 3]}期",
            "unit": unit,
            "owner_level": "区",
            "theme": FIELDS[i % 6],
            "approved_at": approved if approved < as_of else pd.NaT,
            "started_at": started if started < as_of else pd.NaT,
            "duplicate_of": stories.OVERLAPS.get(key),
            "registered_at": asked,
        }


def dataset_key(number: int) -> str:
    """The key of a data set; number from 1."""
    return f"dataset-{number:03}"


def theme_of(key: str) -> str:
    """The theme of a data set by its key."""
    return THEMES[(int(key.removeprefix("dataset-")) - 1) % len(THEMES)]


def _datasets(as_of: datetime) -> Iterator[dict[str, Any]]:
    """DATASETS data sets; about one in fourteen is behind its cycle, a few are not mounted."""
    rng = random.Random("data sets")
    for i in range(DATASETS):
        cycle = rng.choice((1, 7, 30, 30, 90, 365))
        late = rng.random() < 0.07
        kind = rng.choices(("interface", "table", "file", "none"), (30, 50, 14, 6))[0]
        opened = rng.choices(("open", "conditional", "closed"), (30, 40, 30))[0]
        yield {
            "key": dataset_key(i + 1),
            "kind": "dataset",
            "area": stories.DISTRICT,
            "parent": f"system-{i % 60 + 1:02}",
            "name": f"{THEMES[i % 10]}{SETS[i // 10 % 10]}" + ("", "（归档）", "（镇街）")[i // 100],
            "unit": names.DEPARTMENTS[i % len(names.DEPARTMENTS)],
            "theme": theme_of(dataset_key(i + 1)),
            "share_class": rng.choices(("open", "conditional", "closed"), (45, 45, 10))[0],
            "open_class": opened,
            "machine_readable": opened == "open" and rng.random() < 0.94,
            "resource_kind": kind,
            "mounted_at": pd.NaT if kind == "none" else _before(as_of, rng, 100, 1200),
            "cycle_days": cycle,
            "last_updated_at": _before(as_of, rng, cycle * 1.2 + 1, cycle * 3 + 5)
            if late
            else _before(as_of, rng, 0, cycle),
            "rows": round(10 ** rng.uniform(2, 6.5)),
            "direction": rng.choices(("collect", "share", "return", "open"), (45, 35, 5, 15))[0],
            "registered_at": _before(as_of, rng, 1200, 2000),
        }


def services() -> Iterator[dict[str, Any]]:
    """The halls, and the service items with limits, depth and guide (one bit an element, 255 = whole)."""
    rng = random.Random("service items")
    for i, (name, area) in enumerate(halls(), 1):
        yield {"key": f"hall-{i}", "kind": "hall", "area": area, "name": name, "unit": name}
    yield from _counters()
    for i in range(DISTRICT_ITEMS):
        legal = rng.choice((5, 10, 15, 20, 30, 45, 60))
        instant = rng.random() < 0.52
        depth = rng.choices((1, 2, 3, 4), (2, 6, 12, 80))[0]
        yield {
            "key": f"item-{i + 1:03}",
            "kind": "service_item",
            "area": stories.DISTRICT,
            "name": f"{SUBJECTS[i % 20]}{ITEMS[i // 20 % 10]}" + ("", "（个人）", "（企业）", "（项目）")[i // 200],
            "unit": names.DEPARTMENTS[i % len(names.DEPARTMENTS)],
            "item_kind": ITEM_KINDS[i % len(ITEM_KINDS)],
            "legal_days": legal,
            "promised_days": 0 if instant else max(1, round(legal * rng.uniform(0.25, 0.8))),
            "instant": instant,
            "online_depth": depth,
            "online_accept": depth >= 3,
            "max_trips": 0 if depth == 4 else rng.choices((1, 2), (85, 15))[0],
            "bundle": "开办企业" if i % 37 == 0 else "新生儿出生" if i % 41 == 0 else None,
            "cross_province": rng.random() < 0.3,
            "guide_elements": 255 if rng.random() < 0.965 else 255 - 2 ** rng.randrange(8),
            "modes": rng.choice(("告知承诺", "一窗受理", "帮办代办", "容缺受理")),
        }
    for number, (hall, area) in enumerate(halls()[1:], 1):
        yield from _town_items(number, hall, area)


def _counters() -> Iterator[dict[str, Any]]:
    """Those of the district's hall: each unit has one, the first ones have two."""
    units = [
        *names.DEPARTMENTS,
        *(f"进驻单位{i:02}" for i in range(1, stories.COUNTER_UNITS - len(names.DEPARTMENTS) + 1)),
    ]
    for i in range(stories.COUNTERS):
        yield {
            "key": f"counter-{i + 1:02}",
            "kind": "counter",
            "area": stories.DISTRICT,
            "parent": "hall-1",
            "name": f"{i + 1:02}号窗口",
            "unit": units[i % len(units)],
        }


def _town_items(number: int, hall: str, area: int) -> Iterator[dict[str, Any]]:
    """Services of a town's hall; in towns most are done on the spot."""
    rng = random.Random(f"service items of {area}")
    for i, name in enumerate(TOWN_ITEMS, 1):
        instant = rng.random() < 0.6
        yield {
            "key": f"item-{number:02}-{i:02}",
            "kind": "service_item",
            "area": area,
            "name": f"{name}（{hall.removesuffix('便民服务中心')}）",
            "unit": names.TOWN_SERVICE,
            "item_kind": "公共服务",
            "legal_days": 10,
            "promised_days": 0 if instant else rng.randint(2, 6),
            "instant": instant,
            "online_depth": rng.choices((2, 3, 4), (5, 15, 80))[0],
            "online_accept": True,
            "max_trips": rng.choices((0, 1, 2), (60, 33, 7))[0],
            "bundle": None,
            "cross_province": rng.random() < 0.2,
            "guide_elements": 255,
            "modes": rng.choice(("告知承诺", "一窗受理", "帮办代办", "容缺受理")),
        }


def _facilities(as_of: datetime) -> Iterator[dict[str, Any]]:
    """Those of each town, spread over its villages; nearly all were checked and put on file."""
    rng = random.Random("facilities")
    villages: dict[int, list[geography.Area]] = {}
    for area in geography.areas():
        if area.level == "village" and area.outline:
            villages.setdefault(area.code // 1000 * 1000, []).append(area)
    for town, places in villages.items():
        for i in range(FACILITIES):
            place, theme = places[i * len(places) // FACILITIES], FACILITY_KINDS[i % len(FACILITY_KINDS)]
            recorded = rng.random() < 0.95 and town != stories.UNRECORDED_TOWN
            yield {
                "key": f"facility-{town // 1000 % 1000:03}-{i + 1:02}",
                "kind": "facility",
                "area": place.code,
                "name": f"{place.name}{theme}{i + 1:02}",
                "unit": names.TOWN_SERVICE,
                "theme": theme,
                "recorded_at": _before(as_of, rng, 30, 900) if recorded else pd.NaT,
                "registered_at": _before(as_of, rng, 900, 2500),
            }


def _before(as_of: datetime, rng: random.Random, low: float, high: float) -> datetime:
    """A whole second between `high` and `low` days before the data time."""
    return (as_of - timedelta(days=rng.uniform(low, high))).replace(microsecond=0) - timedelta(seconds=1)
