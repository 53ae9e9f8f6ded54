"""The exceptions of the data layer."""


class DataError(Exception):
    """Something is wrong with what came in or with the store.

    The message is one line for the person at the keyboard: what, where, and what to do.
    """


class TooSlow(DataError):
    """A question that was stopped because it took too long. To ask for less helps."""


class TooMany(DataError):
    """Somebody asks for more at once than is done at once. To wait helps."""


class Unavailable(DataError):
    """The store or the disk is not to be had now; what came in may be as it should. Trying again helps."""


class OutOfMemory(Unavailable):
    """One load needs more memory than it may have. Others may need less."""


class Damaged(Unavailable):
    """An edition's file is not what was published. To ask again helps: an older one serves."""
