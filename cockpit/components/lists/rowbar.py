"""The tools above rows: menus that filter them, and one that chooses their columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _

_rowbar = define("rowbar")


@dataclass(frozen=True)
class Menu:
    """A filter: its name, what is chosen, and text, address and whether it is the chosen one of each choice."""

    label: str
    value: str
    items: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class Choice:
    """A column that can be shown. fixed: it always is."""

    id: str
    name: str
    chosen: bool
    fixed: bool = False


def rowbar(
    menus: Sequence[Menu], columns: Sequence[Choice], *, kind: str, url: str, href: str, key: str = "rowbar"
) -> None:
    """Draw it. kind: of rows, whose columns are kept by a form posted to `url`; href: the page without `cols`."""
    words = {
        "columns": _("Columns shown"),
        "apply": _("Show"),
        "reset": _("Back to the default"),
        "failed": _("This could not be kept. Try again."),
    }
    data = {"menus": tuple(menus), "columns": tuple(columns), "kind": kind, "url": url, "href": href, "words": words}
    _rowbar(key=key, data=data)
