"""An edition with many government sites, ten columns each, and two weeks of their checks."""

from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from data.areas import load_areas
from data.editions import Edition, open_edition
from data.home import Home
from data.ingest import load
from data.publish import publish
from data.sources import read_source
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
