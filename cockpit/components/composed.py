"""A screen composed in the browser: all that is drawn inside is one message with one component.

Streamlit mounts each element for itself, at a third of a millisecond of each run. What sends nothing back needs none of
that: its parts go out as one compressed piece of data, and composed.js puts them in their places.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from cockpit.components.base import parts, quoted
from cockpit.i18n import _
from cockpit.server import assets


@contextmanager
def composed(key: str = "screen") -> Iterator[None]:
    """Components without `on_change`, `html` and `group` inside are its parts; nothing of Streamlit may be drawn there.

    key: unique on the page. Nothing is drawn when an error ends it.
    """
    inside: list[bytes] = []
    token = parts.set(inside)
    try:
        yield
    finally:
        parts.reset(token)
    if inside:
        failed = quoted(_("This part cannot be shown. Load the page again."))
        _component()(key=key, data=_compressed(b'{"failed":%b,"parts":[%b]}' % (failed, b",".join(inside))))


@lru_cache(maxsize=128)
def _compressed(content: bytes) -> bytes:
    """Compressed once for all who see the same; a websocket would do it for each visitor, with memory for each."""
    return zlib.compress(content)


@cache
def _component() -> Any:
    import streamlit as st

    root = '<div class="root"></div>\n'
    js = assets.composing_loader()
    return st.components.v2.component("cockpit_composed", html=root, js=js, isolate_styles=False)
