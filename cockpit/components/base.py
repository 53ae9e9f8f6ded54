"""How a component is made: its JavaScript and CSS lie beside its module, what all of them share stands in shared.*.

All of them are served as one file that the browser keeps; a run sends only data. `bundle` makes it, ROUTES serve it.
"""

import gzip
import hashlib
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


class Draw(Protocol):
    def __call__(self, *, key: str, data: Any) -> Any: ...


def define(name: str) -> Draw:
    """The mounting command of the component whose files are `name.js` and `name.css`. Call once, at import."""
    loader = f"const all = await import(`${{location.origin}}{address()}`)\nexport default all.{name}\n"
    return st.components.v2.component(f"cockpit_{name}", html='<div class="root"></div>\n', js=loader)


@cache
def bundle() -> str:
    """One JavaScript module that exports every component by its name, each with its styles."""
    names = sorted(file.stem for file in HERE.glob("*.js") if file.stem != "shared")
    return "\n".join([_text("shared.js"), f"const shared = {_quoted('shared.css')}", *map(_exported, names)])


@cache
def address() -> str:
    """Where this very bundle is served: another one has another address, so that it may be kept for ever."""
    return f"/assets/{hashlib.sha256(bundle().encode()).hexdigest()[:16]}/components.js"


async def components(request: Request) -> Response:
    """The bundle, zipped for those who can unzip."""
    if request.url.path != address():
        return Response(status_code=404)
    headers = {**FOREVER, "Content-Type": "text/javascript; charset=utf-8"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_zipped(), headers={**headers, "Content-Encoding": "gzip"})
    return Response(bundle(), headers=headers)


ROUTES = (Route("/assets/{hash}/components.js", components),)


@cache
def _zipped() -> bytes:
    return gzip.compress(bundle().encode())


def _exported(name: str) -> str:
    """A component's module as a function of its own, so that names do not clash; its default export is returned."""
    source = _text(f"{name}.js")
    assert source.count("export default ") == 1, f"{name}.js needs one default export"
    body, styles = source.replace("export default ", "return "), _quoted(f"{name}.css")
    return f"export const {name} = styled({styles}, (() => {{\n{body}}})())"


def _quoted(file: str) -> str:
    """A file as a JavaScript text."""
    return "`" + _text(file).replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${") + "`"


def _text(file: str) -> str:
    return (HERE / file).read_text("utf-8")


def plain(thing: Any) -> Any:
    """Dataclasses, also inside sequences and mappings, as plain dictionaries and lists."""
    if thing is None or isinstance(thing, (str, int, float)):
        return thing
    if isinstance(thing, dict):
        return {name: plain(value) for name, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [plain(value) for value in thing]
    return {name: plain(value) for name, value in vars(thing).items()} if is_dataclass(thing) else thing
