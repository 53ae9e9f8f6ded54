"""Where an answer leads: by Location, by Refresh, or by a meta refresh in its page; resolved as browsers do."""

import re

from ada_url import URL, join_url

from data.probe.checks.page import read
from data.probe.web.answer import Answer

MOVED = (301, 302, 303, 307, 308)
LONGEST_WAIT = 15
"""Seconds within which a page must lead on: later it is a page that reloads its news."""
REFRESH = re.compile(
    r"\s*(?:(\d{1,9})(?:\.[\d.]*)?|\.[\d.]*)(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(\"[^\"]*|'[^']*|.*)",
    re.IGNORECASE | re.DOTALL,
)


def normal(url: str) -> str:
    """A URL as browsers send it: host in ASCII, everything else escaped, without fragment. ValueError for no URL."""
    return join_url(url, url).partition("#")[0]


def locations(answer: Answer) -> list[str]:
    """The URLs that a redirect may mean, the likelier first; none if it is no redirect.

    Bytes beyond ASCII go back to the server as they came, as from a browser. Those that are not UTF-8 may also be text
    in GB 18030. Raises ValueError where no URL is meant.
    """
    said = answer.header("location")
    if answer.status not in MOVED or not said:
        return []
    raw = said.encode("latin-1")
    texts = ["".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in raw)]
    try:
        raw.decode("utf-8")
    except UnicodeError:
        texts.append(raw.decode("gb18030", "replace"))
    targets = list(dict.fromkeys(url for text in texts if (url := _joined(answer.final, text))))
    if not targets:
        raise ValueError(f"no address of the web: {raw.decode('utf-8', 'replace')[:200]}")
    return targets


def refresh(answer: Answer) -> str:
    """The URL that a page leads to by itself within LONGEST_WAIT seconds; empty if it stays."""
    if said := answer.header("refresh"):
        return _refreshed(said.encode("latin-1").decode("utf-8", "replace"), answer.final)
    if not answer.is_html or b"refresh" not in answer.body.lower():
        return ""
    page = read(answer)
    for node in page.tree.css("meta[http-equiv][content]"):
        if (node.attributes.get("http-equiv") or "").strip().lower() == "refresh":
            return _refreshed(node.attributes.get("content") or "", page.base)
    return ""


def _refreshed(content: str, base: str) -> str:
    said = REFRESH.match(content)
    if said is None or int(said[1] or 0) > LONGEST_WAIT:
        return ""
    target = said[2].strip().lstrip("\"'").strip()
    return _joined(base, target) if target else ""


def _joined(base: str, target: str) -> str:
    try:
        return URL(join_url(base, target)).href.partition("#")[0]
    except ValueError:
        return ""
