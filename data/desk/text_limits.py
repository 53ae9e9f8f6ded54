"""Text limits shared by all databases: PostgreSQL stores no zero byte and no text longer than its column.

What people typed is checked and masked here as well, so that no way of writing it is left out.
"""

from collections.abc import Hashable
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, inspect
from sqlalchemy.orm import Mapper, Session

from data.desk import typed
from data.desk.errors import Refused


def check(session: Session, _context: object, _instances: object) -> None:
    """SQLAlchemy listener before rows are written. Raises Refused for a text beyond the limits."""
    for row in (*session.new, *session.dirty):
        for name, longest, is_typed in _columns(row.__class__):
            value = row.__dict__.get(name)  # an unloaded attribute has not changed
            if not isinstance(value, str):
                continue
            if is_typed and inspect(row).attrs[name].history.has_changes():  # an older row may be finished
                typed.check(value)
                if (value := typed.masked(value)) != row.__dict__[name]:
                    setattr(row, name, value)
            if "\0" in value:
                raise Refused(
                    "desk.character", "a text holds a character that cannot be kept, such as a zero byte: leave it out"
                )
            if longest is not None and len(value) > longest:
                raise Refused(
                    "desk.text_too_long",
                    "a text has {n} characters, more than {most}: shorten it",
                    n=len(value),
                    most=longest,
                )


@cache
def _columns(model: Hashable) -> tuple[tuple[str, int | None, bool], ...]:
    """Attribute and maximum length of each text column of a model, and whether people type it."""
    mapper: Mapper[Any] = inspect(model)
    columns = ((attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs)
    texts = ((name, column, column.type) for name, column in columns)
    return tuple(
        (name, kind.length, "typed" in column.info) for name, column, kind in texts if isinstance(kind, String)
    )


def searchable(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, several: bool
) -> tuple[str, Any]:
    """Before a query: look for what a desk can hold. A text that none can hold equals nothing that is kept, so the
    search finds nothing. An SQLAlchemy listener.
    """
    if several or not connection.get_execution_options().get("reading"):
        return statement, parameters
    if isinstance(parameters, dict):
        return statement, {name: _fit(value) for name, value in parameters.items()}
    return statement, tuple(map(_fit, parameters))


def _fit(value: object) -> object:
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
