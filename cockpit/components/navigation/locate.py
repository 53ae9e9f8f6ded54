"""A position: taken from the device, once, when a button is pressed, or chosen on a small map of our own areas."""

from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _

_locate = define("locate")


@dataclass(frozen=True)
class Located:
    """point: `longitude,latitude` in degrees; empty until one was taken. area: code of the area that was tapped."""

    point: str = ""
    area: int | None = None


def locate(label: str, *, geometry: str = "", note: str = "", key: str) -> Located:
    """Draw the buttons, and what was taken.

    geometry: URL of the outlines for the map; without it there is none. note: that the map is schematic, or its review.
    """
    words = {
        "take": _("Use my position"),
        "again": _("Take it again"),
        "map": _("Choose on the map"),
        "close": _("Close the map"),
        "tap": _("Tap the place"),
        "failed": _("The map does not load. Write the place in words."),
        "clear": _("Remove"),
        "asking": _("Asking the device …"),
        "denied": _("The browser gives no position. Write the place in words."),
        "insecure": _("A position needs an https address. Write the place in words."),
    }
    data = {"label": label, "geometry": geometry, "note": note, "words": words}
    result = _locate(key=key, data=data, on_taken_change=_nothing)
    taken = (result.get("taken") if result is not None else None) or {}
    area = str(taken.get("area") or "")
    return Located(str(taken.get("point") or ""), int(area) if area.isdecimal() and len(area) <= 12 else None)


def _nothing() -> None:
    """A value needs a callback; it is read after the run."""
