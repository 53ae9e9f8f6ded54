"""Origins on a real server: what foreign pages cannot do, and no packet to other machines."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.access.cookies import PREFIX
from cockpit.access.visitors import COOKIE
from tests.serving.conftest import ROOT, Server
from tests.serving.raw import Raw, request

HANDSHAKE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Protocol": "streamlit", "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
SWITCHING, FORBIDDEN = 101, 403


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], own: Callable[[], Path]) -> Server:
    return start(own(), COCKPIT_PROXIES="127.0.0.3", COCKPIT_ALLOWED_HOSTS="cockpit.example")


def upgraded(server: Server, host: str, source: str = "127.0.0.1", **headers: str) -> int:
    with Raw(server.port, source) as raw:
        token = server.token()  # over TLS, as far as a trusted proxy says, the name with the prefix counts
        sent_headers = HANDSHAKE | {"Cookie": f"{COOKIE}={token}; {PREFIX}{COOKIE}={token}"} | headers
        return raw.send(request("/_stcore/stream", Host=host, **sent_headers)).status()


def posted(server: Server, host: str, source: str = "127.0.0.1", **headers: str) -> int:
    with Raw(server.port, source) as raw:
        sent_headers = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return raw.send(request("/login", "POST", b"name=n&password=x", Host=host, **sent_headers)).status()


def test_a_page_of_this_server_opens_a_websocket_and_sends_a_form(server: Server) -> None:
    for name in (f"127.0.0.1:{server.port}", f"localhost:{server.port}", "localhost"):
        assert upgraded(server, name, Origin=f"http://{name}") == SWITCHING
        assert posted(server, name, Origin=f"http://{name}") == 401
    assert upgraded(server, "LocalHost:80", Origin="http://localhost") == SWITCHING
    assert upgraded(server, "localhost") == SWITCHING


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "https://localhost:{}", "http://localhost", "http://127.0.0.1:{}", "x"]
)
def test_a_page_elsewhere_does_neither(server: Server, origin: str) -> None:
    host, origin = f"localhost:{server.port}", origin.format(server.port)
    assert upgraded(server, host, Origin=origin) == FORBIDDEN
    assert posted(server, host, Origin=origin) == FORBIDDEN
    assert posted(server, host, Sec_Fetch_Site="cross-site") == FORBIDDEN


def test_behind_a_proxy_the_scheme_is_the_visitors(server: Server) -> None:
    """As docs/nginx.conf sets it; only a proxy of the setting is believed."""
    proxied = {"Origin": "https://cockpit.example", "X_Forwarded_Proto": "https", "X_Forwarded_For": "10.1.2.3"}
    for ask, yes in ((upgraded, SWITCHING), (posted, 401)):
        assert ask(server, "cockpit.example", "127.0.0.3", **proxied) == yes
        assert (
            ask(server, "cockpit.example", "127.0.0.3", **proxied | {"Origin": "http://cockpit.example"}) == FORBIDDEN
        )
        assert ask(server, "cockpit.example", "127.0.0.1", **proxied) == FORBIDDEN
    assert "COCKPIT_PROXIES" in server.log, "the operator reads what is missing"


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode != 0,
    reason="this user may not make a network of its own (unshare --net --mount): run as root on Linux",
)
def test_no_packet_leaves_the_machine(own: Callable[[], Path]) -> None:
    """In a network where whatever goes outside is counted and nobody answers."""
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.serving.isolated", str(own())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout.splitlines()[-1])
    assert body["control"] == 1, "a packet that is sent outside is counted"
    assert body["names"] > 0, "and so is a question for a name"
    assert body["sent"] == 0
    assert body["slowest"] < 5
