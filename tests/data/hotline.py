"""A source of hotline cases for tests: its areas, a good row to spoil, and deliveries of such rows."""

from typing import Any

import yaml

from data.home import Home
from data.ingest.loading import LoadReport, load
from data.sources.definition import Source, read_source
from data.store import read_store
from tests import factory

AREAS = """code,name,level,valid_from,valid_to,merged_into
990101,临江区,district,,,
990101001,北塘街道,town,,,
990101001201,新河村,village,,,
990101001202,东桥村,village,,2026-03-01,990101001201
990101002,沙洲镇,town,,,
990101002201,苇塘村,village,2025-01-01,,
"""
VILLAGE, ENDED, NEW = 990101001201, 990101001202, 990101002201
COLUMNS = {
    "kind": "kind", "registered_at": "registered", "due_at": "due", "closed_at": "closed", "urgency": "urgency",
    "rating": "rating", "solved": "solved", "extended": "extended", "title": "title", "reporter": "phone",
    "updated_at": "updated",
}  # fmt: skip
HEADER = "id,area,kind,registered,due,closed,urgency,rating,solved,extended,title,phone,updated"
GOOD = {
    "id": "A1", "area": "990101001201", "kind": "hotline", "registered": "2026-01-05 08:00:00",
    "due": "2026-01-12 08:00:00", "closed": "2026-01-06 10:30:00", "urgency": "紧急", "rating": "5", "solved": "是",
    "extended": "0", "title": "路灯不亮", "phone": "13812345678", "updated": "2026-01-07 00:00:00",
}  # fmt: skip


def settle(home: Home) -> Home:
    """Give a home the areas."""
    factory.settle(home, AREAS)
    return home


def row(**changes: str) -> str:
    cells = GOOD | changes
    return ",".join('"' + cells[column].replace('"', '""') + '"' for column in HEADER.split(","))


def source(home: Home, name: str = "hotline", **changes: Any) -> Source:
    """A source file, by default of a CSV with HEADER."""
    content = {
        "source": name, "name": "热线", "fact": "cases", "file": f"{name}.csv", "zone": home.zone,
        "key": "id", "area": "area", "columns": COLUMNS,
    } | changes  # fmt: skip
    path = home.root / f"{name}.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}, allow_unicode=True), "utf-8")
    return read_source(path)


def deliver(
    home: Home, *rows: str, header: str = HEADER, force: bool = False, limit: float = 1.0, **changes: Any
) -> LoadReport:
    """Load rows of a CSV; it is held by no share of rejects if no limit is given."""
    (home.root / "hotline.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return load(home, source(home, **changes), reject_limit=limit, force=force)


def facts(home: Home, columns: str = "* EXCLUDE (batch)", table: str = "cases") -> list[tuple]:
    with read_store(home) as store:
        return store.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


def rejects(home: Home) -> list[tuple[int, str, list[str]]]:
    with read_store(home) as store:
        return store.execute("SELECT row, key, reasons FROM rejects ORDER BY batch, row").fetchall()
