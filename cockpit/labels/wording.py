"""Messages in the language of the screens: translated once, where they are shown."""

from typing import Any

from cockpit import i18n
from cockpit.labels import words
from data.areas.levels import LEVELS
from data.errors import Problem
from data.messages import Message, Name
from metrics.period import UNITS


def worded(problem: Problem | Message | str) -> str:
    """A message in the language spoken. A text, such as one that an older release stored, is returned as it is."""
    message = problem.message if isinstance(problem, Problem) else problem
    if isinstance(message, str):
        return message
    return i18n._(message.text, **{name: _spoken(value) for name, value in message.parameters.items()})


def _spoken(value: Any) -> Any:
    """The value of a placeholder, in the current language."""
    if isinstance(value, Message):
        return worded(value)
    if isinstance(value, Name):
        return str(value) if i18n.language() == "en" else value.zh or _named(value)
    if isinstance(value, (tuple, list)):
        several = any(isinstance(one, Message) for one in value)
        between = ("; " if several else ", ") if i18n.language() == "en" else ("；" if several else "、")
        return between.join(str(_spoken(one)) for one in value)
    return value


def _named(name: Name) -> str:
    if name.kind == "role":
        from cockpit.access.signin import demo  # which needs this module

        return demo.titles().get(name.id, name.id)
    if name.id in UNITS:
        return {"day": i18n._("day"), "week": i18n._("week"), "month": i18n._("month")}.get(name.id, name.id)
    return words.level(name.id) if name.id in LEVELS else words.column(name.id)
