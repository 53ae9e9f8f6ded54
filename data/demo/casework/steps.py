"""The logs of the demo's newest cases: steps.sql makes the steps of each case from its times and outcome."""

from datetime import datetime
from pathlib import Path

import duckdb

import data.demo.names as names
import data.demo.stories as stories
from data.demo.casework.streams import STREAMS
from data.demo.tables import copy, give, table

SQL = Path(__file__).with_suffix(".sql")
MACROS = {
    "wrong()": "getvariable('departments')",
    "pick(h, what, list)": "list[1 + floor(u(h, what) * len(list))::INTEGER]",
    "part(a, b, share)": "date_trunc('second', a + (b - a) * share)",
}
"""wrong: the departments a case may be sent to by mistake. pick: one of a list. part: a time between two others."""
POSTS = {
    "hotline": "接线员",
    "grid": "网格员",
    "urban": "采集员",
    "web": "管理员",
    "command": "值班员",
    "flood": "巡查员",
}


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, as_of: datetime) -> None:
    """Write `case_steps.parquet`. The files of the cases are in `folder`; those of the website in the table `web`."""
    for macro, sql in MACROS.items():
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro} AS {sql}")
    give(con, departments=names.DEPARTMENTS, as_of=as_of, since=as_of - stories.LOGGED)
    table(con, "desks", "source desk post", ((s.source, names.DESKS[s.source], POSTS[s.source]) for s in STREAMS))
    arms = (
        f"SELECT '{s.source}' AS source, * FROM {_file(folder, s.source)} WHERE registered_at >= getvariable('since')"
        for s in STREAMS
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE newest AS {' UNION ALL BY NAME '.join(arms)}")
    copy(con, SQL.read_text("utf-8"), folder / "case_steps.parquet")


def _file(folder: Path, source: str) -> str:
    """SQL of a stream's cases; the website's file has its times as texts and broken rows."""
    path = str(folder / f"{source}.parquet").replace("'", "''")
    return "web" if source == "web" else f"read_parquet('{path}')"
