"""Passwords inside of database URLs: whether there is one, and the URL without it."""

import re
from urllib.parse import parse_qsl

REFERENCE = re.compile(r"\$\{[^}]*\}")
"""The place of a secret or an environment variable, which is no password."""
USER = re.compile(r"([\w+.-]+://[^:/@?]*):[^@]+@")
SECRET = re.compile(r"(?i)pass(word|wd)?$|^pwd$|secret|token")
SECRET_INSIDE = re.compile(r"(?i)\b(password|passwd|pwd)\s*=\s*[^;\s]")
"""A connection string of ODBC inside of a parameter."""


def holds_password(url: str) -> bool:
    """Whether a URL contains a plain-text password, in its user part or in a parameter."""
    plain = REFERENCE.sub("", url)
    return USER.match(plain) is not None or any(map(_is_secret, plain.partition("?")[2].split("&")))


def without_passwords(url: str, mask: str) -> str:
    """The URL with `mask` in place of every password; a reference such as `${NAME}` stays."""
    if not holds_password(url):
        return url
    if USER.match(REFERENCE.sub("", url)) and (user := re.match(r"[\w+.-]+://[^:/@?]*:", url)):
        url = f"{user[0]}{mask}@{url.rpartition('@')[2]}"  # up to the last one: a password may hold `@`, `/` and `?`
    head, mark, query = url.partition("?")
    return head + mark + "&".join(_masked(part, mask) for part in query.split("&"))


def _is_secret(part: str) -> bool:
    parameters = parse_qsl(REFERENCE.sub("", part), keep_blank_values=True)
    return any((SECRET.search(name) and value) or SECRET_INSIDE.search(value) for name, value in parameters)


def _masked(part: str, mask: str) -> str:
    return f"{part.partition('=')[0]}={mask}" if _is_secret(part) else part
