"""Errors of the desk."""

from data.errors import DataError


class DeskError(DataError):
    """The desk cannot be reached, is locked or damaged."""


class Refused(DataError):
    """The action is not possible: unknown account, weak password, conflicting roles."""


class Busy(DataError):
    """Too many passwords are being checked at once. seconds: to wait before trying again."""

    seconds = 5
