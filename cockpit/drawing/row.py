"""A row of a screen: blocks side by side, each with its share of the width. Its key says the shares."""

from collections.abc import Sequence

MOST = 6
"""Blocks of a row."""
WIDEST = 24
"""The greatest share of one."""


def key(number: int, shares: Sequence[int]) -> str:
    """Of a row to fill with a block for each share. number: unique on the page."""
    return f"row{number}-" + "".join(f"{place}x{share}-" for place, share in enumerate(shares, 1))


def css() -> str:
    """The style of the shares: each block of a row grows by what the row's key says of its place."""
    return "\n".join(
        f':root [class*="st-key-row"][class*="-{place}x{share}-"] > :nth-child({place}) {{ flex: {share} 1 0 }}'
        for place in range(1, MOST + 1)
        for share in range(1, WIDEST + 1)
    )
