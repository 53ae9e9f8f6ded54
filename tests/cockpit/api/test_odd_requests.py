"""Requests that no client of ours sends: each is refused, and none makes the server fail or leave a trace."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.cockpit.api.conftest import Served, token_of
from tests.factory import DISTRICT

PERIOD = "from=2026-11-01&to=2026-11-20"
TARGETS = [
    "*", "/*", "//", "///x", "http://other/", "http://other/api/v1/metrics", "other:443", "/%00", "/%ff%fe",
    "/..%2f..%2fetc",
    "/\xff", "/login?next=%00", "/login?next=%ed%a0%80", "/login?lang=%00", "/assets/%00", "/assets/..%2f..%2fx",
    "/static/%00", "/static/..%5c..", "/healthz?%00", "/_stcore/health%00", "/_stcore/stream", "/files/rows.csv?%00",
    "/case?key=%00", "/api/v1", "/api/v1/%00", "/api/v1/metrics/%00", "/api/v1/metrics/%ed%a0%80",
    f"/api/v1/metrics/intake?{PERIOD}&edition=%00", f"/api/v1/metrics/intake?{PERIOD}&edition=..%2f..%2fx",
    f"/api/v1/metrics/intake?{PERIOD}&as_of=0001-01-01", f"/api/v1/metrics/intake?{PERIOD}&as_of=9999-12-31T23:59:59",
    f"/api/v1/rows/intake?{PERIOD}&as_of=0001-01-01T00:00:00", f"/api/v1/rows/intake?{PERIOD}&part=%00",
    f"/api/v1/rows/intake?{PERIOD}&area=%EF%BC%91",
    "/api/v1/reds?from=0001-01-01&to=9999-12-31", "/api/v1/reds?from=%00&to=%00",
    "/api/v1/areas?edition=%00", "/api/v1/areas?edition=" + "x" * 41, "/api/v1/push/%00", "/api/v1/push/a%00b",
    "/api/v1/push/%ed%a0%80", "/api/v1/reports/%00", "/api/v1/reports/R%00/file", "/api/v1/reports/%ed%a0%80",
    "/api/v1/openapi.json%00",
]  # fmt: skip
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"]
REPORT = (
    '{"kind": %s, "areas": [%s], "from": "2026-11-01", "to": "2026-11-20", "start": "2026-11-01", "end": "2026-11-20", '
    '"format": "docx"}'
)
BODIES = [
    "", "{", "[]", "null", '"\\ud800"', '{"kind": "\\u0000"}', "9" * 5000, '{"areas": [%s]}' % ("9" * 5000), "[" * 5000,
    REPORT % ('"brief\\u0000"', DISTRICT), REPORT % ('"\\ud800"', DISTRICT), REPORT % ('"brief"', "9" * 30),
    REPORT % ('"brief"', "-1"), REPORT % ('"brief"', "1e308"), REPORT % ('"brief"', "NaN"),
]  # fmt: skip


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return token_of(served.home, "tickets", area=DISTRICT)


def status(served: Served, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> int:
    """The status of an answer; 0 where the connection is closed instead."""
    address = urlsplit(served.address)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(body))}.items()]
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as door:
        door.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        answer = door.makefile("rb").readline()
    return int(answer.split()[1]) if answer else 0


def log_of(served: Served) -> str:
    return (served.home / "serve.log").read_text("utf-8", "replace")


@pytest.mark.parametrize("signed", ["nobody", "a token"])
@pytest.mark.parametrize("method", METHODS)
def test_no_target_makes_the_server_fail(served: Served, token: str, method: str, signed: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if signed == "a token" else {}
    found = {target: status(served, method, target, headers) for target in TARGETS}
    assert {target: code for target, code in found.items() if code >= 500} == {}
    assert "Traceback" not in log_of(served)


@pytest.mark.parametrize("route", ["/api/v1/reports", "/api/v1/push/tickets"])
def test_no_body_makes_the_server_fail(served: Served, token: str, route: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    found = {body: status(served, "POST", route, headers, body.encode()) for body in BODIES}
    assert {body[:80]: code for body, code in found.items() if code >= 500} == {}
    assert "Traceback" not in log_of(served)


@pytest.mark.parametrize(
    "name", ["Idempotency-Key", "Authorization", "Cookie", "Accept-Language", "User-Agent", "Origin"]
)
def test_no_header_makes_the_server_fail(served: Served, token: str, name: str) -> None:
    good = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    values = ["\xff\xfe", "\x00", "\xed\xa0\x80", "x" * 5000, "Bearer \xff", "cockpit_session=\xff\xfe; a=\xed\xa0\x80"]
    found = {
        value[:20]: status(served, "POST", "/api/v1/push/tickets", good | {name: value}, b"[]") for value in values
    }
    found |= {f"GET {v[:20]}": status(served, "GET", "/", {name: v, "Accept": "text/html"}) for v in values}
    assert {value: code for value, code in found.items() if code >= 500} == {}
    assert "Traceback" not in log_of(served)


def test_no_name_at_sign_in_makes_the_server_fail(served: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": served.address}
    bodies = [
        b"name=%00&password=%00",
        b"name=\x00&password=x",
        b"name=%ed%a0%80&password=%ed%a0%80",
        b"\xff=\xff",
        b"name",
    ]
    assert [code for body in bodies if (code := status(served, "POST", "/login", form, body)) >= 500] == []
    assert "Traceback" not in log_of(served)
