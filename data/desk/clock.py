"""The desk's time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
