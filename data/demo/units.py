"""The directory of the demo's units: who handles cases, below whom, with the telephone of the office."""

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

GOVERNMENT = "unit-990101"
UNLISTED = 0.04
"""Share of the units without a telephone number."""


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, as_of: datetime) -> None:
    """Write `units.parquet`."""
    updated_at = as_of.replace(hour=2, minute=30)
    con.register(
        "given_rows",
        pd.DataFrame([row | {"kind": "unit", "updated_at": updated_at} for row in units()]).convert_dtypes(),
    )
    copy(con, "SELECT * FROM given_rows", folder / "units.parquet")
    con.unregister("given_rows")


def units() -> Iterator[dict[str, Any]]:
    """The district's government, its departments and desks; of each town its office, team and centre; committees."""
    yield _unit(GOVERNMENT, None, stories.DISTRICT, f"{names.DISTRICT}人民政府", "department")
    for i, name in enumerate((*names.DEPARTMENTS, *names.DESKS.values()), 1):
        yield _unit(f"{GOVERNMENT}-{i:02}", GOVERNMENT, stories.DISTRICT, name, "department")
    for area in geography.areas():
        office = f"unit-{area.code // 1000}"
        if area.level == "town":
            title = f"{area.name}办事处" if area.kind == "街道" else f"{area.name}人民政府"
            yield _unit(office, GOVERNMENT, area.code, title, "township")
            yield _unit(f"{office}-team", office, area.code, names.TOWN_UNIT, "township")
            yield _unit(f"{office}-service", office, area.code, names.TOWN_SERVICE, "window")
        elif area.level == "village" and area.outline:
            yield _unit(f"unit-{area.code}", office, area.code, names.VILLAGE_UNIT, "committee")


def _unit(key: str, parent: str | None, area: int, name: str, kind: str) -> dict[str, Any]:
    rng = random.Random(f"telephone of {key}")
    phone = None if rng.random() < UNLISTED else f"0000-8{rng.randrange(10**6):06}"
    on_network = rng.random() < 0.97 if kind in ("department", "township") else None
    due = kind != "committee"
    connected = due and name not in stories.UNCONNECTED_UNITS
    return {
        "key": key,
        "parent": parent,
        "area": area,
        "name": name,
        "unit_kind": kind,
        "phone": phone,
        "on_network": on_network,
        "share_required": due,
        "share_done_at": datetime(2020, 1, 1) + timedelta(days=rng.randrange(1000)) if connected else pd.NaT,
        "operations_staff": stories.OPERATIONS_STAFF.get(name, 0) if kind == "department" else None,
    }
