"""The register of pages: its files, its guards, the menu and the landing page of each role."""

import re

import pytest

from cockpit import nav
from cockpit.access import pages
from cockpit.access.policy import MATRIX, Grants, Held
from tests.factory import DISTRICT

GUARD = re.compile(r"(?:guard\.open_page|(?:views\.)?current|data\.view_or_none)\((.*)\)")


def test_every_file_of_pages_is_registered() -> None:
    assert {file.stem for file in nav.FOLDER.glob("*.py")} == set(pages.PAGES)


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_opens_with_its_own_guard(name: str) -> None:
    named = set(GUARD.findall((nav.FOLDER / f"{name}.py").read_text("utf-8")))
    assert named
    assert named <= {f'"{name}"', ""}


@pytest.mark.parametrize(
    ("role", "first"),
    [
        ("leader", "cockpit"), ("official", "cockpit"), ("cadre", "cockpit"), ("inspector", "cockpit"),
        ("data_officer", "data"), ("system_admin", "accounts"), ("security_admin", "grants"), ("audit_admin", "audit"),
    ],
)  # fmt: skip
def test_each_role_lands_on_a_page_it_may_open(role: str, first: str) -> None:
    grants = Grants((Held(role, DISTRICT, DISTRICT + 1),))
    assert pages.landing(grants) == first
    assert pages.may_open(pages.PAGES[first], grants)


def test_an_account_without_a_role_lands_on_its_own_page() -> None:
    assert pages.landing(Grants()) == pages.ACCOUNT


@pytest.mark.parametrize("role", MATRIX)
def test_the_menu_offers_only_what_a_role_may_open(role: str) -> None:
    grants = Grants((Held(role, DISTRICT, DISTRICT + 1),))
    offered = [page for menu in ("view", "work") for page in pages.in_menu(menu, grants)]
    assert offered
    assert all(page.right is None or page.right in MATRIX[role] for page in offered)
