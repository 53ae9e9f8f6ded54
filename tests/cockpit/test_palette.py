"""Colours are readable, distinguishable for the colour-blind, and mean the same in light, in dark and on paper."""

import re
import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from cockpit.drawing import palette
from cockpit.drawing.palette import DARK, LIGHT, PAPER, STATES, Palette

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
READABLE = 4.5
APART = 10
"""Steps of CIE lightness between two states: about five times a just noticeable difference between neighbours."""
# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as somebody sees it who lacks one kind of cone.
SIGHT = {
    "full": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]
    ],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}  # fmt: skip


def luminance(colour: str, sight: str = "full") -> float:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(np.array([0.2126, 0.7152, 0.0722]) @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1))


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lightness(colour: str, sight: str) -> float:
    """CIE L*, 0 to 100."""
    light = luminance(colour, sight)
    return 116 * float(np.cbrt(light)) - 16 if light > 216 / 24389 else light * 24389 / 27


@THEMES
def test_text_of_every_colour_can_be_read(theme: Palette) -> None:
    on_ground = [getattr(theme, name) for name in ("ink", "faint", *STATES)]
    assert min(contrast(colour, theme.ground) for colour in on_ground) >= READABLE
    assert min(contrast(fill.ink, fill.ground) for fill in (*theme.fills.values(), *theme.steps)) >= READABLE


@THEMES
@pytest.mark.parametrize("sight", SIGHT)
def test_states_differ_in_lightness(theme: Palette, sight: str) -> None:
    shades = [lightness(theme.fills[state].ground, sight) for state in STATES]
    assert min(abs(one - other) for one, other in combinations(shades, 2)) >= APART


@THEMES
@pytest.mark.parametrize("sight", SIGHT)
def test_steps_are_monotonic_and_distinct(theme: Palette, sight: str) -> None:
    shades = [lightness(step.ground, sight) for step in theme.steps]
    assert len(shades) == palette.STEPS
    gaps = [after - before for before, after in pairwise(shades)]
    assert min(map(abs, gaps)) >= APART * 0.8
    assert len({gap > 0 for gap in gaps}) == 1


@THEMES
def test_worse_states_have_more_contrast(theme: Palette) -> None:
    for order in ([theme.fills[state].ground for state in STATES], [step.ground for step in theme.steps]):
        contrasts = [contrast(colour, theme.ground) for colour in order]
        assert contrasts == sorted(contrasts)


def test_the_grounds_are_those_of_the_theme() -> None:
    theme = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text("utf-8"))["theme"]
    assert (LIGHT.ground, DARK.ground) == (theme["light"]["backgroundColor"], theme["dark"]["backgroundColor"])


def test_a_style_sheet_has_every_colour_of_every_theme() -> None:
    for theme, block in zip((LIGHT, DARK, PAPER), palette.css().splitlines(), strict=True):
        held = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        assert {state: held[state] for state in STATES} == {state: getattr(theme, state) for state in STATES}
        assert held["red-fill"] == theme.fills["red"].ground
        assert held["step4-ink"] == theme.steps[4].ink
        assert len(held) == len(STATES) + 3 + 2 * (len(STATES) + palette.STEPS)
