"""The source files of the demo: what each Parquet file is, and how its columns become ours."""

from pathlib import Path

import pyarrow.parquet as pq
import yaml

from data.demo.casework.streams import STREAMS

ZONE = "Asia/Shanghai"
OTHERS = (
    ("sites", "assets", "政府网站名录", "Government sites", 1),
    ("site_checks", "checks", "网站监测", "Site checks", 1),
    ("systems", "assets", "信息系统登记", "Information systems", 1),
    ("digital_projects", "assets", "信息化项目库", "Register of digital projects", 1),
    ("datasets", "assets", "数据资源目录", "Data catalogue", 1),
    ("services", "assets", "政务服务事项", "Service items", 1),
    ("facilities", "assets", "设施台账", "Register of facilities", 31),
    ("units", "assets", "单位通讯录", "Directory of units", 31),
    ("applications", "cases", "政务服务办件", "Applications", 1),
    ("reviews", "cases", "差评整改台账", "Repair of bad ratings", 31),
    ("data_requests", "cases", "数据需求台账", "Requests for data", 31),
    ("escalations", "cases", "提级督办台账", "Ledger of escalations", 31),
    ("planned_works", "cases", "清单任务台账", "Ledger of planned works", 31),
    ("credit", "cases", "信用监管", "Market supervision", 7),
    ("enterprises", "assets", "市场主体登记", "Register of enterprises", 31),
    ("inspections", "checks", "双随机抽查", "Inspections by lot", 7),
    ("case_steps", "steps", "办理过程", "Logs of cases", 1),
    ("hall_queues", "readings", "大厅叫号", "Hall queues", 1),
    ("villages", "readings", "村社基础数据", "Village yearbook", 31),
    ("police", "readings", "公安实有人口", "Residents counted by the police", 31),
)
"""Source, fact, names, and within how many days it delivers again."""
SOURCES = (*((s.source, "cases", s.zh, s.en, 1) for s in STREAMS), *OTHERS)


def write(folder: Path) -> list[Path]:
    """Write `<source>.yaml` next to each Parquet file; returns the source files in loading order."""
    return [_write(folder, *source) for source in SOURCES]


def _write(folder: Path, source: str, fact: str, zh: str, en: str, cycle_days: int) -> Path:
    columns = pq.read_schema(folder / f"{source}.parquet").names
    content = {
        "source": source,
        "name": {"zh": zh, "en": en},
        "fact": fact,
        "file": f"{source}.parquet",
        "zone": ZONE,
        "cycle_days": cycle_days,
        "key": "key",
        **({"area": "area"} if "area" in columns else {}),
        "columns": {column: column for column in columns if column not in ("key", "area")},
    }
    path = folder / f"{source}.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return path
