"""The printed form by right and recorded, and the public list: off by default, only what is in publication."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.visitors import COOKIE
from cockpit.screens.work import paper, published
from cockpit.workflows.desk_source import rules
from data.desk.auditing import audit
from data.desk.items import store
from data.desk.items.store import Beginning
from data.home import Home
from tests.cockpit.conftest import session_of
from tests.factory import TOWNS, VILLAGES, areas, deliver
from tests.factory import published as publish


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    deliver(home, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}])
    publish(home, datetime(2026, 11, 22, 8)).close()
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setattr(published, "_made", {})
    settings.current.cache_clear()
    yield home
    settings.current.cache_clear()


def begin(kind: str, title: str, **fields: object) -> str:
    beginning = Beginning(kind, title, VILLAGES[0], {"matter": "内部说明", **fields}, TOWNS[0])
    return store.start(visitors.desk(), rules(settings.current()), beginning, key=title, actor="zhang").item.number


def act(number: str, step: str, actor: str = "wang", **fields: object) -> None:
    desk = visitors.desk()
    with desk.begin():
        locked = store.lock(desk, rules(settings.current()), number)
        store.append(desk, rules(settings.current()), locked, step, fields, key=f"{number}{step}", actor=actor,
                     unit_area=TOWNS[0])  # fmt: skip


def get(path: str, cookie: str = "") -> httpx.Response:
    async def ask() -> httpx.Response:
        served = Starlette(routes=[*paper.ROUTES, *published.ROUTES], middleware=[Middleware(gate.Gate)])
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers={"cookie": cookie} if cookie else {})

    return asyncio.run(ask())


def test_a_form_is_printed_by_who_may_see_the_item_and_recorded() -> None:
    number = begin("order", "<b>路灯</b>不亮")
    act(number, "issue", unit="执法队", due=date.today() + timedelta(days=5))
    url = settings.current().desk_url
    own, other = (f"{COOKIE}={session_of(url, ('official',), town)}" for town in TOWNS)
    answer = get(f"{paper.PATH}?item={number}", own)
    assert answer.status_code == 200
    for text in ("&lt;b&gt;路灯&lt;/b&gt;不亮", "执法队", "签发", "新河村", number, "草稿"):
        assert text in answer.text, text
    assert "zhang" not in answer.text, "accounts are not on paper"
    assert audit.entries(visitors.desk(), limit=1)[0]["what"] == f"form of {number}"
    assert (get(f"{paper.PATH}?item={number}", other).status_code, get(f"{paper.PATH}?item=x", own).status_code) == (
        404,
        404,
    )
    assert get(f"{paper.PATH}?item={number}").status_code == 401


def test_the_public_list_is_off_by_default_and_shows_what_is_in_publication(monkeypatch: pytest.MonkeyPatch) -> None:
    due = date.today() + timedelta(days=5)
    shown = begin("problem", "坡道缺失", unit="执法队", due=due)
    hidden = begin("problem", "不公开的问题", unit="执法队", due=due)
    act(shown, "claim", "li")
    act(shown, "apply", "li", proof="内部整改说明")
    act(shown, "pass", finding="内部核查说明")
    act(shown, "publish")
    assert get("/public").status_code == 404
    monkeypatch.setenv("COCKPIT_PUBLIC_ITEMS", "1")
    settings.current.cache_clear()
    text = get("/public").text
    assert shown in text
    assert "坡道缺失" in text
    for private in (hidden, "不公开的问题", "内部", "zhang", "wang", "li<"):
        assert private not in text, private
