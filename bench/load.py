"""Cost of loading and publishing, each step by the command line in a separate process.

    python -m bench.load [--cases 10000000] [--folder FOLDER]

The demo's cases are written as one CSV, every column filled. Then: that CSV from nothing to a
published edition; the same delivery again; a delivery of 1,000 changed cases into the edition; the demo command itself.
Seconds of wall time and of processor time (user and system), and the greatest memory of any process (resident set).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import yaml

from data import demo

SOURCE = "all_cases"
CHANGED = 1000
TODAY = date(2026, 11, 22)


class Cost(NamedTuple):
    """What a command took. seconds: wall time; processor: user and system seconds; memory: the greatest, in bytes."""

    seconds: float
    processor: float
    memory: int

    def and_then(self, other: "Cost") -> "Cost":
        """Both, one after the other."""
        return Cost(self.seconds + other.seconds, self.processor + other.processor, max(self.memory, other.memory))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where 15 GB are free")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-load-", dir=options.folder) as name:
        folder = Path(name)
        built = demo.build(folder, cases=options.cases, today=TODAY)
        source, csv = all_cases(folder)
        home = folder / "home"
        run(home, "areas", built.areas[0])
        print(f"{options.cases:,} cases, CSV of {csv.stat().st_size / 1e9:.2f} GB\n")
        print(f"{'step':52} {'seconds':>8} {'processor':>9} {'memory':>9}")
        as_of = built.as_of.isoformat()
        loaded = report("load the CSV", run(home, "load", source))
        published = report("publish it", run(home, "publish", "--as-of", as_of))
        report("CSV to published edition", loaded.and_then(published))
        report("load the same delivery again", run(home, "load", source))
        change = _changes(folder, csv)
        loaded = report(f"load {CHANGED:,} changed cases", run(home, "load", source, "--file", change))
        published = report("publish them", run(home, "publish", "--as-of", as_of))
        report(f"{CHANGED:,} changed to published edition", loaded.and_then(published))
        shutil.rmtree(home)
        csv.unlink()
        report("the demo command", run(folder / "demo-home", "demo", "--cases", str(options.cases)))


def all_cases(folder: Path) -> tuple[Path, Path]:
    """One CSV of all the demo's cases, and the source file that reads it."""
    definition = yaml.safe_load((folder / "demo" / "hotline.yaml").read_text("utf-8"))
    csv, path = folder / "cases.csv", folder / "cases.yaml"
    names = ["key", "area", *definition["columns"]]
    arms = []
    for source in sorted((folder / "demo").glob("*.yaml")):
        loaded = yaml.safe_load(source.read_text("utf-8"))
        # the website delivers broken rows as well, as text
        if loaded["fact"] == "cases" and loaded["source"] != "web":
            columns = ", ".join(f"{loaded['columns'].get(name, name)} AS {name}" for name in names)
            arms.append(f"SELECT {columns} FROM read_parquet('{source.with_suffix('.parquet')}')")
    with duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(folder)}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY ({' UNION ALL '.join(arms)}) TO '{csv}' (HEADER)")
    definition |= {"source": SOURCE, "file": csv.name, "name": {"zh": "全部", "en": "All"}}
    path.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    return path, csv


def _changes(folder: Path, csv: Path) -> Path:
    """A delivery of cases spread over the CSV, closed a minute before the data's time and updated then."""
    change = folder / "changes.csv"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (
                SELECT * REPLACE ('2026-11-22 07:59:00' AS updated_at, '2026-11-22 07:59:00' AS closed_at)
                FROM read_csv('{csv}', all_varchar = true) USING SAMPLE reservoir({CHANGED} ROWS) REPEATABLE (7)
            ) TO '{change}' (HEADER)
            """
        )
    return change


def run(home: Path, *words: str | Path) -> Cost:
    """Run one command in a process of its own. Ends the benchmark if it fails."""
    started = time.monotonic()
    command = [sys.executable, "-m", "cockpit", *map(str, words), "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, words))} failed with status {os.waitstatus_to_exitcode(status)}")
    process.returncode = 0
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def report(step: str, cost: Cost) -> Cost:
    print(f"{step:52} {cost.seconds:8.1f} {cost.processor:9.1f} {cost.memory / 1e9:6.2f} GB", flush=True)
    return cost


if __name__ == "__main__":
    main()
