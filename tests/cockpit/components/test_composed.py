"""A composed screen: its parts in their order and blocks, as one message."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit.components import base
from tests import drawn


def parts_of(draw: Callable[[], None]) -> list[dict[str, Any]]:
    """What becomes of what `draw` draws."""
    token = base.parts.set([])
    try:
        draw()
        return [json.loads(part) for part in base.parts.get() or ()]
    finally:
        base.parts.reset(token)


def test_blocks_hold_what_is_drawn_inside_of_them() -> None:
    shown = base.define("shown")

    def draw() -> None:
        base.html("<p>1</p>")
        with base.group("outer"), base.group():
            shown(key="a", data={"n": 2})
            base.html("<p>3</p>")
        with base.unprinted("below"):
            pass

    assert parts_of(draw) == [
        {"html": "<p>1</p>"},
        {
            "group": "outer",
            "parts": [
                {"group": "", "parts": [{"component": "shown", "key": "a", "data": {"n": 2}}, {"html": "<p>3</p>"}]}
            ],
        },
        {"group": "noprint below", "parts": []},
    ]


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_any_text_arrives_as_it_was(html: str, key: str, data: dict[str, str]) -> None:
    def draw() -> None:
        with base.group(key):
            base.html(html)
            base.define("shown")(key=key, data=data)

    inside = [{"html": html}, {"component": "shown", "key": key, "data": data}]
    assert parts_of(draw) == [{"group": key, "parts": inside}]


def test_what_sends_values_back_is_no_part() -> None:
    with pytest.raises(TypeError, match="shown sends values back"):
        parts_of(lambda: base.define("shown")(key="a", data={}, on_taken_change=lambda: None))


def _screen(fails: bool) -> None:
    from cockpit.components import base
    from cockpit.components.composed import composed

    base.html("<p>alone</p>")
    with composed():
        base.html("<p>part</p>")
        with base.group("panel"):
            base.define("shown")(key="a", data={"n": 1})
        if fails:
            raise ValueError("no more")
    with composed("nothing"):
        pass


def test_a_screen_is_one_element_compressed() -> None:
    page = AppTest.from_function(_screen, kwargs={"fails": False}).run()
    assert not page.exception
    (element,) = page.get("bidi_component")
    assert json.loads(zlib.decompress(element.proto.bytes))["failed"]
    assert (drawn.html(page), drawn.components(page, "shown")) == ("<p>alone</p> <p>part</p>", [{"n": 1}])


def test_half_a_screen_is_not_shown_and_what_follows_is_no_part_of_it() -> None:
    page = AppTest.from_function(_screen, kwargs={"fails": True}).run()
    assert page.exception
    assert not page.get("bidi_component")
    assert base.parts.get() is None
