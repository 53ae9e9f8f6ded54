"""Check what a transition records against the fields of its workflow, and mask numbers of persons in free text."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from data.desk import typed
from data.desk.errors import Refused
from data.messages import Name
from data.workflow.model import FieldType, Workflow

LONGEST_TITLE = 100
POINT = re.compile(r"(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,2}(?:\.\d{1,12})?)", re.ASCII)
"""Longitude and latitude in degrees."""
MOST_UNITS = 20
"""Units that can be asked at once."""
FARTHEST = timedelta(days=3660)
"""How far ahead a day may lie."""


def recorded(flow: Workflow, transition: str, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The values to store, texts stripped and masked. Refused for a missing, unknown or unfit value.

    The value of several units is a mapping of their names to their areas.
    """
    required, optional = flow.inputs(transition)
    values = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    values = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    for name in values.keys() - {*required, *optional}:
        raise Refused("item.field_unknown", "this step has no field {field}: leave it out", field=name)
    for name in required:
        if name not in values:
            raise Refused("item.field_missing", "{field} is missing: fill it in", field=label(flow, name))
    return {name: _checked(flow.fields[name], label(flow, name), value, at) for name, value in values.items()}


def check_later(flow: Workflow, transition: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse a day of a step that postpones another day and is not later. known: what is recorded."""
    earlier = known.get(flow.transitions[transition].postpones or "")
    for name in sum(flow.inputs(transition), ()) if earlier else ():
        day = given.get(name)
        if flow.fields[name].type == "date" and day and str(day) <= str(earlier):
            raise Refused("item.field_later", "{field} is not later than {day}: choose a later day",
                          field=label(flow, name), day=str(earlier))  # fmt: skip


def label(flow: Workflow, field: str) -> Name:
    """The name of a field for messages."""
    return Name("field", flow.fields[field].name.en, flow.fields[field].name.zh)


def titled(title: str) -> str:
    """The title of an item, masked. Refused if it is empty, too long or not one line."""
    text = title.strip()
    if not text or len(text) > LONGEST_TITLE or not typed.is_line(text):
        raise Refused("item.title", "a title has 1 to {n} printable characters, in one line", n=LONGEST_TITLE)
    return typed.masked(text)


def _checked(field: FieldType, name: Name, value: Any, at: datetime) -> Any:
    match field.type:
        case "units":
            if not isinstance(value, Mapping) or not all(isinstance(area, int) for area in value.values()):
                raise Refused("item.field_units", "{field} is a list of units: choose them from the list", field=name)
            if len(value) > MOST_UNITS:
                raise Refused("item.field_many", "{field} has at most {n} units", field=name, n=MOST_UNITS)
            return {str(unit): area for unit, area in value.items()}
        case "text" | "unit" | "asked":
            longest = field.longest if field.type == "text" else 200
            if not isinstance(value, str) or "\0" in value:
                raise Refused("item.field_text", "{field} is a text: write it in words", field=name)
            if typed.is_hidden(value):
                raise Refused("item.field_control", "{field} holds a hidden control character: type it again without",
                              field=name)  # fmt: skip
            if len(value) > longest:
                raise Refused("item.field_long", "{field} has more than {n} characters: shorten it", field=name,
                              n=longest)  # fmt: skip
            return typed.masked(value) if field.type == "text" else value
        case "choice":
            if value not in field.choices:
                raise Refused("item.field_choice", "{field} has no such choice: choose one of the list", field=name)
            return value
        case "yes_no":
            if not isinstance(value, bool):
                raise Refused("item.field_choice", "{field} has no such choice: choose one of the list", field=name)
            return value
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int) or not field.low <= value <= field.high:
                raise Refused("item.field_number", "{field} is a whole number from {low} to {high}", field=name,
                              low=field.low, high=field.high)  # fmt: skip
            return value
        case "date":
            return _day(name, value, at)
        case "point":
            return _point(name, value)


def _day(name: Name, value: Any, at: datetime) -> str:
    try:
        day = value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))
    except ValueError:
        raise Refused("item.field_day", "{field} is a day such as 2027-02-06", field=name) from None
    if not at.date() <= day <= at.date() + FARTHEST:
        raise Refused("item.field_past", "{field} lies in the past or too far ahead: choose another day", field=name)
    return day.isoformat()


def _point(name: Name, value: Any) -> str:
    match = POINT.fullmatch(value) if isinstance(value, str) else None
    if match is None or abs(float(match[1])) > 180 or abs(float(match[2])) > 90:
        raise Refused("item.field_point", "{field} is longitude and latitude such as 118.12345,32.12345", field=name)
    return f"{float(match[1]):.6f},{float(match[2]):.6f}"
