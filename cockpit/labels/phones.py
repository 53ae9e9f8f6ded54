"""Telephone numbers of offices, as the directory delivers them: perhaps several in one value, with words between."""

import re

SEPARATORS = re.compile(r"[、,，;；/|]+")
"""Between several units or numbers in one value."""
NUMBER = re.compile(r"[+(（]?\d[\d\s()（）+-]{2,}\d")


def parts(text: str | None) -> list[str]:
    """The numbers and words of a value."""
    return [part.strip() for part in SEPARATORS.split(text or "") if part.strip()]


def is_number(part: str) -> bool:
    """Whether a part can be dialled."""
    return NUMBER.fullmatch(part) is not None


def href(number: str) -> str:
    """`tel:057181234567`"""
    return f"tel:{re.sub(r'[^0-9+]', '', number)}"


def first(text: str | None) -> str:
    """The first number of a value; empty where there is none."""
    return next(filter(is_number, parts(text)), "")
