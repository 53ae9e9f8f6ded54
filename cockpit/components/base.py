"""Base of components: JavaScript and CSS next to the module; shared code in shared.*.

Inside `composed` what is drawn becomes a part of one message; elsewhere it is an element of Streamlit.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import is_dataclass
from functools import cache, lru_cache
from typing import Any, Protocol

from cockpit.server import assets

MOST_CACHED = 2048
parts: ContextVar[list[bytes] | None] = ContextVar("parts of a composed screen", default=None)
"""The JSON of the parts drawn so far; None outside of `composed`."""


class Draw(Protocol):
    def __call__(self, *, key: str, data: Mapping[str, Any] | bytes, **on_change: Callable[[], None]) -> Any: ...


def define(name: str) -> Draw:
    """The mounting command of the component whose files are `name.js` and `name.css`. Call once, at import.

    It takes what is to be drawn, or that as `packed` has made it. Streamlit learns of the component when it is first
    drawn: reports use the words of a component without any screen. on_change: `on_NAME_change` for each value that the
    browser sends back.
    """

    @cache
    def mount() -> Any:
        import streamlit as st

        return st.components.v2.component(f"cockpit_{name}", html='<div class="root"></div>\n', js=assets.loader(name))

    def draw(*, key: str, data: Mapping[str, Any] | bytes, **on_change: Callable[[], None]) -> Any:
        content = data if isinstance(data, bytes) else packed(data)
        if (composing := parts.get()) is None:
            return mount()(key=key, data=content, **on_change)
        if on_change:
            raise TypeError(f"{name} sends values back, which a part of a composed screen cannot")
        composing.append(b'{"component":%b,"key":%b,"data":%b}' % (quoted(name), quoted(key), content))
        return None

    return draw


def html(text: str) -> None:
    """Draw HTML, in which all that is not ours is escaped."""
    if (composing := parts.get()) is None:
        import streamlit as st

        st.html(text)
    else:
        composing.append(b'{"html":%b}' % quoted(text))


@contextmanager
def group(key: str = "") -> Iterator[None]:
    """What is drawn inside is one block, of class `st-key-<key>`; key: unique on the page, or empty."""
    if (composing := parts.get()) is None:
        import streamlit as st

        with st.container(key=key or None):
            yield
        return
    inner: list[bytes] = []
    token = parts.set(inner)
    try:
        yield
    finally:
        parts.reset(token)
        composing.append(b'{"group":%b,"parts":[%b]}' % (quoted(key), b",".join(inner)))


def packed(data: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. As bytes Streamlit hands it on as it is: of a dictionary it would write the JSON twice a run.

    The JSON of a tuple is kept: what a layout keeps between runs is a tuple, so that a run words it once.
    """
    return f"{{{','.join(f'{_json(name)}:{_of(value)}' for name, value in data.items())}}}".encode()


def plain(thing: Any) -> Any:
    """Dataclasses, also inside sequences and mappings, as plain dictionaries and lists."""
    if thing is None or isinstance(thing, (str, int, float)):
        return thing
    if isinstance(thing, dict):
        return {name: plain(value) for name, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [plain(value) for value in thing]
    return {name: plain(value) for name, value in vars(thing).items()} if is_dataclass(thing) else thing


def _of(value: Any) -> str:
    if isinstance(value, tuple):
        try:
            return _cached(value)
        except TypeError:  # something inside is a list: nothing to know it by
            pass
    return _json(plain(value))


@lru_cache(maxsize=MOST_CACHED)
def _cached(value: tuple[Any, ...]) -> str:
    return _json(plain(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def quoted(text: str) -> bytes:
    """A JSON string in UTF-8."""
    return json.dumps(text, ensure_ascii=False).encode()


def unprinted(key: str) -> AbstractContextManager[None]:
    """A block that paper leaves out whole, such as forms and buttons with their heading.

    key: of this block among those of a page.
    """
    return group(f"noprint {key}")
