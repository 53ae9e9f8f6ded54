"""Messages for users: a code for programs, an English text with placeholders, and parameters.

A message is created where the error is detected, and translated where it is shown.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST = 4_000
"""Characters of a text in a message; longer ones are cut."""


@dataclass(frozen=True)
class Name:
    """A parameter with an id and a display name: a metric, a role, a level, a unit of time, a column.

    zh, en: its names; without them Chinese is looked up by `kind`, and English is the id.
    """

    kind: str
    id: str
    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        return self.en or self.id


def names(kind: str, ids: Iterable[str]) -> tuple[Name, ...]:
    """Several names of one kind."""
    return tuple(Name(kind, id) for id in ids)


@dataclass(frozen=True, init=False)
class Message:
    """One message. code: a stable dotted name, such as `account.unknown`. text: English, with {placeholders}.

    parameters: texts of up to LONGEST characters, numbers, dates, paths, Names, Messages, or tuples of these.
    str() gives the English text.
    """

    code: str
    text: str
    parameters: Mapping[str, Any]

    def __init__(self, code: str, text: str, /, **parameters: Any) -> None:
        shortened = {name: _cut(value) for name, value in parameters.items()}
        for name, value in (("code", code), ("text", text), ("parameters", shortened)):
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return filled(self.text, {name: _english(value) for name, value in self.parameters.items()})

    def stored(self) -> str:
        """The message as JSON, for a column or a file; `restored` reads it."""
        return json.dumps(_packed(self), ensure_ascii=False)


def _cut(value: Any) -> Any:
    """A text without what would make a message unreadable, such as a megabyte from a file."""
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with its {placeholders} filled in. Without parameters, braces are literal."""
    return text.format(**values) if values else text


def joined(messages: Iterable[Message]) -> Message:
    """Several messages as one."""
    return Message("messages.several", "{all}", all=tuple(messages))


def restored(stored: str) -> Message | str:
    """A message from its JSON. A text that is none, such as one of an older release, is given back as it is."""
    try:
        message = _unpacked(json.loads(stored))
    except (ValueError, TypeError, KeyError, RecursionError):
        return stored
    return message if isinstance(message, Message) else stored


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """A message or parameter with `change` applied to its texts and paths, for example to hide server paths."""
    if isinstance(value, Message):
        return Message(
            value.code, value.text, **{name: changed(item, change) for name, item in value.parameters.items()}
        )
    if isinstance(value, (tuple, list)):
        return tuple(changed(item, change) for item in value)
    return change(str(value)) if isinstance(value, (str, Path)) else value


def plain(value: object) -> Any:
    """A parameter as JSON for other programs: a Name is its id, a Message has code, message and parameters."""
    if isinstance(value, Message):
        return {
            "code": value.code, "message": str(value),
            "parameters": {name: plain(item) for name, item in value.parameters.items()},
        }  # fmt: skip
    if isinstance(value, Name):
        return value.id
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


def _english(value: object) -> Any:
    if isinstance(value, (tuple, list)):
        between = "; " if any(isinstance(item, Message) for item in value) else ", "
        return between.join(str(_english(item)) for item in value)
    return str(value) if isinstance(value, (Message, Name)) else value


def _packed(value: object) -> Any:
    if isinstance(value, Message):
        parameters = {name: _packed(item) for name, item in value.parameters.items()}
        return {"code": value.code, "text": value.text, "parameters": parameters}
    if isinstance(value, Name):
        english = {"en": value.en} if value.en else {}
        return {"kind": value.kind, "id": value.id, "zh": value.zh, **english}
    if isinstance(value, (tuple, list)):
        return [_packed(item) for item in value]
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unpacked(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "text" in value:
        parameters = {str(name): _unpacked(item) for name, item in value["parameters"].items()}
        return Message(str(value["code"]), str(value["text"]), **parameters)
    return Name(str(value["kind"]), str(value["id"]), str(value["zh"]), str(value.get("en", "")))
