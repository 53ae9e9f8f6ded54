"""From a red headline to a closed order, with three accounts in a real browser; the town's official is on a phone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, expect

from cockpit.access.visitors import COOKIE
from data.demo import names, stories
from data.desk.items.lists import VIEWS
from tests.browser.conftest import PATIENCE, PHONE
from tests.cockpit.conftest import session_of

pytestmark = pytest.mark.slow
Contexts = Callable[..., BrowserContext]


@contextmanager
def signed_in(contexts: Contexts, address: str, home: Path, role: str, area: int, width: int = 1400) -> Iterator[Page]:
    """A browser of its own in which an account with one role is signed in."""
    context = contexts(width, 900, alone=True)
    token = session_of(f"sqlite:///{home / 'desk.sqlite'}", (role,), area)
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def choose(page: Page, box: Locator, text: str) -> None:
    """Choose an option of a list; what is typed while the form is still being drawn is lost, so it is typed again."""
    option = page.get_by_role("option", name=text)
    for _attempt in range(10):
        box.fill(text)
        with suppress(TimeoutError):
            option.click(timeout=3000)
            return
    expect(option).to_be_visible()


def step(page: Page, name: str, **fields: str) -> None:
    """Open a step of the card, fill it in and send it; the card then says that it is done."""
    unfold = page.locator("summary", has_text=name).first
    if fields and unfold.locator("xpath=..").get_attribute("open") is None:
        unfold.click()
    for label, text in fields.items():
        box = page.get_by_label(label, exact=True).locator("visible=true").first
        if label == "Deadline":
            box.get_by_role("spinbutton").first.click()
            page.keyboard.type(text.replace("-", ""))
            page.keyboard.press("Escape")  # the calendar lies over what is below
            continue
        if label == "Responsible unit":
            choose(page, box, text)
        else:
            box.fill(text)
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()
    expect(page.get_by_text(f"Done: {name}")).to_be_visible()


def test_an_order_goes_from_a_red_headline_to_its_end(contexts: Contexts, address: str, demo: Path) -> None:
    due = (date.today() + timedelta(days=9)).isoformat()
    with signed_in(contexts, address, demo, "leader", stories.DISTRICT) as leader:
        leader.goto(f"{address}/?lang=en")
        leader.locator(".head .side a", has_text="Begin an order").click()
        expect(leader.get_by_label("Matter")).to_be_visible()
        area = int(dict(parse_qsl(urlsplit(leader.url).query))["area"])
        unit = names.DEPARTMENTS[0] if area == stories.DISTRICT else names.TOWN_UNIT
        leader.get_by_label("Matter").fill("查明原因，限期整改")
        leader.get_by_role("button", name="Begin", exact=True).click()
        leader.get_by_role("link", name="Open").click()
        expect(leader.get_by_text("Next steps")).to_be_visible()
        card = leader.url
        step(leader, "Issue", **{"Responsible unit": unit, "Deadline": due})
        number = dict(parse_qsl(urlsplit(card).query))["item"]
        leader.goto(f"{address}/?lang=en")
        expect(leader.locator(".head .side a", has_text=number)).to_be_visible()
    with signed_in(contexts, address, demo, "official", area, PHONE - 110) as official:
        official.goto(f"{address}/inbox?lang=en&show={VIEWS[0]}")
        official.get_by_text(number).first.wait_for()
        official.goto(card)
        step(official, "Sign for")
        step(official, "Reply", Reply="已处理完毕")
    with signed_in(contexts, address, demo, "inspector", stories.DISTRICT) as inspector:
        inspector.goto(card)
        step(inspector, "Check on site", **{"Finding on site": "情况属实，已恢复"})
        step(inspector, "Close", **{"Score (optional)": "5"})
        expect(inspector.get_by_text("Closed", exact=True).first).to_be_visible()
