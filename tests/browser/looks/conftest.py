"""Contexts of a browser in which a role is signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.looks.every_page import Open


@pytest.fixture
def signed_in(browser: Browser, address: str) -> Iterator[Open]:
    """Opens a context of a role and a colour scheme; axe-core may be put into its pages."""
    made: list[BrowserContext] = []

    def open(role: str, scheme: str) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": 1400, "height": 900}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
        )
        made.append(context)
        page = context.new_page()
        page.goto(f"{address}/login")
        page.locator(f"button[value={role}]").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()
        return context

    yield open
    for context in made:
        context.close()
