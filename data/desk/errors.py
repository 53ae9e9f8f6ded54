"""What can go wrong at the desk."""

from data.errors import DataError


class DeskError(DataError):
    """The desk cannot be reached, is locked or damaged."""


class Refused(DataError):
    """What was asked is not possible: an unknown account, a weak password, roles that exclude each other."""


class Busy(DataError):
    """Too many passwords are being checked at once. seconds: to wait before trying again."""

    seconds = 5
