"""A row of a screen: containers side by side, each with its share of the width.

Streamlit's columns are a message of each column and of the row; here the row alone is one, and its key says the shares.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MOST = 6
"""Containers of a row."""
WIDEST = 24
"""The greatest share of one."""


def row(number: int, shares: Sequence[int], *, gap: Literal["large", "medium"] = "medium") -> "DeltaGenerator":
    """The row to fill with a container for each share. number: unique on the page."""
    import streamlit as st  # reports read layouts, and start without Streamlit

    places = "".join(f"{place}x{share}-" for place, share in enumerate(shares, 1))
    return st.container(key=f"row{number}-{places}", horizontal=True, gap=gap)


def css() -> str:
    """The style of the shares: each container of a row grows by what the row's key says of its place."""
    return "\n".join(
        f':root [class*="st-key-row"][class*="-{place}x{share}-"] > :nth-child({place}) {{ flex: {share} 1 0 }}'
        for place in range(1, MOST + 1)
        for share in range(1, WIDEST + 1)
    )
