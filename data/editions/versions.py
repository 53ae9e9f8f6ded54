"""Versions of assets in an edition: what a register said before, and until when.

A version is valid from the update time of its row until that of the next one with other values; the first has always
been valid. An edited asset has its edited values from its newest edit on. `assets` holds the versions that are valid
now, `asset_history` these and the superseded ones: planning their union costs more than a small query over it.
"""

import duckdb

from data.schema import ASSETS
from data.store import OLD, stored


def write(con: duckdb.DuckDBPyConnection) -> None:
    """Create `asset_history` in the attached `edition` from the attached `store`: assets with valid_from and valid_to.

    Rows with the values of the version before them are no version of their own.
    """
    contents = ", ".join(f"e.{name}" for name in stored(ASSETS) if name not in ("source", "key", "updated_at", "batch"))
    columns = ", ".join(stored(ASSETS))
    replaced = f"SELECT {columns} FROM store.past_assets WHERE same_as IS NULL"
    every = f"SELECT {columns} FROM store.{OLD}assets UNION ALL {replaced}"
    shaped = ", ".join(
        {"area": "coalesce(h.holder, f.area) AS area", "area_then": "f.area AS area_then"}.get(c.name, f"f.{c.name}")
        for c in ASSETS.columns
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE superseded AS
        WITH before AS ({every}),
        every_row AS (
            SELECT {columns}, 0 AS place, NULL::TIMESTAMP AS edited_at FROM before
            UNION ALL
            SELECT {columns}, 1, NULL FROM store.assets SEMI JOIN before USING (source, key)
            UNION ALL
            SELECT {columns}, 1, NULL FROM store.assets SEMI JOIN edition.asset_edits USING (source, key)
            ANTI JOIN before USING (source, key)
            UNION ALL
            SELECT {columns}, 2, x.edited_at FROM edited_assets JOIN (
                SELECT source, key, max(edited_at) AS edited_at FROM edition.asset_edits GROUP BY ALL
            ) x USING (source, key)
        ),
        timed AS (
            SELECT e.*, coalesce(e.edited_at, e.updated_at, b.started_at)::TIMESTAMP AS since,
                hash({contents}) AS content
            FROM every_row e LEFT JOIN store.batches b ON b.batch = e.batch
        ),
        marked AS (
            SELECT *, content IS DISTINCT FROM lag(content) OVER row_order AS starts FROM timed
            WINDOW row_order AS (PARTITION BY source, key ORDER BY place, since, batch)
        ),
        spans AS (
            SELECT *, CASE WHEN row_number() OVER row_order > 1 THEN since END AS valid_from,
                lead(since) OVER row_order AS valid_to
            FROM marked WHERE starts WINDOW row_order AS (PARTITION BY source, key ORDER BY place, since, batch)
        )
        SELECT {shaped}, f.valid_from::TIMESTAMP AS valid_from, f.valid_to::TIMESTAMP AS valid_to
        FROM spans f LEFT JOIN (SELECT DISTINCT code, holder FROM edition.areas) h ON h.code = f.area
        WHERE f.valid_to IS NOT NULL AND coalesce(f.valid_from < f.valid_to, true)
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TABLE edition.asset_history AS
        SELECT a.*, v.since AS valid_from, NULL::TIMESTAMP AS valid_to FROM edition.assets a
        LEFT JOIN (SELECT source, key, max(valid_to) AS since FROM superseded GROUP BY ALL) v
            ON v.source = a.source AND v.key = a.key
        UNION ALL BY NAME FROM superseded
        ORDER BY source, key, valid_to NULLS LAST
        """
    )
    con.execute("DROP TABLE superseded")
