"""The government sites of the demo, their columns, apps and functions, and sixty days of checks.

Rules of the checks, by which metrics know them (the SQL is next to this module):
  site_open        a visit, twenty a day; observed = seconds until the site opened, passed when under 15
  home_updated     daily; observed = days since the home page changed, passed under 14
  column_updated   daily, of a column with items; observed = days since its newest item, passed within must_update_days
  column_items     daily, of a column; observed = number of items, passed when there are any
  guide_elements   weekly, of a service item; observed = classes of elements its guide has, passed with all eight
  function_answers daily, of a function of an app; observed = seconds, passed when it answers
  deduction:NAME   weekly; points lost, 0 when passed
"""

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

import data.demo.calendar as calendar
import data.demo.names as names
import data.demo.registers as registers
import data.demo.stories as stories
from data.demo.tables import copy, give, table

ASSETS, CHECKS = (Path(__file__).with_name(f"{name}.sql") for name in ("sites", "site_checks"))
PLACED_FAILURES = (21, 40, 58, 77, 95, 118)
"""Of the last 140 visits of stories.SLOW_SITE, counted backwards, those that do not open."""
NEVER = 10**6
"""A day far ahead."""
TOPICS = (
    "旅游", "招商", "人才", "统计", "档案", "党建", "体育", "科普", "志愿服务", "数据开放", "政务服务",
    "公共资源交易", "应急科普", "生态环境",
)  # fmt: skip
COLUMNS = (
    ("工作动态", "news"), ("通知公告", "notice"), ("政策文件", "policy"), ("图片新闻", "news"),
    ("公示公开", "notice"), ("政策解读", "policy"), ("基层动态", "news"), ("规范性文件", "policy"),
    ("机构职能", "other"), ("办事指南", "other"), ("互动交流", "other"), ("财政信息", "other"),
    ("统计数据", "other"), ("人事信息", "other"), ("专题专栏", "other"), ("下载中心", "other"),
)  # fmt: skip
LIMITS = {"news": 14, "notice": 182, "policy": 182, "other": 365}
"""Days within which a column must have a new item."""
RHYTHM = {"news": (1, 6), "notice": (8, 45), "policy": (20, 90), "other": (30, 200)}
"""Days between two items of a column that is looked after."""
APPS = (("临江通", "app"), ("临江掌上办", "app"), ("临江城管", "app"), ("临江办事", "mini_program"))
FUNCTIONS = (
    "公积金查询", "社保查询", "医保查询", "预约挂号", "违章查询", "不动产查询", "学区查询", "办事预约", "办件进度",
    "证照亮证", "随手拍", "公交查询",
)  # fmt: skip
ACCOUNTS = 12
AGE = """CREATE OR REPLACE TEMP MACRO days_since(thing, day) AS
    CASE WHEN day >= thing.stuck THEN day - thing.stuck ELSE (day + thing.phase) % thing.every END"""
"""Days since the last update of a site or column on a day."""
DEDUCTIONS = {"policy_files": 5, "statistics": 2, "replies": 3, "search": 2, "dead_links": 4, "accessibility": 3}


def keys() -> list[str]:
    return [f"site-{number:02}" for number in range(1, 41)]


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, seed: int, as_of: datetime) -> None:
    """Write `sites.parquet` (assets: sites and their columns) and `site_checks.parquet`."""
    today = calendar.number(as_of.date())
    table(con, "sites", "key area name unit url every phase stuck slow", _sites(today))
    table(con, "site_columns", "key site name kind limit every phase stuck items", _columns(today))
    table(con, "deductions", "name points", DEDUCTIONS.items())
    table(con, "guides", "key elements mended", _guides(today))
    table(con, "functions", "key parent kind name unit flaky stuck released", _functions(today))
    salt = random.Random(f"{seed} sites").getrandbits(62)
    con.execute(AGE)
    give(
        con,
        as_of=as_of,
        today=as_of.date(),
        day=today,
        salt=salt,
        failing=list(PLACED_FAILURES),
        slow_site=stories.SLOW_SITE.key,
        district=stories.DISTRICT,
    )
    copy(con, ASSETS.read_text("utf-8"), folder / "sites.parquet")
    copy(con, CHECKS.read_text("utf-8"), folder / "site_checks.parquet")


