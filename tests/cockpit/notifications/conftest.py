"""Receivers of each kind on loopback, which verify what they get as their documentation says; a desk with channels."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cockpit import settings
from cockpit.settings import Settings
from data import vault
from data.desk.identity import accounts
from data.desk.store import Desk, open_desk

SECRET, HOUR = "SECthis-is-a-secret", 3600
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a key of 24 bytes or more").decode()


@dataclass
class Receiver:
    """A server. taken: path and body of what it accepted. answers: statuses to give before anything is accepted."""

    port: int = 0
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    before: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def answer(receiver: Receiver, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
    if parts.path == "/cgi-bin/webhook/send":
        return _wecom(query, json.loads(body))
    if parts.path == "/robot/send":
        return _dingtalk(query, json.loads(body))
    if parts.path.startswith("/open-apis/bot/v2/hook/"):
        return _feishu(json.loads(body))
    try:
        Webhook(WEBHOOK_SECRET).verify(body, headers)
    except WebhookVerificationError as error:
        return 401, {"error": str(error)}
    return 200, {}


def _wecom(query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if query.get("key") != ["the-key"]:
        return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
    if body["msgtype"] != "text" or len(body["text"]["content"].encode()) > 2048:
        return 200, {"errcode": 40058, "errmsg": "text exceed max length"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def _dingtalk(query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    stamp, sign = query["timestamp"][0], query["sign"][0]
    mac = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    late = abs(time.time() * 1000 - int(stamp)) > HOUR * 1000
    if query["access_token"] != ["the-key"] or late or base64.b64encode(mac).decode() != sign:
        return 200, {"errcode": 310000, "errmsg": "sign not match"}
    if body["msgtype"] != "text" or not body["text"]["content"]:
        return 200, {"errcode": 40035, "errmsg": "缺少参数 json"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def _feishu(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    mac = hmac.new(f"{body['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    if abs(time.time() - int(body["timestamp"])) > HOUR or base64.b64encode(mac).decode() != body["sign"]:
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if body["msg_type"] != "text" or not body["content"]["text"]:
        return 200, {"code": 9499, "msg": "Bad Request", "data": {}}
    return 200, {"code": 0, "msg": "success", "data": {}}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.lock:
                receiver.seen.append((self.path, headers))
                status, said = answer(receiver, self.path, headers, body)
                if receiver.statuses:
                    status, said = receiver.statuses.pop(0), {}
                elif status == 200 and said.get("errcode", said.get("code", 0)) == 0:
                    receiver.taken.append((self.path, json.loads(body)))
            receiver.before()
            content = json.dumps(said).encode()
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]  # a client that was killed
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


FILE = """\
address: http://cockpit.example
networks: [127.0.0.0/8]
channels:
  - {{id: wecom, kind: wecom, name: {{zh: 群一, en: One}}, url: "http://127.0.0.1:{port}/cgi-bin/webhook/send?key=${{secret:key}}"}}
  - {{id: ding, kind: dingtalk, name: {{zh: 群二, en: Two}}, secret: "${{secret:sign}}", area: 990101001000,
     url: "http://127.0.0.1:{port}/robot/send?access_token=${{secret:key}}"}}
  - {{id: feishu, kind: feishu, name: {{zh: 群三, en: Three}}, secret: "${{secret:sign}}", kinds: [alert, item],
     url: "http://127.0.0.1:{port}/open-apis/bot/v2/hook/${{secret:key}}"}}
  - {{id: other, kind: webhook, name: {{zh: 系统, en: System}}, secret: "${{secret:webhook}}", kinds: [item],
     url: "http://127.0.0.1:{port}/webhook"}}
  - {{id: mail, kind: mail, name: {{zh: 邮件, en: Mail}}, domains: [example.gov.cn]}}
"""


@pytest.fixture
def config(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings with a channel of each kind, whose secrets are kept."""
    file = tmp_path / "channels.yaml"
    file.write_text(FILE.format(port=receiver.port), "utf-8")
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COCKPIT_CHANNELS", str(file))
    settings.current.cache_clear()
    config = settings.current()
    for name, value in {"key": "the-key", "sign": SECRET, "webhook": WEBHOOK_SECRET}.items():
        vault.put(config.data.keys, name, value)
    yield config
    settings.current.cache_clear()


@pytest.fixture
def desk(config: Settings) -> Iterator[Desk]:
    desk = open_desk(config.desk_url, config.custody)
    yield desk
    desk.close()


@pytest.fixture
def person(desk: Desk) -> Callable[..., int]:
    def made(name: str, role: str = "", area: int | None = None) -> int:
        account = accounts.add(desk, name, "Long enough 4 all")
        if role:
            accounts.grant(desk, name, role, area)
        return account.id

    return made
