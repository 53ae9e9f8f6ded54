"""The browser's files are one style sheet and one module, kept for ever under an address of their content."""

import re

import pytest

from cockpit.server import assets
from tests.cockpit.server.test_geo import get


@pytest.mark.parametrize("name", assets.TYPES)
def test_a_file_is_served_under_the_hash_of_its_content(name: str) -> None:
    status, headers, body = get(assets.url(name))
    assert (status, body.decode()) == (200, assets.content(name))
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith(("text/css", "text/javascript"))
    assert len(get(assets.url(name), **{"accept-encoding": "gzip"})[2]) < len(body) / 2


@pytest.mark.parametrize("path", ["/assets/0000000000000000/cockpit.js", "/assets/x/../app.py", "/assets/x/app.py"])
def test_nothing_else_is_served(path: str) -> None:
    status, headers, _ = get(path)
    assert status == 404
    assert "immutable" not in headers.get("cache-control", "")


def test_the_module_exports_the_shell_and_every_component() -> None:
    exported = set(re.findall(r"^export const (\w+) =", assets.content("cockpit.js"), re.MULTILINE))
    assert exported == {"nav"} | {file.stem for file in assets.COMPONENTS.glob("*.js")} - {"shared"}
    assert "export default" not in assets.content("cockpit.js")


def test_what_the_phone_must_load_is_small() -> None:
    zipped = sum(len(get(assets.url(name), **{"accept-encoding": "gzip"})[2]) for name in assets.TYPES)
    assert zipped < 40_000
