"""A stopped or locked desk: screens stay readable; actions and sign-ins report it and recover."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from streamlit.testing.v1 import AppTest

import app as application
from cockpit import settings
from cockpit.access import gate, guard, visitors
from cockpit.access.signin import factor, login
from cockpit.access.visitors import COOKIE
from cockpit.screens.admin import audit_export
from data.desk import store
from data.desk.identity import accounts, sessions
from data.desk.store import open_desk
from tests.cockpit.access.test_gate import inner
from tests.cockpit.access.test_matrix import text_of
from tests.factory import DISTRICT
from tests.servers.postgres import Postgres

ROOT = Path(__file__).parents[3]
PASSWORD = "Hongqi+2026+x"
NAMES = {"leader": "wang", "system_admin": "li", "audit_admin": "zhao"}


@pytest.fixture(params=["stopped PostgreSQL", "locked SQLite"])
def gone(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """A desk with three accounts, and what takes it away and gives it back."""
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.2 if "SQLite" in request.param else 3)
    if "SQLite" in request.param:
        url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
        away, back = _lock(tmp_path / "desk.sqlite")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database(f"gone{abs(hash(request.node.nodeid)) % 10**9}")
        away, back = server.stop, server.start
    desk = open_desk(url, settings.load(home=tmp_path).custody)
    for role, name in NAMES.items():
        accounts.add(desk, name, PASSWORD, must_change=False)
        accounts.grant(desk, name, role, DISTRICT if role == "leader" else None)
    desk.close()
    monkeypatch.setenv("COCKPIT_DESK", url)
    monkeypatch.setattr(visitors, "FRESH_SECONDS", 0.0)
    settings.current.cache_clear()
    held: list[bool] = []

    def taken() -> None:
        held.append(True)
        away()

    def given() -> None:
        if held:
            held.clear()
            back()

    yield taken, given
    given()
    visitors.close_desks()


def _lock(file: Path) -> tuple[Callable[[], None], Callable[[], None]]:
    """Another process's long transaction, stood for by another connection."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    return lambda: connection.execute("BEGIN EXCLUSIVE"), connection.close


ROUTES = (*login.ROUTES, *factor.ROUTES, *audit_export.ROUTES, Route("/{path:path}", inner))


def ask(method: str, path: str, token: str = "", routes: Sequence[BaseRoute] = ROUTES, **how: Any) -> httpx.Response:
    served = Starlette(routes=routes, middleware=[Middleware(gate.Gate)])

    async def run() -> httpx.Response:
        headers = {"cookie": f"{COOKIE}={token}"} if token else {}
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            return await client.request(method, path, **how)

    return asyncio.run(run())


def token_of(name: str) -> str:
    return sessions.start(visitors.desk(), accounts.named(visitors.desk(), name).id, factor=True)


def test_without_desk_screens_stay_readable_and_login_shows_the_error(
    gone: tuple[Callable[[], None], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    away, back = gone
    token = token_of("wang")
    assert ask("GET", "/", token).status_code == 200
    away()
    assert ask("GET", "/", token).text == "inside"
    monkeypatch.setattr(guard, "token", lambda: token)
    page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60).run()
    assert not page.exception
    assert "临江区" in text_of(page)
    form = {"name": "wang", "password": PASSWORD}
    monkeypatch.setenv("COCKPIT_DEMO", "1")
    settings.current.cache_clear()
    for path, sent in (
        ("/logout", {}),
        ("/login/demo", {"role": "leader"}),
        ("/login", form),
        ("/password", {"old": PASSWORD, "new": "x"}),
        (factor.PATH, form),
    ):
        answer = ask("POST", path, "" if path.startswith("/login") else token, data=sent)
        assert answer.status_code in (400, 503), path
        assert re.search("业务库.*没有响应", answer.text), path
        assert path not in ("/login", "/login/demo") or "://" not in answer.text, (
            "the answer to strangers does not name the address"
        )
        assert "Traceback" not in answer.text
    back()
    assert ask("POST", "/login", data=form).status_code == 303


def test_without_desk_actions_show_the_error_and_recover(
    gone: tuple[Callable[[], None], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    away, back = gone
    token = token_of("li")
    monkeypatch.setattr(guard, "token", lambda: token)
    page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
    page.switch_page("../pages/accounts.py")
    page.query_params["account"] = "wang"
    lock = page.run().button[0]
    assert lock.label == "锁定"
    away()
    lock.click().run()
    assert not page.exception
    assert "没有响应" in text_of(page)
    back()
    assert not accounts.named(visitors.desk(), "wang").disabled
    page = page.run()
    next(button for button in page.button if button.label == "锁定").click().run()
    assert accounts.named(visitors.desk(), "wang").disabled


def test_without_desk_unknown_tokens_are_not_let_in(
    gone: tuple[Callable[[], None], Callable[[], None]],
) -> None:
    away, _back = gone
    token_of("zhao")
    away()
    assert ask("GET", "/", "made up").status_code in (401, 503), "a desk that is only locked can still be read"
    assert ask("GET", audit_export.PATH, "made up").status_code in (401, 503)


def test_a_session_that_cannot_be_looked_up_is_no_stranger_to_the_api(
    gone: tuple[Callable[[], None], Callable[[], None]],
) -> None:
    """A program that gets 401 throws its session away."""
    away, back = gone
    token = token_of("wang")
    away()
    answer = ask("GET", "/api/v1/item-kinds", token, routes=application.ROUTES)
    assert answer.status_code in (200, 503), "a desk that is only locked can still be read"
    if answer.status_code == 503:
        assert answer.json()["code"].startswith("desk.")
        assert ask("GET", "/api/v1/item-kinds", routes=application.ROUTES).status_code == 401
    back()
    assert ask("GET", "/api/v1/item-kinds", token, routes=application.ROUTES).status_code == 200
