"""Validation SQL: convert mapped values to typed columns and list every reason to reject a row.

One SELECT in steps reads the delivery once. It adds two columns for each mapped column: `→key`, the value of the
source file's expression, and `·column`, the typed value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from data.areas.resolution import Resolution, resolution
from data.formats.layout import FAULT, LONG, NOTE, REASON, ROW, TOTAL, UNREADABLE
from data.push.metadata import OUTSIDE, Pushed
from data.schema import TIME, Column
from data.sources.definition import Source
from data.sources.deliveries import Delivery, text
from data.sources.expressions import quoted
from data.sources.masking import initial, mask, mask_mobile, pseudonym
from data.values import guides, sql
from data.values.crs import OFFSET

DUPLICATE = "duplicate key in the delivery"
UNREADABLE_ROW = "unreadable row"
LONG_NUMBER = "number of more than 15 digits"
"""Prefix of the reason for numbers that a workbook, or its CSV export, has rounded."""
REMEDY = "; format the column as text and export it again"
ERROR_CELL = "formula error"
ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!")
KEYS = ("key", "parent", "asset", "repeat_of", "case_key")
"""Columns that identify rows. Full-width characters are normalised before they are compared."""
SKIPS = ("blank", "total", "note", "where")
"""Why a row is ignored: it is blank, a total, a note, or excluded by the source's `where`."""
ONE_OF = "; one of "
"""Separates a column name from the values it accepts."""
UNKNOWN_AREA, AMBIGUOUS_AREA = "unknown area", "ambiguous area"
WRONG_DAY = "area not valid on that day"

INTEGER_BITS = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63}
"""Types of whole numbers and the bits of their range."""

START = "registered_at"
"""Start of a deadline that is given as a duration."""


def mapped(key: str) -> str:
    return quoted(f"→{key}")


def typed(column: str) -> str:
    return quoted(f"·{column}")


def stripped(value: str) -> str:
    """SQL of a trimmed text, NULL if nothing is left. Testing before trimming halves the cost."""
    padded = f"prefix({value}, ' ') OR suffix({value}, ' ') OR {value} = ''"
    return f"CASE WHEN {padded} THEN nullif(trim({value}), '') ELSE {value} END"


def half_width(value: str) -> str:
    """SQL of a text with full-width letters, digits and signs converted to ASCII."""
    wide = "".join(map(chr, range(0xFF01, 0xFF5F)))
    plain = "".join(map(chr, range(0x21, 0x7F)))
    return (
        f"CASE WHEN strlen({value}) = length({value}) THEN {value} ELSE translate({value}, '{wide}', {text(plain)}) END"
    )


def json_object(fields: Mapping[str, str]) -> str:
    """SQL of a JSON object, as text, of the SQL values of `fields`."""
    return "CAST(to_json({" + ", ".join(f"{text(name)}: {sql}" for name, sql in fields.items()) + "}) AS VARCHAR)"


