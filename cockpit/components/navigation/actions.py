"""Action bar: links as buttons, and a button that copies an address."""

from collections.abc import Iterable

from cockpit.components.base import define
from cockpit.i18n import _

_actions = define("actions")


def actions(links: Iterable[tuple[str, str]], *, copy: str = "", key: str = "actions") -> None:
    """Draw (text, href) as buttons; one with an empty href is left out. copy: the address that `Copy link` copies."""
    words = {"copy": _("Copy link"), "done": _("Copied"), "by_hand": _("Copy this address")}
    _actions(key=key, data={"links": [pair for pair in links if pair[1]], "copy": copy, "words": words})
