"""What can go wrong with a report."""

from cockpit.errors import UsageError


class ReportError(UsageError):
    """The request or the kind cannot be made into a report; nothing was written."""
