"""Password strength and hashing (Argon2id).

A hash takes 64 MB and a tenth of a second of a processor, and strangers can ask for one. A server makes two at once:
one for places that an account has signed in from, and one for all others, in a process of low priority (`hashing`).
"""

import atexit
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from data.desk.errors import Busy, Refused
from data.desk.identity.hashing import HashingProcess

log = logging.getLogger(__name__)

T = TypeVar("T")

SHORTEST, LONGEST, KINDS = 12, 200, 3
"""Characters, and kinds of them. SHORTEST is the default of a setting."""
PRODUCT = ("cockpit", "governance", "jiashicang")
"""Product names, forbidden in passwords."""
SHORTEST_NAME = 3
"""Letters of a name that a password must not hold: shorter ones occur by chance."""
GUESSES = 1e8
"""Tries that guess a weaker password: zxcvbn calls more than these safe enough for a slow hash."""
LONGEST_ESTIMATED = 64
"""Characters that the estimate reads: its time grows with their square."""
COMMON = Path(__file__).with_name("common_words.txt")
CLEAR = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
hasher = PasswordHasher(parallelism=1)
"""RFC 9106 for machines with little memory, on one processor: those who look at screens need the others."""

AT_ONCE, MOST_WAITING = 2, 30


def check_strength(password: str, name: str, shortest: int = SHORTEST) -> None:
    """Refused if a password is short, has too few KINDS, holds a name of its account or of this product, or is a
    variation of a common one: words of lists, with years, rows of keys and letters written as digits (zxcvbn).
    """
    kinds = {
        "a" if c.islower() and c.isascii() else "A" if c.isupper() and c.isascii() else "0" if c.isdigit() else "*"
        for c in password
    }
    if not shortest <= len(password) <= LONGEST or len(kinds) < KINDS:
        raise Refused(
            "password.short",
            "a password has at least {n} characters of {kinds} kinds: small letters, capitals, digits, others",
            n=shortest,
            kinds=KINDS,
        )
    low = password.lower()
    if len(name) >= SHORTEST_NAME and name.lower() in low:
        raise Refused("password.has_name", "a password does not hold the account's name")
    if any(product in low for product in PRODUCT):
        raise Refused("password.has_product", "a password does not hold the name of this product")
    if guesses(password, name) < GUESSES:
        raise Refused("password.common", "this password is too common: choose words and numbers that others do not use")


def guesses(password: str, name: str) -> float:
    """Estimated guesses for an attacker who knows the account's name and tries common passwords first."""
    from zxcvbn import zxcvbn  # its lists take a tenth of a second to read

    inputs = [name, *PRODUCT, *_common_words()]
    return float(zxcvbn(password[:LONGEST_ESTIMATED], user_inputs=inputs)["guesses"])


@cache
def _common_words() -> tuple[str, ...]:
    lines = COMMON.read_text("utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def made(shortest: int = SHORTEST) -> str:
    """A generated password: groups of four unambiguous letters and digits."""
    groups = max(3, -(-(shortest + 1) // 5))
    while True:
        password = "-".join("".join(secrets.choice(CLEAR) for _letter in range(4)) for _group in range(groups))
        if any(map(str.isdigit, password)) and any(map(str.isupper, password)) and any(map(str.islower, password)):
            return password


def hash(password: str) -> str:
    """Hash a password for storage. Raises Busy if too many wait."""
    return _in_turn(lambda: hasher.hash(_bytes(password)))


def matches(stored: str, password: str, *, known: bool = True) -> bool:
    """Whether a password matches the stored hash. known: from a known place. Raises Busy if too many wait."""
    return _in_turn(lambda: (_verify if known else _verify_low_priority)(stored, _bytes(password)), known=known)


def burn(password: str, *, known: bool = True) -> None:
    """Take the time of `matches` for an unknown name, so that timing does not reveal whether an account exists."""
    matches(_hash_of_no_account(), password, known=known)


def _bytes(password: str) -> bytes:
    """UTF-8 bytes; accepts lone surrogates."""
    return password[:LONGEST].encode("utf-8", "surrogatepass")


def _verify(stored: str, password: bytes) -> bool:
    try:
        return hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def _verify_low_priority(stored: str, password: bytes) -> bool:
    try:
        return _low_priority.verify(stored, password)
    except OSError as error:
        log.warning("%s: passwords of strangers are checked here", error)
        return _verify(stored, password)


@cache
def _hash_of_no_account() -> str:
    return hash("nobody")


def _in_turn(work: Callable[[], T], *, known: bool = True) -> T:
    if not _asked.acquire(blocking=False):
        raise Busy("password.crowded", "too many passwords are being checked: try again in a few seconds")
    try:
        return (_for_known if known else _for_strangers).submit(work).result()
    finally:
        _asked.release()


_for_known = ThreadPoolExecutor(1, thread_name_prefix="password")
_for_strangers = ThreadPoolExecutor(1, thread_name_prefix="password-stranger")
_low_priority = HashingProcess()
atexit.register(_low_priority.close)
_asked = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)
