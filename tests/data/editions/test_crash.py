"""A process killed at any instant of loading or publishing loses nothing and counts nothing twice."""

import random
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from data.areas.loading import load_areas
from data.editions.edition import Edition
from data.editions.files import ids, pointed
from data.home import Home
from data.schema import FACTS
from data.store import read_store
from tests.data.runs import fresh, nightly
from tests.data.stock import OTHER_VILLAGE, TOWN, VILLAGE

pytestmark = pytest.mark.slow

KILLS, A_HOME = 50, 5
ROWS, DELIVERIES = 600, 3
START = datetime(2026, 3, 1)
SEED = 20261122


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three deliveries of cases that overlap, each with a few rows to reject and one key twice."""
    folder = tmp_path_factory.mktemp("deliveries")
    with duckdb.connect() as con:
        for i in range(DELIVERIES):
            con.execute(
                f"""
                COPY (
                    SELECT (CASE WHEN n = 7 THEN 8 ELSE n END + {i * ROWS // 2})::VARCHAR AS key,
                        CASE WHEN n % 97 = 0 THEN 5 ELSE [{VILLAGE}, {OTHER_VILLAGE}, {TOWN}][1 + n % 3] END AS area,
                        TIMESTAMP '{START}' + INTERVAL (n + {i * ROWS // 2}) HOUR AS registered_at,
                        registered_at + INTERVAL 5 DAY AS due_at,
                        CASE WHEN n % 3 < {i} THEN registered_at + INTERVAL (n % 9) DAY END AS closed_at,
                        '路口' || n % 40 AS place, '类' || n % 5 AS category, 'r' || n % 300 AS reporter,
                        TIMESTAMP '{START + timedelta(days=i)}' AS updated_at
                    FROM range({ROWS}) t(n)
                ) TO '{folder}/{i}.csv'
                """
            )
            columns = ("registered_at", "due_at", "closed_at", "place", "category", "reporter", "updated_at")
            source = {
                "source": "hotline",
                "name": {"zh": "热线", "en": "Hotline"},
                "fact": "cases",
                "file": f"{i}.csv",
                "zone": "Asia/Shanghai",
                "key": "key",
                "area": "area",
                "columns": {"kind": "'hotline'", **{name: name for name in columns}},
            }
            (folder / f"{i}.yaml").write_text(yaml.safe_dump(source, allow_unicode=True), "utf-8")
    return folder


def prepared(root: Path) -> Home:
    home = Home(root, memory="1GB")
    home.prepare()
    (root / "areas.csv").write_text(
        "code,name,level\n990101000000,临江区,district\n990101001000,北塘街道,town\n990101002000,沙洲镇,town\n"
        f"{VILLAGE},新河村,village\n{OTHER_VILLAGE},苇塘村,village\n"
    )
    load_areas(home, root / "areas.csv")
    return home


def run(home: Home, deliveries: Path) -> float:
    """An undisturbed run; its seconds."""
    began = time.perf_counter()
    process = fresh(nightly, home.root, deliveries)
    process.join()
    assert process.exitcode == 0
    return time.perf_counter() - began


def totals(home: Home) -> dict[str, Any]:
    """Everything that a batch, a reject, a fact or a roll-up adds up to, in the store and in the current edition."""
    counts: dict[str, Any] = {}
    # the key that callers are hashed with is each home's own
    content = "count(*), sum(hash(t)) FROM (SELECT * EXCLUDE (batch) {} FROM {}) t"
    masked = {"cases": "REPLACE (reporter IS NULL AS reporter)"}
    with read_store(home) as store:
        for name in FACTS:
            counts[f"store.{name}"] = store.execute(f"SELECT {content.format(masked.get(name, ''), name)}").fetchone()
        counts["batches"] = store.execute(
            "SELECT identity, status, rows_read, accepted, rejected FROM batches ORDER BY identity"
        ).fetchall()
        counts["rejects"] = store.execute("SELECT row, key, reasons FROM rejects ORDER BY ALL").fetchall()
    edition = Edition(home, pointed(home) or "none")
    counts["as_of"] = edition.as_of
    for name in FACTS:
        counts[name] = edition.cursor().execute(f"SELECT {content.format(masked.get(name, ''), name)}").fetchone()
    tables = edition.cursor().execute("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'daily_')")
    for (table,) in tables.fetchall():
        counts[table] = edition.cursor().execute(f"SELECT count(*), sum(hash(t)) FROM {table} t").fetchone()
    return counts


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, deliveries: Path) -> tuple[dict[str, Any], float]:
    """What a run adds up to that nothing disturbed, and its seconds."""
    homes = [prepared(tmp_path_factory.mktemp("undisturbed") / "var") for _ in range(2)]
    run(homes[0], deliveries)  # starts the server as well
    seconds = run(homes[1], deliveries)
    counts = totals(homes[0])
    assert counts == totals(homes[1])
    assert len(counts["batches"]) == DELIVERIES
    assert counts["store.cases"][0] > ROWS
    assert counts["rejects"]
    return counts, seconds


@pytest.mark.parametrize("number", range(KILLS // A_HOME))
def test_next_run_recovers_from_kill_at_any_time(
    tmp_path: Path, deliveries: Path, undisturbed: tuple[dict[str, Any], float], number: int
) -> None:
    expected, seconds = undisturbed
    chance = random.Random(SEED + number)
    home = prepared(tmp_path / "var")
    killed = 0
    while killed < A_HOME:
        process = fresh(nightly, home.root, deliveries)
        process.join(chance.uniform(0, seconds * 0.7))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if id := pointed(home):
            edition = Edition(home, id)
            assert edition.cursor().execute("SELECT count(*) FROM cases").fetchone() == (int(edition.meta["cases"]),)
    run(home, deliveries)
    assert totals(home) == expected
    leftovers = {file.name for file in home.editions.iterdir()} - {".lock", "CURRENT"}
    assert leftovers == {f"edition-{id}.duckdb" for id in ids(home)}
