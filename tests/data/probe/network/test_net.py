"""Every failure has its class, whatever a server does, and no request goes where none may go."""

import asyncio
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from data.probe.network.failures import WORDS, Failure
from data.probe.network.net import Answer, Ask, Limits, Net, place
from tests.data.probe import zoo as z
from tests.data.probe.conftest import LIMIT
from tests.data.probe.zoo import Authority, Zoo

AT = datetime(2026, 11, 22, 8)


def ask(net: Net, url: str, **more: object) -> Answer:
    """One answer; requests to every host are allowed unless `allowed` says otherwise."""
    allowed = more.pop("allowed", lambda host, port: True)

    return asyncio.run(net.ask(Ask(url, **more), allowed, AT))


HOUSES: dict[str, tuple[z.Handler, Failure | None, str]] = {
    "healthy": (z.page("<p>fine</p>"), None, ""),
    "hanging": (z.hanging, Failure.TIMEOUT, "waiting for answer"),
    "dripping": (z.dripping, Failure.TIMEOUT, "waiting for the page's end"),
    "resetting": (z.resetting, Failure.RESET, ""),
    "silent": (z.silent, Failure.RESET, "without sending a response"),
    "looping": (z.looping, Failure.REDIRECTS, "20 → "),
    "gone": (z.page("<p>no</p>", "410 Gone"), Failure.CLIENT, "HTTP 410"),
    "blocking": (z.page("<p>no</p>", "403 Forbidden"), Failure.BLOCKED, "HTTP 403"),
    "asking for a browser": (
        z.page("<script>1</script>", "521", Set_Cookie="__jsluid_s=x"),
        Failure.BLOCKED,
        "HTTP 521",
    ),
    "down behind a proxy": (z.page("<p>no</p>", "521 Down"), Failure.SERVER, "HTTP 521"),
    "broken program": (z.page("<p>no</p>", "502 Bad Gateway"), Failure.SERVER, "HTTP 502"),
    "bomb": (z.bomb(), Failure.TOO_LARGE, "2,000,000 B"),
    "deflate bomb": (z.bomb(coding="deflate"), Failure.TOO_LARGE, "2,000,000 B"),
    "endless": (z.endless, Failure.TOO_LARGE, "2,000,000 B"),
    "endless chunks": (z.endless_chunks, Failure.TOO_LARGE, ""),
    "flooding": (z.flooding, Failure.BROKEN, ""),
    "short": (z.short, None, ""),
    "garbage": (z.garbage, Failure.BROKEN, ""),
    "torn": (z.torn, None, ""),
    "unasked coding": (z.unasked, None, ""),
    "to a private address": (z.leading("http://10.1.2.3/secret"), Failure.FORBIDDEN, "10.1.2.3"),
    "to the metadata": (z.leading("http://169.254.169.254/latest"), Failure.FORBIDDEN, "169.254.169.254"),
    "to a file": (z.leading("file:///etc/passwd"), Failure.BROKEN, "no address of the web"),
    "to nonsense": (z.leading("http://[::bad/"), Failure.BROKEN, ""),
    "to a wrong port": (z.leading("http://127.0.0.1:99999/"), Failure.BROKEN, ""),
}


@pytest.mark.parametrize("house", HOUSES)
def test_every_house_of_the_zoo_has_its_class(zoo: Zoo, net: Net, house: str) -> None:
    handler, failure, detail = HOUSES[house]
    began = time.monotonic()
    answer = ask(net, zoo.house(handler))
    assert (answer.failure, detail in answer.detail) == (failure, True), answer.detail
    assert time.monotonic() - began < 15, "the rules' own limit"
    assert len(answer.body) <= 2_000_000


def test_every_class_has_a_house() -> None:
    elsewhere = {Failure.DNS, Failure.UNREACHABLE, Failure.REFUSED, Failure.TLS, Failure.FOREIGN, Failure.EMPTY}
    assert {failure for _handler, failure, _detail in HOUSES.values()} - {None} | elsewhere == set(Failure)
    assert WORDS.keys() == set(Failure)
    assert all(text for words in WORDS.values() for pair in words for text in pair)


def test_a_closed_port_refuses(net: Net) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert ask(net, f"http://127.0.0.1:{port}/").failure is Failure.REFUSED


def test_a_name_that_is_not_there(net: Net) -> None:
    answer = ask(net, "http://nobody.invalid/")
    assert (answer.failure, "nobody.invalid" in answer.detail) == (Failure.DNS, True)


