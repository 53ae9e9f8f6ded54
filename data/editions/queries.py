"""How an edition is asked: by a `Cursor` alone, which stops a query at a limit and tells how long it took.

Where `set_apart` says so, a query that is not done soon is stopped as well, and begun anew in a place of its own kind,
so that long queries wait for each other and quick ones for none of them.
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

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

POLL_SECONDS = 0.1
"""A query runs at most so much longer than the limit."""
Observer = Callable[[float, str], None]
"""Told of every query: its seconds, and how it ended: ok, stopped, failed, or apart, to be begun anew."""
REMEMBERED = 1_000
"""Queries known to take long, which are not tried without a place again."""
T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any] | None
"""By number, `$1`, or by name, `$name`."""


@dataclass(frozen=True)
class Apart:
    """How long queries are kept apart. seconds: after which a query is a long one.

    place: holds a place for one, waiting for it. gone: makes, where a query begins, what says that nobody waits for it.
    """

    seconds: float
    place: Callable[[], AbstractContextManager[None]]
    gone: Callable[[], Callable[[], bool]]


class Long(TooSlow):
    """A query that needs a place, where none may be waited for: to be asked again by a thread that may wait."""


class _Limit:
    """The queries that run, and one thread that stops those which have run for too long."""

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
        """Whether it was stopped."""
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
    """From now on stop this process's queries after so many seconds; None, where data are loaded, stops none."""
    _limit.seconds = seconds


def set_apart(apart: Apart | None) -> None:
    """Keep long queries apart from now on; None keeps none."""
    _limit.apart = apart
    _limit.known.clear()


@contextmanager
def without_waiting() -> Iterator[None]:
    """In this block a query that needs a place raises Long: the thread has others to answer."""
    before, _thread_state.waits = getattr(_thread_state, "waits", True), False
    try:
        yield
    finally:
        _thread_state.waits = before


_thread_state = threading.local()


def observe(observer: Observer) -> None:
    """Have `observer` told of every query of this process."""
    if observer not in _limit.observers:
        _limit.observers.append(observer)


def stop_all() -> None:
    """Stop whatever runs: the process ends."""
    _limit.apart = None
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
        self._query: tuple[str, Parameters] = ("", None)
        self._apart: Apart | None = None

    def execute(self, sql: str, parameters: Parameters = None) -> "Cursor":
        self._query, self._apart = (sql, parameters), _limit.apart
        self._began = time.monotonic()
        self._run(lambda: self._connection.execute(sql, parameters), begins=True)
        return self

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
        """What DuckDB gives. It streams: a query runs on while its rows are fetched.

        A query that takes long begins anew, which it can until the first rows are fetched.
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
        """What DuckDB gives within so many seconds from `_began`. Raises TooSlow."""
        started, ended = time.monotonic(), "ok"
        if seconds is not None:
            _limit.begin(id(self), self._began + seconds, self._connection, is_gone)
        try:
            result = run()
            # stopped in its last moment: the connection would refuse what is asked of it next
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
