"""Heads of the audit reach a syslog collector over TLS, framed by RFC 5425; one without a trusted name gets none."""

import contextlib
import datetime
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data.desk.auditing import custody, proof, syslog
from data.desk.auditing.custody import Custody
from data.desk.auditing.syslog import Collector
from data.desk.store import open_desk
from tests.data.desk.auditing.test_audit import fill


def certificate(folder: Path, address: str = "127.0.0.1") -> Path:
    """A self-signed certificate with its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{address}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


class Server:
    """A collector: reads octet-counted frames from any number of connections."""

    def __init__(self, file: Path, port: int = 0) -> None:
        self.messages: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _from = self._door.accept()
                connection = self._context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: ssl.SSLSocket) -> None:
        held = b""
        while True:
            try:
                part = connection.recv(65536)
            except OSError:
                return
            if not part:
                return
            held += part
            while length := re.match(rb"(\d+) ", held):
                end = length.end() + int(length[1])
                if len(held) < end:
                    break
                self.messages.append(held[length.end() : end].decode())
                held = held[end:]

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    syslog_server = Server(certificate(tmp_path))
    yield syslog_server
    syslog_server.stop()


def waited(server: Server, count: int) -> list[str]:
    until = time.monotonic() + 20
    while len(server.messages) < count and time.monotonic() < until:
        time.sleep(0.02)
    return server.messages


def test_each_head_reaches_the_collector_whose_log_proves_the_chain(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "RETRY_SECONDS", 0.05)
    collector = Collector("127.0.0.1", server.port, tmp_path / "127.0.0.1.pem")
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}", Custody(tmp_path / "keys", collector=collector))
    fill(desk, 3)
    messages = waited(server, 3)
    assert all(re.match(r"<109>1 \S+Z \S+ cockpit-audit \d+ head - \{", one) for one in messages)
    assert "w0" not in str(messages), "who did what stays at the desk"
    log = tmp_path / "collected.log"
    others = "Nov 28 host other {not ours}\n" + 'Nov 28 other {"a": 1}\n'
    log.write_text("".join(f"Nov 28 host {one}\n" for one in messages) + others, "utf-8")
    assert proof.verify(desk, log) == proof.Verdict(3)
    server.stop()
    fill(desk, 1)
    again = Server(tmp_path / "127.0.0.1.pem", server.port)
    assert '"head": 4' in waited(again, 1)[-1], "what waited is sent once the collector is back"
    again.stop()
    assert custody._sender(collector).flush()
    desk.close()


def test_a_collector_of_another_name_gets_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(certificate(tmp_path, "127.0.0.2"))
    sender = syslog.Syslog(Collector("127.0.0.1", server.port, tmp_path / "127.0.0.2.pem"))
    sender.send("secret")
    assert not sender.flush(1)
    assert server.messages == []
    assert "certificate verify failed" in caplog.text
    server.stop()
