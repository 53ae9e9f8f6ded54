"""How a component is made: its JavaScript and CSS lie beside its module, what all of them share stands in shared.*."""

from dataclasses import is_dataclass
from typing import Any, Protocol

import streamlit as st

from cockpit import assets


class Draw(Protocol):
    def __call__(self, *, key: str, data: Any) -> Any: ...


def define(name: str) -> Draw:
    """The mounting command of the component whose files are `name.js` and `name.css`. Call once, at import."""
    return st.components.v2.component(f"cockpit_{name}", html='<div class="root"></div>\n', js=assets.loader(name))


def plain(thing: Any) -> Any:
    """Dataclasses, also inside sequences and mappings, as plain dictionaries and lists."""
    if thing is None or isinstance(thing, (str, int, float)):
        return thing
    if isinstance(thing, dict):
        return {name: plain(value) for name, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [plain(value) for value in thing]
    return {name: plain(value) for name, value in vars(thing).items()} if is_dataclass(thing) else thing
