"""The base of all errors that carry a message for people, and the errors of the data layer."""

from typing import Self

from data.messages import Message


class Problem(Exception):
    """An error to show: one line with what is wrong, where, and what to do.

    message: its code, English text and parameters; see `data.messages.Message`. str() gives the English.
    """

    def __init__(self, code: str, text: str, /, **parameters: object) -> None:
        super().__init__(code, text)
        self.message = Message(code, text, **parameters)

    @classmethod
    def of(cls, cause: "Message | Problem") -> Self:
        """An error of this class with the message of another one."""
        message = cause.message if isinstance(cause, Problem) else cause
        error = cls(message.code, message.text)
        error.message = message
        return error

    def __str__(self) -> str:
        return str(self.message)


class DataError(Problem):
    """Invalid input or a damaged store."""


class TooSlow(DataError):
    """A question that was stopped because it took too long. To ask for less helps."""


class TooMany(DataError):
    """Somebody asks for more at once than is done at once. To wait helps."""


class Unavailable(DataError):
    """The store or the disk is temporarily unavailable. Trying again may help."""


class OutOfMemory(Unavailable):
    """One load needs more memory than it may have. Others may need less."""


class Damaged(Unavailable):
    """An edition's file is damaged. Trying again reads an older edition."""
