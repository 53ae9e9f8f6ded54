"""Previous, next and back to the list, by link or arrow key."""

from cockpit.components.base import define
from cockpit.i18n import _

_listnav = define("listnav")


def listnav(*, place: str, back: str, previous: str = "", following: str = "", key: str = "listnav") -> None:
    """Draw the way through a list. place: where one is, in words; the rest are addresses, empty where there is none."""
    words = {"label": _("List"), "back": _("Back to the list"), "previous": _("Previous case"), "next": _("Next case")}
    _listnav(key=key, data={"place": place, "back": back, "previous": previous, "next": following, "words": words})
