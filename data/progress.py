"""Report the progress of DuckDB queries."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

Progress = Callable[[str, float], None]
"""Called with a phase and its share done, 0 to 1."""


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection, phase: str, report: Progress) -> Iterator[None]:
    """Report the progress of a phase five times a second while the connection works, and its end."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            percent = connection.query_progress()
            if percent >= 0:
                report(phase, min(percent / 100, 1.0))

    report(phase, 0.0)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    report(phase, 1.0)
