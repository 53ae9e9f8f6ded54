"""What can go wrong with a report. Messages are in the language spoken: a command and the API speak English."""

from collections.abc import Iterable, Iterator

from cockpit.errors import CockpitError, UsageError
from cockpit.i18n import _
from cockpit.labels.wording import worded
from cockpit.reports.model import Block, Text
from data.errors import Damaged, DataError, TooSlow
from metrics.engine.failures import Uncomputable
from metrics.errors import MetricsError


class ReportError(UsageError):
    """The request or the kind cannot be made into a report; nothing was written."""


def or_why(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of one metric; where its definition cannot be computed, a note that says so in their place."""
    try:
        yield from list(blocks)
    except Uncomputable as error:
        yield Text(worded(str(error)), "note")


def explained(error: Exception) -> str:
    """Why a report was not made, for whoever asked for it."""
    if isinstance(error, TooSlow):
        return _("a question took too long and was stopped: ask for a smaller area or a shorter period")
    if isinstance(error, Damaged):
        return _("the edition can no longer be read: ask again, an older one serves")
    if isinstance(error, OSError):
        return _("the file could not be written ({why}): tell whoever runs the server", why=error.strerror or error)
    if isinstance(error, (CockpitError, DataError, MetricsError)):
        return worded(str(error))
    return _("something went wrong on our side ({why}); it is noted in the server's log", why=type(error).__name__)
