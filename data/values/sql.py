"""SQL of typed values: a fast DuckDB cast first, then the functions of this package for other formats. The connection
needs `data.values.functions.value_functions`.
"""

from dataclasses import dataclass

from data.errors import DataError
from data.values.times import SHORT_YEAR
from data.values.zones import INSTANT, LOCAL, is_fixed, time_type

EARLIEST, LATEST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '2200-01-01'"
FAR = "INTERVAL 3 HOUR"
"""Longer than any change of clocks."""


@dataclass(frozen=True)
class Times:
    """SQL of times delivered in the zone `source` and stored as in the zone `home`."""

    source: str
    home: str

    def typed(self, key: str, value: str, type: str, start: str = "") -> str:
        """The time of a mapped `value`, NULL if it is none. start: the time a duration is counted from, if any."""
        if type == INSTANT:
            return self._stored(value)
        if type not in ("VARCHAR", "DATE", '"NULL"') and not type.startswith("TIMESTAMP"):
            raise DataError(
                "column.not_a_time",
                "{key}: gives {type}, not a time; make it one, for seconds since 1970 with to_timestamp(…)",
                key=key,
                type=type,
            )
        if type != "VARCHAR" and is_fixed(self.source):
            return self._from_local(f"TRY_CAST({value} AS TIMESTAMP)")
        if type != "VARCHAR":
            value = f"CAST({value} AS VARCHAR)"
        slow = [self._from_utc(f"TRY_CAST(read_time({value}) AS TIMESTAMP)")]
        if start:
            slow.append(self._from_utc(f"TRY_CAST(read_due({self._utc(start)}, {value}) AS TIMESTAMP)"))
        # Each function appears once: DuckDB evaluates a repeated subexpression of a coalesce for every row.
        return f"coalesce({self._fast(value)}, {', '.join(slow)})"

    def _fast(self, value: str) -> str:
        """Plain ISO times, with an offset or without. TRY_CAST drops an offset that it does not want, and any word."""
        marked = (
            f"contains({value}, '+') OR {value}[-1] NOT BETWEEN '0' AND '9' OR {value} LIKE '%:%-%' "
            f"OR contains({value}, 'UT') OR contains({value}, 'GM')"
        )
        offset = f"suffix({value}, 'Z') OR ({value}[-3] = ':' AND {value}[-5] <= '1')"
        instant = self._stored(f"TRY_CAST({value} AS TIMESTAMPTZ)")
        local = self._from_local(f"TRY_CAST({value} AS TIMESTAMP)")
        return f"CASE WHEN {marked} THEN CASE WHEN {offset} THEN {instant} END ELSE {local} END"

    def day(self, value: str) -> str:
        """The district's day of a typed time."""
        return f"({value})::DATE" if time_type(self.home) == LOCAL else f"timezone({_text(self.home)}, {value})::DATE"

    def _stored(self, instant: str) -> str:
        return f"timezone({_text(self.home)}, {instant})" if time_type(self.home) == LOCAL else instant

    def _from_utc(self, utc: str) -> str:
        return self._stored(f"timezone('UTC', {utc})")

    def _utc(self, stored: str) -> str:
        return (
            f"timezone('UTC', {f'timezone({_text(self.home)}, {stored})' if time_type(self.home) == LOCAL else stored})"
        )

    def _from_local(self, local: str) -> str:
        """A local time of the source. NULL near a change of clocks, where `read_time` decides."""
        if is_fixed(self.source):
            same_zone = self.source == self.home
            return local if same_zone else self._stored(f"timezone({_text(self.source)}, {local})")
        zone = _text(self.source)
        apart = f"timezone({zone}, {local} + {FAR}) - timezone({zone}, {local} - {FAR}) = {FAR} + {FAR}"
        inside = f"{local} BETWEEN {EARLIEST} AND {LATEST}"
        return f"CASE WHEN {inside} THEN CASE WHEN {apart} THEN {self._stored(f'timezone({zone}, {local})')} END END"


def boolean(plain: str) -> str:
    """Yes or no of the text `plain`."""
    parsed = f"CASE trim({plain}) WHEN '是' THEN true WHEN '否' THEN false END"
    return f"coalesce(TRY_CAST({plain} AS BOOLEAN), {parsed}, TRY_CAST(read_boolean({plain}) AS BOOLEAN))"


def number(plain: str, type: str, *, days: bool = False) -> str:
    """A number of a DuckDB `type` of the text `plain`."""
    parsed = f"{'read_days' if days else 'read_number'}({plain})"
    return f"coalesce(TRY_CAST({plain} AS {type}), TRY_CAST({parsed} AS {type}))"


def integer(plain: str, type: str, *, days: bool = False) -> str:
    """An integer; NULL for fractions, which DuckDB would round."""
    parsed, value = f"{'read_days' if days else 'read_number'}({plain})", f"TRY_CAST({plain} AS DOUBLE)"
    fraction = f"contains({plain}, '.') AND {value} <> floor({value})"
    slow = f"CASE WHEN NOT contains({parsed}, '.') THEN TRY_CAST({parsed} AS {type}) END"
    return f"CASE WHEN {fraction} THEN NULL ELSE coalesce(TRY_CAST({plain} AS {type}), {slow}) END"


def time_reason(column: str, raw_value: str) -> str:
    """SQL of the reason to reject a text that is not a time, with its fault if known."""
    reason = f"unparseable time: {column}"
    return f"{_text(reason)} || coalesce(' (' || nullif(time_fault({raw_value}), '') || ')', '')"


def outside_reason(column: str, raw_value: str) -> str:
    """SQL of the reason against a time out of range: a short year is none."""
    short = f"time_fault(CAST({raw_value} AS VARCHAR)) = {_text(SHORT_YEAR)}"
    return f"CASE WHEN {short} THEN {time_reason(column, raw_value)} ELSE {_text(f'out of range: {column}')} END"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
