"""A button that takes the position of the device, once, when it is pressed."""

from cockpit.components.base import define
from cockpit.i18n import _

_locate = define("locate")


def locate(label: str, *, key: str) -> str:
    """Draw it; the position as `longitude,latitude`, empty until the button was pressed and the browser gave one."""
    words = {
        "take": _("Use my position"),
        "again": _("Take it again"),
        "clear": _("Remove"),
        "asking": _("Asking the device …"),
        "denied": _("The browser gives no position. Write the place in words."),
        "insecure": _("A position needs an https address. Write the place in words."),
    }
    result = _locate(key=key, data={"label": label, "words": words}, on_point_change=_nothing)
    return str(result.get("point") or "") if result is not None else ""


def _nothing() -> None:
    """A value needs a callback; it is read after the run."""
