"""Work items on a phone: drafts outlast a lost connection, a place is tapped on the map, a reply is two taps."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from cockpit import settings
from cockpit.access.visitors import COOKIE
from cockpit.workflows.desk_source import rules
from data.demo import geography, names
from data.desk.auditing.custody import Custody
from data.desk.items import attachments, store
from data.desk.items.item import Item
from data.desk.items.lists import Filter, Reader, items
from data.desk.items.store import Beginning
from data.desk.store import Desk, open_desk
from data.home import Home
from data.workflow.parties import Held
from tests.browser.conftest import PATIENCE
from tests.cockpit.conftest import session_of

pytestmark = pytest.mark.slow
Contexts = Callable[..., BrowserContext]
VILLAGE = min(area.code for area in geography.areas() if area.level == "village" and area.outline)
TOWN = VILLAGE // 1000 * 1000
TEXT = "桥边护栏松动，注意安全"


@pytest.fixture
def phone(contexts: Contexts) -> Iterator[Page]:
    context = contexts(390, 844, alone=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture
def desk(demo: Path) -> Iterator[Desk]:
    desk = open_desk(url_of(demo), Custody.of_home(demo))
    yield desk
    desk.close()


def url_of(home: Path) -> str:
    return f"sqlite:///{home / 'desk.sqlite'}"


@pytest.fixture(scope="module")
def tokens(demo: Path) -> dict[str, str]:
    """Sessions of two accounts that may act in the village and of one in the town."""
    return {
        role: session_of(url_of(demo), (role,), area)
        for role, area in (("cadre", VILLAGE), ("leader", VILLAGE), ("official", TOWN))
    }


def sign_in(page: Page, address: str, token: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])


def stored(page: Page) -> str:
    """All drafts of the device."""
    return str(
        page.evaluate(
            "JSON.stringify(Object.entries(localStorage).filter(([key]) => key.startsWith('cockpit.drafts')))"
        )
    )


def newest(desk: Desk, kind: str) -> Item:
    class Everybody:
        role, first, end, unit = "leader", 0, 10**13, ""

    held: Held = Everybody()  # type: ignore[assignment]
    known = items(desk, Reader("x", (held,)), "all", datetime.now(UTC).replace(tzinfo=None), Filter(kind), most=1000)
    return max(known, key=lambda item: item.id)


def test_a_draft_outlasts_a_lost_connection_is_its_authors_alone_and_is_deleted_once_sent(
    phone: Page, address: str, desk: Desk, tokens: dict[str, str]
) -> None:
    report = f"{address}/start?kind=event&area={VILLAGE}&lang=en"
    matter = phone.get_by_label("What happened (optional)")
    sign_in(phone, address, tokens["cadre"])
    phone.goto(report)
    matter.fill("桥边")
    phone.context.set_offline(True)
    matter.press_sequentially(TEXT.removeprefix("桥边"))
    expect(matter).to_have_value(TEXT)
    phone.context.set_offline(False)

    sign_in(phone, address, tokens["leader"])
    phone.goto(report)
    expect(matter).to_be_visible()
    phone.wait_for_timeout(1500)
    expect(matter).to_have_value("")
    expect(phone.get_by_text("is restored")).to_have_count(0)

    sign_in(phone, address, tokens["cadre"])
    phone.goto(report)
    expect(matter).to_have_value(TEXT)
    expect(phone.get_by_text("is restored")).to_be_visible()
    phone.get_by_role("button", name="Begin", exact=True).scroll_into_view_if_needed()
    phone.get_by_text("Street lights").click()
    phone.get_by_role("button", name="Begin", exact=True).click()
    expect(phone.get_by_text("has begun")).to_be_visible()
    item = newest(desk, "event")
    event = store.events(desk, rules(settings.current()), item.id)[0]
    assert event.fields["matter"] == TEXT
    phone.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('cockpit.drafts'))")
    phone.goto(report)
    expect(matter).to_be_visible()
    phone.wait_for_timeout(1500)
    expect(matter).to_have_value("")
    assert TEXT not in stored(phone)


def test_signing_out_takes_the_drafts_of_who_leaves_off_the_device_and_no_others(
    phone: Page, address: str, demo: Path, tokens: dict[str, str]
) -> None:
    report = f"{address}/start?kind=event&area={VILLAGE}&lang=en"
    matter = phone.get_by_label("What happened (optional)")
    leaving = session_of(url_of(demo), ("official",), VILLAGE)
    for token, text in ((tokens["cadre"], "井盖松动"), (leaving, "路面积水")):
        sign_in(phone, address, token)
        phone.goto(report)
        matter.fill(text)
        phone.wait_for_function("text => JSON.stringify(localStorage).includes(text)", arg=text)
    phone.goto(f"{address}/account?lang=en")
    phone.get_by_role("button", name="Sign out", exact=True).click()
    phone.wait_for_url("**/login**")
    assert "路面积水" not in stored(phone)
    assert "井盖松动" in stored(phone)


def test_a_place_is_tapped_on_our_own_map(phone: Page, address: str, desk: Desk, tokens: dict[str, str]) -> None:
    foreign: list[str] = []
    own = urlsplit(address).netloc
    phone.on("request", lambda request: foreign.append(request.url) if urlsplit(request.url).netloc != own else None)
    sign_in(phone, address, tokens["official"])
    phone.goto(f"{address}/start?kind=event&area={TOWN}&lang=en")
    phone.get_by_role("button", name="Choose on the map").click()
    village = phone.locator(f'[data-area="{VILLAGE}"]')
    expect(village).to_be_visible()
    assert phone.locator("[data-map]").bounding_box()["width"] <= 390  # type: ignore[index]
    box = village.bounding_box()
    assert box
    phone.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(phone.locator(".point")).to_contain_text(",")
    phone.get_by_text("Street lights").click()
    phone.get_by_role("button", name="Begin", exact=True).click()
    expect(phone.get_by_text("has begun")).to_be_visible()
    item = newest(desk, "event")
    event = store.events(desk, rules(settings.current()), item.id)[0]
    lon, lat = map(float, event.fields["point"].split(","))
    tapped = next(area for area in geography.areas() if area.code == item.area)
    assert tapped.level == "village", "the area is the one that was tapped, not the town of the form"
    assert abs(lon - tapped.lon) < 0.05
    assert abs(lat - tapped.lat) < 0.05
    assert not [url for url in foreign if not url.startswith(("data:", "blob:"))]


def test_a_photo_is_sent_with_the_report_and_loses_what_the_camera_wrote(
    phone: Page, address: str, desk: Desk, demo: Path, tokens: dict[str, str]
) -> None:
    about = Image.Exif()
    about[0x010F] = "PhoneMaker"
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "JPEG", exif=about)
    sign_in(phone, address, tokens["cadre"])
    phone.goto(f"{address}/start?kind=event&area={VILLAGE}&lang=en")
    phone.get_by_text("Street lights").click()
    phone.locator("input[type=file]").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    expect(phone.get_by_text("IMG_1.jpg")).to_be_visible()
    phone.get_by_role("button", name="Begin", exact=True).click()
    expect(phone.get_by_text("has begun")).to_be_visible()
    (photo,) = attachments.listing(desk, newest(desk, "event").id)
    stored_photo = attachments.read(Home(demo), photo)
    assert (photo.type, b"PhoneMaker" in stored_photo) == ("image/jpeg", False)


def test_acknowledging_and_replying_are_two_taps(phone: Page, address: str, desk: Desk, tokens: dict[str, str]) -> None:
    known = rules(settings.current())
    due = (datetime.now(UTC) + timedelta(days=3)).date()
    fields = {"matter": "查明原因", "unit": names.TOWN_UNIT, "due": due}
    item = store.start(
        desk, known, Beginning("instruction", "两次点击", TOWN, fields, TOWN), key=f"{datetime.now()}", actor="x"
    ).item
    sign_in(phone, address, tokens["official"])

    def open_card() -> None:
        phone.goto(f"{address}/inbox?lang=en&q={item.number}")
        phone.get_by_role("link", name="两次点击").click()

    open_card()
    phone.get_by_role("button", name="Sign for", exact=True).click()
    expect(phone.get_by_text("Done: Sign for")).to_be_visible()
    open_card()
    phone.get_by_label("Reply", exact=True).locator("visible=true").fill("已处理完毕")
    phone.get_by_role("button", name="Reply", exact=True).locator("visible=true").click()
    expect(phone.get_by_text("Done: Reply")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
