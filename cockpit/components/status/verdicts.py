"""Verdicts as words with states, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define

_verdicts = define("verdicts")
ORDER = ("red", "amber", "green", "none")


@dataclass(frozen=True)
class Verdict:
    """state: red, amber, green or none."""

    text: str
    state: str = "none"


def verdicts(items: Sequence[Verdict], *, key: str = "verdicts") -> None:
    """Draw the verdicts in one line that wraps, by severity; equal ones in the order given."""
    _verdicts(key=key, data={"items": sorted(items, key=lambda item: ORDER.index(item.state))})
