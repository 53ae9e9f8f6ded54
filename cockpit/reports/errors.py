"""Errors of reports."""

from collections.abc import Iterable, Iterator

from cockpit.errors import UsageError
from cockpit.labels.wording import worded
from cockpit.reports.model import Block, Text
from data.errors import Damaged, Problem, TooSlow
from data.messages import Message
from data.system_errors import of_os
from metrics.engine.failures import Uncomputable


class ReportError(UsageError):
    """The request or the kind cannot be made into a report; nothing was written."""


def or_why(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of one metric; where its definition cannot be computed, a note that says so in their place."""
    try:
        yield from list(blocks)
    except Uncomputable as error:
        yield Text(worded(error), "note")


def explained(error: BaseException) -> Message:
    """Why a report was not made, for its requester."""
    if isinstance(error, TooSlow):
        return Message(
            "report.too_slow", "a question took too long and was stopped: ask for a smaller area or a shorter period"
        )
    if isinstance(error, Damaged):
        return Message("report.edition_damaged", "the edition can no longer be read: ask again, an older one serves")
    if isinstance(error, OSError):
        return Message(
            "report.unwritable", "the file could not be written ({why}): tell the administrator", why=of_os(error)
        )
    if isinstance(error, Problem):
        return error.message
    return Message(
        "report.failed", "something went wrong on our side ({why}); it is noted in the server's log",
        why=type(error).__name__,
    )  # fmt: skip
