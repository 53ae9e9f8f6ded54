"""DuckDB functions for the parsers of `data.values`, used in validation SQL and source expressions."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.areas.lookups import function
from data.errors import DataError
from data.values.calendar import Calendar
from data.values.durations import read_duration
from data.values.numbers import read_boolean, read_number
from data.values.times import Refused, TimeReader

log = logging.getLogger(__name__)

WORKDAYS = frozenset({"workday_deadline", "workdays_between", "working_minutes"})
"""Functions that the expressions of sources and of metrics may call; those of metrics: `data.editions.workdays`."""
PUBLIC = WORKDAYS | {"deadline"}
"""Functions that a source's expressions may call."""

NONE_US = -62_135_596_800_000_000
NONE = "TIMESTAMP '0001-01-01'"
"""Represents no time, since an SQL function cannot return NULL."""
_MICROSECOND = pa.timestamp("us")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ValueReader:
    """Reads the values of one source. zone: the district's, in which days and deadlines are counted."""

    times: TimeReader
    zone: str
    calendar: Calendar
    years: set[int] = field(default_factory=set)
    """Years covered by deadlines in working days so far."""

    @cached_property
    def region(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def time(self, text: str) -> datetime | None:
        try:
            return self.times.read(text)
        except Refused:
            return None

    def fault(self, text: str) -> str:
        """Why a text is not a time; empty without a specific reason."""
        try:
            self.times.read(text)
        except Refused as error:
            return str(error)
        return ""

    def warn(self, source: str) -> None:
        """Log a warning for each year covered by deadlines whose official calendar is unknown."""
        for year in self.calendar.unpublished(self.years):
            log.warning(
                "%s: the working days of %s are not published yet: weekends and fixed holidays alone count; name "
                "its days in COCKPIT_CALENDAR and load again with --force", source, year,
            )  # fmt: skip

    def due(self, start: datetime, limit: str, region: ZoneInfo | None = None) -> datetime | None:
        """End of the duration `limit` from `start`; None if it is no duration or ends beyond the calendar."""
        duration = read_duration(limit)
        if duration is None:
            return None
        try:
            end = duration.end(start, region or self.region, self.calendar)
        except (DataError, OverflowError):
            return None
        if duration.unit == "workdays":
            self.years.update(range(start.year, end.year + 1))
        return end


@contextmanager
def value_functions(connection: duckdb.DuckDBPyConnection, reader: ValueReader) -> Iterator[None]:
    """For as long as the context lasts, `connection` has the functions PUBLIC and those that the contract calls:

    read_time(text): the instant in UTC, as text. read_due(start, limit): the same for a deadline, `start` in UTC.
    time_fault(text): why a text is no time. read_boolean(text), read_number(text), read_days(text): what DuckDB casts.
    Where a text is none, the answer is empty.
    """
    functions: list[tuple[str, Callable[..., pa.Array], list[str], str]] = [
        ("read_time", _each(lambda text: _written(reader.time(text)), pa.string()), ["VARCHAR"], "VARCHAR"),
        ("time_fault", _each(reader.fault, pa.string()), ["VARCHAR"], "VARCHAR"),
        ("read_boolean", _each(lambda text: _word(read_boolean(text)), pa.string()), ["VARCHAR"], "VARCHAR"),
        ("read_number", _each(lambda text: read_number(text) or "", pa.string()), ["VARCHAR"], "VARCHAR"),
        ("read_days", _each(lambda text: read_number(text, days=True) or "", pa.string()), ["VARCHAR"], "VARCHAR"),
        ("read_due", _due(reader), ["TIMESTAMP", "VARCHAR"], "VARCHAR"),
        ("_deadline", _deadline(reader), ["VARCHAR", "VARCHAR"], "TIMESTAMP"),
        ("_workdays", _between(reader, _workdays), ["VARCHAR", "VARCHAR"], "DOUBLE"),
        ("_minutes", _between(reader, _minutes), ["VARCHAR", "VARCHAR"], "DOUBLE"),
    ]
    with ExitStack() as stack:
        for name, batch, parameters, returns in functions:
            stack.enter_context(function(connection, name, batch, parameters, returns))
        connection.execute(
            "CREATE TEMP MACRO deadline(begun, span) AS "
            f"nullif(_deadline(CAST(begun AS VARCHAR), CAST(span AS VARCHAR)), {NONE})"
        )
        connection.execute("CREATE TEMP MACRO workday_deadline(begun, n) AS deadline(begun, n || '个工作日')")
        for name, inner in (("workdays_between", "_workdays"), ("working_minutes", "_minutes")):
            value = f"{inner}(CAST(low AS VARCHAR), CAST(high AS VARCHAR))"
            connection.execute(f"CREATE TEMP MACRO {name}(low, high) AS CASE WHEN isfinite({value}) THEN {value} END")
        try:
            yield
        finally:
            for name in sorted(PUBLIC, reverse=True):
                connection.execute(f"DROP MACRO {name}")


def _each(parse: Callable[[str], object], type: pa.DataType) -> Callable[[pa.ChunkedArray], pa.Array]:
    """A batch function of one text that parses each distinct text once."""

    def batch(texts: pa.ChunkedArray) -> pa.Array:
        encoded = texts.combine_chunks().dictionary_encode()
        values = pa.array([parse(text) for text in encoded.dictionary.to_pylist()], type)
        return pc.take(values, encoded.indices)

    return batch


def _due(reader: ValueReader) -> Callable[..., pa.Array]:
    def batch(starts: pa.ChunkedArray, limits: pa.ChunkedArray) -> pa.Array:
        pairs = zip(starts.to_pylist(), limits.to_pylist(), strict=True)
        ends = (reader.due(start.replace(tzinfo=UTC), limit) for start, limit in pairs)
        return pa.array([_written(end) for end in ends], pa.string())

    return batch


def _deadline(reader: ValueReader) -> Callable[..., pa.Array]:
    """Both texts as the source writes them; the answer is local to the source's zone."""
    region = reader.times.region

    def end(start: datetime | None, limit: str) -> datetime | None:
        due = reader.due(start.astimezone(UTC), limit, region) if start else None
        return due and due.astimezone(region).replace(tzinfo=UTC)

    def batch(starts: pa.ChunkedArray, limits: pa.ChunkedArray) -> pa.Array:
        pairs = zip(starts.to_pylist(), limits.to_pylist(), strict=True)
        return _times(end(reader.time(start), limit) for start, limit in pairs)

    return batch


def _between(reader: ValueReader, count: Callable[[Calendar, datetime, datetime], float]) -> Callable[..., pa.Array]:
    """A number between two times, both texts as the source writes them; NaN where one of them is no time."""

    def value(low: datetime | None, high: datetime | None) -> float:
        if low is None or high is None:
            return float("nan")
        local = (at.astimezone(reader.times.region).replace(tzinfo=None) for at in (low, high))
        return count(reader.calendar, *local)

    def batch(lows: pa.ChunkedArray, highs: pa.ChunkedArray) -> pa.Array:
        pairs = zip(lows.to_pylist(), highs.to_pylist(), strict=True)
        return pa.array([value(reader.time(low), reader.time(high)) for low, high in pairs], pa.float64())

    return batch


def _workdays(calendar: Calendar, low: datetime, high: datetime) -> float:
    return calendar.workdays_between(low.date(), high.date())


def _minutes(calendar: Calendar, low: datetime, high: datetime) -> float:
    return calendar.working_minutes(low, high)


def _times(moments: Iterator[datetime | None]) -> pa.Array:
    return pa.array([_us(moment) for moment in moments], pa.int64()).cast(_MICROSECOND)


def _written(moment: datetime | None) -> str:
    """An instant as DuckDB casts it to a TIMESTAMP in UTC; empty for none."""
    return moment.replace(tzinfo=None).isoformat(sep=" ") if moment else ""


def _us(moment: datetime | None) -> int:
    """Microseconds since 1970; NONE_US for none."""
    if moment is None:
        return NONE_US
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds


def _word(value: bool | None) -> str:
    return "" if value is None else str(value).lower()
