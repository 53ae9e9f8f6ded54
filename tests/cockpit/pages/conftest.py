"""A small district, loaded and published for real, and its pages."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.view import View, read
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.catalog import load as load_catalog
from tests.drawn import components, html
from tests.factory import AREAS, TOWNS, VILLAGES, areas, deliver, published

ROOT = Path(__file__).parents[3]
AS_OF = datetime(2026, 11, 22, 8)
GONE, MERGED = 990101001203, datetime(2026, 11, 10)
CATEGORIES = ("路灯照明", "噪声扰民", None)
METRICS = load_catalog().metrics
BY_CASES = [name for name, metric in METRICS.items() if metric.domain == "cases"]
Screen = Callable[..., AppTest]


def hotline(n: int = 130) -> list[dict[str, Any]]:
    """Cases of two months, every third one open, some at a town's own level, some of a village that is merged since."""
    made = []
    for i in range(n):
        at = datetime(2026, 10 + i % 2, 1 + i % 20, 9)
        area = (*VILLAGES, *TOWNS, GONE)[i % 6]
        closed = None if i % 3 == 0 else at.replace(day=at.day + 1, hour=9 + 8 * (i % 2))
        made.append(
            {
                "key": f"H{i:03}",
                "area": VILLAGES[0] if area == GONE and at >= MERGED else area,
                "registered_at": at,
                "due_at": at.replace(day=at.day + 1, hour=12),
                "closed_at": closed,
                "category": CATEGORIES[i % 3],
                "unit": "区城管局" if i % 2 else "区住建局",
                "place": f"{i // 4} 号",
                "description": f"反映第 {i} 件，电话 13812345678" if i % 2 else None,
                "due_calendar": "workday" if i % 2 else None,
                "extended": i % 4 // 2,
                "title": f"第 {i} 件" if i else "=1+1 请回电 13812345678",
                "urgency": "urgent" if i % 4 == 0 else "normal",
                "returned": i % 3,
                "reworked": i % 5 // 4,
                "reached": closed is not None,
                "solved": i % 7 != 0,
                "satisfied": i % 5 != 0,
                "reporter": f"caller {i % 40}",
                "lon": 118.1,
                "lat": 32.1,
            }
        )
    return made


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A district of a few cases, one site that does not open, and a delivery that is held."""
    home = Home(tmp_path_factory.mktemp("pages"), memory="1GB")
    gone = {"code": GONE, "name": "旧渡村", "level": "village", "valid_to": "2026-11-10", "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, gone])
    late = {"key": "LATE", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 22, 9), "title": "明天的件"}
    deliver(home, "cases", [*hotline(), late], cycle_days=0.25)
    site = {"key": "site", "area": TOWNS[0], "kind": "site", "name": "北塘街道网站"}
    deliver(home, "assets", [site], source="register")
    deliver(home, "assets", units(), source="directory")
    deliver(home, "steps", log(), source="log")
    checks = [
        {
            "key": str(i), "asset_source": "register", "asset": "site", "rule": "site_open", "passed": i > 1,
            "checked_at": datetime(2026, 11, 21, i),
        }
        for i in range(20)
    ]  # fmt: skip
    deliver(home, "checks", checks, source="probe")
    _held(home)
    published(home, AS_OF)
    return home


def units() -> list[dict[str, Any]]:
    """A department with two telephones, one of them a mobile one, the government above it, and committees."""
    unit = {"kind": "unit", "unit_kind": "department"}
    bureau = {
        "key": "u1",
        "name": "区城管局",
        "phone": "0000-8001234、13812345678",
        "parent": "u0",
        "area": AREAS[0]["code"],
    }
    above = {"key": "u0", "name": "临江区人民政府", "area": AREAS[0]["code"]}
    committees = [
        {"key": f"c{i}", "name": "村委会", "area": village, "phone": f"0000-800000{i}"}
        for i, village in enumerate(VILLAGES)
    ]
    return [unit | row for row in (bureau, above, *committees)]


def log() -> list[dict[str, Any]]:
    """The log of H001: sent back once, then handled; and a step of another case."""
    of = {"case_source": "hotline", "case_key": "H001"}
    at = datetime(2026, 11, 2, 9)
    return [
        {**of, "key": "s3", "action": "handle", "unit": "区城管局", "officer": "张建国", "post": "承办人员",
         "started_at": at.replace(hour=11), "ended_at": at.replace(day=3), "result": "已处置，回电 13812345678"},
        {**of, "key": "s2", "action": "return", "unit": "村委会", "started_at": at.replace(hour=10),
         "ended_at": at.replace(hour=11), "result": "不属本单位职责"},
        {**of, "key": "s1", "action": "accept", "unit": "热线中心", "started_at": at, "ended_at": at.replace(hour=10)},
        {"case_source": "hotline", "case_key": "H002", "key": "t1", "action": "handle", "started_at": at},
        {"case_source": "other", "case_key": "H001", "key": "t2", "action": "void", "started_at": at},
    ]  # fmt: skip


def _held(home: Home) -> None:
    """Six rows, five of them in an area that does not exist, one with a phone number in it."""
    folder = home.root / "deliveries"
    bad = ("2,123,2026-11-01 08:00,电话 13812345678", "3,123,昨天,", *(f"{n},123,2026-11-01," for n in (4, 5, 6)))
    rows = (f"1,{VILLAGES[0]},2026-11-01 08:00,好", *bad)
    (folder / "grid.csv").write_text("\n".join(("id,area,registered,note", *rows)), "utf-8")
    definition = {
        "source": "grid", "name": {"zh": "网格", "en": "Grid"}, "fact": "cases", "file": "grid.csv", "zone": home.zone,
        "key": "id", "area": "area", "columns": {"kind": "'event'", "registered_at": "registered", "title": "note"},
    }  # fmt: skip
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    assert load(home, read_source(path), reject_limit=0.2).status == "held"


@pytest.fixture
def screen(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Runs a page with parameters of its address; no page may end in a trace."""

    def run(name: str, root: Path = home.root, **parameters: object) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(root))
        settings.current.cache_clear()
        page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        page.switch_page(f"../pages/{name}.py")
        for key, value in parameters.items():
            page.query_params[key.rstrip("_")] = str(value)
        page.run()
        assert not page.exception, page.exception
        return page

    yield run
    settings.current.cache_clear()


@pytest.fixture
def view(home: Home) -> Callable[..., View]:
    """The view of parameters, outside a page."""
    config = settings.load(home=home.root)
    return lambda **parameters: read({key.rstrip("_"): str(value) for key, value in parameters.items()}, config)


def drawn(page: AppTest, component: str) -> list[dict[str, Any]]:
    """What a component was given, each time it was drawn, in the order of the page."""
    return components(page, component)


def words(page: AppTest) -> str:
    """The headings, notices and chips of a page."""
    return re.sub("<[^>]+>", " ", html(page))


def texts(table: dict[str, Any], heading: str) -> list[str]:
    """A column of a table by its heading."""
    at = [column["text"] for column in table["columns"]].index(heading)
    return [row[at]["text"] for row in table["rows"]]


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


def words_raw(page: AppTest) -> str:
    return html(page)


def lines(page: AppTest) -> dict[str, dict[str, Any]]:
    """The lines of all records of a page by label."""
    return {item["label"]: item for record in drawn(page, "record") for item in record["items"]}


def tables(page: AppTest) -> dict[str, dict[str, Any]]:
    return {table["columns"][0]["text"]: table for table in drawn(page, "table")}
