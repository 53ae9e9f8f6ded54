"""Immutable browser assets: the style sheet, and JavaScript modules.

`cockpit.js` has the code of the shell and of the components that a screen shows first, `panels.js` that of the others;
`timemap.js` and `deckgl.js` are the program of the map and its drawing library, which only the page of the map loads.
A run then sends only data. URLs contain the hash of the content.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from cockpit.drawing import row
from cockpit.drawing.palette import css

HERE = Path(__file__).parents[1]
COMPONENTS = HERE / "components"
BELOW = "/assets/"
MODULES = {"cockpit.js": ("navigation", "status"), "panels.js": ("charts", "lists", "timemap")}
"""The folders of components that a module has; the first one also has what all share, and the shell's code."""
FIRST = "cockpit.js"
ON_ALL_PAGES = ("style.css", *MODULES)
NAMES = (*ON_ALL_PAGES, "timemap.js", "deckgl.js")
SHARED = COMPONENTS / "shared.js"
COMPOSED = COMPONENTS / "composed.js"
TIMEMAP = COMPONENTS / "timemap"
COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
"""A line of a program that is for its readers alone: browsers do without."""
ICONS = "@font-face{font-family:Material Symbols Rounded;"


@cache
def content(name: str) -> str:
    """The content of one of NAMES: MODULES export `nav`, `composed` and each component, `timemap.js` `mount`."""
    if name == "style.css":
        return f"{_streamlit_style()}\n{_text(HERE / name)}\n{row.css()}"
    if name == "deckgl.js":
        return _text(TIMEMAP / "vendor" / name)
    if name == "timemap.js":
        files = sorted((TIMEMAP / "program").glob("*.js"))
        style = f"const STYLE = {_quoted(_text(TIMEMAP / 'program' / 'style.css'))}"
        return "\n".join([style, *(_text(file) for file in files)])
    exports = [
        f"export const {component} = "
        f"styled({_quoted(_text(file.with_suffix('.css')))}, {_as_function(*parts(component), file)})"
        for component, file in components().items()
        if file.parent.name in MODULES[name]
    ]
    if name != FIRST:
        return "\n".join([f'import {{ {_shared_names()} }} from "{url(FIRST)}"', *exports])
    shared = f"{_text(SHARED)}\nconst shared = {_quoted(css() + _text(SHARED.with_suffix('.css')))}"
    others = {"nav": (HERE / "moves.js", HERE / "nav.js"), "composed": (COMPOSED,)}
    unstyled = [f"export const {export} = {_as_function(*files)}" for export, files in others.items()]
    return "\n".join([shared, f"export {{ {_shared_names()} }}", *exports, *unstyled])


@cache
def url(name: str) -> str:
    """URL of one of NAMES."""
    return f"{BELOW}{hashlib.sha256(content(name).encode()).hexdigest()[:16]}/{name}"


def loader(export: str) -> str:
    """The JavaScript of a Streamlit component whose code is an export of the module."""
    folder = components()[export].parent.name if export in components() else ""
    module = next((name for name, folders in MODULES.items() if folder in folders), FIRST)
    return f"const all = await import(`${{location.origin}}{url(module)}`)\nexport default all.{export}\n"


def composing_loader() -> str:
    """The JavaScript of `composed`, which draws components of all modules: those of the first one without waiting."""
    (others,) = (name for name in MODULES if name != FIRST)
    return (
        f"const first = await import(`${{location.origin}}{url(FIRST)}`)\n"
        f"const rest = import(`${{location.origin}}{url(others)}`)\n"
        "export default mounted => first.composed({ ...mounted, first, rest })\n"
    )


def _shared_names() -> str:
    """The names that the first module exports to the others: those of shared.js, and the style of all components."""
    return ", ".join([*re.findall(r"^(?:const|(?:async )?function) (\w+)", _text(SHARED), re.MULTILINE), "shared"])


def _streamlit_style() -> str:
    """Streamlit's style sheet without the fonts that our theme never names.

    Streamlit loads the font of its icons ahead by asking for a space in it. Without a space in its range, a browser
    loads it when an icon is shown.
    """
    import streamlit as st  # reports use the words of components, and start without Streamlit

    (file,) = (Path(st.__file__).parent / "static" / "static" / "css").glob("index.*.css")
    style = _text(file).replace("url(../media/", "url(/static/media/")
    style = re.sub(r"@font-face\{font-family:Source [^}]*\}", "", style)
    return style.replace(ICONS, f"{ICONS}unicode-range:U+21-7E;")


@cache
def components() -> dict[str, Path]:
    """The JavaScript file of each component by name, sorted: `<folder>/<name>.js`, its CSS next to it."""
    return {file.stem: file for file in sorted(COMPONENTS.glob("*/*.js"), key=lambda file: file.stem)}


def parts(name: str) -> list[Path]:
    """Function files of a component, `parts/<name>_*.js` next to it, placed before its own code."""
    return sorted((components()[name].parent / "parts").glob(f"{name}_*.js"))


def _as_function(*files: Path) -> str:
    """Wrap files, joined, in a function that returns their default export, so that names do not clash."""
    source = COMMENT.sub("", "\n".join(_text(file) for file in files))
    if source.count("export default ") != 1:
        raise ValueError(f"{files[-1].name} needs exactly one default export")
    return f"(() => {{\n{source.replace('export default ', 'return ')}}})()"


def _quoted(text: str) -> str:
    """The text as a JavaScript template literal."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${") + "`"


def _text(file: Path) -> str:
    return file.read_text("utf-8")