def _sites(today: int) -> Iterator[tuple[object, ...]]:
    """Sites with the rhythm of their home page: changed every `every` days, not any more since day `stuck`."""
    rng = random.Random("sites")
    owners = [(f"{unit}网站", unit, stories.DISTRICT) for unit in names.DEPARTMENTS]
    owners += [
        (f"{names.DISTRICT[:2]}{topic}网", names.DEPARTMENTS[i], stories.DISTRICT) for i, topic in enumerate(TOPICS)
    ]
    owners += [(f"{town}网站", town, stories.GROWING_TOWN + 1000 * i) for i, town in enumerate(names.TOWNS[:8])]
    for key, (name, unit, area) in zip(keys(), owners, strict=True):
        stuck = today - 13 if key == stories.IDLE_SITE.key else NEVER
        slow = 0.02 if key == stories.SLOW_SITE.key else rng.uniform(0.0005, 0.006)
        every = rng.randint(1, 6)
        yield key, area, name, unit, f"https://{key}.example/", every, rng.randrange(every), stuck, slow


def _columns(today: int) -> Iterator[tuple[object, ...]]:
    """Columns with their rhythm; those of planted sites are stale or empty, and a few others lag by one."""
    rng = random.Random("columns")
    for site in keys():
        planted = site in (stories.BLANK_SITE.key, stories.STALE_SITE.key)
        count = 14 if planted else rng.randint(8, 16)
        lags = rng.randrange(count) if not planted and rng.random() < 0.12 else -1
        for i, (name, kind) in enumerate(COLUMNS[:count]):
            every = rng.randint(*RHYTHM[kind])
            stuck, items = NEVER, rng.randint(12, 400)
            if (site == stories.STALE_SITE.key and i < 7) or i == lags:
                stuck = today - LIMITS[kind] - rng.randint(6, 30)
            if site == stories.BLANK_SITE.key and i >= 8:
                items = 0
            yield f"{site}-{i + 1:02}", site, name, kind, LIMITS[kind], every, rng.randrange(every), stuck, items


def _guides(today: int) -> Iterator[tuple[object, ...]]:
    """The guides of the service items; some of those that are whole today were not before day `mended`."""
    rng = random.Random("guides")
    for item in registers.services():
        if item["kind"] == "service_item":
            elements = item["guide_elements"].bit_count()
            mended = today - rng.randint(5, 120) if elements == 8 and rng.random() < 0.04 else -NEVER
            yield item["key"], elements, mended


def _functions(today: int) -> Iterator[tuple[object, ...]]:
    """Accounts, apps and mini-programs, and their functions; one has not answered for nine days, the others fail now
    and then.
    """
    rng = random.Random("functions")
    for number in range(1, ACCOUNTS + 1):
        key, unit = f"account-{number:02}", names.DEPARTMENTS[number - 1]
        idle = 16 if key == stories.IDLE_ACCOUNT else rng.randint(0, 6)
        yield key, None, "account", f"{unit}政务号", unit, 0.0, NEVER, idle
    for number, (app, kind) in enumerate(APPS, 1):
        key, unit = f"app-{number}", names.DEPARTMENTS[number]
        yield key, None, kind, app, unit, 0.0, NEVER, 75 if number == len(APPS) else rng.randint(3, 50)
        for i, name in enumerate(FUNCTIONS):
            stuck = today - 9 if (number, i) == (1, 0) else NEVER
            yield f"{key}-{i + 1:02}", key, "function", f"{app}{name}", unit, rng.uniform(0, 0.02), stuck, None
