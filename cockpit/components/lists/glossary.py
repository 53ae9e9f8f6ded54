"""A list of definitions with incremental search; one of them is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _

_glossary = define("glossary")


@dataclass(frozen=True)
class Entry:
    """A definition: its name, one sentence, and (label, text) of everything else there is to say.

    href: the address that opens this entry. words: further words it is found by.
    """

    id: str
    name: str
    code: str
    text: str
    items: Sequence[tuple[str, str]]
    href: str = ""
    words: str = ""


@dataclass(frozen=True)
class Section:
    """Entries of one domain."""

    name: str
    entries: Sequence[Entry]


def glossary(sections: Sequence[Section], *, opened: str | None = None, key: str = "glossary") -> None:
    """Draw the sections with a search box above; the entry `opened` is open and in sight."""
    words = {"find": _("Search name, number or definition"), "none": _("No metric of this name"), "link": _("Link")}
    _glossary(key=key, data={"sections": sections, "opened": opened, "words": words})
