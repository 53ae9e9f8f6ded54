"""Work items over HTTP and on the command line: by the actions of the screens, each request done once."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.visitors import COOKIE
from cockpit.api.app import api
from cockpit.commands import cli
from cockpit.screens.work import ledger
from data.desk.auditing import audit
from data.home import Home
from tests.cockpit.api.conftest import token_of
from tests.cockpit.conftest import session_of
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

DUE = (date.today() + timedelta(days=9)).isoformat()
ORDER = {"kind": "order", "title": "路灯不亮", "area": VILLAGES[0], "fields": {"matter": "限期修复"}}
Send = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("items"), memory="1GB")
    areas(home)
    deliver(home, "assets", [{"key": "u", "area": TOWNS[0], "kind": "unit", "name": "执法队"}], source="units")
    deliver(home, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}])
    published(home, datetime(2026, 11, 22, 8))
    return home.root


@pytest.fixture(autouse=True)
def _served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_HOME", str(home))
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def send(home: Path) -> Send:
    """Sends a request as a role on an area."""
    tokens: dict[tuple[str, int], str] = {}

    def sent(
        method: str,
        path: str,
        role: str = "leader",
        area: int = DISTRICT,
        key: str = "",
        body: Any = None,
        **query: Any,
    ) -> httpx.Response:
        if (role, area) not in tokens:
            tokens[role, area] = session_of(f"sqlite:///{home.resolve() / 'desk.sqlite'}", (role,), area)
        headers = {"cookie": f"{COOKIE}={tokens[role, area]}"} | ({"idempotency-key": key} if key else {})
        return asyncio.run(_send(method, f"/api/v1/{path}", headers, body, query))

    return sent


async def _send(method: str, path: str, headers: dict[str, str], body: Any, query: dict[str, Any]) -> httpx.Response:
    served = Starlette(routes=[Mount("/api/v1", api)], middleware=[Middleware(gate.Gate)])
    transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, path, headers=headers, json=body, params=query)


def test_an_order_is_begun_and_moved_by_those_who_may(send: Send) -> None:
    about = {"origin": "case", "about": [{"kind": "case", "reference": "hotline/1"}]}
    begun = send("POST", "items", key="a", body=ORDER | about)
    assert begun.status_code == 201, begun.text
    number = begun.json()["number"]
    assert begun.headers["location"].endswith(number)
    path = f"items/{number}/steps"
    issue = {"step": "issue", "fields": {"unit": "执法队", "due": DUE}, "version": 1}
    assert send("POST", path, key="b", body=issue).json()["state"] == "issued"
    assert send("POST", path, key="c", body={"step": "sign"}).status_code == 403, "the leader is not of the unit"
    assert send("POST", path, "official", TOWNS[0], "d", {"step": "sign"}).json()["holder"].startswith("official")
    one = send("GET", f"items/{number}").json()
    assert [event["step"] for event in one["events"]] == ["start", "issue", "sign"]
    assert one["about"] == about["about"]
    assert "urge" in [step["step"] for step in one["steps"]]
    assert one["due_at"].endswith("Z")


def test_a_request_with_the_same_key_is_done_once_for_its_account(send: Send) -> None:
    first, again = (send("POST", "items", key="same", body=ORDER) for _twice in range(2))
    assert first.json()["number"] == again.json()["number"]
    assert send("POST", "items", key="same", body=ORDER | {"title": "另一件"}).status_code == 409
    assert send("POST", "items", "inspector", key="same", body=ORDER).json()["number"] != first.json()["number"]
    assert send("POST", "items", body=ORDER).status_code == 422, "without a key"


def test_a_step_of_an_older_version_is_a_conflict(send: Send) -> None:
    number = send("POST", "items", key="v", body=ORDER).json()["number"]
    issue = {"step": "issue", "fields": {"unit": "执法队", "due": DUE}, "version": 9}
    answer = send("POST", f"items/{number}/steps", key="v2", body=issue)
    assert (answer.status_code, answer.json()["code"]) == (409, "item.changed")
    assert send("POST", f"items/{number}/steps", key="v3", body=issue | {"version": 1}).status_code == 200
    late = send("POST", f"items/{number}/steps", key="v4", body=issue | {"version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "item.changed"), "the first of two at once won"


@pytest.mark.parametrize("slip", [{"kind": "ordr"}, {"state": "clsed"}, {"kind": "order", "state": "triage"}])
def test_a_kind_or_state_that_no_item_can_have_is_refused(send: Send, slip: dict[str, str]) -> None:
    assert send("GET", "items", **slip).status_code == 400


@pytest.mark.parametrize("body", [None, [1], "text"])
def test_a_body_that_is_no_object_is_named(send: Send, body: object) -> None:
    answer = send("POST", "items", key="bad", body=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("body: ")


@pytest.mark.parametrize("kind", ["alert", "area", "metric"])
@pytest.mark.parametrize("number", ["9" * 40, "9" * 20, "-1", "x", ""])
def test_an_origin_that_is_not_there_is_refused(send: Send, kind: str, number: str) -> None:
    reference = f"backlog {number}" if kind == "metric" else number
    origin = "red" if kind == "metric" else kind
    body = ORDER | {"origin": origin, "about": [{"kind": kind, "reference": reference}]}
    assert send("POST", "items", key="away", body=body).status_code in {400, 422}


@pytest.mark.parametrize("mark", ["\x07", "\x0b", "\x9f", "\u202e", "\u2066"])
def test_a_text_with_a_hidden_control_character_is_refused(send: Send, mark: str) -> None:
    answer = send("POST", "items", key="hidden", body=ORDER | {"fields": {"matter": f"限期{mark}修复"}})
    assert (answer.status_code, answer.json()["code"]) == (400, "item.field_control")


@pytest.mark.parametrize("text", ["限期\n修复\t一处", "👨‍👩‍👧 עברית", "a\ufeffb"])
def test_a_text_of_several_lines_or_scripts_is_kept(send: Send, text: str) -> None:
    answer = send("POST", "items", key=f"lines {len(text)}", body=ORDER | {"fields": {"matter": text}})
    number = answer.json()["number"]
    assert send("GET", f"items/{number}").json()["fields"]["matter"] == text


def test_lists_hold_what_the_account_may_see(send: Send) -> None:
    number = send("POST", "items", key="l", body=ORDER | {"title": "只给本镇看"}).json()["number"]
    assert number in [one["number"] for one in send("GET", "items", q="本镇").json()["items"]]
    assert send("GET", "items", "official", TOWNS[1], q="本镇").json() == {"total": 0, "items": []}
    hidden, none = (send("GET", f"items/{n}", "official", TOWNS[1]) for n in (number, "DB1-1"))
    assert (hidden.status_code, none.status_code) == (404, 404)
    assert hidden.json()["detail"].replace(number, "DB1-1") == none.json()["detail"]
    assert send("GET", "items", "data_officer").status_code == 403
    kinds = {kind["id"]: kind for kind in send("GET", "item-kinds", "cadre", VILLAGES[0]).json()}
    assert (kinds["order"]["start"], kinds["whistle"]["start"]) == (True, False)


BAD = [
    {}, ORDER | {"kind": "nothing"}, ORDER | {"area": VILLAGES[0] + 50}, ORDER | {"fields": {}}, ORDER | {"more": 1},
    ORDER | {"title": ""}, ORDER | {"origin": "case"}, ORDER | {"fields": {"matter": ["x"]}},
    ORDER | {"origin": "case", "about": [{"kind": "case", "reference": "hotline/none"}]},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_what_cannot_be_begun_is_one_clear_line(send: Send, body: dict[str, Any]) -> None:
    answer = send("POST", "items", key="bad", body=body)
    assert answer.status_code in (400, 422), answer.text
    assert "\n" not in answer.json()["detail"]


def test_tokens_act_on_no_items(home: Path) -> None:
    headers = {"authorization": f"Bearer {token_of(home, 'tickets', area=DISTRICT)}", "idempotency-key": "k"}
    for method, path, body in (("GET", "items", None), ("POST", "items", ORDER), ("GET", "item-kinds", None)):
        answer = asyncio.run(_send(method, f"/api/v1/{path}", headers, body, {}))
        assert (answer.status_code, answer.json()["code"]) == (403, "items.token")
        assert answer.json()["detail"] == "a token does no steps of work items: sign in with an account"


def test_a_unit_that_the_directory_does_not_have_is_refused(send: Send) -> None:
    """A misspelt name must not give an empty list."""
    answer = send("GET", "items", owner="nosuch")
    assert (answer.status_code, answer.json()["code"]) == (400, "item.no_unit")
    assert send("GET", "items", owner="–").status_code == 200


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["item", *arguments])
    return result.exit_code, result.output + str(result.exception or "")


def test_commands_list_begin_and_move_items() -> None:
    order = ("--area", str(VILLAGES[0]), "--title", "命令行督办", "--field", "matter=查明原因", "--key", "c1")
    code, printed = run("start", "order", *order)
    assert (code, run("start", "order", *order)) == (0, (0, printed)), "the same key again"
    number = printed.strip()
    assert run("do", number, "issue", "--field", "unit=执法队", "--field", f"due={DUE}") == (0, f"{number} is issued\n")
    assert "issue" in run("show", number)[1]
    assert number in run("list", "--kind", "order", "--state", "issued", "--unit", "执法队")[1]
    assert "for others" in run("do", number, "sign")[1]
    assert "is not NAME=VALUE" in run("do", number, "urge", "--field", "reason")[1]
    assert "no item" in run("show", "DB1-1")[1]


async def _ledger(cookie: str, query: str) -> httpx.Response:
    served = Starlette(routes=[*ledger.ROUTES], middleware=[Middleware(gate.Gate)])
    transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(f"{ledger.PATH}?{query}", headers={"cookie": cookie})


def test_the_ledger_is_a_file_for_who_may_export_of_their_own_areas(home: Path, send: Send) -> None:
    number = send("POST", "items", key="ledger", body=ORDER | {"title": "=1+1 台账"}).json()["number"]
    url = f"sqlite:///{home.resolve() / 'desk.sqlite'}"
    inspector, other, official = (
        f"{COOKIE}={session_of(url, (role,), area)}"
        for role, area in (("inspector", TOWNS[0]), ("inspector", TOWNS[1]), ("official", TOWNS[0]))
    )
    answer = asyncio.run(_ledger(inspector, "show=all&lang=en"))
    assert answer.status_code == 200
    assert number in answer.text
    assert "\n=1+1" not in answer.text
    assert ",=1+1" not in answer.text
    assert number not in asyncio.run(_ledger(other, "show=all")).text
    assert asyncio.run(_ledger(official, "show=all")).status_code == 403
    entry = audit.entries(visitors.desk(), event="export", limit=2)[1]
    assert "sha256:" in str(entry["what"])
    assert len(asyncio.run(_ledger(inspector, "show=all&sample=1-7")).text.splitlines()) == 2
