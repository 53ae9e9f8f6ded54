"""Malformed and unusual requests are refused, without server errors."""

import asyncio
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bench.support.viewer import BadRun, Place, Viewer
from cockpit.access.visitors import COOKIE
from data.desk import clock
from data.desk.auditing.custody import Custody
from data.desk.identity import accounts, sessions, tokens
from data.desk.store import Desk, open_desk
from tests.cockpit.api.conftest import Served, prepared
from tests.factory import DISTRICT
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow

ODD = [
    "%00", "a%00b", "%ed%a0%80", "%ff", "%", "%zz", "", "9" * 400, "-1", "1e308", "NaN", "0001-01-01", "9999-12-31",
    "9" * 5000, "10000-01-01", "2026-11-20T24:00:00", "2026-11-20T00:00:00+14:00", "2026-11-20T00:00:00-23:59",
    "%F0%9F%8F%98", "%E2%80%AE", "x" * 7000, "'%22;--", "..%2f..%2fetc%2fpasswd", "1&{0}=2", "1&{0}=%00",
]  # fmt: skip
"""Values of a parameter; `{0}` is its name, so that it is given twice."""
QUESTIONS = {
    "/api/v1/metrics/intake": ("area", "from", "to", "as_of", "by", "edition", "vs", "where", "category", "kind"),
    "/api/v1/rows/intake": ("area", "from", "to", "as_of", "part", "edition", "limit", "offset", "order", "category"),
    "/api/v1/reds": ("area", "from", "to", "edition", "limit"),
    "/api/v1/areas": ("area", "edition", "level", "q"),
    "/files/rows.csv": ("area", "metric", "from", "to", "edition", "report", "part", "as_of", "category", "lang", "q"),
    "/files/panel.json": ("panel", "area", "areas", "units", "over", "metric", "edition", "report", "lang"),
    "/search.json": ("q", "area", "edition", "lang"),
    "/api/v1/search": ("q", "limit", "edition"),
    "/api/v1/items": ("kind", "state", "owner", "q", "view", "limit", "offset"),
    "/unsubscribe": ("token", "lang"),
    "/geo/e/1.geojson": ("own", "q"),
    "/login": ("next", "lang"),
    "/wall": ("area", "lang"),
}
SCREENS = {
    "": ("area", "metric", "from", "to", "vs", "edition", "lang", "size", "report"),
    "rows": ("part", "category", "kind", "q", "order", "page", "as_of", "group"),
    "audit": ("event", "who", "since", "until", "page"),
    "accounts": ("q", "account", "page"),
    "grants": ("q", "account"),
    "sites": ("q", "show"),
    "case": ("source", "key"),
    "reports": ("report",),
    "passport": ("metric",),
    "data": ("batch",),
}
SHOWN = ["\0", "a\0b", "\ud800", "9" * 400, "0001-01-01", "9999-12-31", "", "%", "x" * 3000, "\u202e"]
ROLES = ("leader", "audit_admin", "system_admin", "security_admin", "data_officer")
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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Desk]]:
    """A server and its desk, of either kind."""
    home = prepared(tmp_path_factory.mktemp("odd"))
    url = f"sqlite:///{home.resolve() / 'desk.sqlite'}"
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.database(f"odd{time.time_ns()}")
    desk = open_desk(url, Custody.of_home(home))
    for role in ROLES:
        account = accounts.add(desk, f"odd-{role}", "Hongqi+2026+odd", must_change=False)
        accounts.grant(desk, account.name, role, None if "admin" in role else DISTRICT)
    served = Served(home)
    try:
        served.start(COCKPIT_PUBLISH_SECONDS="10", COCKPIT_PUSH_RATE="100000", COCKPIT_DESK=url)
        yield served, desk
    finally:
        served.stop()
        desk.close()


@pytest.fixture(scope="module")
def served(server: tuple[Served, Desk]) -> Served:
    return server[0]


@pytest.fixture(scope="module")
def token(server: tuple[Served, Desk]) -> str:
    until = clock.now() + timedelta(days=1)
    return tokens.issue(server[1], "tickets", sources=("tickets",), area=DISTRICT, expires_at=until)


