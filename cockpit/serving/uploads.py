"""Upload guard: a page must offer it, and right, session, number and size are checked.

Streamlit's own route takes a file of anybody signed in for any session. Every request for it is checked here first.
A page that takes a file calls `uploader` in place of `st.file_uploader`; for all others the route is closed.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import Scope
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cockpit.access.policy import Can, Grants

PATH = "/_stcore/upload_file/"
LONGEST = 10_000_000
"""Maximum bytes of an upload request on any page; Streamlit's own limit is server.maxUploadSize."""
MOST_BYTES = 200_000_000
"""Total bytes of uploaded files in this process's memory."""
FRAME_BYTES = 4_000
"""Overhead of a multipart request in bytes."""


@dataclass(frozen=True)
class Offer:
    """Accepted uploads. right: required in any area; most_bytes: per file; types: extensions such as `csv`."""

    right: Can
    most_bytes: int
    most_files: int
    types: tuple[str, ...]


@dataclass
class _Open:
    """An offer in one Streamlit session. taken: bytes by file id."""

    offer: Offer
    token: str | None
    taken: dict[str, int] = field(default_factory=dict)
    in_this_run: bool = True


class Offers:
    """Current offers by Streamlit session. Thread-safe."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()

    def open(self, session: str, token: str | None, offer: Offer) -> None:
        with self._lock:
            known = self._open.get(session)
            if known and (known.offer, known.token) == (offer, token):
                known.in_this_run = True
            else:
                self._open[session] = _Open(offer, token)

    @contextmanager
    def one_run(self, session: str) -> Iterator[None]:
        """Around a run of a page: offers that it does not renew end."""
        if known := self._open.get(session):
            known.in_this_run = False
        yield
        with self._lock:
            if (known := self._open.get(session)) and not known.in_this_run:
                del self._open[session]

    def refusal(self, scope: Scope, token: str | None, grants: Grants) -> tuple[int, str] | None:
        """Status and text of a refused request to Streamlit's upload route; None if it is allowed."""
        session, _slash, file = scope["path"].removeprefix(PATH).partition("/")
        with self._lock:
            upload = self._open.get(session)
            if upload is None or scope["method"] not in ("PUT", "DELETE") or not file:
                return 404, "no page offers to take a file"
            if token is None or upload.token != token:
                return 403, "this is the session of somebody else"
            if not grants.may(upload.offer.right):
                return 403, "you may not send files"
            if scope["method"] == "DELETE":
                upload.taken.pop(file, None)
                return None
            content_length = Headers(scope=scope).get("content-length", "")
            if not (content_length.isascii() and content_length.isdigit()):
                return 411, "a file is sent with its Content-Length"
            size = int(content_length[:20])
            if size > min(LONGEST, upload.offer.most_bytes + FRAME_BYTES):
                return 413, f"a file has at most {upload.offer.most_bytes:,} bytes here"
            if len(upload.taken.keys() | {file}) > upload.offer.most_files:
                return 413, f"at most {upload.offer.most_files} files are taken here"
            if size + sum(sum(each.taken.values()) for each in self._open.values()) > MOST_BYTES:
                return 503, "the server holds too many files: try again later"
            upload.taken[file] = size
        return None

    def forget_ended(self) -> None:
        """Drop the offers of ended sessions."""
        runtime = get_instance()
        with self._lock:
            for session in [session for session in self._open if not runtime.is_active_session(session)]:
                del self._open[session]


offers = Offers()


def is_upload(path: str) -> bool:
    return path.startswith(PATH)


def uploader(label: str, offer: Offer, *, token: str | None, key: str) -> list[Any]:
    """`st.file_uploader` for a page whose visitor, of the session `token`, holds `offer.right`. The files, if any."""
    context = get_script_run_ctx()
    assert context
    offers.forget_ended()
    offers.open(context.session_id, token, offer)
    several: Any = offer.most_files > 1
    files = st.file_uploader(label, list(offer.types), several, key=key, max_upload_size=_megabytes(offer.most_bytes))
    return files if isinstance(files, list) else [files] if files else []


def one_run() -> AbstractContextManager[None]:
    """Around a run of a page, for `cockpit/main.py`."""
    context = get_script_run_ctx()
    return offers.one_run(context.session_id if context else "")


def _megabytes(size: int) -> int:
    return max(1, size // 1_000_000)
