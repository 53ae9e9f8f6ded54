"""Parameters of an address that a page cannot take are refused in words, whatever the page."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit.access import parameters
from cockpit.access.pages import PAGES
from cockpit.access.parameters import ANY, CHOICES, DAYS, NARROWING, NUMBERS
from tests.cockpit.access.test_matrix import text_of

CHECKED = sorted([*CHOICES, *NUMBERS, *DAYS])


@pytest.mark.parametrize(("page", "name"), CHECKED)
@given(value=st.text(min_size=1, max_size=20))
def test_any_other_value_is_refused(page: str, name: str, value: str) -> None:
    pages = [page] if page != ANY else [*PAGES]
    good = CHOICES.get((page, name), ("1", "2026-11-22"))
    for each in pages:
        fault = parameters.fault(each, {name: value})
        taken = value in good or ((page, name) in NUMBERS and parameters.NUMBER.fullmatch(value))
        assert (fault is None) == bool(taken or ((page, name) in DAYS and parameters._is_day(value))), each
        assert fault is None or (fault.name, fault.value) == (name, value)


def test_the_values_themselves_are_taken() -> None:
    for (page, name), values in CHOICES.items():
        assert page == ANY or page in PAGES
        for value in values:
            assert parameters.fault("cockpit" if page == ANY else page, {name: value}) is None
    assert parameters.fault("rows", {"page": "12", "q": "as_of", "show": "", "metric": "x", "new_one": "1"}) is None


@pytest.mark.parametrize("name", [name for name in sorted(NARROWING) if len(name) > 5])
def test_a_slip_in_a_name_that_narrows_is_refused(name: str) -> None:
    for slip in (name[:2] + name[3:], name[:3] + name[2:]):
        fault = parameters.fault("cockpit", {slip: "x"})
        assert slip == name or (fault is not None and name in fault.hint), slip
    assert parameters.fault("compare", {f"{name}s": "x"}) is None


@pytest.mark.parametrize(
    ("page", "role", "given"),
    [
        ("rows", "leader", {"metric": "backlog", "sort": "nope"}), ("rows", "leader", {"page": "abc"}),
        ("rows", "leader", {"metric": "first_response_median", "part": "rest"}),
        ("sites", "leader", {"page": "-1"}), ("data", "leader", {"batch": "zzz"}), ("cockpit", "cadre", {"as_of": "x"}),
        ("cockpit", "official", {"catgory": "路灯"}), ("alerts", "leader", {"show": "all"}),
        ("audit", "audit_admin", {"event": "nonsense"}), ("audit", "audit_admin", {"since": "yesterday"}),
        ("accounts", "system_admin", {"page": "0"}), ("grants", "security_admin", {"page": "x"}),
    ],
)  # fmt: skip
def test_a_page_says_what_it_cannot_take(
    run_page: Callable[..., AppTest], page: str, role: str, given: dict[str, str]
) -> None:
    tested = run_page(page, role, **given)
    assert not tested.exception
    name, value = list(given.items())[-1]
    shown = text_of(tested)
    assert 'role="alert"' in shown
    assert f"{name}={value}" in shown