@dataclass(frozen=True)
class RowValidation:
    """The validation rules of one delivery.

    types: DuckDB type of each expression, by key. zone: time zone of stored times. today: date for rows without one.
    dated: whether any area has a limited validity. The connection's time zone must be the source's.
    """

    source: Source
    delivery: Delivery
    types: Mapping[str, str]
    zone: str
    today: date
    dated: bool
    pushed: Pushed | None = None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The mapped columns, the key and the area included, in the fact's order."""
        names = {"key", *(["area"] if self.source.area else []), *self.source.columns}
        return tuple(column for column in self.source.contract.delivered if column.name in names)

    @property
    def times(self) -> sql.Times:
        return sql.Times(self.source.zone, self.zone)

    @cached_property
    def area(self) -> Resolution:
        return resolution(self.source, mapped, self._day)

    @property
    def _dated(self) -> bool:
        return bool(self.dated and self.source.area and self.source.contract.time)

    @property
    def _day(self) -> str:
        today = f"DATE '{self.today}'"
        time = self.source.contract.time
        return f"coalesce({self.times.day(typed(time))}, {today})" if time else today

    def mapped(self) -> str:
        """SQL of the delivery's columns plus the value of each expression."""
        expressions = {key: e.try_sql() for key, e in self.source.expressions.items()}
        if self.source.crs in OFFSET:
            expressions |= dict(_in_wgs84(expressions, self.types))
        values = ", ".join(f"{value} AS {mapped(key)}" for key, value in expressions.items())
        return f"SELECT *, {values} FROM ({self.delivery.relation})"

    def staged(self) -> str:
        """SQL of the typed rows in the delivery's order.

        Extra columns: `reasons` (VARCHAR[], NULL for a valid row); for rejected rows `ways` (VARCHAR[], the texts that
        identify the area) and `raw` (JSON); `sheet_row` (row number on the sheet, NULL if it follows from the order);
        `skip` (one of SKIPS, NULL for a row that counts).
        """
        first = sorted((c for c in self.columns if c.name != "area"), key=lambda column: column.name != START)
        values = [f"{self._typed(c)} AS {typed(c.name)}" for c in first]
        values += [self.area.values] if self.source.area else []
        rows = f"SELECT *, {', '.join(values)} FROM ({self.mapped()})"
        if self.source.area:
            rows = f"""
                SELECT d.*, {self.area.code} AS {typed("area")}, {self.area.given} AS {mapped("given")}
                FROM ({rows}) d"""
        if self._dated:
            rows = f"SELECT *, area_valid({typed('area')}, {self._day}) AS {mapped('valid')} FROM ({rows})"
        rows = f"SELECT *, {self.skip()} AS skip FROM ({rows})"
        rows = f"SELECT *, CASE WHEN skip IS NULL THEN {self._reasons()} END AS reasons FROM ({rows})"
        rows = f"SELECT *, CASE WHEN reasons IS NOT NULL THEN {self.raw()} END AS raw FROM ({rows})"
        final = ", ".join(f"{_private(c)} AS {c.name}" for c in self.columns)
        ways = ", ".join(mask(f"({way})") for way in self.area.ways) if self.source.area else ""
        ways = f"CASE WHEN reasons IS NOT NULL THEN [{ways}]::VARCHAR[] END"
        flags = f"{quoted(ROW)} AS sheet_row, skip"
        return f"SELECT {final}, reasons, {ways} AS ways, {mask('raw')} AS raw, {flags} FROM ({rows})"

    def skip(self) -> str:
        """SQL of the reason to ignore a row (one of SKIPS), else NULL."""
        arms = []
        if self.delivery.sheet:
            cells = ", ".join(map(quoted, self.delivery.columns))
            first, key = f"coalesce({cells})", f"trim(CAST({mapped('key')} AS VARCHAR))"
            no_key = f"({key} IS NULL OR {key} = '' OR {key} = trim({first}))"
            arms = [
                f"WHEN {first} IS NULL THEN 'blank'",
                f"WHEN {no_key} AND regexp_full_match({first}, {text(TOTAL)}) THEN 'total'",
                f"WHEN {no_key} AND regexp_full_match({first}, {text(NOTE)}) THEN 'note'",
            ]
        if self.source.where is not None:
            arms.append(f"WHEN ({mapped('where')}) IS NOT TRUE THEN 'where'")
        readable = f"WHEN {quoted(UNREADABLE)} IS NOT NULL THEN NULL"
        return f"CASE {readable} {' '.join(arms)} END" if arms else "NULL::VARCHAR"

    def raw(self) -> str:
        """SQL of the original row as a JSON object of texts. Columns with personal names are replaced by `***`."""
        persons = {f"columns.{c.name}" for c in self.source.contract.columns if c.person or c.name == "reporter"}
        hidden = {c.casefold() for key, e in self.source.expressions.items() if key in persons for c in e.columns}
        fields = {
            c: "'***'" if c.casefold() in hidden else f"CAST({quoted(c)} AS VARCHAR)" for c in self.delivery.columns
        }
        line = json_object({"line": quoted(UNREADABLE)})
        line_and_fault = json_object({"line": quoted(UNREADABLE), "fault": quoted(FAULT)})
        line = f"CASE WHEN {quoted(FAULT)} IS NULL THEN {line} ELSE {line_and_fault} END"
        return f"CASE WHEN {quoted(UNREADABLE)} IS NULL THEN {json_object(fields)} ELSE {line} END"

    def _typed(self, column: Column) -> str:
        """SQL of the column's typed value, NULL where the mapped value cannot be converted."""
        key = self._key(column)
        value, type = mapped(key), self.types[key]
        if column.type == TIME:
            from_start = column.name.endswith("due_at") and START in self.source.columns
            return self.times.typed(key, value, type, typed(START) if from_start else "")
        if column.name == "guide_elements":
            return guides.bits(f"CAST({value} AS VARCHAR)", column.type)
        if type == column.type and type != "VARCHAR":
            return value
        plain = value if type == "VARCHAR" else f"CAST({value} AS VARCHAR)"
        if column.words:
            arms = "".join(
                f" WHEN {text(word)} THEN {text(code)}" for code, word in column.words.items() if word != code
            )
            return (
                f"CASE trim({plain}){arms}" + "".join(f" WHEN {text(c)} THEN {text(c)}" for c in column.words) + " END"
            )
        if column.name == "reporter":
            return pseudonym(plain)
        if column.type == "VARCHAR":
            return stripped(half_width(plain) if column.name in KEYS else plain)
        if column.type == "BOOLEAN":
            return sql.boolean(plain)
        days = column.name.endswith("_days")
        number = sql.integer if column.type in INTEGER_BITS else sql.number
        return number(plain, column.type, days=days)

    def _reasons(self) -> str:
        """SQL of the list of reasons to reject a row, NULL for a valid row."""
        faults = list(self._faults())
        reasons = ", ".join(f"CASE WHEN {condition} THEN {reason} END" for condition, reason in faults)
        return f"""CASE
            WHEN {quoted(UNREADABLE)} IS NOT NULL THEN [coalesce({quoted(REASON)}, {text(UNREADABLE_ROW)})]
            WHEN {" OR ".join(f"({condition})" for condition, _ in faults)}
            THEN list_filter([{reasons}], lambda reason: reason IS NOT NULL) END"""

    def _faults(self) -> Iterator[tuple[str, str]]:
        """Condition and reason, both SQL, of each check of a single row."""
        for column in self.columns:
            value = typed(column.name)
            if column.name == "area":
                yield from self._area_faults(column)
                continue
            raw_value = f"CAST({mapped(self._key(column))} AS VARCHAR)"
            if column.required:
                yield f"{value} IS NULL AND coalesce(trim({raw_value}), '') = ''", text(f"missing {column.name}")
            if column.type != "VARCHAR" or column.words:
                yield f"{value} IS NULL AND trim({raw_value}) <> ''", _unparseable(column, raw_value)
            outside = _outside(column, value)
            if outside and column.type == TIME:
                yield outside, sql.outside_reason(column.name, raw_value)
            elif outside:
                yield outside, text(f"out of range: {column.name}")
            if self.delivery.sheet and column.type == "VARCHAR" and not column.words:
                yield from self._sheet_faults(column, value)
        if self.source.fact == "cases" and "closed_at" in self.source.columns:
            yield f"{typed('closed_at')} < {typed('registered_at')}", "'closed before registered'"
        if self.source.fact == "steps" and "ended_at" in self.source.columns:
            yield f"{typed('ended_at')} < {typed('started_at')}", "'ended before it began'"

    def _sheet_faults(self, column: Column, value: str) -> Iterator[tuple[str, str]]:
        """Checks for workbook damage: numbers rounded to 15 digits, and formula errors."""
        read_names = {name.casefold() for name in self.source.expressions[self._key(column)].columns}
        columns = [text(name) for name in self.delivery.columns if name.casefold() in read_names]
        if columns:
            rounded = f"list_has_any({quoted(LONG)}, [{', '.join(columns)}])"
            if not column.free_text:
                exponent = r"[0-9](\.[0-9]+)?E\+[0-9]{2,3}"
                rounded += f" OR (contains({value}, 'E+') AND regexp_full_match({value}, {text(exponent)}))"
            yield rounded, text(f"{LONG_NUMBER}: {column.name}{REMEDY}")
        yield (
            f"starts_with({value}, '#') AND {value} IN ({', '.join(map(text, ERRORS))})",
            text(f"{ERROR_CELL}: {column.name}"),
        )

    def _area_faults(self, column: Column) -> Iterator[tuple[str, str]]:
        area, raw_area, time = typed("area"), mapped("given"), self.source.contract.time
        blank = f"coalesce({raw_area}, '') = ''"
        is_limited = self.pushed is not None and self.pushed.area is not None
        if column.required or is_limited:
            yield f"{area} IS NULL AND {blank}", "'missing area'"
        candidates = f"nullif({self.area.doubt}, '')"
        reason = f"'{UNKNOWN_AREA}: ' || left({raw_area}, 60)"
        ambiguous = f"'{AMBIGUOUS_AREA}: ' || left({raw_area}, 60) || ' (' || {candidates} || ')'"
        yield f"{area} IS NULL AND NOT {blank}", f"coalesce({ambiguous}, {reason})"
        if self.pushed and is_limited:
            yield f"NOT {self.pushed.covers(area)}", text(OUTSIDE)
        if self._dated:
            wrong_day = f"NOT {mapped('valid')} AND {area} IS NOT NULL AND {typed(str(time))} IS NOT NULL"
            yield wrong_day, text(WRONG_DAY)

    @staticmethod
    def _key(column: Column) -> str:
        return "key" if column.name == "key" else f"columns.{column.name}"


