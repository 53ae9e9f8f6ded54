"""Corrections of registered assets at the desk.

The rule, here and nowhere else: an edited value wins over the loaded one, also over that of later deliveries, until the
edit is withdrawn or replaced by a newer one of the same column. It applies from the day of the edit on; the loaded
value stays visible next to it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.store import Desk
from data.editions.from_desk import Edit
from data.messages import Name
from data.schema import ASSETS
from data.schema.model import NUMERIC, TIME, Column
from data.values.numbers import read_boolean, read_number

LONGEST_VALUE, LONGEST_REASON = 500, 1000
FIXED = ("source", "key", "kind", "area", "area_then", "parent", "phone", "url", "updated_at", "batch")
"""Columns that identify or place an asset, or that other programs follow: their source corrects these."""
EDITABLE = {column.name: column for column in ASSETS.columns if column.name not in FIXED and not column.derived}
_DIGITS = re.compile(r"\d(?:[\s-]?\d){6}")
"""Seven digits and more, as telephone and ID numbers have, which no text of the register holds."""


@dataclass(frozen=True)
class Wanted:
    """An edit to make: value as typed, loaded as its source has it.

    seen: the edit that applied to the column when it was typed, 0 for none; None if the author was shown none.
    """

    source: str
    key: str
    field: str
    value: str
    loaded: str | None
    reason: str
    seen: int | None = None


@dataclass(frozen=True)
class Row:
    """An edit. Times are those of the desk; withdrawn_at: None while it applies."""

    id: int
    source: str
    key: str
    field: str
    value: str | None
    loaded: str | None
    reason: str
    who: str
    at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None


def listing(desk: Desk, source: str, key: str) -> list[Row]:
    """The edits of an asset, the newest first."""
    table = models.AssetEdit
    query = select(table).where(table.source == source, table.key == key).order_by(table.id.desc())
    with desk.read() as session:
        return [_row(row) for row in session.scalars(query)]


def applying(rows: Iterable[Row]) -> dict[str, Row]:
    """By column the edit of an asset that applies. One that a newer one replaced does not come back with its end."""
    newest = {row.field: row for row in sorted(rows, key=lambda row: row.id)}
    return {field: row for field, row in newest.items() if row.withdrawn_at is None}


def replaced(row: Row, rows: Iterable[Row]) -> str | None:
    """The value that an edit took the place of: that of the edit before it, else the loaded one."""
    before = [one for one in rows if one.field == row.field and one.id < row.id]
    last = max(before, key=lambda one: one.id, default=None)
    if last is None or (last.withdrawn_at and last.withdrawn_at <= row.at):
        return row.loaded
    return last.value


def current(desk: Desk, zone: str) -> tuple[Edit, ...]:
    """The edits that apply, one a column, for the next edition; times in `zone`."""
    query = select(models.AssetEdit).order_by(models.AssetEdit.id)
    with desk.read() as session:
        newest = {(row.source, row.key, row.field): row for row in session.scalars(query)}
        return tuple(
            Edit(row.id, row.source, row.key, row.field, row.value, _local(row.at, zone))
            for row in sorted(newest.values(), key=lambda row: row.id)
            if row.withdrawn_at is None
        )


def edit(desk: Desk, wanted: Wanted, who: str, *, now: datetime | None = None) -> int:
    """Keep an edit and return its number; that of the one that applies if it says the same.

    Refused for a column or value that cannot be edited, without a reason, and where another edit than the one seen
    applies by now.
    """
    if not wanted.reason.strip() or len(wanted.reason) > LONGEST_REASON:
        raise Refused("edit.reason", "say why, in at most {n} characters", n=LONGEST_REASON)
    column = EDITABLE.get(wanted.field)
    if column is None:
        raise Refused("edit.field", "{column} is corrected by its source", column=wanted.field)
    value = read_value(column, wanted.value)
    table = models.AssetEdit
    same_column = (table.source == wanted.source, table.key == wanted.key, table.field == wanted.field)
    newest = select(table).where(*same_column).order_by(table.id.desc()).limit(1)
    with desk.begin() as session:
        last = session.scalars(newest).first()
        last = last if last and last.withdrawn_at is None else None
        if last and (last.value, last.reason, last.who) == (value, wanted.reason.strip(), who):
            return last.id
        if wanted.seen is not None and wanted.seen != (last.id if last else 0):
            raise Refused(
                "edit.changed", "others have changed {column} in the meantime: look again", column=_name(column)
            )
        made = table(
            source=wanted.source, key=wanted.key, field=wanted.field, value=value, loaded=wanted.loaded,
            reason=wanted.reason.strip(), who=who, at=now or clock.now(),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def withdraw(desk: Desk, id: int, who: str) -> None:
    """Let the loaded value apply again. Refused if there is no such edit that applies."""
    with desk.begin() as session:
        row = session.get(models.AssetEdit, id, with_for_update=True)
        if row is None or row.withdrawn_at is not None or id != _newest(session, row):
            raise Refused("edit.unknown", "there is no edit {id} that applies", id=id)
        row.withdrawn_by, row.withdrawn_at = who, clock.now()


def _newest(session: Session, row: models.AssetEdit) -> int | None:
    """The number of the newest edit of the asset's column that an edit is of."""
    table = models.AssetEdit
    same_column = (table.source == row.source, table.key == row.key, table.field == row.field)
    return session.scalars(select(func.max(table.id)).where(*same_column)).one()


def read_value(column: Column, text: str) -> str | None:
    """A typed value as DuckDB casts it to the type of the column; None if empty. Refused with what it must be."""
    text = text.strip()
    if not text:
        if column.required:
            raise Refused("edit.required", "{column} cannot be empty", column=_name(column))
        return None
    if column.words:
        value = {word: value for value, word in column.words.items()} | {value: value for value in column.words}
        if text not in value:
            raise Refused("edit.word", "{column} is one of {words}", column=_name(column), words=column.allowed)
        return value[text]
    if column.type == "BOOLEAN":
        if (boolean := read_boolean(text)) is None:
            raise Refused("edit.boolean", "{column} is yes or no", column=_name(column))
        return str(boolean).lower()
    if column.type in NUMERIC:
        return _number(column, text)
    if column.type == TIME:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(sep=" ")
        except ValueError:
            raise Refused("edit.time", "{column} is a day or time such as 2026-11-29", column=_name(column)) from None
    if len(text) > LONGEST_VALUE or not typed.is_line(text):
        raise Refused(
            "edit.text", "{column} has at most {n} characters, in one line", column=_name(column), n=LONGEST_VALUE
        )
    if _DIGITS.search(text):
        raise Refused("edit.digits", "{column} must not hold telephone or ID numbers", column=_name(column))
    return text


def _number(column: Column, text: str) -> str:
    number = read_number(text)
    low, high = column.low, column.high
    if (
        number is None
        or (column.type != "DOUBLE" and not float(number).is_integer())
        or (low is not None and float(number) < low)
        or (high is not None and float(number) > high)
        or abs(float(number)) >= 2**31
    ):
        raise Refused("edit.number", "{column} is a number within its limits", column=_name(column))
    return number if column.type == "DOUBLE" else str(int(float(number)))


def _name(column: Column) -> Name:
    return Name("column", column.name, column.label["zh"], column.label["en"])


def _local(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _row(row: models.AssetEdit) -> Row:
    return Row(**{name: getattr(row, name) for name in Row.__dataclass_fields__})
