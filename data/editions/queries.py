"""Query an edition through a `Cursor` with a time limit and duration metrics.

With `set_apart`, a query that exceeds a short limit is stopped and restarted in a slot for slow queries, so that slow
queries queue for each other and quick ones never wait.
"""

import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import duckdb

from data.errors import DataError, TooSlow
from data.messages import Message
from data.schema import words_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

POLL_SECONDS = 0.1
"""Poll interval of the limit; a query can exceed its limit by this much."""
Observer = Callable[[float, str], None]
"""Called for each query with its seconds and outcome: ok, stopped, failed, or apart (restarted in a slot)."""
REMEMBERED = 1_000
"""Number of slow queries remembered; they go straight to a slot."""
T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any] | None
"""By number, `$1`, or by name, `$name`."""


@dataclass(frozen=True)
class Apart:
    """Isolation of slow queries. seconds: limit of a quick query.

    place: context manager that waits for a slot. gone: called at the start of a query; returns a function that says
    whether the client has disconnected.
    """

    seconds: float
    place: Callable[[], AbstractContextManager[None]]
    gone: Callable[[], Callable[[], bool]]


class Long(TooSlow):
    """The query needs a slot but this thread must not wait. Run it again in a thread that may."""


class _Limit:
    """The running queries, and one thread that interrupts those over their limit."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.apart: Apart | None = None
        self.known: OrderedDict[int, None] = OrderedDict()
        self.observers: list[Observer] = []
        self._running: dict[int, tuple[float, duckdb.DuckDBPyConnection, Callable[[], bool] | None]] = {}
        self._stopped: set[int] = set()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(
        self, query_id: int, until: float, connection: duckdb.DuckDBPyConnection, is_gone: Callable[[], bool] | None
    ) -> None:
        with self._lock:
            self._running[query_id] = until, connection, is_gone
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="query limit", daemon=True)
                self._thread.start()
        self._some.set()

    def end(self, query_id: int) -> bool:
        """Unregister a query. Returns whether it was stopped."""
        with self._lock:
            self._running.pop(query_id, None)
            stopped = query_id in self._stopped
            self._stopped.discard(query_id)
            return stopped

    def stop_all(self) -> None:
        with self._lock:
            for query_id, (_until, connection, _gone) in self._running.items():
                self._stopped.add(query_id)
                connection.interrupt()

    def takes_long(self, sql: str) -> bool:
        return hash(sql) in self.known

    def remember(self, sql: str) -> None:
        with self._lock:
            self.known[hash(sql)] = None
            while len(self.known) > REMEMBERED:
                self.known.popitem(last=False)

    def _watch(self) -> None:
        while self._some.wait():
            time.sleep(POLL_SECONDS)
            now = time.monotonic()
            with self._lock:
                if not self._running:
                    self._some.clear()
                for query_id, (until, connection, is_gone) in self._running.items():
                    if now > until or (is_gone is not None and is_gone()):
                        self._stopped.add(query_id)
                        connection.interrupt()


_limit = _Limit()


def limit(seconds: float | None) -> None:
    """Set the query limit of this process in seconds; None removes it."""
    _limit.seconds = seconds


def set_apart(apart: Apart | None) -> None:
    """Isolate slow queries from now on; None stops it."""
    _limit.apart = apart
    _limit.known.clear()


@contextmanager
def without_waiting() -> Iterator[None]:
    """Within this block a query that needs a slot raises Long instead of waiting."""
    before, _thread_state.waits = getattr(_thread_state, "waits", True), False
    try:
        yield
    finally:
        _thread_state.waits = before


_thread_state = threading.local()


def observe(observer: Observer) -> None:
    """Call `observer` for each query of this process."""
    if observer not in _limit.observers:
        _limit.observers.append(observer)


def stop_all() -> None:
    """Interrupt all running queries at process shutdown."""
    _limit.apart = None
    _limit.stop_all()


def _clock(value: Any) -> Any:
    """Convert an aware datetime to naive local time of its zone, with `fold` set. Keep other values."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    return value.astimezone(ZoneInfo(str(value.tzinfo))).replace(tzinfo=None)


