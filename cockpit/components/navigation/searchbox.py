"""A search box that opens an address: `href` with the text as one of its parameters."""

from cockpit.components.base import define
from cockpit.i18n import _

_searchbox = define("searchbox")


def searchbox(label: str, href: str, *, value: str = "", name: str = "q", key: str = "searchbox") -> None:
    """Draw a box; sending it moves to `href` with the words as parameter `name`, or without it when empty."""
    data = {"label": label, "href": href, "value": value, "name": name, "words": {"find": _("Search")}}
    _searchbox(key=key, data=data)
