"""The colours of states, steps and charts: one palette for light, for dark and for paper.

The style sheets of the components take theirs from `css()`, so that a state has the same colour in a tile, in the
ranking, on the map and in a chart. `tests/cockpit/test_palette.py` holds contrast and colour-blind distances.
"""

from dataclasses import dataclass

STATES = ("green", "amber", "red")
STEPS = 5


@dataclass(frozen=True)
class Fill:
    """The colour of a surface and of the text on it."""

    ground: str
    ink: str


@dataclass(frozen=True)
class Palette:
    """red, amber, green, faint: text on the ground, 4.5:1 at least. fills: surfaces by state, from calm to urgent, each
    with more contrast to the ground than the one before. steps: one hue, from the least value to the most, likewise.
    """

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
    fills: dict[str, Fill]
    steps: tuple[Fill, ...]


BLACK, WHITE = "#10161d", "#ffffff"


def _fills(*colours: tuple[str, str]) -> dict[str, Fill]:
    return {state: Fill(*colour) for state, colour in zip(STATES, colours, strict=True)}


def _steps(light: str, dark: str, *grounds: tuple[str, bool]) -> tuple[Fill, ...]:
    """Each ground with light ink or dark ink on it."""
    return tuple(Fill(ground, light if on_dark else dark) for ground, on_dark in grounds)


LIGHT = Palette(
    "#1b2430", "#5b6672", "#e3e8ed", "#ffffff", "#0b57a4", "#7d8894", "#9a7b4f", "#b3261e", "#8a5a00", "#1b6e3a",
    _fills(("#cdeed8", BLACK), ("#f0b440", BLACK), ("#e0604f", BLACK)),
    _steps(WHITE, BLACK, ("#e3eef8", False), ("#b3d2ec", False), ("#75acd9", False), ("#2f71b0", True),
           ("#0b3f75", True)),
)  # fmt: skip
DARK = Palette(
    "#e8edf2", "#9fb0c0", "#26323e", "#0f1720", "#6cb0f5", "#8b98a6", "#c2a578", "#ff8a80", "#ffc55a", "#7ddc9c",
    _fills(("#1c5639", WHITE), ("#ab7716", BLACK), ("#ff8a7d", BLACK)),
    _steps(WHITE, BLACK, ("#1a3753", True), ("#23598b", True), ("#5496cd", False), ("#8dbfe6", False),
           ("#d3e7f8", False)),
)  # fmt: skip
PAPER = Palette(
    "#000000", "#444444", "#999999", "#ffffff", "#000000", "#666666", "#888888", "#8c1d18", "#6b4600", "#14532d",
    _fills((WHITE, "#000000"), ("#d9d9d9", "#000000"), ("#a6a6a6", "#000000")),
    _steps(WHITE, "#000000", ("#f5f5f5", False), ("#d9d9d9", False), ("#b8b8b8", False), ("#8f8f8f", False),
           ("#4d4d4d", True)),
)  # fmt: skip
"""Black on white: shapes and shades of grey, for printers without colour."""


def css() -> str:
    """The custom properties that every component has: `--red`, `--red-fill`, `--red-ink`, `--step1-fill` and so on."""
    paper = f"@media print {{ .root, .root.dark {{ {_properties(PAPER)} }} }}"
    return f".root {{ {_properties(LIGHT)} }}\n.root.dark {{ {_properties(DARK)} }}\n{paper}\n"


def _properties(palette: Palette) -> str:
    named = {state: getattr(palette, state) for state in STATES} | {"grey": palette.faint}
    named |= {"before": palette.before, "last-year": palette.last_year}
    for name, fill in (*palette.fills.items(), *((f"step{i}", fill) for i, fill in enumerate(palette.steps))):
        named |= {f"{name}-fill": fill.ground, f"{name}-ink": fill.ink}
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())
