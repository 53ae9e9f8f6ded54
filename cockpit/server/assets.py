"""What the browser keeps for ever: the style sheet, and one JavaScript module with the code of shell and components.

A run then sends only data. An address carries the hash of what it serves: other content has another address.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parents[1]
COMPONENTS = HERE / "components"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
TYPES = {"style.css": "text/css; charset=utf-8", "cockpit.js": "text/javascript; charset=utf-8"}


@cache
def content(name: str) -> str:
    """The style sheet, or the module, which exports `nav` and every component by its name."""
    if name == "style.css":
        return _text(HERE / name)
    names = sorted(file.stem for file in COMPONENTS.glob("*.js") if file.stem != "shared")
    shared = [_text(COMPONENTS / "shared.js"), f"const shared = {_quoted(COMPONENTS / 'shared.css')}"]
    exports = [
        f"export const {name} = styled({_quoted(COMPONENTS / f'{name}.css')}, {_component(name)})" for name in names
    ]
    return "\n".join([*shared, f"export const nav = {_called(HERE / 'nav.js')}", *exports])


@cache
def url(name: str) -> str:
    """Where `style.css` or `cockpit.js` is served."""
    return f"/assets/{hashlib.sha256(content(name).encode()).hexdigest()[:16]}/{name}"


def loader(export: str) -> str:
    """The JavaScript of a Streamlit component whose code is an export of the module."""
    return f"const all = await import(`${{location.origin}}{url('cockpit.js')}`)\nexport default all.{export}\n"


async def asset(request: Request) -> Response:
    """One of the two files, zipped for those who can unzip."""
    name = request.path_params["name"]
    if name not in TYPES or request.url.path != url(name):
        return PlainTextResponse("there is no such file: reload the page\n", 404)
    headers = {**FOREVER, "Content-Type": TYPES[name]}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_zipped(name), headers={**headers, "Content-Encoding": "gzip"})
    return Response(content(name), headers=headers)


ROUTES = (Route("/assets/{hash}/{name}", asset),)


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(content(name).encode())


def _component(name: str) -> str:
    return _called(COMPONENTS / f"{name}.js")


def _called(file: Path) -> str:
    """A module as the result of a function, so that names do not clash: what it exports by default is returned."""
    source = _text(file)
    if source.count("export default ") != 1:
        raise ValueError(f"{file.name} needs exactly one default export")
    return f"(() => {{\n{source.replace('export default ', 'return ')}}})()"


def _quoted(file: Path) -> str:
    """A file as a JavaScript text."""
    return "`" + _text(file).replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${") + "`"


def _text(file: Path) -> str:
    return file.read_text("utf-8")
