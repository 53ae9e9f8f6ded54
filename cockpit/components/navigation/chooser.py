"""A list to select from and to reorder; the saved choice is returned to the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _

_chooser = define("chooser")


@dataclass(frozen=True)
class Option:
    """find: further texts that a search finds it by."""

    id: str
    name: str
    group: str = ""
    find: str = ""


def chooser(options: Sequence[Option], chosen: Sequence[str], *, most: int, key: str) -> list[str] | None:
    """Draw it; the ids chosen, in order, in the run after the visitor saved, none to go back to the default."""
    words = {
        "chosen": _("Shown, in this order"),
        "all": _("All metrics"),
        "find": _("Name, initials or topic"),
        "none": _("Nothing of this name"),
        "full": _("No more than {n}", n=most),
        "empty": _("Nothing is chosen: saving returns to the default"),
        "save": _("Save"),
        "reset": _("Back to the default"),
        "add": _("Include"),
        "up": _("Up"),
        "down": _("Down"),
        "drop": _("Remove"),
    }
    data = {"options": tuple(options), "chosen": tuple(chosen), "most": most, "words": words}
    result = _chooser(key=key, data=data, on_saved_change=_nothing)
    saved = result.get("saved") if result is not None else None
    return [str(name) for name in saved] if isinstance(saved, list) else None


def _nothing() -> None:
    """A trigger needs a callback; the value itself is read after the run."""
