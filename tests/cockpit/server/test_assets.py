"""The browser's own files are one style sheet and one module, under an address of their content."""

import re

import brotli

from cockpit.server import assets, static_files


def test_the_module_exports_the_shell_and_every_component() -> None:
    exported = set(re.findall(r"^export const (\w+) =", assets.content("cockpit.js"), re.MULTILINE))
    assert exported == {"nav"} | set(assets.components())
    assert "export default" not in assets.content("cockpit.js")


def test_phone_download_is_small() -> None:
    assert sum(len(brotli.compress(assets.content(name).encode())) for name in assets.ON_ALL_PAGES) < 52_000


def test_no_font_is_loaded_that_no_text_is_set_in() -> None:
    faces = re.findall(r"@font-face\{[^}]*\}", assets.content("style.css"))
    families = {re.search(r"font-family:([^;}]*)", face)[1].strip() for face in faces}
    assert {name for name in families if not name.startswith("KaTeX")} == {"Material Symbols Rounded"}
    (icons,) = (face for face in faces if "Material Symbols" in face)
    assert "unicode-range:U+21-7E" in icons, "every visit loads it: Streamlit asks for a space"


def test_every_address_in_the_style_sheet_is_one_of_a_file() -> None:
    named = {url.strip("\"'") for url in re.findall(r"url\(([^)]*)\)", assets.content("style.css"))}
    named = {url for url in named if not url.startswith("data:")}
    assert named
    assert named <= set(static_files.index())
