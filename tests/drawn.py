"""What a page of a test has drawn: HTML and the data of components, whether alone or as parts of a composed screen."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from streamlit.testing.v1 import AppTest

COMPOSED = "cockpit_composed"


def html(page: AppTest) -> str:
    """All HTML of a page: that of Streamlit's elements, then that of composed screens."""
    own = [element.proto.body for element in page.get("html")]
    return " ".join([*own, *(part["html"] for part in _parts(page) if "html" in part)])


def components(page: AppTest, name: str = "") -> list[dict[str, Any]]:
    """The data of each component, or of each of this name, in the order of the page."""
    return [data for shown, data in _components(page) if name in ("", shown)]


def text(page: AppTest) -> str:
    """Everything that a page says: its HTML, and its components' data as JSON."""
    return " ".join([html(page), *(json.dumps(data, ensure_ascii=False) for data in components(page))])


def _components(page: AppTest) -> Iterator[tuple[str, dict[str, Any]]]:
    for element in page.get("bidi_component"):
        proto = element.proto
        if proto.component_name == COMPOSED:
            inside = _flat(json.loads(zlib.decompress(proto.bytes))["parts"])
            yield from ((part["component"], part["data"]) for part in inside if "component" in part)
        else:
            yield proto.component_name.removeprefix("cockpit_"), json.loads(proto.bytes or proto.json)


def _parts(page: AppTest) -> Iterator[dict[str, Any]]:
    for element in page.get("bidi_component"):
        if element.proto.component_name == COMPOSED:
            yield from _flat(json.loads(zlib.decompress(element.proto.bytes))["parts"])


def _flat(parts: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from _flat(part.get("parts", ()))
