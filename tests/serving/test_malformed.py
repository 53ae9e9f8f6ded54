"""Malformed HTTP on every route, with and without a session: no answer is a server error or has a traceback."""

import random
import re

import pytest

from app import ROUTES
from cockpit.access import pages
from cockpit.access.visitors import COOKIE
from tests.serving.conftest import Server
from tests.serving.raw import Raw

OF_STREAMLIT = (
    "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/_stcore/upload_file/a/b", "/_stcore/metrics",
    "/_stcore/script-health-check", "/_stcore/bidi-components/x", "/component/x", "/media/x", "/static/index.html",
    "/app/static/x", "/manifest.json", "/favicon.ico", "/oauth2callback", "/auth/login",
)  # fmt: skip
PATHS = sorted({
    "/", *(f"/{name}" for name in pages.PAGES), *OF_STREAMLIT,
    *(re.sub(r"\{.*?\}", "x", route.path) for route in ROUTES),
})  # fmt: skip
METHODS = (
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "G\0T",
)  # fmt: skip
ENDS = (
    "", "", "", "/", "//", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "%0d%0a", "/\xff", "/%ff", "/x" * 50, ";a=b",
    "\\..",
)  # fmt: skip
QUERIES = (
    "", "", "?a=%00", "?%ff=%fe", "?area=-1", "?area=9223372036854775808", "?area=1e9", "?next=//x", "?lang=%00",
    "?next=%0d%0aSet-Cookie:a=b", "?" + "&".join(f"a{i}=1" for i in range(300)), "?page=" + "9" * 20, "?age=1-",
    "?metric=intake&from=0001-01-01&to=9999-12-31", "?part=%27", "?sort=-%00", "?q=%ed%a0%80", "?edition=..%2fx",
    "?metric=backlog&q=%00&area=990101001000", "?state=%00&code=%00", "?source=%00&key=%ff",
)  # fmt: skip
HEADERS = (
    (), (), ("Content-Length: -1",), ("Content-Length: 5", "Content-Length: 6"), ("Transfer-Encoding: chunked",),
    ("Transfer-Encoding: chunked", "Content-Length: 3"), ("Transfer-Encoding: gzip, chunked",), ("Content-Type: \xff",),
    ("Content-Type: multipart/form-data; boundary=",), ("Cookie: \xff=\0; =;;; a",),
    (f"Cookie: {COOKIE}=" + "\xe9" * 50,),
    ("Range: bytes=0-,-1,5-2,99999999999999999999-",), ("Range: bytes=" + "0-1," * 500 + "2-3",),
    ("Accept: text/html;q=x",),
    ("If-Modified-Since: \xff",), ("If-None-Match: \"" + "x" * 5000,), ("X-Forwarded-For: \xff, ::1%x",),
    ("X-Forwarded-Proto: \xff",), ("Expect: 100-continue",), ("Upgrade: h2c", "HTTP2-Settings: AAA"),
    ("Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"), ("Authorization: Bearer \xff\xfe",),
    ("Authorization: Basic \xff",), ("Authorization: Bearer",), ("Host: x",), ("Origin: null",),
    ("Accept-Language: \xff;q=x",),
    ("Sec-Fetch-Site: cross-site",),
)  # fmt: skip
BODIES = (
    b"", b"a=1", b"\0" * 50, b"%00%ff=%zz&a", b"{" * 200, b"[" * 5000, b"name=%ED%A0%80&password=%00",
    b"id=" + b"9" * 5000, b"5\r\nabcde\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n", bytes(range(256)),
)  # fmt: skip
LENGTHS = ("Content-Length", "Transfer-Encoding")
EACH = 8
SECONDS = 2.0
"""How long an answer is waited for: half a request gets none."""


@pytest.fixture(scope="module")
def server(plain_server: Server) -> Server:
    return plain_server


@pytest.mark.parametrize("path", PATHS)
def test_malformed_request_is_no_server_error(server: Server, session: str, path: str) -> None:
    dice = random.Random(path)
    for number in range(EACH):
        request = _request(dice, path, server.port, session if number % 2 else "")
        with Raw(server.port) as raw:
            raw.send(request)
            answer = _answer(raw)
        status = re.match(rb"HTTP/1\.1 (\d{3})", answer)
        assert status is None or int(status[1]) < 500, (request, answer)
        assert not re.search(rb'Traceback|File "|site-packages', answer), (request, answer)
    assert server.get("/healthz").status_code == 200


@pytest.fixture(scope="module")
def session(server: Server) -> str:
    return server.token()


def _request(dice: random.Random, path: str, port: int, session: str) -> bytes:
    """A request that the seed of the dice gives."""
    more, body = dice.choice(HEADERS), dice.choice(BODIES)
    lines = [
        f"{dice.choice(METHODS)} {path}{dice.choice(ENDS)}{dice.choice(QUERIES)} HTTP/1.1", f"Host: 127.0.0.1:{port}",
        *([f"Cookie: {COOKIE}={session}"] if session else []), "Connection: close", *more,
        *([] if any(line.startswith(LENGTHS) for line in more) else [f"Content-Length: {len(body)}"]),
        *([f"Origin: http://127.0.0.1:{port}"] if dice.random() < 0.7 else []),
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _answer(raw: Raw) -> bytes:
    """All that comes until the end, or until nothing comes any more."""
    answer = b""
    try:
        while len(answer) < 100_000 and (piece := raw.read(SECONDS)):
            answer += piece
    except TimeoutError:
        pass
    return answer