def session_of(desk: Desk, role: str) -> str:
    """A session with a second factor, where that is compulsory."""
    return sessions.start(desk, accounts.named(desk, f"odd-{role}").id, factor=True)


def status(served: Served, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> int:
    """The status of an answer; 0 where the connection is closed instead."""
    address = urlsplit(served.address)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(body))}.items()]
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as listener:
        listener.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        answer = listener.makefile("rb").readline()
    return int(answer.split()[1]) if answer else 0


def log_of(served: Served) -> str:
    return (served.home / "serve.log").read_text("utf-8", "replace")


@pytest.mark.parametrize("signed", ["nobody", "a token"])
@pytest.mark.parametrize("method", METHODS)
def test_no_target_makes_the_server_fail(served: Served, token: str, method: str, signed: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if signed == "a token" else {}
    statuses = {target: status(served, method, target, headers) for target in TARGETS}
    assert {target: code for target, code in statuses.items() if code >= 500} == {}
    assert "Traceback" not in log_of(served)


@pytest.mark.parametrize("route", ["/api/v1/reports", "/api/v1/push/tickets"])
def test_no_body_makes_the_server_fail(served: Served, token: str, route: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    statuses = {body: status(served, "POST", route, headers, body.encode()) for body in BODIES}
    assert {body[:80]: code for body, code in statuses.items() if code >= 500} == {}
    assert "Traceback" not in log_of(served)


@pytest.mark.parametrize(
    "name", ["Idempotency-Key", "Authorization", "Cookie", "Accept-Language", "User-Agent", "Origin"]
)
def test_no_header_makes_the_server_fail(served: Served, token: str, name: str) -> None:
    good = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    values = ["\xff\xfe", "\x00", "\xed\xa0\x80", "x" * 5000, "Bearer \xff", "cockpit_session=\xff\xfe; a=\xed\xa0\x80"]
    statuses = {
        value[:20]: status(served, "POST", "/api/v1/push/tickets", good | {name: value}, b"[]") for value in values
    }
    statuses |= {f"GET {v[:20]}": status(served, "GET", "/", {name: v, "Accept": "text/html"}) for v in values}
    assert {value: code for value, code in statuses.items() if code >= 500} == {}
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


@pytest.mark.parametrize("signed", ["a token", "a session"])
def test_no_value_of_a_parameter_makes_the_server_fail(server: tuple[Served, Desk], token: str, signed: str) -> None:
    served, desk = server
    session = {"Cookie": f"{COOKIE}={session_of(desk, 'leader')}"}
    headers = {"Authorization": f"Bearer {token}"} if signed == "a token" else session
    statuses = {}
    for path, names in QUESTIONS.items():
        for name in names:
            for value in ODD:
                given = "" if name in ("from", "to") else f"{PERIOD}&"
                target = f"{path}?{given}{name}={value.format(name)}"
                statuses[target] = status(served, "GET", target, headers)
    assert {target[:200]: code for target, code in statuses.items() if code >= 500} == {}
    assert 200 in statuses.values()
    assert "Traceback" not in log_of(served)


@pytest.mark.parametrize(
    ("server", "role"),
    [*(("sqlite", role) for role in ROLES), ("postgresql", "leader"), ("postgresql", "audit_admin")],
    indirect=["server"], scope="module",
)  # fmt: skip
def test_no_value_in_the_address_of_a_screen_makes_it_fail(server: tuple[Served, Desk], role: str) -> None:
    served, desk = server

    async def look() -> set[str]:
        said = set()
        for page, names in SCREENS.items():
            for name in names:
                viewer = Viewer(
                    served.address, session_of(desk, role), Place("district", DISTRICT, ""), set(), page=page
                )
                async with viewer:
                    for value in SHOWN:
                        try:
                            await viewer.run(**{name: value.encode("utf-8", "surrogatepass")})
                        except BadRun as error:
                            if "the screen" not in str(error):  # which says in words what is wrong with the address
                                said.add(f"{page} {name} {value[:9]!r}: {error}")
        return said

    assert asyncio.run(look()) == set()
    assert "Traceback" not in log_of(served)
