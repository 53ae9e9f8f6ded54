"""Unknown addresses get 404 with a link back; pages, routes and files of Streamlit do not."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

import app as application
from cockpit.access import pages
from cockpit.access.not_found import STREAMLIT, KnownPages
from cockpit.access.policy import Grants, Held
from data.areas.levels import end_of
from tests.factory import DISTRICT


class Signed:
    """As the gate leaves a request of somebody who holds `role`."""

    def __init__(self, app: ASGIApp, role: str) -> None:
        self.app, self.role = app, role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = type("Visitor", (), {"grants": Grants((Held(self.role, DISTRICT, end_of(DISTRICT)),))})
        await self.app({**scope, "state": {"visitor": visitor}}, receive, send)


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"inner {Request(scope).url.path}")(scope, receive, send)


def get(path: str, role: str = "leader", method: str = "GET") -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(Signed(KnownPages(inner, application.ROUTES), role))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "path", ["/nosuchpage", "/why/more", "/Why", "/index.html", "/没有", "/cockpit.py", "/.env", "/login/x",
             "/account/x", "/wall/x", "/files/x", "/session/x", "/geo"]
)  # fmt: skip
def test_unknown_page_is_404_with_a_link_to_the_landing_page(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text
    assert 'href="/"' in answer.text
    assert "No such page" in get(f"{path}?lang=en").text


def test_404_links_to_a_permitted_page() -> None:
    assert 'href="/data"' in get("/nosuchpage", "data_officer").text
    assert 'href="/audit"' in get("/nosuchpage", "audit_admin").text


def test_404_keeps_the_header_and_the_language() -> None:
    english = get("/nosuchpage?lang=en").text
    assert 'href="/sites?lang=en"' in english
    assert 'href="/account?lang=en"' in english
    assert 'href="?lang=zh"' in english
    assert 'href="?lang=en"' in get("/nosuchpage").text
    assert 'href="/sites' not in get("/nosuchpage", "audit_admin").text


def test_404_escapes_the_path() -> None:
    assert "<script>" not in get("/<script>alert(1)</script>").text
    assert len(get("/" + "x" * 5000).text) < 10_000


@pytest.mark.parametrize(
    "path", ["/", *(f"/{name}" for name in pages.PAGES if name != pages.FIRST), "/why/",
             *(f"{prefix}x" for prefix in STREAMLIT), "/wall",
             "/api/v1/metrics", "/login", "/files/rows.csv", "/geo/x/1.geojson"]
)  # fmt: skip
def test_known_paths_pass(path: str) -> None:
    assert get(path).text.startswith("inner ")


@pytest.mark.parametrize("query", ["", "?area=990101001000&q=a%26b"])
def test_the_name_of_the_first_page_leads_to_its_address(query: str) -> None:
    for path in (f"/{pages.FIRST}", f"/{pages.FIRST}/"):
        answer = get(f"{path}{query}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/{query}")


@given(path=st.from_regex(r"/[a-z0-9_.-]{0,11}[a-z0-9_-](/[a-z]{0,4})?", fullmatch=True))  # clients resolve /. and /..
def test_any_path_is_404_or_passes(path: str) -> None:
    routed = any(
        r.matches({"type": "http", "method": "GET", "path": path})[0] is not Match.NONE for r in application.ROUTES
    )
    known = path.strip("/") in pages.PAGES or path.startswith(STREAMLIT) or routed
    assert get(path).status_code == (200 if known or not path.strip("/") else 404)


def test_other_methods_pass() -> None:
    assert get("/nosuchpage", method="POST").text.startswith("inner ")
