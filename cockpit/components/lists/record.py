"""A record: labels and values, one per line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.components.base import define

_record = define("record")


@dataclass(frozen=True)
class Item:
    """One line. `state` puts its shape and colour before the text; `links` (text, href) stand behind it.

    fold: the text is long and technical, such as SQL: shown when its label is opened. image: a data URL, which the text
    describes.
    """

    label: str
    text: str
    href: str = ""
    state: str = ""
    note: str = ""
    links: Sequence[tuple[str, str]] = field(default=())
    fold: bool = False
    image: str = ""


def record(items: Sequence[Item], *, key: str) -> None:
    """Draw the items that say something; one without text is left out."""
    _record(key=key, data={"items": [item for item in items if item.text]})
