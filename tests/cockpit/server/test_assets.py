"""The browser's own files are one style sheet and modules, under an address of their content."""

import re
from itertools import chain

import brotli

from cockpit.server import assets, static_files


def test_the_modules_export_the_shell_and_every_component() -> None:
    exported = {
        name: re.findall(r"^export const (\w+) =", assets.content(name), re.MULTILINE) for name in assets.MODULES
    }
    assert sorted(chain(*exported.values())) == sorted({"nav", "composed"} | set(assets.components()))
    for name, components in exported.items():
        assert "export default" not in assets.content(name)
        assert all(assets.url(name) in assets.loader(component) for component in components if component != "composed")


def test_phone_download_is_small() -> None:
    sizes = {name: len(brotli.compress(assets.content(name).encode())) for name in assets.ON_ALL_PAGES}
    assert sizes["style.css"] + sizes[assets.FIRST] < 37_000, "what the first tile waits for"
    assert sum(sizes.values()) < 56_500


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
