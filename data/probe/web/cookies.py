"""Cookies within one chain of redirects (RFC 6265); nothing is kept beyond it."""

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from data.probe.web.answer import Answer

MOST = 100
"""Cookies that a chain may set."""


@dataclass(frozen=True)
class Cookie:
    """exact: for this very host, and not for those below its domain."""

    name: str
    value: str
    domain: str
    path: str
    exact: bool
    secure: bool

    def fits(self, scheme: str, host: str, path: str) -> bool:
        below = not self.exact and host.endswith(f".{self.domain}")
        inside = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return (host == self.domain or below) and inside and (not self.secure or scheme == "https")


class Cookies:
    """Cookies of a chain of redirects, sent only to the hosts and paths that they were set for."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Cookie] = {}

    def keep(self, answer: Answer) -> bool:
        """Keep what an answer sets, drop what it takes back. Whether it set anything."""
        said = answer.all_headers("set-cookie")
        for line in said:
            cookie, is_over = _parsed(line, answer.final)
            if cookie is None:
                continue
            place = (cookie.name, cookie.domain, cookie.path)
            self._kept.pop(place, None)
            if not is_over and len(self._kept) < MOST:
                self._kept[place] = cookie
        return bool(said)

    def header(self, url: str) -> str:
        """The Cookie header of a request, as Latin-1; empty without any. Longer paths come first."""
        parts = urlsplit(url)
        cookies = [c for c in self._kept.values() if c.fits(parts.scheme, parts.hostname or "", parts.path or "/")]
        cookies.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in cookies)


def _parsed(line: str, url: str) -> tuple[Cookie | None, bool]:
    """A cookie, None if it is not for this URL, and whether it has expired."""
    pair, *more = line.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", name
    pairs = (part.partition("=") for part in more)
    attributes = {key.strip().lower(): text.strip() for key, _equals, text in pairs}
    parts = urlsplit(url)
    host = parts.hostname or ""
    domain = attributes.get("domain", "").lstrip(".").lower()
    if domain and domain != host and (not host.endswith(f".{domain}") or "." not in domain or _is_address(host)):
        return None, False
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = parts.path.rpartition("/")[0] or "/"
    secure = "secure" in attributes
    return Cookie(name.strip(), value.strip(), domain or host, path, not domain, secure), _is_over(attributes)


def _is_over(attributes: Mapping[str, str]) -> bool:
    with suppress(ValueError):
        return int(attributes.get("max-age", "")) <= 0
    with suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(attributes.get("expires", ""))
        return until.replace(tzinfo=until.tzinfo or UTC) <= datetime.now(UTC)
    return False


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False
