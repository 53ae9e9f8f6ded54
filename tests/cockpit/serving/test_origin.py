"""Which origins are those of a page of this server, for every way to write one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.serving import origin

NAMES = st.sampled_from(["localhost", "127.0.0.1", "[::1]", "cockpit.example", "xn--fiqs8s.example", "a.b"])
SCHEMES = st.sampled_from(["http", "https"])
PORTS = st.one_of(st.none(), st.integers(1, 65_535))


def request(scheme: str, host: str, *origins: str, type: str = "http", method: str = "POST", **more: str) -> Any:
    headers = [
        (b"host", host.encode("latin-1", "ignore")),
        *((b"origin", o.encode("latin-1", "ignore")) for o in origins),
    ]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    scheme = scheme.replace("http", "ws") if type == "websocket" else scheme
    return {"type": type, "scheme": scheme, "headers": headers, "method": method}


def place(name: str, port: int | None) -> str:
    return name if port is None else f"{name}:{port}"


@given(SCHEMES, NAMES, PORTS, st.sampled_from(["http", "websocket"]))
def test_a_page_of_this_server_may(scheme: str, name: str, port: int | None, type: str) -> None:
    host = place(name, port)
    assert origin.fault(request(scheme, host, f"{scheme}://{host}", type=type)) is None
    assert origin.fault(request(scheme, host.upper(), f"{scheme}://{host}", type=type)) is None


@given(SCHEMES, NAMES, PORTS, SCHEMES, NAMES, PORTS)
def test_only_the_same_scheme_host_and_port_may(
    scheme: str, name: str, port: int | None, other: str, there: str, at: int | None
) -> None:
    standard = {"http": 80, "https": 443}
    same = (scheme, name, port or standard[scheme]) == (other, there, at or standard[other])
    fault = origin.fault(request(scheme, place(name, port), f"{other}://{place(there, at)}"))
    assert (fault is None) == same


@pytest.mark.parametrize(
    "wrong",
    ["null", "", "localhost", "//localhost", "http://localhost/", "http://localhost/a", "http://localhost?", "http://a@localhost",
     "http://localhost#", "http://localhost:", "http://localhost:99999", "http://localhost:x", "http://[::1", "file://localhost",
     "http://localhost.", "http://localhost.evil.example", "http://evil.example", "http:// localhost", "http://localhost\t",
     "ws://localhost", "http://localhost http://localhost", "http://localhost, http://evil.example", "chrome-extension://localhost"],
)  # fmt: skip
def test_other_origins_are_refused(wrong: str) -> None:
    assert origin.fault(request("http", "localhost", wrong)) or wrong == "http://localhost:"
    assert origin.fault(request("https", "localhost", wrong))


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    origin.fault(request("http", text, text))
    origin.parse(text)


def test_headers_that_contradict_each_other_may_not() -> None:
    assert origin.fault(request("http", "localhost", "http://localhost", "http://localhost"))
    scope = request("http", "localhost", "http://localhost")
    scope["headers"].append((b"host", b"localhost"))
    assert origin.fault(scope)


def test_programs_send_no_origin_and_browsers_say_where_they_are() -> None:
    assert origin.fault(request("http", "localhost")) is None
    for site in ("same-origin", "none"):
        assert origin.fault(request("http", "localhost", sec_fetch_site=site)) is None
    for site in ("cross-site", "same-site", ""):
        assert origin.fault(request("http", "localhost", sec_fetch_site=site))


def test_read_requests_may_come_from_links() -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert not origin.is_checked({"type": "http", "method": method})
    for method in ("POST", "PUT", "PATCH", "DELETE", "post", "X"):
        assert origin.is_checked({"type": "http", "method": method})
    assert origin.is_checked({"type": "websocket"})


def test_refused_origin_does_not_reach_streamlit() -> None:
    scope = request("http", "localhost:80", "http://localhost", type="websocket")
    origin.hide(scope)
    assert [name for name, _value in scope["headers"]] == [b"host"]