def _in_wgs84(expressions: Mapping[str, str], types: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """SQL of each coordinate in WGS-84 by its key; what is no number stays as delivered, so that it is rejected."""
    for key in [key for key in expressions if key == "columns.lon" or key.endswith(".point.lon")]:
        other = f"{key.removesuffix('lon')}lat"
        if other in expressions:
            lon, lat = (f"TRY_CAST({expressions[name]} AS DOUBLE)" for name in (key, other))
            for name, function in ((key, "wgs84_lon"), (other, "wgs84_lat")):
                number = f"{function}({lon}, {lat})"
                number = f"CAST({number} AS VARCHAR)" if types[name] == "VARCHAR" else number
                yield name, f"coalesce({number}, {expressions[name]})"


def _private(column: Column) -> str:
    """SQL of a column's typed value with personal data masked."""
    value = typed(column.name)
    if column.person:
        return initial(value)
    if column.phone:
        return mask_mobile(value)
    return mask(value) if column.free_text else value


def _unparseable(column: Column, raw_value: str) -> str:
    """SQL of the reason to reject a value that does not have the column's type."""
    if column.words:
        return text(f"unknown value: {column.name}{ONE_OF}{column.allowed}")
    if column.type == TIME:
        return sql.time_reason(column.name, raw_value)
    kind = "boolean" if column.type == "BOOLEAN" else "number"
    reason = text(f"unparseable {kind}: {column.name}")
    if column.type not in INTEGER_BITS:
        return reason
    too_large = f"abs(TRY_CAST({raw_value} AS DOUBLE)) >= {2.0 ** INTEGER_BITS[column.type]:.0f}"
    return f"CASE WHEN {too_large} THEN {text(f'out of range: {column.name}')} ELSE {reason} END"


def _outside(column: Column, value: str) -> str | None:
    """SQL condition: a typed value is outside its column's limits. None if the column has no limits."""
    if column.type == TIME:
        return f"{value} NOT BETWEEN {sql.EARLIEST} AND {sql.LATEST}"
    tests = [f"{value} < {column.low}"] if column.low is not None else []
    tests += [f"{value} > {column.high}"] if column.high is not None else []
    tests += [f"NOT isfinite({value})"] if column.type == "DOUBLE" else []
    return " OR ".join(tests) or None
