"""Time to draw each topic of the menu on the server, cold and warm, and to publish what it shows.

    python -m bench.topics [--cases 1000000] [--checks 5000000] [--readings 2000000] [--home FOLDER]

The demo district of so many cases, with further checks of its sites and readings of its villages, is loaded and
published once. Each topic is then drawn in a process of its own that has, as a server before it shows an edition, its
modules and the district's cockpit ready and its collector settled, and nothing of the topic: cold; and again with what
that left in the caches: warm. Times are of the processor, of that process with all its threads, and for the first one
also of the wall, which is what a visitor waits.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import yaml

from bench.support.district import district
from cockpit import i18n, settings
from cockpit.panels import layouts, screen
from cockpit.server import garbage_collection
from cockpit.view import read
from data.demo import stories
from data.editions.edition import current
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.catalog import load as load_catalog

ROUNDS = 3
CHECKS = """
    SELECT 'site-' || lpad((1 + i % 40)::VARCHAR, 2, '0') AS asset, 'sites' AS asset_source, 'bench:' || i % 7 AS rule,
        TIMESTAMP '{as_of}' - to_seconds((1 + i % 31000000)::BIGINT) AS checked_at, hash(i) % 50 > 0 AS passed,
        'bench-' || i AS key
    FROM range({n}) t(i)"""
READINGS = """SELECT area, measure, TIMESTAMP '{as_of}' - to_minutes((1 + i // 7 % 500000)::BIGINT) AS measured_at,
    (hash(i) % 100)::DOUBLE AS value, 'bench-' || i AS key
    FROM range({n}) t(i), LATERAL (SELECT area: ({villages})[1 + i % {count}], measure: 'bench_' || i % 7)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--checks", type=int, default=5_000_000)
    parser.add_argument("--readings", type=int, default=2_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    parser.add_argument("--topic", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.topic:
        _one(options.home, options.topic)
        return
    home, _edition = district(options.home, options.cases)
    _more(home, options.checks, options.readings)
    started = time.process_time(), time.perf_counter()
    edition = current(home)
    assert edition is not None
    publish(home, load_catalog().rollups(), as_of=edition.as_of.replace(second=edition.as_of.second + 1), demo=True)
    seconds, processor = time.perf_counter() - started[1], time.process_time() - started[0]
    print(f"published: {seconds:.1f} s, {processor:.1f} s of processor time")
    for topic in layouts.load(None, load_catalog()).topics("district"):
        command = [sys.executable, "-m", "bench.topics", "--home", str(home.root), "--topic", topic.id]
        subprocess.run(command, check=True)


def _more(home: Home, checks: int, readings: int) -> None:
    """Load the further checks and readings, unless they are there."""
    edition = current(home)
    assert edition is not None
    villages = [
        code for (code,) in edition.cursor().execute("SELECT code FROM areas WHERE level = 'village'").fetchall()
    ]
    folder = home.root / "bench"
    folder.mkdir(exist_ok=True)
    for fact, sql, n in (("checks", CHECKS, checks), ("readings", READINGS, readings)):
        file = folder / f"bench_{fact}.parquet"
        rows = sql.format(as_of=edition.as_of, n=n, villages=villages, count=len(villages))
        with duckdb.connect() as con:
            con.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet)")
            names = [name for name, *_ in con.execute(f"DESCRIBE FROM '{file}'").fetchall()]
        definition = {
            "source": f"bench_{fact}", "name": {"zh": "性能测试", "en": "Benchmark"}, "fact": fact, "file": file.name,
            "zone": home.zone, "key": "key", **({"area": "area"} if "area" in names else {}),
            "columns": {name: name for name in names if name not in ("key", "area")},
        }  # fmt: skip
        source = folder / f"bench_{fact}.yaml"
        source.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
        report = load(home, read_source(source))
        print(f"{fact}: {report.accepted} rows loaded in {report.seconds:.1f} s")


def _one(folder: Path, topic: str) -> None:
    """Make a topic ready, and print the times of the first and of later ones."""
    config = settings.load(home=folder)
    times, walls = [], []
    with i18n.using("zh"):
        screen.prepare(read({"area": str(stories.DISTRICT)}, config))
        garbage_collection.settle()
        for _round in range(1 + ROUNDS):
            started, wall = time.process_time(), time.perf_counter()
            view = read({"area": str(stories.DISTRICT), "topic": topic}, config)
            screen.prepare(view)
            times.append(1000 * (time.process_time() - started))
            walls.append(1000 * (time.perf_counter() - wall))
    print(f"{topic:16} cold {times[0]:7.0f} ms, {walls[0]:7.0f} ms of wall   warm {min(times[1:]):6.1f} ms")


if __name__ == "__main__":
    main()
