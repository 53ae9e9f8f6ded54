"""Passwords: how strong they must be, and how they are kept (Argon2id)."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from data.desk.errors import Refused

SHORTEST, LONGEST, KINDS = 8, 200, 3
CLEAR = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
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


def made() -> str:
    """A password to be told once: three groups of letters and digits that are not taken for each other."""
    while True:
        found = "-".join("".join(secrets.choice(CLEAR) for _letter in range(4)) for _group in range(3))
        if any(map(str.isdigit, found)) and any(map(str.isupper, found)) and any(map(str.islower, found)):
            return found


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