class Cursor:
    """A DuckDB cursor with a time limit. Must not be shared between threads.

    damaged: maps a DuckDB error to the DataError to raise if the file is damaged, else None.
    instants: the edition stores instants; they are returned as naive local times of its zone.
    completing: the statements for what the edition lacks, by the words of the queries that need them.
    Every method raises TooSlow at the limit, counted from `execute`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        damaged: Callable[[duckdb.Error], DataError | None],
        instants: bool = False,
        completing: Sequence[tuple[frozenset[str], str]] = (),
    ) -> None:
        self._connection, self._damaged, self._instants = connection, damaged, instants
        self._completing = completing
        self._began = time.monotonic()
        self._query: tuple[str, Parameters] = ("", None)
        self._apart: Apart | None = None

    def execute(self, sql: str, parameters: Parameters = None) -> "Cursor":
        self._query, self._apart = (sql, parameters), _limit.apart
        self._began = time.monotonic()
        self._run(lambda: self._begin(sql, parameters), begins=True)
        return self

    def _begin(self, sql: str, parameters: Parameters) -> None:
        """Run a query, completed where it names what the edition lacks: each statement takes about 0.4 ms."""
        if self._completing:
            words = words_of(sql)
            for needed, statement in self._completing:
                if needed & words:
                    self._connection.execute(statement)
            self._completing = [pair for pair in self._completing if not pair[0] & words]
        self._connection.execute(sql, parameters)

    def fetchone(self) -> tuple[Any, ...] | None:
        row = self._run(self._connection.fetchone)
        return row and self._local([row])[0]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._local(self._run(self._connection.fetchall))

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return self._local(self._run(lambda: self._connection.fetchmany(size)))

    def df(self) -> "pd.DataFrame":
        if not self._instants:
            return self._run(self._connection.df)
        with warnings.catch_warnings():  # DuckDB 2.0 makes columns of instants in a way that pandas 3 warns of
            warnings.filterwarnings("ignore", "The inplace keyword in DataFrame.drop")
            frame = self._run(self._connection.df)
        for at, type in enumerate(frame.dtypes):
            if getattr(type, "tz", None):
                frame.isetitem(at, frame.iloc[:, at].dt.tz_localize(None))
        return frame

    def _local(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [tuple(map(_clock, row)) for row in rows] if self._instants else rows

    def fetchnumpy(self) -> "dict[str, np.ndarray | pd.Categorical[object]]":
        return self._run(self._connection.fetchnumpy)

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        return self._connection.description

    def _run(self, run: Callable[[], T], *, begins: bool = False) -> T:
        """Run a DuckDB call under the limit. Results are streamed: a query continues while its rows are fetched.

        A slow query is restarted in a slot, which is possible until the first rows are fetched.
        """
        apart, sql = self._apart, self._query[0]
        if apart is None or (_limit.seconds is not None and _limit.seconds <= apart.seconds):
            return self._timed(run, _limit.seconds)
        if not _limit.takes_long(sql):
            try:
                result = self._timed(run, apart.seconds, "apart")
                self._apart = apart if begins else None
                return result
            except TooSlow:
                if _limit.apart is None:  # the process ends
                    raise
                _limit.remember(sql)
        if not getattr(_thread_state, "waits", True):
            raise Long.of(_too_slow(apart.seconds))
        self._apart = None
        with apart.place():
            self._began, is_gone = time.monotonic(), apart.gone()
            if not begins:
                self._timed(lambda: self._connection.execute(*self._query), _limit.seconds, is_gone=is_gone)
            return self._timed(run, _limit.seconds, is_gone=is_gone)

    def _timed(
        self, run: Callable[[], T], seconds: float | None, stopped_is: str = "stopped",
        is_gone: Callable[[], bool] | None = None,
    ) -> T:  # fmt: skip
        """Run a DuckDB call with a limit of `seconds` from `_began`. Raises TooSlow."""
        started, ended = time.monotonic(), "ok"
        if seconds is not None:
            _limit.begin(id(self), self._began + seconds, self._connection, is_gone)
        try:
            result = run()
            # interrupted just before it finished: the connection would refuse the next call
            if _limit.end(id(self)):
                ended = stopped_is
                raise TooSlow.of(_too_slow(seconds))
            return result
        except duckdb.Error as error:
            stopped = _limit.end(id(self))
            ended = stopped_is if stopped else "failed"
            if stopped:
                raise TooSlow.of(_too_slow(seconds)) from None
            if fault := self._damaged(error):
                raise fault from error
            raise
        finally:
            if seconds is not None:
                _limit.end(id(self))
            for observer in _limit.observers:
                observer(time.monotonic() - started, ended)


def _too_slow(seconds: float | None) -> Message:
    return Message(
        "query.too_slow",
        "the question took longer than {seconds} seconds and was stopped: ask for a smaller area or a shorter period, "
        "or raise COCKPIT_QUERY_SECONDS",
        seconds=f"{seconds:g}",
    )
