"""The header of a wall screen: area, clock, and whether the data are live."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cockpit import settings
from cockpit.components.base import define
from cockpit.components.navigation.header import demo_mark
from cockpit.i18n import _, language
from cockpit.labels import format
from metrics.areas import Area

if TYPE_CHECKING:
    from cockpit.view_state import View

MISSED_TURNS = 2.5
OLD_AFTER_HOURS = 36
"""Data are delivered daily: a day and a half without a new edition is old."""

_wall = define("wall")


def wall(view: "View", area: Area, *, turn: float, old_hours: float = OLD_AFTER_HOURS) -> None:
    """Draw the line on top of a wall screen. Call it in the fragment that turns: each run is a sign of life.

    The screen goes grey when no run has arrived for 2.5 turns, or when the data are older than `old_hours`. Ages
    are counted by the screen's own clock from the moment a run arrives, since the clocks of screen and server differ.
    """
    now = datetime.now(ZoneInfo(settings.current().zone)).replace(tzinfo=None)
    data = {
        "name": area.name,
        "stamp": _("Data of {time}", time=format.stamp(view.as_of)),
        "demo": demo_mark(view.edition.demo),
        "run": now.isoformat(),
        "age": max(0.0, (now - view.as_of).total_seconds()),
        "old": old_hours * 3600,
        "limit": turn * MISSED_TURNS,
        "zone": settings.current().zone,
        "lang": {"zh": "zh-CN"}.get(language(), "en-GB"),
        "words": {
            "lost": _("Connection lost {n} s ago", n="{n}"),
            "old": _("The data are old"),
            "age": [_("{n} min old", n="{n}"), _("{n} h old", n="{n}"), _("{n} days old", n="{n}")],
        },
    }
    _wall(key="wall", data=data)
