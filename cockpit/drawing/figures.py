"""Draws the figures of `cockpit.drawing.charts`; a chosen point moves to the address that it carries."""

from functools import partial

import streamlit as st
from plotly.basedatatypes import BaseFigure

from cockpit import nav
from cockpit.drawing.charts import Figure

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}


class Checked(BaseFigure):  # type: ignore[misc]  # Plotly has no types
    """A figure that Plotly need not check again: charts are made here alone, and a test has Plotly check them.

    Checking costs ten times what sending the figure does.
    """

    _figure: Figure

    def __init__(self, figure: Figure) -> None:
        object.__setattr__(self, "_figure", figure)  # nothing of a BaseFigure is set up: it is only asked for this

    def to_dict(self) -> Figure:
        return self._figure


def show(figure: Figure, *, key: str, height: int = 240, label: str = "") -> None:
    """Draw a figure. `label` says in words what it shows, for those who cannot see it."""
    opens = any(trace.get("customdata") for trace in figure["data"])
    st.plotly_chart(
        Checked({**figure, "layout": {**figure["layout"], "height": height}}),
        key=key,
        theme=None,
        width="stretch",
        height=height,
        config=CONFIG,
        on_select=partial(_open, key) if opens else "ignore",
        selection_mode="points",
        alt=label or None,
    )


def _open(key: str) -> None:
    points = st.session_state[key].selection.points
    found = points[0].get("customdata") if points else None
    href = found[0] if isinstance(found, (list, tuple)) and found else found
    if href:
        nav.go(str(href))