def test_a_network_that_cannot_be_reached(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_args: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("data.probe.network.connect._connect_socket", nowhere)
    assert ask(net, "http://127.0.0.1/").failure is Failure.UNREACHABLE


@pytest.mark.parametrize(
    ("names", "days", "signed", "detail"),
    [
        ((), -1, True, "expired"),
        ((), 90, False, "self-signed"),
        (("other.example",), 90, True, "another address"),
    ],
    ids=["expired", "self-signed", "for another name"],
)
def test_bad_certificate_is_reported(
    zoo: Zoo, authority: Authority, net: Net, names: tuple[str, ...], days: int, signed: bool, detail: str
) -> None:
    context = authority.context(*(names or [zoo.host]), since=-30, until=days, signed=signed)
    answer = ask(net, zoo.house(z.page("<p>secret</p>"), secure=context))
    assert answer.failure is Failure.TLS
    assert detail in answer.detail.lower()
    assert answer.body == b""


def test_good_certificate_has_an_expiry(zoo: Zoo, authority: Authority, net: Net) -> None:
    answer = ask(net, zoo.house(z.page("<p>fine</p>"), secure=authority.context(zoo.host, until=90)))
    assert answer.ok, answer.detail
    assert answer.certificate_ends is not None
    assert (answer.certificate_ends - datetime.now(UTC).replace(tzinfo=None)).days == 90
    assert {"dns", "connect", "tls", "answer", "body"} <= answer.phases.keys()


@pytest.mark.parametrize(("turns", "failure"), [(20, None), (21, Failure.REDIRECTS)])
def test_twenty_redirects_are_followed_and_twenty_one_are_not(
    zoo: Zoo, net: Net, turns: int, failure: Failure | None
) -> None:
    answer = ask(net, f"{zoo.house(z.turning)}{turns}")
    assert answer.failure is failure
    assert len(answer.redirects) == 20


@pytest.mark.parametrize(("size", "failure"), [(2_000_000, None), (2_000_001, Failure.TOO_LARGE)])
def test_the_limit_of_the_body_is_exact(zoo: Zoo, net: Net, size: int, failure: Failure | None) -> None:
    answer = ask(net, zoo.house(z.page(b"x" * size)))
    assert (answer.failure, len(answer.body)) == (failure, 2_000_000)


def test_the_limits_of_the_product() -> None:
    limits = Limits()
    assert (limits.seconds, limits.body, limits.redirects) == (15, 5_000_000, 20)


# --- where requests may go ----------------------------------------------------------------------------------------


def test_loopback_is_refused_unless_it_is_allowed(zoo: Zoo) -> None:
    url = zoo.house(z.page("<p>inside</p>"))
    assert ask(Net(limits=Limits(seconds=LIMIT)), url).failure is Failure.FORBIDDEN
    assert zoo.requests[url] == []


def test_one_forbidden_address_among_good_ones_refuses_them_all(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("127.0.0.1", "192.168.0.9")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: addresses)
    assert ask(net, "http://two.example/").failure is Failure.FORBIDDEN


def test_name_is_resolved_once_for_check_and_connection(zoo: Zoo, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one connected to: a second answer of the resolver is never used."""
    url = zoo.house(z.page("<p>fine</p>"))
    host, port = place(url)
    answers = iter([host, "192.168.0.1", "192.168.0.1"])
    real = socket.getaddrinfo

    def rebinding(name: str, *args: object, **named: object) -> list:
        return real(next(answers) if name == "rebind.example" else name, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    answer = ask(net, f"http://rebind.example:{port}/")
    assert (answer.failure, answer.address) == (None, host)
    assert next(answers) == "192.168.0.1", "resolved once"


def test_a_redirect_to_a_host_that_is_not_registered_is_not_followed(zoo: Zoo, net: Net) -> None:
    other = zoo.house(z.page("<p>elsewhere</p>"))
    here = zoo.house(z.leading(other))
    answer = ask(net, here, allowed=lambda host, port: (host, port) == place(here))
    assert (answer.failure, answer.detail) == (Failure.FOREIGN, other)
    assert zoo.requests[other] == []


def test_unregistered_host_gets_no_request(zoo: Zoo, net: Net) -> None:
    url = zoo.house(z.page("<p>fine</p>"))
    assert ask(net, url, allowed=lambda host, port: False).failure is Failure.FORBIDDEN
    assert zoo.requests[url] == []


def test_slow_name_server_does_not_delay_other_hosts(zoo: Zoo, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolver(name: str, *args: object, **named: object) -> list:
        if name == "slow.example":
            time.sleep(LIMIT + 1)
        return real("127.0.0.1" if name == "slow.example" else name, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    url = zoo.house(z.page("<p>fine</p>"))

    async def both() -> tuple[list[Answer], Answer]:
        waiting = [asyncio.create_task(net.ask(Ask("http://slow.example/"), _any, AT)) for _ in range(20)]
        await asyncio.sleep(0.1)
        quick = await net.ask(Ask(url), _any, AT)
        return [await task for task in waiting], quick

    slow, quick = asyncio.run(both())
    assert quick.ok
    assert quick.seconds < 0.5
    assert {answer.failure for answer in slow} == {Failure.TIMEOUT}
    assert "waiting for dns" in slow[0].detail


_any: Callable[[str, int], bool] = lambda host, port: True  # noqa: E731
