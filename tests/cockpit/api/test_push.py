"""Pushing over HTTP: rights, accepted and refused bodies, and access to the outcome."""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Request
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.visitors import COOKIE
from cockpit.api import body as bodies
from cockpit.api import push
from cockpit.api.app import mounted
from cockpit.api.errors import Stopping
from cockpit.server import publisher
from data.desk.auditing import audit
from data.desk.identity import tokens
from data.home import Home
from data.push.publisher import Publisher
from data.push.spool import Spool
from data.store import open_store
from metrics.catalog import load as load_catalog
from tests.cockpit.api.conftest import declare, prepared, row, token_of
from tests.cockpit.conftest import session_of
from tests.factory import DISTRICT, TOWNS, VILLAGES, published
from tests.homes import Homes

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"


@pytest.fixture(scope="module")
def root(homes: Homes) -> Path:
    return homes.copy(prepared)


@pytest.fixture(scope="module")
def token(root: Path) -> str:
    return token_of(root, "tickets", "nowhere", "broken")


@pytest.fixture(autouse=True)
def _served(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {"HOME": str(root), "MEMORY": "1GB", "PUSH_SIZE": "1MB", "PUSH_ROWS": "50", "PUSH_RATE": "100000"}
    for name, value in variables.items():
        monkeypatch.setenv(f"COCKPIT_{name}", value)
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


def send(
    token: str, body: Any, kind: str = JSON, source: str = "tickets", content: Any = None, **headers: str
) -> httpx.Response:
    """Push rows, or whatever `content` is."""
    given = {"content-type": kind} | ({"authorization": f"Bearer {token}"} if token else {})
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body, ensure_ascii=False).encode() if content is None else content
    return asyncio.run(_ask("POST", f"push/{source}", given, content))


def ask(id: str, token: str = "", cookie: str = "", **parameters: int) -> httpx.Response:
    """The verdict of a push."""
    headers = {"authorization": f"Bearer {token}"} if token else {"cookie": f"{COOKIE}={cookie}"}
    return asyncio.run(_ask("GET", f"push/{id}", headers, None, parameters))


async def _ask(method: str, path: str, headers: dict[str, str], content: Any, parameters: Any = None) -> httpx.Response:
    served = Starlette(routes=[mounted()], middleware=[Middleware(gate.Gate)])
    transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1/") as client:
        return await client.request(method, path, headers=headers, content=content, params=parameters)


def work(root: Path) -> None:
    made = Publisher(Home(root, memory="1GB"), root / "sources", load_catalog().rollups())
    for due in (float("inf"), 0.0):  # load all, then publish once
        made._due = due
        while made.turn():
            pass


def newest() -> dict[str, object]:
    return audit.entries(visitors.desk(), event="push", limit=1)[0]


