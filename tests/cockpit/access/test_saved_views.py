"""The menu of saved views: own views only, addresses of our pages only, every change audited."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

import app as application
from cockpit.access import gate, hosts, visitors
from cockpit.access.pages import PAGES, own_address
from cockpit.access.visitors import COOKIE
from data.desk.auditing import audit
from tests.factory import TOWNS

OWN = "http://localhost"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(session: Callable[..., str]) -> Ask:
    served = Starlette(routes=application.ROUTES, middleware=[Middleware(hosts.KnownHosts), Middleware(gate.Gate)])

    def send(role: str, form: dict[str, Any] | None = None, origin: str = OWN) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"cookie": f"{COOKIE}={session(role, TOWNS[0])}", "origin": origin}
            transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
            async with httpx.AsyncClient(transport=transport, base_url=OWN, headers=headers) as client:
                return await (client.post("/views.json", data=form) if form else client.get("/views.json"))

        return asyncio.run(run())

    return send


def names(answer: httpx.Response) -> dict[str, int]:
    assert answer.status_code == 200, answer.text
    return {view["name"]: view["id"] for view in answer.json()["views"]}


def test_views_are_saved_renamed_and_deleted_with_audit_rows(ask: Ask) -> None:
    saved = ask("cadre", {"do": "save", "name": "我的积压", "address": "/rows?metric=backlog&q=路灯&embed=true"})
    assert saved.headers["cache-control"] == "no-store"
    (view,) = [view for view in saved.json()["views"] if view["name"] == "我的积压"]
    assert view["address"] == "/rows?metric=backlog&q=%E8%B7%AF%E7%81%AF"
    row = audit.entries(visitors.desk(), event="settings", limit=1)[0]
    assert (row["who"], row["what"]) == (f"cadre-{TOWNS[0]}", f"save view {view['id']} of /rows")
    assert "我的积压" in names(ask("cadre", {"do": "rename", "id": view["id"], "name": "我的积压"}))
    assert "我的积压" not in names(ask("inspector"))
    for do in ("rename", "delete"):
        assert ask("inspector", {"do": do, "id": view["id"], "name": "x"}).status_code == 400
    assert "我的积压" not in names(ask("cadre", {"do": "delete", "id": view["id"]}))
    assert audit.entries(visitors.desk(), event="settings", limit=1)[0]["what"] == f"delete view {view['id']}"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/rows", "/\\evil.example", "javascript:alert(1)", "rows", "/nopage",
     "/account", "/files/rows.csv?area=1", "/rows\n", "/rows#x", "", "/../rows", "/rows/../data"],
)  # fmt: skip
def test_addresses_that_are_no_pages_are_refused(ask: Ask, address: str) -> None:
    assert own_address(address) == ""
    answer = ask("cadre", {"do": "save", "name": f"x{len(address)}", "address": address})
    assert (answer.status_code, "detail" in answer.json()) == (400, True)


@given(st.text(max_size=60))
def test_own_address_is_empty_or_a_page_and_stable(text: str) -> None:
    address = own_address("/" + text)
    assert address == "" or (address.partition("?")[0].removeprefix("/") or "cockpit") in PAGES
    assert own_address(address) == address


def test_changes_from_another_origin_are_refused(ask: Ask) -> None:
    assert ask("cadre", {"do": "save", "name": "csrf", "address": "/"}, origin="http://evil.example").status_code == 403
    assert "csrf" not in names(ask("cadre"))


@pytest.mark.parametrize(
    "form", [{"do": "drop"}, {"do": "delete", "id": "x"}, {"do": "rename", "id": "９", "name": "a"}]
)
def test_senseless_changes_are_refused_in_one_line(ask: Ask, form: dict[str, str]) -> None:
    answer = ask("cadre", form)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["detail"]
