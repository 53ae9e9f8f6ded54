"""Limits before login: sizes, times and numbers, with raw sockets against a real server."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import InvalidStatus

from cockpit.access.visitors import COOKIE
from cockpit.serving.protocol import HEAD_BYTES, HEADERS, URL_BYTES
from tests.serving.conftest import Server
from tests.serving.raw import Raw, request

SECONDS = 3
PATIENCE = 12
"""Seconds beyond a limit: the machine may be busy."""
PER_ADDRESS = 20


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], own: Callable[[], Path]) -> Server:
    return start(
        own(), COCKPIT_REQUEST_SECONDS=str(SECONDS), COCKPIT_CONNECTIONS_PER_ADDRESS=str(PER_ADDRESS),
        COCKPIT_CONNECTIONS="60",
    )  # fmt: skip


@pytest.fixture
def raw(server: Server) -> Iterator[Callable[..., Raw]]:
    """Opens connections, closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda source="127.0.0.1": stack.enter_context(Raw(server.port, source))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(request(Cookie="a" * 30_000), 200, id="a header that is just small enough"),
        pytest.param(request(Cookie="a" * (HEAD_BYTES + 1)), 431, id="a header that is too large"),
        pytest.param(request(Cookie="a" * 5_000_000), 431, id="a cookie of 5 MB"),
        pytest.param(request(**{f"X_{i}": "a" * 1000 for i in range(40)}), 431, id="headers too large together"),
        pytest.param(request(**{f"X_{i}": "" for i in range(HEADERS - 1)}), 200, id="as many headers as may be"),
        pytest.param(request(**{f"X_{i}": "" for i in range(HEADERS)}), 431, id="a header too many"),
        pytest.param(request(**{"x" * 40_000: "1"}), 431, id="a name of a header that is too large"),
        pytest.param(request("/login?next=" + "a" * 8000), 200, id="an address that is just short enough"),
        pytest.param(request("/" + "a" * URL_BYTES), 414, id="an address that is too long"),
        pytest.param(request("/" + "a" * 3_000_000), 414, id="an address of 3 MB"),
        pytest.param(request(method="POST", Content_Length="2000000"), 413, id="a body that says it is too large"),
        pytest.param(
            request(method="POST", body=b"name=" + b"a" * 900_000), 401, id="a body that is large, and no form"
        ),
        pytest.param(
            request("/api/v1/reports", "POST", Transfer_Encoding="chunked", Content_Length="").replace(
                b"Content-Length: \r\n", b""
            )
            + b"100000\r\n" + b"a" * 0x100000 + b"\r\n0\r\n\r\n",
            413, id="a body in chunks that does not say how large it is",
        ),
        pytest.param(
            request("/login", "POST", Transfer_Encoding="chunked", Content_Length="").replace(
                b"Content-Length: \r\n", b""
            )
            + b"4\r\nname\r\n0\r\n" + b"".join(b"t%d: %s\r\n" % (i, b"a" * 1000) for i in range(40)) + b"\r\n",
            431, id="trailers count as headers",
        ),
        pytest.param(
            request("/_stcore/stream", Connection="Upgrade", Upgrade="websocket", Cookie="a" * 9_000),
            431, id="a header too long for a websocket",
        ),
        pytest.param(
            request("/login", "POST", Transfer_Encoding="chunked", Content_Length="5") + b"0\r\n\r\n",
            400, id="two lengths of one body",
        ),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, id="TLS where there is none"),
        pytest.param(b"GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, id="an address without a path"),
        pytest.param(b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, id="a tunnel"),
        pytest.param(request(Connection="Upgrade", Upgrade="h2c"), 200, id="an upgrade that is not needed"),
        pytest.param(request("http://127.0.0.1/login"), 200, id="an absolute address"),
    ],
)  # fmt: skip
def test_sizes_have_limits(raw: Callable[..., Raw], sent: bytes, status: int) -> None:
    began = time.monotonic()
    assert raw().send(sent).status() == status
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/rows?q=", "网址过长"), ("/rows?lang=en&q=", "To the first screen"), ("/api/v1/search?q=", "is longer than")],
)
def test_too_long_an_address_is_answered_in_its_language(raw: Callable[..., Raw], path: str, expected: str) -> None:
    connection = raw().send(request(path + "a" * URL_BYTES))
    answer = b""
    with contextlib.suppress(TimeoutError):
        while piece := connection.read(PATIENCE):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 414")
    assert expected in answer.decode()
    assert (b"<html" in answer) is not path.startswith("/api/")


def test_limit_applies_to_each_request_of_a_connection(raw: Callable[..., Raw]) -> None:
    connection = raw()
    for _ in range(30):
        assert connection.send(request("/healthz", Cookie="a" * 2_000)).status() == 200
    assert connection.send(request(Cookie="a" * (HEAD_BYTES + 1))).status() == 431
    assert connection.ended(PATIENCE)


