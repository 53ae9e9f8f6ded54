"""The colours of charts, on screen and on paper: one look for light, one for dark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    ink: str
    faint: str
    grid: str
    ground: str
    now: str
    before: str
    last_year: str
    red: str
    amber: str
    green: str


LIGHT = Palette(
    "#1b2430", "#5b6672", "#e3e8ed", "#ffffff", "#0b57a4", "#7d8894", "#9a7b4f", "#b3261e", "#8a5a00", "#1b6e3a"
)
DARK = Palette(
    "#e8edf2", "#9fb0c0", "#26323e", "#0f1720", "#6cb0f5", "#8b98a6", "#c2a578", "#ff8a80", "#ffc55a", "#7ddc9c"
)
