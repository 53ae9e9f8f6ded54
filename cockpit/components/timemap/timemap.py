"""The time-and-space map. The component loads its program, and that loads the drawing library where it is of use."""

from collections.abc import Mapping
from typing import Any

from cockpit.components.base import define
from cockpit.server import assets

_timemap = define("timemap")


def timemap(data: Mapping[str, Any], *, key: str) -> None:
    """Draw the map. data: a pydeck description as `deck`, days, words and addresses; see `cockpit.screens.timemap`."""
    _timemap(key=key, data={**data, "program": assets.url("timemap.js"), "library": assets.url("deckgl.js")})
