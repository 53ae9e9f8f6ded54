"""The exception of the metrics layer. This module imports nothing from it."""

import difflib
from collections.abc import Iterable

from data.errors import Problem
from data.messages import Message


class MetricsError(Problem):
    """A question or a definition is wrong."""


def did_you_mean(word: str, known: Iterable[str]) -> Message | str:
    """` Did you mean "x"?`, or nothing if nothing known is near."""
    suggestion = nearest(word, known)
    return Message("near.word", ' Did you mean "{word}"?', word=suggestion) if suggestion else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that is nearest to a word; empty if none is similar."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)), "")