def test_push_is_accepted_loaded_and_reported_row_by_row(root: Path, token: str) -> None:
    sent = send(token, [*(row(f"v{i}") for i in range(5)), row("v5", village_code="990199", created="soon")])
    assert sent.status_code == 202
    body = sent.json()
    assert sent.headers["location"] == f"/api/v1/push/{body['id']}"
    assert (body["source"], body["state"], body["rows"]) == ("tickets", "queued", 6)
    waiting = ask(body["id"], token).json()
    assert (waiting["state"], waiting["read"], waiting["rejects"]) == ("queued", None, [])
    work(root)
    verdict = ask(body["id"], token).json()
    assert (verdict["state"], verdict["read"], verdict["accepted"], verdict["rejected"]) == ("published", 6, 5, 1)
    assert verdict["rejects"] == [
        {"row": 6, "key": "v5", "reasons": ["unknown area: 990199", "unparseable time: registered_at"]}
    ]
    assert verdict["edition"]
    assert ask(body["id"], token, offset=1).json()["rejects"] == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (JSON, json.dumps([row("k1"), row("k2")]).encode()),
        ("application/json; charset=utf-8", json.dumps([row("k1"), row("k2")], indent=2).encode()),
        (NDJSON, b"\n".join(json.dumps(row(n)).encode() for n in ("k1", "k2"))),
        (CSV, b"ticket_no,village_code,type,created,finished,modified\n"
              b"k1,990101001201,x,2026-11-20 08:00,,\nk2,990101001201,x,2026-11-20 08:00,,\n"),
        ("text/csv; charset=gb18030",
         "ticket_no,village_code,type,created,finished,modified\nk1,990101001201,路灯,2026-11-20 08:00,,\n"
         "k2,990101001201,路灯,2026-11-20 08:00,,\n".encode("gb18030")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_is_taken(root: Path, token: str, kind: str, content: bytes, packed: bool) -> None:
    more = {"content_encoding": "gzip"} if packed else {}
    sent = send(token, None, kind, content=gzip.compress(content) if packed else content, **more)
    assert (sent.status_code, sent.json()["rows"]) == (202, 2)
    assert Spool(Home(root)).waiting()[1] >= sent.json()["size"] >= 2


def test_a_key_sent_again_is_answered_again_and_with_another_body_refused(root: Path, token: str) -> None:
    waiting = Spool(Home(root)).waiting()[0]
    first, again = (send(token, [row("i")], idempotency_key="a-key") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    assert Spool(Home(root)).waiting()[0] == waiting + 1
    other = send(token, [row("j")], idempotency_key="a-key")
    assert (other.status_code, first.json()["id"] in other.json()["detail"]) == (409, True)
    assert send(token_of(root, "tickets"), [row("j")], idempotency_key="a-key").status_code == 202
    assert send(token, [row("i")], idempotency_key="with a blank").status_code == 422


@pytest.mark.parametrize(
    ("status", "source", "kind", "content", "headers", "said"),
    [
        (404, "nowhere", JSON, b"[]", {}, "nowhere.yaml"),
        (403, "hotline", JSON, b"[]", {}, "not for the source hotline"),
        (422, "No-Word", JSON, b"[]", {}, "source"),
        (415, "tickets", "application/xml", b"<a/>", {}, "Content-Type application/xml"),
        (415, "tickets", "multipart/form-data; boundary=x", b"--x--", {}, "Content-Type"),
        (415, "tickets", "text/csv; charset=utf-16", b"a", {}, "charset utf-16"),
        (415, "tickets", JSON, b"[]", {"content_encoding": "br"}, "Content-Encoding br"),
        (400, "tickets", JSON, b"[]", {}, "no row"),
        (400, "tickets", JSON, bytes(range(256)) * 40, {}, "not utf-8"),
        (400, "tickets", JSON, gzip.compress(b"[{}]", mtime=0)[:-4], {"content_encoding": "gzip"}, "cut off"),
        (400, "tickets", JSON, b"[{}]", {"content_encoding": "gzip"}, "no gzip"),
        (413, "tickets", JSON, b"[" + b" " * 1_000_001, {}, "1 MB"),
        (413, "tickets", JSON, gzip.compress(b"[" + b" " * 30_000_000, mtime=0), {"content_encoding": "gzip"}, "1 MB"),
        (413, "tickets", JSON, b'[{"a": ' + b"[" * 5000, {}, "deeper"),
        (413, "tickets", NDJSON, b"{}\n" * 51, {}, "50 rows"),
    ],
)
def test_refused_push_is_reported_logged_audited_and_stores_nothing(
    root: Path, token: str, caplog: pytest.LogCaptureFixture, status: int, source: str, kind: str, content: bytes,
    headers: dict[str, str], said: str,
) -> None:  # fmt: skip
    before = set(Spool(Home(root)).folder.glob("*.*son")) if Spool(Home(root)).exists else set()
    sent = send(token, None, kind, source, content, **headers)
    assert (sent.status_code, said in sent.json()["detail"]) == (status, True), sent.json()
    if status != 422:
        assert newest()["result"] == "refused"
        assert str(newest()["what"]).startswith(f"{source}: {status} ")
        assert sent.json()["detail"] in caplog.text
    assert set(Spool(Home(root)).folder.glob("*.*son")) == before
    assert list(Spool(Home(root)).folder.glob(".coming-*")) == []


def test_chunked_body_is_limited_while_it_is_received(token: str) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10**9:
            read += 1 << 20
            yield b" " * (1 << 20)

    assert send(token, None, content=endless()).status_code == 413
    assert read < 10_000_000


def test_interrupted_push_leaves_no_file(root: Path, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pausing() -> AsyncIterator[bytes]:
        yield b"[" + b" " * bodies.PIECE
        await asyncio.sleep(5)

    monkeypatch.setenv("COCKPIT_PUSH_SIZE", "10MB")
    settings.current.cache_clear()
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)
    sent = send(token, None, content=pausing())
    assert (sent.status_code, "paused" in sent.json()["detail"]) == (408, True)
    assert list(Spool(Home(root)).folder.glob(".coming-*")) == []


def test_a_server_that_stops_refuses_what_is_still_coming(root: Path) -> None:
    spool = Spool(Home(root))

    async def stopped() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {}

        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        async with bodies.received(request, bodies.Form("json", "utf-8", False, None), spool):
            pass

    async def cancelled() -> None:
        task = asyncio.create_task(stopped())
        await asyncio.sleep(0.2)
        assert len(list(spool.folder.glob(".coming-*"))) == 1
        task.cancel()
        with pytest.raises(Stopping, match="being stopped") as error_info:
            await task
        assert error_info.value.status == 503

    asyncio.run(cancelled())
    assert list(spool.folder.glob(".coming-*")) == []


def test_rate_limited_push_gets_retry_after(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PUSH_RATE", "6")
    settings.current.cache_clear()
    eager = token_of(root, "tickets")
    responses = [send(eager, [row("r")]) for _ in range(7)]
    assert [t.status_code for t in responses] == [202] * 6 + [429]
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 11
    assert f"try again in {responses[-1].headers['retry-after']} s" in responses[-1].json()["detail"]
    assert send(token_of(root, "tickets"), [row("r")]).status_code == 202, "another token's bucket is its own"


def test_too_many_that_wait_are_no_more_taken(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    send(token, [row("w")])
    monkeypatch.setattr(push, "MOST_WAITING", 1)
    sent = send(token, [row("w")])
    assert (sent.status_code, sent.headers["retry-after"]) == (429, "6")
    monkeypatch.setattr(push, "MOST_WAITING", 1000)
    monkeypatch.setattr(bodies, "MOST_AT_ONCE", 0)
    assert send(token, [row("w")]).status_code == 429


def test_push_without_token_is_refused(root: Path, token: str) -> None:
    assert send("", [row(1)]).status_code == 401
    assert send(token + "x", [row(1)]).status_code == 401
    signed_in = send("", [row(1)], cookie=f"{COOKIE}={session_of(settings.current().desk_url)}")
    assert (signed_in.status_code, "only systems push" in signed_in.json()["detail"]) == (403, True)
    gone = token_of(root, "tickets")
    tokens.revoke(visitors.desk(), tokens.listing(visitors.desk())[-1].id)
    assert send(gone, [row(1)]).status_code == 401


def test_push_outcome_is_visible_to_sender_and_data_officers(root: Path, token: str) -> None:
    id = send(token, [row(1)]).json()["id"]
    desk = settings.current().desk_url
    assert ask(id, token).status_code == 200
    assert ask(id, cookie=session_of(desk, ("data_officer",), DISTRICT)).status_code == 200
    assert ask(id, token_of(root, "tickets")).status_code == 404
    assert ask(id, cookie=session_of(desk, ("leader",), DISTRICT)).status_code == 404
    assert ask(id, cookie="nobody").status_code == 401
    assert ask("20260101-000000-00000000", token).status_code == 404


def test_a_token_with_an_area_has_the_rows_of_others_refused(root: Path) -> None:
    limited = token_of(root, "tickets", area=TOWNS[0])
    sent = [*(row(f"own{i}") for i in range(9)), row("other", village_code=str(VILLAGES[2]))]
    id = send(limited, sent).json()["id"]
    work(root)
    verdict = ask(id, limited).json()
    assert (verdict["state"], verdict["accepted"]) == ("published", 9)
    assert verdict["rejects"] == [{"row": 10, "key": "other", "reasons": ["area outside of what the sender may push"]}]


def test_a_push_is_in_the_audit_with_its_sender(token: str) -> None:
    id = send(token, [row("a")]).json()["id"]
    entry = newest()
    assert (entry["who"], entry["result"]) == ("system:tickets", "ok")
    assert str(entry["what"]).startswith(f"tickets {id}: 1 rows, ")


def test_a_source_declared_wrongly_is_the_server_s_fault(root: Path, token: str) -> None:
    (root / "sources" / "broken.yaml").write_text("source: broken\n")
    sent = send(token, [row(1)], source="broken")
    assert (sent.status_code, sent.headers["retry-after"]) == (503, "5")
    assert "ask the data officer" in sent.json()["detail"]


def test_a_source_that_was_loaded_is_known_while_the_store_is_written(root: Path) -> None:
    loaded = token_of(root, "hotline")
    own = {"key": "1", "area": str(VILLAGES[0]), "kind": "hotline", "registered_at": "2026-11-20 08:00"}
    assert send(loaded, [own], source="hotline").status_code == 202
    with open_store(Home(root, memory="1GB")):
        assert send(loaded, [own], source="hotline").status_code == 202
        push._recorded.clear()
        keep = f"import duckdb; c = duckdb.connect({str(Home(root).store)!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", keep], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        sent = send(loaded, [own], source="hotline")
        other.communicate("\n")
    assert (sent.status_code, sent.headers["retry-after"]) == (503, "5")


def test_the_demo_district_takes_no_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = prepared(tmp_path / "var")
    published(Home(root, memory="1GB"))
    from data.editions.publish import publish

    publish(Home(root, memory="1GB"), load_catalog().rollups(), demo=True)
    declare(root)
    monkeypatch.setenv("COCKPIT_HOME", str(root))
    settings.current.cache_clear()
    demo = token_of(root, "tickets", "hotline")
    sent = send(demo, [row(1)])
    assert (sent.status_code, "not mixed" in sent.json()["detail"]) == (409, True)
    assert not Spool(Home(root)).exists
    own = {"key": "pushed", "area": str(VILLAGES[0]), "kind": "hotline", "registered_at": "2026-11-20 08:00"}
    assert send(demo, [own], source="hotline").status_code == 202
    work(root)
    from data.editions.edition import current

    edition = current(Home(root))
    assert edition
    assert edition.demo
    assert edition.cursor().execute("SELECT count(*) FROM cases WHERE key = 'pushed'").fetchone() == (1,)


def test_counters_match_the_spool(root: Path, token: str) -> None:
    before = publisher.counters(Home(root))
    send(token, [row("c"), *(row(f"d{n}", village_code="1") for n in range(5))])
    assert publisher.counters(Home(root))["queued"] == before["queued"] + 1
    work(root)
    after = publisher.counters(Home(root))
    assert (after["queued"], after["held"]) == (0, before["held"] + 1)
    assert after["refused_rows"] == before["refused_rows"] + 5


def test_held_push_is_released_by_command(root: Path, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    from cockpit.commands import main

    id = send(token, [row("h"), *(row(f"x{n}", village_code="1") for n in range(5))]).json()["id"]
    work(root)
    assert ask(id, token).json()["state"] == "held"
    assert main(["pushes", "--state", "held", "--format", "csv"]) == 0
    assert id in capsys.readouterr().out
    assert main(["pushes", "--let-in", id]) == 0
    work(root)
    assert ask(id, token).json()["state"] == "published"
    assert main(["pushes", "--let-in", id]) == 2
    assert main(["pushes", "--let-in", "x"]) == 2


def test_document_describes_security_limits_and_refusals(token: str) -> None:
    document = asyncio.run(_ask("GET", "openapi.json", {"authorization": f"Bearer {token}"}, None)).json()
    assert {scheme["type"] for scheme in document["components"]["securitySchemes"].values()} == {"http", "apiKey"}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["tags"]
            assert operation["security"] == [{"token": []}, {"session": []}]
            for status, answer in operation["responses"].items():
                if status >= "4":
                    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Fault"}
    send_ = document["paths"]["/push/{source}"]["post"]
    assert set(send_["responses"]) >= {
        "202", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503",
    }  # fmt: skip
    assert all("example" in form for form in send_["requestBody"]["content"].values())