def test_pipelined_requests_are_answered_in_order_and_limited(raw: Callable[..., Raw], server: Server) -> None:
    connection = raw().send(request("/healthz") * 4)
    received = b""
    while received.count(b"200 OK") < 4:
        received += connection.read()
    assert raw().send(request("/readyz") * 5_000).ended(PATIENCE)
    assert server.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "begun",
    [
        b"G",
        b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        request("/healthz") + b"GET /login HTTP/1.1\r\nHost: 127.0",
        b"GET / HTTP/1.1\r\nCookie: a=" + b"b" * 1000,
    ],
)
def test_a_head_that_does_not_end_is_answered_408(raw: Callable[..., Raw], begun: bytes) -> None:
    connection = raw().send(begun)
    began, received = time.monotonic(), b""
    while b" 408 " not in received:
        for _ in range(3):  # a byte now and then does not help
            time.sleep(0.2)
        received += connection.read(10) if time.monotonic() - began > SECONDS else b""
        assert time.monotonic() - began < SECONDS + PATIENCE
    assert time.monotonic() - began >= SECONDS - 0.5
    assert connection.ended(PATIENCE)


def test_a_drip_of_bytes_does_not_keep_a_connection(raw: Callable[..., Raw]) -> None:
    for drop in (b"\r\n", b"a"):
        connection, began = raw().send(b"GET /" if drop == b"a" else b""), time.monotonic()
        while not connection.ended(0.1):
            connection.send(drop)
            assert time.monotonic() - began < SECONDS + PATIENCE


def test_idle_connection_is_closed(raw: Callable[..., Raw]) -> None:
    assert raw().ended(SECONDS + PATIENCE)


def test_disconnect_within_a_body_is_no_server_error(raw: Callable[..., Raw], server: Server) -> None:
    for _ in range(5):
        with Raw(server.port) as connection:
            connection.send(request(method="POST", Content_Length="100", body=b"name="))
            time.sleep(0.05)
    time.sleep(0.5)
    assert "Traceback" not in server.log


def test_half_open_connections_push_out_their_own(raw: Callable[..., Raw], server: Server) -> None:
    """Of one address only so many may wait; those of others are not touched."""
    other = raw("127.0.0.9").send(request("/healthz"))
    assert other.status() == 200
    crowd = [raw("127.0.0.5").send(b"GET /login HTTP/1.1\r\n") for _ in range(PER_ADDRESS + 15)]
    assert all(connection.status(1) == 408 for connection in crowd[:15])
    assert raw("127.0.0.5").send(request("/healthz")).status() == 200, "who asks at once is answered, even from there"
    assert other.send(request("/healthz")).status() == 200


def test_all_addresses_together_have_a_limit(raw: Callable[..., Raw], server: Server) -> None:
    """A thousand addresses with a connection each are held to the limit of the whole process."""
    crowd = [raw(f"127.0.1.{i}").send(b"POST /login HTTP/1.1\r\n") for i in range(1, 121)]
    time.sleep(0.5)
    held = [c for c in psutil.Process(server.process.pid).net_connections() if c.status == "ESTABLISHED"]
    assert len(held) <= 70
    assert raw("127.0.2.1").send(request("/healthz")).status() == 200
    assert crowd


def test_open_websocket_is_not_evicted(server: Server, raw: Callable[..., Raw]) -> None:
    async def look() -> None:
        async with server.viewer() as viewer:
            await viewer.run()
            for _ in range(40):
                raw().send(b"GET / HTTP/1.1\r\n")
            await viewer.run()

    asyncio.run(look())


def test_a_session_has_so_many_screens_and_no_more(server: Server) -> None:
    async def look() -> tuple[int, int]:
        token, opened, refused = server.token(), 0, 0
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(45):
                viewer = server.viewer()
                viewer.token = token
                try:
                    await stack.enter_async_context(viewer)
                    opened += 1
                except InvalidStatus as error:
                    refused += error.response.status_code == 403
        return opened, refused

    assert asyncio.run(look()) == (40, 5)


def test_a_message_of_a_browser_has_a_limit(server: Server) -> None:
    async def send() -> str:
        async with server.viewer() as viewer:
            await viewer.run()
            assert viewer._socket
            await viewer._socket.send(b"\0" * 1_500_000)
            with contextlib.suppress(Exception):
                while True:
                    await viewer._socket.recv()
            return str(viewer._socket.close_code)

    assert asyncio.run(send()) == "1009"
    assert "Traceback" not in server.log


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS", "GET"])
def test_no_page_accepts_uploads(server: Server, raw: Callable[..., Raw], method: str) -> None:
    body = b"x" * 1000 if method in ("PUT", "POST") else b""
    cookie = f"{COOKIE}={server.token()}"
    assert raw().send(request("/_stcore/upload_file/a/b", method, body, Cookie=cookie)).status() == 404
    assert raw().send(request("/_stcore/upload_file/a/b", method, body)).status() == 401
