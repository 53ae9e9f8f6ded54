"""One way to move: an ordinary `<a href>`, taken over in the browser (nav.js). The URL is the only state.

`st.switch_page` and `st.page_link` push two history entries for one move and break Back: they are not used.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st

from cockpit import assets

_nav = st.components.v2.component("cockpit_nav", html="<i hidden></i>\n", js=assets.loader("nav"))


def link(page: str, parameters: Mapping[str, object]) -> str:
    """`/page?a=1&b=2`; the cockpit itself is `/`. Parameters that are None or empty are left out."""
    query = urlencode({name: str(value) for name, value in parameters.items() if value not in (None, "")})
    return f"/{'' if page == 'cockpit' else page}" + (f"?{query}" if query else "")


def here(**changes: object) -> str:
    """This very page with changes of its parameters; None removes one."""
    return link("", st.query_params.to_dict() | changes)[1:] or "?"


def install(pages: Iterable[str], *, language: str, size: str, wall: bool) -> None:
    """Take over the clicks of this run's screen, and carry out a move asked for by `go`."""
    data = {
        "pages": [link(page, {}) for page in pages],
        "lang": {"zh": "zh-CN"}.get(language, language),
        "size": size,
        "wall": wall,
        "go": st.session_state.pop(_GO, None),
    }
    _nav(key="nav", data=data)


_GO = "nav.go"


def go(href: str) -> None:
    """Move to `href` after this run. For callbacks of charts only: everything else is a link."""
    st.session_state[_GO] = href
