"""Writes rows picked one by one into an address: source and key of each."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

MOST_PICKED = 50
"""Rows that can be selected at once: they are named in an address."""


def picked(row: Mapping[str, object]) -> str:
    """A row as `pick` names it."""
    return f"{quote(str(row['source']), safe='')}/{quote(str(row['key']), safe='')}"


def write_picks(picks: Sequence[tuple[str, str]]) -> str | None:
    return ",".join(picked({"source": source, "key": key}) for source, key in picks) or None
