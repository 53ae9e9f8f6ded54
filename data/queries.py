"""How an edition is asked: by a `Cursor` alone, which stops a query at a limit and tells how long it took."""

import threading
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb

from data.errors import DataError, TooSlow

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LOOK_SECONDS = 0.1
"""A query runs at most so much longer than the limit."""
Observer = Callable[[float, str], None]
"""Told of every query: its seconds, and how it ended: ok, stopped or failed."""


class _Limit:
    """The queries that run, and one thread that stops those which have run for too long."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.observers: list[Observer] = []
        self._running: dict[int, tuple[float, duckdb.DuckDBPyConnection]] = {}
        self._stopped: set[int] = set()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, asked: int, until: float, connection: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            self._running[asked] = until, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="query limit", daemon=True)
                self._thread.start()
        self._some.set()

    def end(self, asked: int) -> bool:
        """Whether it was stopped."""
        with self._lock:
            self._running.pop(asked, None)
            stopped = asked in self._stopped
            self._stopped.discard(asked)
            return stopped

    def stop_all(self) -> None:
        with self._lock:
            for asked, (_until, connection) in self._running.items():
                self._stopped.add(asked)
                connection.interrupt()

    def _watch(self) -> None:
        while self._some.wait():
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                if not self._running:
                    self._some.clear()
                for asked, (until, connection) in self._running.items():
                    if now > until:
                        self._stopped.add(asked)
                        connection.interrupt()


_limit = _Limit()


def limit(seconds: float | None) -> None:
    """From now on stop this process's queries after so many seconds; None, where data are loaded, stops none."""
    _limit.seconds = seconds


def observe(observer: Observer) -> None:
    """Have `observer` told of every query of this process."""
    if observer not in _limit.observers:
        _limit.observers.append(observer)


def stop_all() -> None:
    """Stop whatever runs: the process ends."""
    _limit.stop_all()


def _clock(value: Any) -> Any:
    """An instant as its zone's clocks show it: naive, `fold` telling the second of two; any other value as it is."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    return value.astimezone(ZoneInfo(str(value.tzinfo))).replace(tzinfo=None)


class Cursor:
    """A cursor of DuckDB, as far as editions are asked with it. Not to be shared between threads.

    damaged: told of an error of DuckDB; gives the DataError to raise if the file is to blame for it.
    instants: the edition keeps times as instants; they are given as its zone's clocks show them, naive.
    Every method raises TooSlow at the limit, counted from `execute`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        damaged: Callable[[duckdb.Error], DataError | None],
        instants: bool = False,
    ) -> None:
        self._connection, self._damaged, self._instants = connection, damaged, instants
        self._began = time.monotonic()

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> "Cursor":
        self._began = time.monotonic()
        self._ask(lambda: self._connection.execute(sql, parameters))
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        row = self._ask(self._connection.fetchone)
        return row and self._local([row])[0]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._local(self._ask(self._connection.fetchall))

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return self._local(self._ask(lambda: self._connection.fetchmany(size)))

    def df(self) -> "pd.DataFrame":
        if not self._instants:
            return self._ask(self._connection.df)
        with warnings.catch_warnings():  # DuckDB 2.0 makes columns of instants in a way that pandas 3 warns of
            warnings.filterwarnings("ignore", "The inplace keyword in DataFrame.drop")
            frame = self._ask(self._connection.df)
        for at, type in enumerate(frame.dtypes):
            if getattr(type, "tz", None):
                frame.isetitem(at, frame.iloc[:, at].dt.tz_localize(None))
        return frame

    def _local(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [tuple(map(_clock, row)) for row in rows] if self._instants else rows

    def fetchnumpy(self) -> "dict[str, np.ndarray]":
        return self._ask(self._connection.fetchnumpy)

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        return self._connection.description

    def _ask(self, what: Callable[[], Any]) -> Any:
        """DuckDB streams: a query runs on while its rows are fetched."""
        seconds, started, ended = _limit.seconds, time.monotonic(), "ok"
        if seconds is not None:
            _limit.begin(id(self), self._began + seconds, self._connection)
        stopped = False
        try:
            return what()
        except duckdb.Error as error:
            stopped = _limit.end(id(self))
            ended = "stopped" if stopped else "failed"
            if stopped:
                raise TooSlow(
                    f"the question took longer than {seconds:g} seconds and was stopped: ask for a smaller area or a "
                    "shorter period, or raise COCKPIT_QUERY_SECONDS"
                ) from None
            if fault := self._damaged(error):
                raise fault from error
            raise
        finally:
            if seconds is not None:
                _limit.end(id(self))
            for observer in _limit.observers:
                observer(time.monotonic() - started, ended)
