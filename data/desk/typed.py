"""Texts that people type: which characters every one of them may hold, and what is masked in them.

A column whose `info` is TYPED is checked and masked before its row is written, see `text_limits`.
"""

import re
import threading
from functools import cache

import duckdb

from data.desk.errors import Refused
from data.sources.masking import mask

TYPED = {"typed": True}
"""The `info` of a column that holds what somebody typed."""
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but no tab and no end of line
    "\u202a-\u202e\u2066-\u2069"  # turn the direction: a reader would see other words
    "\u2028\u2029\u206a-\u206f\ufff9-\ufffb\ufffe\uffff"  # other ends of lines, and marks of no text
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, and tags
)
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
"""What no database stores."""
_NOT_IN_A_LINE = re.compile("[\t\n\r\u061c\u200b\u200e\u200f\u2060-\u2065\ufeff]")
"""Ends of lines, and what has no width: in a text it does no harm, but two names must not look the same."""
FEWEST_DIGITS = 7
"""No rule masks fewer."""


def check(text: str) -> None:
    """Refuse a text with a character that is not seen or that turns the direction of what is read."""
    if _NOT_KEPT.search(text):
        raise Refused(
            "desk.character", "a text holds a character that cannot be kept, such as a zero byte: leave it out"
        )
    if _HIDDEN.search(text):
        raise Refused("text.hidden", "a text holds a hidden control character: type it again without")


def is_hidden(text: str) -> bool:
    """Whether a text has a character that `check` refuses."""
    return _HIDDEN.search(text) is not None


def is_line(text: str) -> bool:
    """Whether a text is one line of characters that are seen; the wide blank of Chinese input methods is one."""
    return not _HIDDEN.search(text) and not _NOT_IN_A_LINE.search(text)


def words(text: str) -> str:
    """A text as it is kept: without blanks at its ends, checked and masked."""
    text = text.strip()
    check(text)
    return masked(text)


def visible(text: str) -> str:
    """A text with a mark in place of each hidden character: a record of what was refused can be kept and read."""
    return _HIDDEN.sub("\ufffd", text)


def masked(text: str) -> str:
    """A text with telephone, identity and card numbers masked by the rules of loading."""
    if sum(character.isdecimal() for character in text) < FEWEST_DIGITS:
        return text
    with _lock:
        return str(_connection().execute(f"SELECT {mask('$1::VARCHAR')}", [text]).fetchall()[0][0])


_lock = threading.Lock()


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})
