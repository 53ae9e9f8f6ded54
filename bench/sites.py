"""Time to open the pages of many government sites, with ten columns each and two weeks of checks.

    python -m bench.sites [--sites 2000]

An edition of them is served, and a viewer opens the pages as a browser does, over a websocket. Takes about a minute.
"""

import argparse
import asyncio
import statistics
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from bench.support.served import Served, served
from bench.support.viewer import SHELL
from data.areas.loading import load_areas
from data.editions.edition import Edition, open_edition
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.catalog import load as load_catalog

DISTRICT = 990101000000
AS_OF = datetime(2026, 11, 22, 8)
ASSETS = """
    SELECT 'site-' || i AS key, 'site' AS kind, NULL::VARCHAR AS parent, '网站' || i AS name,
        'http://s' || i || '.example/' AS url, NULL::VARCHAR AS column_kind FROM range({n}) t(i)
    UNION ALL
    SELECT 'site-' || i || '-' || j, 'column', 'site-' || i, '栏目' || j, 'http://s' || i || '.example/' || j,
        ['news', 'notice', 'policy', 'other'][1 + j % 4] FROM range({n}) t(i), range(10) u(j)"""
CHECKS = """
    WITH sites AS (SELECT 'site-' || i AS key FROM range({n}) t(i)),
    columns AS (SELECT 'site-' || i || '-' || j AS key FROM range({n}) t(i), range(10) u(j)),
    days AS (SELECT TIMESTAMP '2026-11-22 06:00:00' - to_days(d::INTEGER) AS moment FROM range(14) w(d))
    SELECT key AS asset, 'site_open' AS rule,
        TIMESTAMP '2026-11-22 07:59:00' - to_minutes((72 * v)::INTEGER) AS checked_at,
        0.5 AS observed, hash(key || v) % 50 > 0 AS passed FROM sites, range(280) w(v)
    UNION ALL SELECT key, 'home_updated', moment, hash(key) % 16, hash(key) % 16 < 14 FROM sites, days
    UNION ALL SELECT key, 'column_updated', moment, hash(key) % 20, true FROM columns, days
    UNION ALL SELECT key, 'column_items', moment, hash(key) % 20, hash(key) % 20 > 0 FROM columns, days"""


TIMES = 20
PAGES = {
    "the list": ("sites", {}),
    "those that are vetoed": ("sites", {"show": "vetoed"}),
    "a search": ("sites", {"q": "网站19"}),
    "the last page": ("sites", {"page": "40"}),
    "one site": ("site", {"source": "assets", "key": "site-7"}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=2000)
    count = parser.parse_args().sites
    with tempfile.TemporaryDirectory() as folder:
        edition, _district = edition_of_sites(Path(folder), count)
        edition.close()
        measure(Home(Path(folder)), count)


def measure(home: Home, count: int) -> None:
    """Print how long each page takes, of a home with an edition of so many sites."""
    with served(home) as server:
        asyncio.run(_pages(server, count))


async def _pages(server: Served, count: int) -> None:
    print(f"pages of {count:,} sites with 20 visits a day, the first time and from then on (limit 500 ms)")
    (someone,) = server.viewers(1, ("district",))
    for what, (page, parameters) in PAGES.items():
        viewer = replace(someone, page=page, shows=SHELL | {"cockpit_table"})
        async with viewer:
            first = await viewer.run(**parameters)
            later = [await viewer.run(**parameters) for _time in range(TIMES)]
        print(f"  {what:24} {1000 * first:5.0f} ms, then {1000 * statistics.median(later):4.0f} ms")


def edition_of_sites(folder: Path, count: int) -> tuple[Edition, int]:
    """The edition, and the code of the district that its sites belong to."""
    home = Home(folder, memory="2GB")
    home.prepare()
    areas = folder / "areas.csv"
    areas.write_text(f"code,name,level\n{DISTRICT},临江区,district\n", "utf-8")
    load_areas(home, areas)
    for name, sql, columns in (
        ("assets", ASSETS, ("kind", "parent", "name", "url", "column_kind")),
        ("checks", CHECKS, ("asset", "rule", "checked_at", "observed", "passed")),
    ):
        duckdb.execute(f"COPY ({sql.format(n=count)}) TO '{folder / name}.parquet'")
        key = "key" if name == "assets" else "asset || '/' || rule || '/' || checked_at"
        definition = {
            "source": name, "name": name, "fact": name, "file": f"{name}.parquet", "zone": home.zone, "key": key,
            **({"area": str(DISTRICT)} if name == "assets" else {}),
            "columns": {column: column for column in columns}
            | ({"asset_source": "'assets'"} if name == "checks" else {}),
        }  # fmt: skip
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
        load(home, read_source(path))
    report = publish(home, load_catalog().rollups(), as_of=AS_OF)
    return open_edition(home, report.edition), DISTRICT


if __name__ == "__main__":
    main()
