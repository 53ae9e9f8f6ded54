"""Ways by which a browser opens a site: another address, HTTPS for HTTP, a completed certificate chain."""

import asyncio
import socket
import ssl
import time
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data.home import Home
from data.probe import plan
from data.probe.network import connect
from data.probe.network.addresses import Allowance
from data.probe.network.failures import INCOMPLETE_CHAIN, Failure
from data.probe.network.net import Answer, Ask, Limits, Net, place
from data.probe.plan import Task
from data.probe.web.answer import Answer as Came
from data.probe.web.cookies import Cookies
from tests.data.probe import zoo as z
from tests.data.probe.conftest import LIMIT, FakeClock
from tests.data.probe.district import options, probed, registered
from tests.data.probe.zoo import NETWORK, Authority, Zoo, _certificate

AT = datetime(2026, 11, 22, 8)
PAGE = "<title>临江区人民政府</title><p>首页</p>"


def ask(net: Net, url: str) -> Answer:
    return asyncio.run(net.ask(Ask(url), lambda host, port: True, AT))


@pytest.fixture
def visits_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "tasks", lambda register: (Task("visit", thing) for thing in register.things.values()))


# --- addresses ----------------------------------------------------------------------------------------------------


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    zoo: Zoo, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with an IPv6 record and no IPv6 route opens in a browser, and here as fast."""
    host, port = place(zoo.house(z.page(PAGE)))
    real = connect._connect_socket

    async def connected(address: str, to: int) -> socket.socket:
        if address == "127.9.9.9":
            await asyncio.sleep(60)
        return await real(address, to)

    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("127.9.9.9", host)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: addresses)
    monkeypatch.setattr(connect, "_connect_socket", connected)
    answer = ask(net, f"http://two.example:{port}/")
    assert (answer.failure, answer.address) == (None, host)
    assert answer.seconds < LIMIT


def test_both_kinds_of_addresses_take_turns() -> None:
    assert connect._alternating(["::1", "::2", "::3", "1.1.1.1", "2.2.2.2"]) == [
        "::1", "1.1.1.1", "::2", "2.2.2.2", "::3"
    ]  # fmt: skip


# --- HTTPS --------------------------------------------------------------------------------------------------------


def test_a_site_that_answers_by_https_alone_is_open(
    home: Home, zoo: Zoo, authority: Authority, tmp_path: Path, clock: FakeClock, visits_only: None
) -> None:
    """Registered with http://, its port 80 closed: browsers go on to HTTPS."""
    host = "127.77.0.1"
    try:
        made = serve(zoo, host, 443, authority.context(host))
    except PermissionError:
        pytest.skip("only root may listen on port 443 here")
    edition = registered(home, [{"key": "site", "url": f"http://{host}/"}], AT)
    (visit,) = probed(home, edition, options(tmp_path, authorities=authority.file), clock)
    assert (visit["rule"], bool(visit["passed"])) == ("site_open", True)
    zoo.loop.call_soon_threadsafe(made.close)


def serve(zoo: Zoo, host: str, port: int, context: ssl.SSLContext) -> asyncio.Server:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        writer.write(z.answer("", "404 Not Found") if path == b"/robots.txt" else z.answer(PAGE))
        await writer.drain()
        writer.close()

    starting = asyncio.start_server(reply, host, port, ssl=context)
    made = asyncio.run_coroutine_threadsafe(starting, zoo.loop).result(10)
    zoo.servers.append(made)
    return made


# --- certificates -------------------------------------------------------------------------------------------------


def intermediate(root: Authority, folder: Path) -> Authority:
    """An authority that the root has signed; its `file` is its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zoo, second floor")])
    built = _certificate(name, root.certificate.subject, key, -1, 3650)
    built = built.add_extension(x509.BasicConstraints(True, 0), critical=True)
    made = Authority(folder, key, built.sign(root.key, hashes.SHA256()))
    made.file.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    return made


@pytest.fixture
def root(tmp_path: Path) -> Authority:
    (tmp_path / "root").mkdir()
    made = Authority.made(tmp_path / "root")
    name = made.certificate.subject
    built = _certificate(name, name, made.key, -1, 3650).add_extension(x509.BasicConstraints(True, 1), critical=True)
    certificate = built.sign(made.key, hashes.SHA256())
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(made.folder, made.key, certificate)


def test_a_chain_that_lacks_an_intermediate_is_doubted_and_can_be_completed(
    home: Home, zoo: Zoo, root: Authority, tmp_path: Path, clock: FakeClock, visits_only: None
) -> None:
    """Browsers fetch what the server forgot; the prober asks no host that is not registered."""
    (tmp_path / "second").mkdir()
    second = intermediate(root, tmp_path / "second")
    host = zoo.host
    assert ip_address(host)
    url = zoo.house(z.page(PAGE), secure=second.context(host))
    edition = registered(home, [{"key": "site", "url": url}], AT)
    (visit,) = probed(home, edition, options(tmp_path, authorities=root.file), clock)
    assert (visit["rule"], visit["evidence"].split(" · ")[0]) == ("uncertain", f"tls {INCOMPLETE_CHAIN}")
    both = tmp_path / "both.pem"
    both.write_bytes(root.file.read_bytes() + second.file.read_bytes())
    checks = probed(home, edition, options(tmp_path, authorities=both), clock)
    assert [bool(check["passed"]) for check in checks if check["rule"] == "site_open"] == [True]


def test_old_cipher_suites_are_offered_as_browsers_do(zoo: Zoo, authority: Authority, net: Net) -> None:
    context = authority.context(zoo.host)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=1")
    assert ask(net, zoo.house(z.page(PAGE), secure=context)).ok


# --- cookies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "host", "sent"),
    [
        ("a=1", "x.gov.cn", "a=1"), ("a=1", "y.gov.cn", ""), ("a=1; Domain=gov.cn", "y.gov.cn", "a=1"),
        ("a=1; Domain=.x.gov.cn", "m.x.gov.cn", "a=1"), ("a=1; Domain=cn", "x.gov.cn", ""),
        ("a=1; Domain=other.cn", "x.gov.cn", ""), ("a=1; Path=/in", "x.gov.cn", ""), ("a", "x.gov.cn", "a"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "x.gov.cn", ""), ("a=1; Expires=soon", "x.gov.cn", "a=1"),
        ("a=1; Secure", "x.gov.cn", ""), ("a=b=c; HttpOnly;;=;", "x.gov.cn", "a=b=c"), ("", "x.gov.cn", ""),
    ],
)  # fmt: skip
def test_cookie_is_sent_to_its_host_and_path(line: str, host: str, sent: str) -> None:
    cookies = Cookies()
    cookies.keep(Came("http://x.gov.cn/", AT, 0.1, final="http://x.gov.cn/", headers=(("set-cookie", line),)))
    assert cookies.header(f"http://{host}/") == sent


def test_endless_tiny_chunks_do_not_hold_the_processor(zoo: Zoo) -> None:
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 400_000
    began = time.process_time()
    answer = ask(Net(Allowance.of([NETWORK]), Limits(seconds=10)), zoo.house(z.raw(body)))
    assert (answer.failure, len(answer.body)) == (None, 400_000)
    assert time.process_time() - began < 5
    assert answer.failure is not Failure.TIMEOUT
