"""Editions for tests: an areas file and deliveries, loaded and published as in production."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import yaml

from data.areas.loading import load_areas
from data.editions.edition import Edition, open_edition
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.schema import FACTS
from data.sources.definition import read_source
from metrics.catalog import Catalog
from metrics.catalog import load as load_catalog

DISTRICT = 990101000000
TOWNS = (990101001000, 990101101000)
VILLAGES = (990101001201, 990101001202, 990101101201)
AREAS: tuple[Mapping[str, Any], ...] = (
    {"code": DISTRICT, "name": "临江区", "level": "district", "population": 60_000},
    {"code": TOWNS[0], "name": "北塘街道", "level": "town", "population": 40_000},
    {"code": TOWNS[1], "name": "沙洲镇", "level": "town", "population": 20_000},
    {"code": VILLAGES[0], "name": "新河村", "level": "village", "population": 3_000},
    {"code": VILLAGES[1], "name": "东桥村", "level": "village", "population": 2_000},
    {"code": VILLAGES[2], "name": "苇塘村", "level": "village", "population": 1_000},
)


EMPTY = {
    "VARCHAR": "string", "BOOLEAN": "boolean", "TIMESTAMP": "datetime64[us]", "DOUBLE": "float64", "BIGINT": "Int64",
    "INTEGER": "Int32", "SMALLINT": "Int16", "TINYINT": "Int8",
}  # fmt: skip
"""Type of a column without values, by the type it is stored in."""


def deliver(
    home: Home,
    fact: str,
    rows: Sequence[Mapping[str, Any]],
    source: str = "hotline",
    *,
    mapped: bool = True,
    **more: Any,
) -> Any:
    """Loads rows, given by our own column names, as one delivery of a source.

    The source maps every column of the fact; with mapped=False those of the rows alone.
    """
    frame = pd.DataFrame(list(rows))
    columns: dict[str, Any] = {"kind": "hotline"} if fact == "cases" else {}
    columns |= {
        str(name): pd.to_datetime(frame[name]) if FACTS[fact][str(name)].type == "TIMESTAMP" else frame[name]
        for name in frame
    }
    if mapped:
        absent = [c for c in FACTS[fact].delivered if c.name not in columns and c.name not in ("key", "area")]
        columns |= {c.name: pd.Series(None, index=frame.index, dtype=EMPTY[c.type]) for c in absent}
    frame = pd.DataFrame(columns, index=frame.index)
    folder = home.root / "deliveries"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{source}-{fact}-{len(list(folder.iterdir()))}.parquet"
    frame.to_parquet(file)
    delivered = [c.name for c in FACTS[fact].delivered if c.name in frame and c.name not in ("key", "area")]
    definition = {
        "source": source,
        "name": {"zh": source, "en": source},
        "fact": fact,
        "file": file.name,
        "zone": home.zone,
        "key": "key",
        "columns": {name: name for name in delivered},
        **more,
    }
    if "area" in frame:
        definition["area"] = "area"
    path = file.with_suffix(".yaml")
    path.write_text(yaml.dump(definition, Dumper=yaml.CSafeDumper, allow_unicode=True), "utf-8")
    return load(home, read_source(path), reject_limit=1)


_stores: dict[tuple[str, str], bytes] = {}
"""What loading areas makes of a home without a store, by the CSV and the zone."""
STORES = 20
"""So many are kept: some tests make up areas without end."""


def settle(home: Home, csv: str) -> None:
    """Load areas from a CSV. A home without a store gets a copy of the one that the same CSV made before."""
    file = home.root / "areas.csv"
    home.prepare()
    file.write_text(csv, "utf-8")
    key = (csv, home.zone)
    if home.store.exists():
        load_areas(home, file)
    elif key in _stores:
        home.store.write_bytes(_stores[key])
    else:
        load_areas(home, file)
        if len(_stores) < STORES:
            _stores[key] = home.store.read_bytes()


def areas(home: Home, rows: Iterable[Mapping[str, Any]] = AREAS) -> None:
    """Load areas, given by our own column names."""
    settle(home, pd.DataFrame(list(rows)).to_csv(index=False))


def published(home: Home, as_of: datetime | None = None, catalog: Catalog | None = None) -> Edition:
    """The edition of everything loaded so far."""
    return open_edition(home, publish(home, (catalog or load_catalog()).rollups(), as_of=as_of).edition)


def edition_of(
    home: Home,
    cases: Sequence[Mapping[str, Any]],
    as_of: datetime,
    *,
    places: Iterable[Mapping[str, Any]] = AREAS,
    catalog: Catalog | None = None,
    **facts: Sequence[Mapping[str, Any]],
) -> Edition:
    """An edition of a few cases (key and area are made up where missing) and other facts."""
    areas(home, places)
    if cases:
        deliver(home, "cases", [{"key": str(i), "area": VILLAGES[0], **case} for i, case in enumerate(cases)])
    for name, rows in facts.items():
        deliver(home, name, rows, source=f"{name}_source")
    return published(home, as_of, catalog)
