"""Messages of the layers below, which speak English alone, in the language of the screens.

A message is known by its text in `cockpit.labels.messages`. One that is not known is shown as it came.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from cockpit import i18n, settings
from cockpit.labels import messages, words
from data.areas.levels import LEVELS
from data.desk.identity.roles import ROLES
from data.errors import Problem
from data.messages import Message, Name
from metrics.period import UNITS

WORD = r"\S+"
LIKE = {
    **dict.fromkeys(("n", "id", "near_id", "host", "address", "coding", "came", "wanted"), WORD),
    **dict.fromkeys(("metric", "unit", "code", "start", "end", "month", "day", "before", "last", "size"), WORD),
    "area": r"\d+",
    "ip": r"[0-9a-f.:]+",
    "role": "|".join(ROLES),
    "level": "|".join(LEVELS),
    "hint": "(?:did you mean|the newest|none|the nearest one|it holds) .*",
    "near": "(?: Did you mean .*)?",
    "known": "[^.]+",
    "path": "(?!COCKPIT_).+?",
}
"""What may stand for a placeholder; anything, if it is not named here."""


def worded(message: Problem | Message | str) -> str:
    """A message of the layers below in the language spoken. A text stands as it is."""
    if isinstance(message, Problem):
        message = message.message
    if isinstance(message, Message):
        if message.code:
            return i18n._(message.text, **{name: _spoken(value) for name, value in message.parameters.items()})
        message = str(message)
    if i18n.language() == "en":
        return message
    return next((i18n._(text, **values) for text, values in readings(message)), message)


def _spoken(value: Any) -> Any:
    """What stands in a placeholder, in the language spoken."""
    if isinstance(value, Message):
        return worded(value)
    if isinstance(value, Name):
        return _named(value)
    if isinstance(value, (tuple, list)):
        apart = any(isinstance(one, Message) for one in value)
        between = ("; " if apart else ", ") if i18n.language() == "en" else ("；" if apart else "、")
        return between.join(str(_spoken(one)) for one in value)
    return value


def _named(name: Name) -> str:
    if i18n.language() == "en":
        return name.id
    return name.zh or {"role": _of_role, "unit": _of_unit}.get(name.kind, words.column)(name.id)


def each(told: str) -> str:
    """Several messages in one line, apart with semicolons."""
    return told if i18n.language() == "en" else "；".join(map(worded, told.split("; ")))


def readings(message: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The texts that a message may be made of, with what stands in their places in the language spoken."""
    for text, pattern in _patterns():
        if found := pattern.fullmatch(message):
            yield text, {name: SPOKEN.get(name, str)(value) for name, value in found.groupdict().items()}


def _of_metric(name: str) -> str:
    from cockpit.view_state import catalog_of

    found = catalog_of(settings.current()).metrics.get(name)
    return found.name[i18n.language()] if found else name


def _of_level(name: str) -> str:
    from cockpit.labels import words

    return words.level(name) if name in LEVELS else _of_unit(name) if name in UNITS else words.column(name)


def _of_role(name: str) -> str:
    from cockpit.access.signin import demo

    return demo.titles().get(name, name)


def _of_unit(name: str) -> str:
    return {"day": i18n._("day"), "week": i18n._("week"), "month": i18n._("month")}.get(name, name)


def _listed(of: Callable[[str], str], names: str) -> str:
    return "、".join(map(of, names.split(", ")))


def _nothing(text: str) -> str:
    return ""


SPOKEN: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("hint", "near", "why"), worded),
    **dict.fromkeys(("metric", "metrics"), partial(_listed, _of_metric)),
    **dict.fromkeys(("role", "roles"), partial(_listed, _of_role)),
    **dict.fromkeys(("level", "levels", "by", "splits"), partial(_listed, _of_level)),
    "unit": _of_unit, "rest": _nothing,
}  # fmt: skip
"""How what stands in a place is spoken; as it came, if it is not named here. `rest` is for whoever runs the server."""


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(text, _pattern(text)) for text in messages.ALL]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    said = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>{LIKE.get(part, '.+?')})" for i, part in enumerate(parts)]
    return re.compile("".join(said), re.DOTALL)
