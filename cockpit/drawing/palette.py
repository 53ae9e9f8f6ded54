"""The colours of charts on paper."""

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
