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


LISTS = ("selectbox", "radio", "multiselect", "pills", "segmented_control")
FIXED = {
    "admin/grants.py ROLES": "the roles of the product",
    "admin/registry.py list(EDITABLE)": "the columns of the schema",
    "admin/audit.py offered": "filters a list",
    "assessing/explanation.py names": "the lines of one assessment, which never change",
    "assessing/proposing.py _levels(view)": "the levels of the district",
    "assessing/proposing.py PERIODS": "the periods of the product",
    "assessing/proposing.py names": "the metrics of the catalog",
    "work/forms.py choices": "the choices of the workflow",
    "work/forms.py list(words)": "yes and no",
    "sitehealth/site.py HOLDS": "the days of the product",
    "alerts.py list(names)": "the rules of the alerts' files",
    "alerts.py DAYS": "the days of the product",
    "builder.py ids": "the kinds of report",
    "builder.py kind.formats": "the formats of one kind",
    "builder.py codes": "a report says what it is of, and changes nothing",
    "builder.py list(known)": "a report says what it is of, and changes nothing",
    "builder.py choices[name]": "a report says what it is of, and changes nothing",
    "work/forms.py names": "the action names what is missing",
}
"""Lists whose options no visitor changes, and why."""


def test_a_row_that_others_may_change_is_chosen_through_the_helper() -> None:
    """Streamlit's own list falls back to its first option when the chosen one is gone, and the button still acts."""
    found = {
        f"{place.partition(':')[0]} {ast.unparse(call.args[1])}"
        for name in LISTS
        for place, call in calls(name)
        if place.partition(":")[0] != "admin/choice.py"
    }
    assert found - set(FIXED) == set(), "use cockpit.screens.admin.choice.RowChoice"
    assert set(FIXED) - found == set(), "gone"
