"""The cost of a delivery from a database against the same rows in a CSV, each loaded by the command line.

    python -m bench.databases [--rows 1000000] [--folder FOLDER]

The demo's cases with all columns are written as a CSV, into SQLite and into PostgreSQL (its programs must be there).
Each is loaded into a home of its own: seconds of wall time, seconds of processor time (user and system), the greatest
memory, and the ratio of processor time to the CSV's. What a PostgreSQL server uses is not counted.
"""

import argparse
import csv
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import yaml

from bench.load import TODAY, all_cases, run
from data import demo
from tests.servers.postgres import Postgres


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="bench-databases-", dir=options.folder) as name:
        folder = Path(name)
        built = demo.build(folder, cases=options.rows, today=TODAY)
        source, file = all_cases(folder)
        server = Postgres()
        try:
            server.start()
            url = server.database("cases")
            deliveries = {"CSV": {"file": file.name}, "SQLite": _sqlite(file), "PostgreSQL": _postgres(file, url)}
            _measure(folder, source, built.areas[0], deliveries)
        finally:
            server.remove()


def _measure(folder: Path, source: Path, areas: Path, deliveries: dict[str, dict[str, str]]) -> None:
    definition = {key: value for key, value in yaml.safe_load(source.read_text("utf-8")).items() if key != "file"}
    print(f"{'delivery':12} {'seconds':>8} {'processor':>9} {'memory':>9} {'ratio':>6}")
    first = 0.0
    for name, where in deliveries.items():
        path, home = folder / f"{name}.yaml", folder / f"home-{name}"
        path.write_text(yaml.safe_dump(definition | where, allow_unicode=True), "utf-8")
        run(home, "areas", areas)
        cost = run(home, "load", path)
        first = first or cost.processor
        memory, ratio = cost.memory / 1e9, cost.processor / first
        print(f"{name:12} {cost.seconds:8.1f} {cost.processor:9.1f} {memory:6.2f} GB {ratio:6.2f}", flush=True)


def _rows(file: Path, write: Callable[[list[str], Iterator[list[str]]], None]) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        write(next(rows), rows)


def _sqlite(file: Path) -> dict[str, str]:
    path = file.with_suffix(".db")
    with closing(sqlite3.connect(path)) as connection, connection:

        def write(names: list[str], rows: Iterator[list[str]]) -> None:
            connection.execute(f"CREATE TABLE cases ({', '.join(names)})")
            connection.executemany(f"INSERT INTO cases VALUES ({', '.join('?' * len(names))})", rows)

        _rows(file, write)
    return {"url": f"sqlite:///{path.name}", "query": "SELECT * FROM cases"}


def _postgres(file: Path, url: str) -> dict[str, str]:
    """Times as timestamps and all other columns as text."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def write(names: list[str], rows: Iterator[list[str]]) -> None:
            columns = ", ".join(f"{name} {'timestamp' if name.endswith('_at') else 'text'}" for name in names)
            connection.execute(f"CREATE TABLE cases ({columns})")
            with connection.cursor().copy("COPY cases FROM STDIN") as copy:
                for row in rows:
                    copy.write_row([cell or None for cell in row])

        _rows(file, write)
    return {"url": url, "query": "SELECT * FROM cases"}


if __name__ == "__main__":
    main()
