"""A client that sends exactly the bytes it is given, as an attacker does."""

import contextlib
import http.client
import socket
import time


class Raw:
    """One TCP connection to a server on loopback. source: the address it comes from."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Raw":
        """What the server does not take any more is not sent."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)
        return self

    def status(self, seconds: float = 20) -> int:
        """The status of the next answer, read to its end; 0 for a connection that ends without one."""
        self.socket.settimeout(seconds)
        answer = http.client.HTTPResponse(self.socket)
        try:
            answer.begin()
            answer.read()
        except (http.client.HTTPException, ConnectionResetError):
            return 0
        return answer.status

    def read(self, seconds: float = 20) -> bytes:
        """What comes first."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65_536)
        except ConnectionResetError:
            return b""

    def ended(self, seconds: float) -> bool:
        """Whether the server ends the connection within so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65_536):
                    return True
            except TimeoutError:
                return False
            except ConnectionResetError:
                return True
        return False


def request(target: str = "/login", method: str = "GET", body: bytes = b"", **headers: str) -> bytes:
    """A request of HTTP/1.1. Headers by name, `_` for `-`."""
    fields = {"Host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body or method == "POST":
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
