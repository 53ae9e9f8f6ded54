"""Files of items: type by content, camera data removed, stored once, served by right, in backups, not in editions."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.policy import Grants, Held
from cockpit.access.visitors import COOKIE
from cockpit.actions import attachments as actions
from cockpit.actions.action import Actor
from cockpit.screens.work import evidence
from cockpit.workflows.desk_source import rules
from data.areas.levels import end_of
from data.backup.restore import restore
from data.backup.take import take
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.items import attachments, content, store
from data.desk.items.item import Item
from data.desk.items.store import Beginning
from data.errors import Unavailable
from data.home import Home
from tests.cockpit.conftest import session_of
from tests.factory import TOWNS, VILLAGES

CADRE = Actor.holding("li", Grants((Held("cadre", VILLAGES[0], end_of(VILLAGES[0])),)))
OTHER = Actor.holding("sun", Grants((Held("cadre", VILLAGES[2], end_of(VILLAGES[2])),)))
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(format: str = "JPEG", size: tuple[int, int] = (60, 40), place: str = "secret place") -> bytes:
    """A picture with camera data: where it was taken, and a comment."""
    image, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = place  # ImageDescription
    exif[0x0112] = 6  # Orientation: turned
    exif.get_ifd(0x8825)[2] = (31.0, 12.0, 5.0)  # GPS latitude
    image.save(out, format, exif=exif.tobytes())
    return out.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    settings.current.cache_clear()
    yield settings.current().data
    settings.current.cache_clear()


@pytest.fixture
def item(home: Home) -> Item:
    beginning = Beginning("order", "路灯不亮", VILLAGES[0], {"matter": "修好"})
    return store.start(visitors.desk(), rules(settings.current()), beginning, key="k", actor="li").item


def attach(home: Home, item: Item, data: bytes, actor: Actor = CADRE) -> attachments.Attachment:
    return actions.attach(visitors.desk(), home, actor, item.number, data)


@pytest.mark.parametrize("format", content.FORMATS)
def test_a_picture_keeps_its_pixels_and_loses_what_the_camera_wrote(home: Home, item: Item, format: str) -> None:
    added = attach(home, item, picture(format))
    stored = attachments.read(home, added)
    assert b"secret place" not in stored
    with Image.open(io.BytesIO(stored)) as shown:
        assert (shown.size, dict(shown.getexif()), shown.info.get("exif")) == ((40, 60), {}, None)
    assert added.name == f"{item.number}-1.{content.FORMATS[format][1]}"


def test_a_picture_that_is_too_wide_is_made_smaller() -> None:
    with Image.open(io.BytesIO(content.checked(picture(size=(4000, 10))).data)) as shown:
        assert max(shown.size) == content.LONGEST_SIDE


REFUSED = [
    *((b"", "empty"), (b"MZ\x90", "picture"), (b"<svg onload=alert(1)>", "picture")),
    *((b"GIF89a" + bytes(40), "picture"), (picture()[:200], "damaged"), (b"%PDF-1.4 cut", "damaged")),
    *((bytes(content.MOST_BYTES + 1), "at most 10 MB"), (b"PK\x03\x04word/document.xml", "picture")),
    (PDF.replace(b"<<>>", b"<</OpenAction <</S/JavaScript/JS(app.alert(1))>>>>", 1), "scripts"),
    *((PDF.replace(b"<<>>", b"<</EmbeddedFile 1 0 R>>", 1), "scripts"), (b"<html>%PDF-1.4\n%%EOF", "picture")),
]


@pytest.mark.parametrize(("data", "why"), REFUSED)
def test_other_content_is_refused_in_one_line(home: Home, item: Item, data: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        attach(home, item, data)
    assert attachments.listing(visitors.desk(), item.id) == []


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(Refused, match="million pixels"):
        content.checked(out.getvalue())


@hypothesis(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP"])
)
def test_any_bytes_are_taken_or_refused_in_words(data: bytes, start: bytes) -> None:
    try:
        type = content.checked(start + data).type
    except Refused as error:
        type = str(error)
    assert type in ("application/pdf", "image/jpeg", "image/png", "image/webp") or "choose" in type or ":" in type


def test_the_same_content_is_stored_once_for_all_items(home: Home, item: Item) -> None:
    other = store.start(
        visitors.desk(), rules(settings.current()), Beginning("order", "二", VILLAGES[0], {"matter": "x"}), key="k2",
        actor="li",
    ).item  # fmt: skip
    assert attach(home, item, PDF).id == attach(home, item, PDF).id
    assert attach(home, other, PDF).sha256 == attach(home, item, PDF).sha256
    assert len([file for file in (home.root / "attachments").rglob("*") if file.is_file()]) == 1
    (mark,) = (file for file in (home.root / "attachments").rglob("*") if file.is_file())
    mark.write_bytes(b"changed")
    with pytest.raises(Unavailable, match="damaged"):
        actions.read(visitors.desk(), home, CADRE, item.number, 1)


def test_who_may_not_see_the_item_adds_and_reads_nothing(home: Home, item: Item) -> None:
    added = attach(home, item, PDF)
    for work in (
        lambda: attach(home, item, PDF, OTHER),
        lambda: actions.read(visitors.desk(), home, OTHER, item.number, added.id),
    ):
        with pytest.raises(Refused, match="no item"):
            work()
    entries = audit.entries(visitors.desk(), limit=5)
    assert [(row["who"], row["result"]) for row in entries[:3]] == [("sun", "failed"), ("sun", "failed"), ("li", "ok")]
    assert added.sha256 in str(entries[2]["what"])


async def _get(path: str, cookie: str) -> httpx.Response:
    served = Starlette(routes=[*evidence.ROUTES], middleware=[Middleware(gate.Gate)])
    transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers={"cookie": cookie} if cookie else {})


def test_a_file_is_served_to_download_and_recorded(home: Home, item: Item) -> None:
    added = attach(home, item, picture())
    config = settings.current()
    path = f"{evidence.PATH}?item={item.number}&id={added.id}"
    own, other = (f"{COOKIE}={session_of(config.desk_url, ('official',), area)}" for area in TOWNS)
    answer = asyncio.run(_get(path, own))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["content-disposition"] == f'attachment; filename="{added.name}"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert audit.entries(visitors.desk(), limit=1)[0]["what"] == f"{item.number} file {added.id}"
    assert asyncio.run(_get(path, other)).status_code == 404
    assert asyncio.run(_get(path, "")).status_code == 401
    for bad in ("id=x", "id=99", "item=DB1-1&id=1", f"item={item.number}&id=1e3", f"item={item.number}&id={2**70}"):
        assert asyncio.run(_get(f"{evidence.PATH}?{bad}", own)).status_code == 404


def test_a_backup_has_the_files_that_its_desk_names(home: Home, item: Item, tmp_path: Path) -> None:
    added = attach(home, item, PDF)
    take(home, settings.current().desk_url, tmp_path / "backup.tar", settings.current().custody)
    target = Home(tmp_path / "restored", memory="1GB")
    restore(tmp_path / "backup.tar", target, f"sqlite:///{target.root / 'desk.sqlite'}")
    assert attachments.read(target, added) == PDF
