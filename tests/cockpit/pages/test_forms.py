"""Forms that change something are gone once they were sent: a second click does not do it again, or to the next one."""

import ast
from collections.abc import Iterator
from pathlib import Path

from cockpit.screens.admin import desk

SCREENS = Path(__file__).parents[3] / "cockpit" / "screens"
ELSEWHERE = {
    "begin": "its key names the request: sent again it is the same item",
    "filters": "changes nothing",
}
"""Forms with a fixed key, and why a second click does no harm."""


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls of a method of Streamlit in all screens, with their place."""
    for file in sorted(SCREENS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield f"{file.relative_to(SCREENS)}:{node.lineno}", node


def test_each_form_takes_another_key_after_it_was_sent() -> None:
    fixed = [
        place
        for place, call in calls("form")
        if isinstance(call.args[0], ast.Constant) and call.args[0].value not in ELSEWHERE
    ]
    assert not fixed, "use desk.form_key(name), and give desk.act form=name"


def test_each_key_of_a_form_is_counted_on() -> None:
    """A form of `desk.form_key` is the same for ever unless its name is given to `desk.act` or `desk.sent` as well."""
    for place, call in calls("form_key"):
        name, text = call.args[0], (SCREENS / place.partition(":")[0]).read_text("utf-8")
        if isinstance(name, ast.Constant):
            assert text.count(f'"{name.value}"') > 1, place


LABELLED = (
    "button", "form_submit_button", "checkbox", "text_input", "text_area", "selectbox", "multiselect", "number_input",
    "date_input", "expander", "radio", "pills", "toggle",
)  # fmt: skip
OWN_WORDS = {"step", "text=text", "n"}
"""Placeholders of labels that hold words of the product."""


def test_what_people_typed_makes_no_markdown_in_a_label() -> None:
    for place, call in (found for name in LABELLED for found in calls(name)):
        label = call.args[0] if call.args else None
        if isinstance(label, ast.Call) and isinstance(label.func, ast.Name) and label.func.id == "_":
            for keyword in label.keywords:
                escaped = ast.unparse(keyword.value).startswith("desk.plain(")
                assert escaped or {keyword.arg, ast.unparse(keyword)} & OWN_WORDS, f"{place}: use desk.plain"


def test_a_typed_text_is_shown_as_it_is() -> None:
    assert desk.plain("[a](https://b) ![c](d)\n**e** $f$ :g:") == (
        r"\[a\]\(https\://b\) \!\[c\]\(d\) \*\*e\*\* \$f\$ \:g\:"
    )


def test_no_button_is_named_by_its_place_in_a_list() -> None:
    """After the first click of two another row has taken that place."""
    for place, call in [*calls("button"), *calls("form_submit_button")]:
        key = next((keyword.value for keyword in call.keywords if keyword.arg == "key"), None)
        for part in ast.walk(key) if key else ():
            name = part.id if isinstance(part, ast.Name) else ""
            assert name not in ("n", "i", "number", "index", "position"), place
