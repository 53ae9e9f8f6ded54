"""A server in a network of its own, attacked from inside: prints what it sent outside, as JSON.

Run by `unshare --net --mount python -m tests.serving.isolated HOME`. Whatever is not for this machine leaves by the
interface `outside`, where nobody answers, and is counted there. So are questions for names: the resolver lies outside.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from cockpit.access.visitors import COOKIE
from tests.serving.conftest import ROOT, Server, sessions_of
from tests.serving.raw import Raw, request

PORT, BEYOND = 8501, "10.77.0.1"
FOREIGN = [
    "https://evil.example", "http://evil.example:8501", "null", "http://LOCALHOST:8501", "http://127.0.0.1",
    "https://127.0.0.1:8501", "http://10.77.0.2:8501", "http://93.184.216.34", "file://", "http://[::1]:8501",
]  # fmt: skip


def main(home: Path) -> None:
    _network(home)
    control = _leaks()
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.sendto(b"x", ("8.8.8.8", 53))
    control = _leaks() - control
    names = _leaks()
    with contextlib.suppress(OSError):
        socket.getaddrinfo("evil.example", 443)
    names = _leaks() - names
    before = _leaks()
    server = _serve(home)
    try:
        slowest = asyncio.run(_attack(server))
    finally:
        server.process.terminate()
        server.process.wait(30)
    sys.stdout.write(
        json.dumps({"control": control, "names": names, "sent": _leaks() - before, "slowest": slowest}) + "\n"
    )


def _network(home: Path) -> None:
    resolver = home / "resolv.conf"
    resolver.write_text(f"nameserver {BEYOND}\noptions timeout:1 attempts:1\n")
    for command in (
        "sysctl -qw net.ipv6.conf.default.disable_ipv6=1", "ip link set lo up",
        "ip link add outside type veth peer name beyond", "ip address add 10.77.0.2/24 dev outside",
        "ip link set beyond up", "ip link set outside up",
        f"ip neighbour add {BEYOND} lladdr 02:00:00:00:00:01 dev outside", f"ip route add default via {BEYOND}",
        f"mount --bind {resolver} /etc/resolv.conf",
    ):  # fmt: skip
        subprocess.run(command.split(), check=True)


def _leaks() -> int:
    """Packets sent outside so far."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    return next(int(line.split()[10]) for line in lines if line.split()[0] == "outside:")


def _serve(home: Path) -> Server:
    command = [sys.executable, "-m", "cockpit", "serve", "--demo", "--port", str(PORT), "--home", str(home)]
    with (home / "serve.log").open("wb") as log:
        server = Server(home, PORT, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
    server.wait()
    return server


async def _attack(server: Server) -> float:
    """Sessions and strangers with every foreign origin, while somebody looks; the longest wait of that one."""
    slowest = 0.0
    async with server.viewer() as viewer:
        await viewer.run()
        for origin in FOREIGN:
            for cookie in (f"{COOKIE}={server.token()}", "a=b"):
                _upgrade(origin, cookie)
                for method, path in (("POST", "/login"), ("PUT", "/_stcore/upload_file/a/b"), ("OPTIONS", "/media/a")):
                    with Raw(PORT) as raw:
                        raw.send(request(path, method, Host=f"127.0.0.1:{PORT}", Origin=origin, Cookie=cookie)).status()
            began = time.monotonic()
            await viewer.run()
            slowest = max(slowest, time.monotonic() - began)
        for host in ("LOCALHOST:8501", "localhost:8501"):
            _upgrade("http://localhost:8501", f"{COOKIE}={server.token()}", host)
        for path in ("/", "/login", "/readyz", "/_stcore/host-config", "/_stcore/health", "/api/v1/metrics"):
            httpx.get(server.address + path, headers={"Cookie": f"{COOKIE}={server.token()}"}, timeout=20)
        await viewer.run()
    return slowest


def _upgrade(origin: str, cookie: str, host: str = f"127.0.0.1:{PORT}") -> int:
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Cookie": cookie,
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Protocol": "streamlit",
    }  # fmt: skip
    with Raw(PORT) as raw:
        return raw.send(request("/_stcore/stream", Host=host, Origin=origin, **headers)).status()


if __name__ == "__main__":
    sessions_of(Path(sys.argv[1]), 1)
    main(Path(sys.argv[1]))
