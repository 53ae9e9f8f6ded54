"""Passwords: how strong they must be, and how they are kept (Argon2id)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from data.desk.errors import Refused

SHORTEST, LONGEST, KINDS = 8, 200, 3
hasher = PasswordHasher()
"""The library's defaults follow RFC 9106 for machines with little memory: about 50 ms."""


def check_strength(password: str, name: str) -> None:
    """Refused unless it has 8 characters of 3 kinds (small, capital, digit, other) and does not hold the name."""
    kinds = {
        "a" if c.islower() and c.isascii() else "A" if c.isupper() and c.isascii() else "0" if c.isdigit() else "*"
        for c in password
    }
    if not SHORTEST <= len(password) <= LONGEST or len(kinds) < KINDS:
        raise Refused(
            f"a password has at least {SHORTEST} characters of {KINDS} kinds: small letters, capitals, digits, others"
        )
    if name and name.lower() in password.lower():
        raise Refused("a password does not hold the account's name")


def matches(kept: str, password: str) -> bool:
    """Whether a password is the one that is kept."""
    try:
        return hasher.verify(kept, password[:LONGEST])
    except (Argon2Error, InvalidHashError):
        return False


def burn(password: str) -> None:
    """The work of `matches`, for a name that has no password: the time must not tell whether there is an account."""
    matches(_nobody(), password)


@cache
def _nobody() -> str:
    return hasher.hash("nobody")
