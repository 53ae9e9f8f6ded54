"""A catalog with one metric of every fact, view and form, and facts for each of them.

Every test that iterates over metrics, levels or pages uses it as well as the built-in catalog: what a district
defines must work wherever ours does.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data.home import Home
from metrics.catalog import Catalog, load
from tests.factory import TOWNS, VILLAGES, deliver

FOLDER = Path(__file__).parent
FILES = {path.name for path in FOLDER.glob("*.yaml")}
PLACES = (*VILLAGES, *TOWNS)


def catalog() -> Catalog:
    return load(FOLDER)


def readings(count: int = 40) -> list[dict[str, Any]]:
    """Of two months, in every village and town."""
    return [
        {
            "key": f"M{i}", "area": PLACES[i % len(PLACES)], "unit": ("区水务局", None)[i % 2], "measure": "water",
            "measured_at": datetime(2026, 10, 1, 6) + timedelta(days=1.3 * i), "value": i % 11, "n": 1,
        }
        for i in range(count)
    ]  # fmt: skip


def assets(count: int = 24) -> list[dict[str, Any]]:
    """Some retired, some without a number of items."""
    return [
        {
            "key": f"A{i}", "area": PLACES[i % len(PLACES)], "kind": ("system", "app")[i % 2], "name": f"系统 {i}",
            "unit": "区数据局", "on_cloud": i % 3 == 0, "items": i if i % 4 else None,
            "registered_at": datetime(2026, 10, 3, 8) + timedelta(days=2 * i),
            "retired_at": datetime(2026, 11, 20, 8) if i % 6 == 0 else None,
        }
        for i in range(count)
    ]  # fmt: skip


def checks(count: int = 40) -> list[dict[str, Any]]:
    """Of the assets, one without a place of its own."""
    return [
        {
            "key": f"C{i}", "asset_source": "inventory", "asset": f"A{i % 24}", "rule": "backup_made",
            "checked_at": datetime(2026, 10, 5, 7) + timedelta(days=1.1 * i), "passed": i % 3 > 0,
            "observed": i / 2, "window_days": 14 if i % 2 else None,
            "area": PLACES[i % len(PLACES)] if i % 5 else None,
        }
        for i in range(count)
    ]  # fmt: skip


def deliver_all(home: Home) -> None:
    """Readings, assets and checks for the metrics of the catalog; cases are the caller's."""
    deliver(home, "readings", readings(), source="meters")
    deliver(home, "assets", assets(), source="inventory")
    deliver(home, "checks", checks(), source="backups")
