"""The role matrix of the routes: every route of the application, every role, every kind of scope."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

import app as application
from cockpit import editions, settings
from cockpit.access import gate, hosts, visitors
from cockpit.access.policy import MATRIX, OPERATOR, Can
from cockpit.access.visitors import COOKIE
from cockpit.api.app import api
from cockpit.reports import make, worker
from cockpit.reports.request import Request
from cockpit.serving import headers, search_limit
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing import audit
from data.desk.identity import accounts, sessions, tokens
from data.editions import from_desk
from data.editions.from_desk import FromDesk, Limit
from tests.examples import examples
from tests.factory import DISTRICT, TOWNS, VILLAGES

OWN, CHILD, SIBLING, PARENT = TOWNS[0], VILLAGES[0], TOWNS[1], DISTRICT
INSIDE, OUTSIDE = (OWN, CHILD), (SIBLING, VILLAGES[2], PARENT)
NONSENSE = ("0", "-1", "990109000000", "999999999999", "x'; DROP TABLE cases;--", "９９")
NOVEMBER = "from=2026-11-01&to=2026-12-01"

OPEN = {
    "/unsubscribe", "/public",
    "/login", "/login/demo", "/login/provider", "/login/provider/back", "/login/provider/link", "/healthz", "/readyz",
}  # fmt: skip
"""For everybody: the way in, what the browser needs for it, and what a load balancer asks."""
TILES = "/files/tiles/{version}/{id}/{z:int}/{x:int}/{y:int}"
"""Of the base map, the same for everybody: tests/cockpit/access/map."""
SIGNED_IN = {
    "/logout", "/password", "/session", "/account", "/account/factor", "/account/notifications",
    "/account/notifications/subscriptions", "/account/sessions", "/account/shortcut", "/wall",
    "/views.json", "/columns.json", TILES,
    "/api/v1/openapi.json", "/api/v1/metrics", "/api/v1/editions", "/api/v1/report-kinds", "/api/v1/topics",
}  # fmt: skip
"""For whoever is signed in: one's own account, the dictionary, what is published, the way to a wall screen."""
FORMS = ("/account/notifications/subscriptions", "/account/sessions", "/account/shortcut")
"""Of those, what only takes forms."""
ROLES = {"/files/audit.jsonl": Can.AUDIT}
"""For a role, wherever it is held."""
SCOPED = {
    "/geo/{edition}/{area}.geojson": "/geo/EDITION/AREA.geojson",
    "/files/layer/{edition}/{area}/{layer}.bin": "/files/layer/EDITION/AREA/cases.bin?v=x",
    "/files/layer/{edition}/{area}/{layer}/card.json": "/files/layer/EDITION/AREA/cases/card.json?i=0",
    "/files/layer/{edition}/{area}/{layer}/pick.json": "/files/layer/EDITION/AREA/cases/pick.json?i=0,1",
    "/files/layer/{edition}/{area}/{layer}/names.json": "/files/layer/EDITION/AREA/cases/names.json?i=0,1",
    "/api/v1/metrics/{id}": f"/api/v1/metrics/intake?{NOVEMBER}&area=AREA",
    "/api/v1/metrics/{id} as CSV": f"/api/v1/metrics/intake?{NOVEMBER}&area=AREA&format=csv",
    "/api/v1/rows/{id}": f"/api/v1/rows/intake?{NOVEMBER}&area=AREA",
    "/api/v1/reds": f"/api/v1/reds?{NOVEMBER}&area=AREA",
    "/api/v1/areas": "/api/v1/areas?area=AREA",
    "/api/v1/areas as GeoJSON": "/api/v1/areas?area=AREA&format=geojson",
    "/files/rows.csv": f"/files/rows.csv?{NOVEMBER}&metric=intake&area=AREA",
    "/files/panel.json": f"/files/panel.json?{NOVEMBER}&metric=intake&area=AREA&panel=tiles",
    "/files/panel.csv": f"/files/panel.csv?{NOVEMBER}&metric=intake&area=AREA&panel=tiles",
}
"""Routes limited to granted areas, and their query for an area."""
NEEDS = {"/files/rows.csv": Can.EXPORT, "/files/panel.csv": Can.EXPORT}
"""What takes another right than to look."""
FOUND = {"/search.json", "/api/v1/search", "/api/v1/limits"}
"""Refuses nobody, and finds nothing outside: the tests below walk them."""
REPORTS = {"/files/report/{id}", "/api/v1/reports", "/api/v1/reports/{id}", "/api/v1/reports/{id}/file"}
"""For who may report on all areas of a report: the test below walks them."""
ITEMS = {
    *("/api/v1/item-kinds", "/api/v1/items", "/api/v1/items/{number}", "/api/v1/items/{number}/steps"),
    *("/files/attachment", "/files/items.csv", "/files/item-form"),
}
"""For who may act on an item: tests/cockpit/api/test_items.py, tests/cockpit/actions/test_attachments.py."""
ASSET = "/api/v1/assets/{source}/{key:path}"
ASSETS = {"/api/v1/assets", ASSET, f"{ASSET}/edits", f"{ASSET}/edits/{{id}}/withdrawal"}
"""For who manages data: tests/cockpit/api/test_assets.py."""
ASSESSMENTS = {"/api/v1/schemes", "/api/v1/assessments", "/api/v1/assessments/{id}"}
"""For who may look at assessed areas: tests/cockpit/api/test_assessments.py."""
TOKENS = {"/api/v1/push/{source}", "/api/v1/push/{id}"}
"""For systems with a token that says so (tests/cockpit/api); a session opens none, but what became of a push."""


def paths(routes: list[BaseRoute], above: str = "") -> Iterator[str]:
    """The path of every route, also of those that another application or router brings along."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths(list(route.routes), above + route.path)
        elif inner := getattr(route, "original_router", None):  # what FastAPI's include_router leaves
            yield from paths(list(inner.routes), above)
        else:
            assert isinstance(route, Route), f"{route} is of a kind that this test does not walk"
            yield above + route.path


@pytest.fixture
def get(session: Callable[..., str]) -> Callable[..., httpx.Response]:
    """Asks a path as a role that holds OWN; as nobody without one."""
    served = Starlette(
        routes=application.ROUTES,
        middleware=[Middleware(headers.Headers), Middleware(hosts.KnownHosts), Middleware(gate.Gate)],
    )

    def send(path: str, role: str = "", method: str = "GET", **how: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"cookie": f"{COOKIE}={session(role, OWN)}"} if role else {}
            transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
                return await client.request(method, path, **how)

        return asyncio.run(run())

    return send


def filled_in(path: str) -> str:
    """A path with something in place of its parameters."""
    named = {
        "edition": "e", "area": str(OWN), "id": "intake", "source": "hotline", "layer": "cases",
        "number": "DB20261120-1", "version": "v", "z": 1, "x": 1, "y": 1, "key": "k",
    }  # fmt: skip
    return path.replace(":int", "").replace(":path", "").format(**named)


def of(pattern: str, area: object) -> str:
    return pattern.replace("EDITION", editions.current(settings.current()).id).replace("AREA", str(area))


def test_limits_of_areas_outside_are_not_listed(
    get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of an area above apply to one's own as well."""

    def limit(id: int, area: int) -> Limit:
        day = datetime(2026, 1, 1)
        return Limit(id, "on_time_rate", area, "", day.date(), None, ">= 60", "< 40", "区办", day)

    known = FromDesk(tuple(limit(i, area) for i, area in enumerate((OWN, CHILD, SIBLING, VILLAGES[2], PARENT))))
    monkeypatch.setattr(from_desk, "read", lambda edition: known)
    listed = get("/api/v1/limits", "leader").json()
    assert [int(row["area"]) for row in listed] == [OWN, CHILD, PARENT]
    assert get("/api/v1/limits").status_code == 401


def test_no_route_was_forgotten() -> None:
    """A new route has to be put into one of the sets above, and so is walked by the tests below."""
    classified = (
        OPEN
        | SIGNED_IN
        | set(ROLES)
        | {route.partition(" as ")[0] for route in SCOPED}
        | FOUND
        | REPORTS
        | ITEMS
        | ASSETS
        | ASSESSMENTS
        | TOKENS
    )
    assert set(paths(application.ROUTES)) == classified
    described = {f"/api/v1{path}" for path in api.openapi()["paths"]}
    assert described <= {path.replace(":path}", "}") for path in classified}


def test_routes_require_a_session_except_the_open_ones(get: Callable[..., httpx.Response]) -> None:
    for path in set(paths(application.ROUTES)) - OPEN:
        filled = filled_in(path)
        answers = {get(filled, method=method).status_code for method in ("GET", "POST")}
        assert 401 in answers, path
        assert answers <= {401, 405}, path


@pytest.mark.parametrize("role", MATRIX)
def test_any_session_may_open_the_account_page_and_the_dictionary(
    get: Callable[..., httpx.Response], role: str
) -> None:
    for path in SIGNED_IN - {*FORMS, TILES, "/logout", "/columns.json"}:
        assert get(path, role).status_code in (200, 204, 307), path
    for path in FORMS:
        assert get(path, role, "POST").status_code == 303


@pytest.mark.parametrize("role", MATRIX)
def test_role_routes_refuse_other_roles(get: Callable[..., httpx.Response], role: str) -> None:
    for path, need in ROLES.items():
        assert get(path, role).status_code == (200 if need in MATRIX[role] else 403), path


@pytest.mark.parametrize("role", MATRIX)
def test_items_are_for_roles_that_act_on_them(get: Callable[..., httpx.Response], role: str) -> None:
    may = Can.ACT in MATRIX[role]
    for path, status in (("item-kinds", 200), ("items", 200), ("items/DB20261120-1", 404)):
        assert get(f"/api/v1/{path}", role).status_code == (status if may else 403), path
    posted = {"json": {"step": "sign"}, "headers": {"idempotency-key": "k"}}
    assert get("/api/v1/items/DB20261120-1/steps", role, "POST", **posted).status_code in ((404,) if may else (403,))


@pytest.mark.parametrize("role", MATRIX)
def test_assets_are_for_roles_that_manage_data(get: Callable[..., httpx.Response], role: str) -> None:
    for path, right, status in (
        ("", Can.DATA, 200), ("/s/none", Can.DATA, 404), ("/s/none/edits", Can.PROPOSE, 404),
        ("/s/none/edits/1/withdrawal", Can.PROPOSE, 404),
    ):  # fmt: skip
        method = "GET" if right == Can.DATA else "POST"
        body = {"json": {"field": "unit", "value": "", "reason": "x"}} if path.endswith("edits") else {}
        assert get(f"/api/v1/assets{path}", role, method, **body).status_code == (
            status if right in MATRIX[role] else 403
        ), path


@pytest.mark.parametrize("role", MATRIX)
def test_assessments_are_for_roles_that_look_at_areas(get: Callable[..., httpx.Response], role: str) -> None:
    for path, status in (("schemes", 200), ("assessments", 200), ("assessments/1", 404)):
        assert get(f"/api/v1/{path}", role).status_code == (status if Can.LOOK in MATRIX[role] else 403), path


@pytest.mark.parametrize("route", SCOPED)
@pytest.mark.parametrize("role", MATRIX)
def test_route_answers_for_granted_areas_only(get: Callable[..., httpx.Response], role: str, route: str) -> None:
    for area in (*INSIDE, *OUTSIDE):
        allowed = NEEDS.get(route, Can.LOOK) in MATRIX[role] and area in INSIDE
        answer = get(of(SCOPED[route], area), role)
        assert answer.status_code == (200 if allowed else 403), area
        if not allowed:
            newest = audit.entries(visitors.desk(), event="refused", limit=1)[0]
            assert (newest["who"], newest["role"]) == (f"{role}-{OWN}", role)
            assert str(area) in str(newest["what"])
    for area in NONSENSE:
        assert get(of(SCOPED[route], area), role).status_code in (400, 403, 404, 422), area


LAYER = "/files/layer/EDITION/AREA/cases"
ROWS = (
    "/files/rows.csv?metric=intake&area=AREA", "/api/v1/rows/intake?area=AREA", f"{LAYER}/card.json?i=0",
    f"{LAYER}/pick.json?i=0,1", f"{LAYER}/names.json?i=0,1",
    f"{LAYER}.bin?v=x", "/search.json?q=script", "/api/v1/search?q=script",
)  # fmt: skip
"""Answers that contain rows of facts."""


@pytest.mark.parametrize("path", ROWS)
def test_nothing_is_exported_when_the_audit_row_cannot_be_written(
    get: Callable[..., httpx.Response], path: str
) -> None:
    url = of(path, OWN) if "search" in path else f"{of(path, OWN)}&{NOVEMBER}"
    allowed = get(url, "inspector")
    assert (allowed.status_code, allowed.headers["cache-control"] == "no-store") == (200, ".bin" not in path)
    desk = visitors.desk()
    with desk.begin() as session:
        session.execute(text("CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END"))
    try:
        answer = get(url, "inspector")
        assert (answer.status_code, str(OWN) in answer.text) == (503, False)
        reports = {"kind": "monthly", "areas": [OWN], "from": "2026-11-01", "to": "2026-12-01", "format": "csv"}
        assert get("/api/v1/reports", "inspector", "POST", json=reports).status_code == 503
    finally:
        with desk.begin() as session:
            session.execute(text("DROP TRIGGER no_audit"))


def test_the_file_is_of_todays_grants_and_in_the_audit_with_its_hash(get: Callable[..., httpx.Response]) -> None:
    checks = of(f"{SCOPED['/files/rows.csv']}&lang=en", CHILD)
    answer = get(checks, "inspector")
    assert f"{CHILD}-1" in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    row = audit.entries(visitors.desk(), event="export", limit=1)[0]
    assert sha256(answer.content).hexdigest() in str(row["what"])
    assert (row["who"], row["address"] != "") == (f"inspector-{OWN}", True)
    for bad in ("metric=nonsense", "part=x", "age=9-1", "from=x", "edition=x", "metric=three_rate_score", "sort=nope",
                "catgory=x", "as_of=2026-11-01", "q=" + "9" * 101):  # fmt: skip
        assert get(f"{checks}&{bad}", "inspector").status_code == 400, bad


def test_a_selection_exports_no_row_of_another_area(get: Callable[..., httpx.Response]) -> None:
    address = f"{of(SCOPED['/files/rows.csv'], CHILD)}&pick="
    own_row = next(line for line in get(address, "inspector").text.splitlines() if f"{CHILD}-1" in line)
    source = own_row.split(",")[0]
    both = get(f"{address}{source}/{CHILD}-1,{source}/{VILLAGES[2]}-1", "inspector")
    assert both.status_code == 200
    assert len(both.text.strip().splitlines()) == 2
    assert f"{CHILD}-1" in both.text
    assert (
        get(f"{of(SCOPED['/files/rows.csv'], VILLAGES[2])}&pick={source}/{VILLAGES[2]}-1", "cadre").status_code == 403
    )


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_panel_file_of_a_comparison_is_refused_for_areas_of_others(
    get: Callable[..., httpx.Response], kind: str
) -> None:
    """The view's own area is within the grants, the compared ones are not."""
    address = f"/files/panel.{kind}?{NOVEMBER}&metric=intake&area={OWN}&areas=AREAS&panel=compare-table"
    mine = get(address.replace("AREAS", f"{CHILD},{VILLAGES[1]}"), "inspector")
    assert mine.status_code == 200
    for others in (f"{CHILD},{VILLAGES[2]}", f"{OWN},{SIBLING}"):
        answer = get(address.replace("AREAS", others), "inspector")
        assert answer.status_code == 403, others
        assert audit.entries(visitors.desk(), event="refused", limit=1)[0]["who"] == f"inspector-{OWN}"
    assert get(address.replace("AREAS", "nonsense"), "inspector").status_code == 400


def test_panel_file_is_audited_and_not_cached(get: Callable[..., httpx.Response]) -> None:
    answer = get(of(SCOPED["/files/panel.csv"], CHILD), "inspector")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    row = audit.entries(visitors.desk(), event="export", limit=1)[0]
    assert sha256(answer.content).hexdigest() in str(row["what"])
    shown = get(of(SCOPED["/files/panel.json"], CHILD), "cadre")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    for bad in ("panel=nonsense", "panel=", "metric=nonsense", "from=x"):
        assert get(f"{of(SCOPED['/files/panel.csv'], CHILD)}&{bad}", "inspector").status_code == 400, bad


@pytest.mark.parametrize(
    ("path", "event", "what"),
    [
        (f"{LAYER}.bin?v=x", "drill", "layer cases AREA 30 rows"),
        (f"{LAYER}/card.json?i=0", "view_case", "/"),
        (f"{LAYER}/pick.json?i=0,1", "drill", "layer cases AREA 2 rows"),
        (f"{LAYER}/names.json?i=0,1", "drill", "layer cases AREA 2 rows"),
        ("/search.json?q=script", "drill", "search 5 cases"),
    ],
)
def test_rows_of_the_map_and_the_search_box_are_in_the_audit(
    get: Callable[..., httpx.Response], path: str, event: str, what: str
) -> None:
    for role in ("leader", "cadre"):
        assert get(of(path, OWN), role).status_code == 200
        newest = audit.entries(visitors.desk(), limit=1)[0]
        assert (newest["event"], newest["who"]) == (event, f"{role}-{OWN}")
        assert of(what, OWN) in str(newest["what"])


def test_numbers_of_areas_on_the_map_are_not_in_the_audit(get: Callable[..., httpx.Response]) -> None:
    before = audit.entries(visitors.desk(), limit=1)
    assert get(of("/files/layer/EDITION/AREA/areas.bin?v=x&metric=intake", OWN), "leader").status_code == 200
    assert audit.entries(visitors.desk(), limit=1) == before


@pytest.mark.parametrize("bad", ["tile=" + "9" * 5000, "tile=-1", "tile=x", "tile=%EF%BC%91", "vs=x", "edtion=x"])
def test_a_layer_refuses_what_it_cannot_take(get: Callable[..., httpx.Response], bad: str) -> None:
    answer = get(f"{of(SCOPED['/files/layer/{edition}/{area}/{layer}.bin'], CHILD)}&{bad}", "leader")
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("path", ["/media/abc.csv", "/rows/media/abc.csv"])
def test_files_by_hash_are_not_served(get: Callable[..., httpx.Response], path: str) -> None:
    assert (get(path, "leader").status_code, get(path, "leader").text) == (404, "not found\n")


@pytest.mark.parametrize("role", MATRIX)
def test_a_session_pushes_nothing(get: Callable[..., httpx.Response], role: str) -> None:
    assert get("/api/v1/push/hotline", role, "POST", json=[{"key": "1"}]).status_code == 403
    assert get("/api/v1/push/hotline", role, "GET").status_code == 404


@pytest.mark.parametrize("role", MATRIX)
@pytest.mark.parametrize("kind", ["brief", "ledger"])
def test_reports_are_limited_to_granted_areas(get: Callable[..., httpx.Response], role: str, kind: str) -> None:
    need = Can.EXPORT if kind == "ledger" else Can.REPORT
    body = {"kind": kind, "from": "2026-11-01", "to": "2026-12-01", "format": "csv"}
    for area in (*INSIDE, *OUTSIDE):
        allowed = need in MATRIX[role] and area in INSIDE
        answer = get("/api/v1/reports", role, "POST", json={**body, "areas": [area]})
        assert (answer.status_code == 202) is allowed, answer.text
        assert allowed or answer.status_code == 403
    made = get("/api/v1/reports", "inspector", "POST", json={**body, "areas": [OWN]}).json()["id"]
    config = settings.current()
    while worker.once(visitors.desk(), config):
        pass
    readable = Can.EXPORT in MATRIX[role]  # an inspector's holds single cases
    listed = get("/api/v1/reports", role)
    assert (made in listed.text) is readable
    assert listed.status_code == (200 if Can.REPORT in MATRIX[role] else 403)
    for path in (f"/api/v1/reports/{made}", f"/api/v1/reports/{made}/file", f"/files/report/{made}"):
        assert (get(path, role).status_code == 200) is readable, path
    if readable:
        newest = audit.entries(visitors.desk(), event="export", limit=1)[0]
        assert (newest["who"], made in str(newest["what"])) == (f"{role}-{OWN}", True)


def test_token_may_request_reports_only_if_issued_for_them_and_no_rows(
    get: Callable[..., httpx.Response],
) -> None:
    desk, until = visitors.desk(), clock.now() + timedelta(days=1)
    token_fields = {"area": OWN, "expires_at": until}
    headers = {
        name: {"authorization": f"Bearer {tokens.issue(desk, name, reports=name == 'office', **token_fields)}"}
        for name in ("office", "screen")
    }
    request_body = {"kind": "brief", "from": "2026-11-01", "to": "2026-12-01", "format": "csv", "areas": [OWN]}
    post = lambda name, **more: get(  # noqa: E731
        "/api/v1/reports", method="POST", headers=headers[name], json={**request_body, **more}
    )
    assert post("screen").status_code == 403
    assert "--reports" in post("screen").json()["detail"]
    assert [post("office", areas=[code]).status_code for code in OUTSIDE] == [403] * len(OUTSIDE)
    assert post("office", kind="ledger").status_code == 403
    id = post("office").json()["id"]
    while worker.once(desk, settings.current()):
        pass
    assert get(f"/api/v1/reports/{id}", headers=headers["office"]).json()["who"] == "system:office"
    assert get(f"/api/v1/reports/{id}/file", headers=headers["office"]).status_code == 200
    assert get(f"/api/v1/reports/{id}", headers=headers["screen"]).status_code == 403


def test_report_of_another_account_is_404(get: Callable[..., httpx.Response]) -> None:
    desk, config = visitors.desk(), settings.current()
    request = Request(kind="brief", areas=(SIBLING,), start=date(2026, 11, 1), end=date(2026, 12, 1), format="pdf")
    report, _told = make.ask(desk, config, request, OPERATOR, "somebody")
    make.make(desk, config, report)
    for id in (report.id, "R20261126-00000000", "x", "..%2f..%2fdesk.sqlite"):
        for path in (f"/api/v1/reports/{id}", f"/api/v1/reports/{id}/file", f"/files/report/{id}"):
            answer = get(path, "inspector")
            assert answer.status_code == 404, path
            assert str(SIBLING) not in answer.text


@pytest.mark.parametrize("role", MATRIX)
def test_a_search_finds_nothing_outside(get: Callable[..., httpx.Response], role: str) -> None:
    looks = Can.LOOK in MATRIX[role]
    for words in ("村", "9901", str(SIBLING), "沙洲", "临江", "szz", "ljq", "%", "' OR 1=1 --"):
        answer = get("/api/v1/search", role, params={"q": words}).json()
        assert all(looks and OWN <= int(area["code"]) < end_of(OWN) for area in answer["areas"]), words
        assert all(looks and OWN <= int(case["area"]) < end_of(OWN) for case in answer["cases"]), words
        shown = get("/search.json", role, params={"q": words}).text
        assert "沙洲镇" not in shown
        assert f"area={SIBLING}" not in shown
    body = get("/search.json", role, params={"q": "新河"}).json()
    assert bool(body["groups"]) is looks


def test_search_is_not_cached_and_is_limited_in_length_and_rate(
    get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in ("", " ", "\0", "%", "_", "\\", "'", "😀"):
        for path in ("/search.json", "/api/v1/search"):
            answer = get(path, "leader", params={"q": query})
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), (path, query)
    for path in ("/search.json", "/api/v1/search"):
        answer = get(path, "leader", params={"q": "路" * 1000})
        assert answer.status_code == 400
        assert "100" in answer.json()["detail"]
        assert get(path, "leader").status_code == (200 if path == "/search.json" else 422)
    monkeypatch.setattr(search_limit, "AT_ONCE", 0.5)
    for path in ("/search.json", "/api/v1/search"):
        answer = get(path, "official", params={"q": "新河"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1


def test_password_to_be_changed_blocks_all_other_pages(get: Callable[..., httpx.Response]) -> None:
    desk = visitors.desk()
    account = accounts.add(desk, "to-change", "Hongqi+2026+x")
    accounts.grant(desk, "to-change", "leader", DISTRICT)
    cookie = {"cookie": f"{COOKIE}={sessions.start(desk, account.id, factor=True)}"}
    for path in set(paths(application.ROUTES)) - OPEN - {"/password", "/logout"}:
        filled = filled_in(path)
        answer = get(filled, headers=cookie)
        led = answer.status_code == 303 and answer.headers["location"] == "/password"
        assert answer.status_code == 403 if path.startswith("/api/") else led, path
    assert get("/password", headers=cookie).status_code == 200


@pytest.mark.parametrize(
    "path", ["/loginx", "/login2/x", "/healthzz", "/readyz/x", "/_stcore/healthy", "/rows/_stcore/stream"]
)
def test_paths_similar_to_open_ones_require_a_session(get: Callable[..., httpx.Response], path: str) -> None:
    assert get(path).status_code == 401


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/rows/_stcore/metrics", "/x/_stcore/agent/run"])
def test_the_innards_are_closed_below_any_path(get: Callable[..., httpx.Response], path: str) -> None:
    assert get(path, "leader").status_code == 404


WRITTEN = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
CODES = st.sampled_from([*INSIDE, *OUTSIDE])
LIKE_CODES = st.one_of(
    WRITTEN,
    st.integers(-(10**14), 10**14).map(str),
    CODES.map(lambda code: f"{code:013}"),
    CODES.map(lambda code: f" {code}"),
    CODES.map(lambda code: f"+{code}"),
    CODES.map(lambda code: f"{code}.0"),
    CODES.map(lambda code: f"{code}e0"),
    CODES.map(lambda code: f"{code:_}"),
    CODES.map(hex),
    st.tuples(CODES, CODES).map(lambda two: f"{two[0]}&area={two[1]}"),
    st.tuples(CODES, CODES).map(lambda two: f"{two[0]}, {two[1]}"),
    CODES.map(lambda code: str(code).translate(str.maketrans("0123456789", "０１２３４５６７８９"))),
)
OTHERS = [f'"{code}-' for code in (*OUTSIDE,)]


@given(route=st.sampled_from(sorted(SCOPED)), area=LIKE_CODES, raw=st.booleans())
@hypothesis(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_spelling_of_an_area_code_bypasses_the_grants(
    get: Callable[..., httpx.Response], route: str, area: str, raw: bool
) -> None:
    """Fuzzed: no way to write a scope opens what was not granted, and none breaks the server."""
    written = area if raw and area.isascii() and area.isprintable() else quote(area, safe="")
    if "?" not in SCOPED[route]:
        written = quote(area, safe="")
    answer = get(of(SCOPED[route], written.replace("#", "%23")), "official")
    assert answer.status_code < 500, answer.text
    assert not any(other in answer.text for other in OTHERS)
    if answer.status_code == 200 and "metrics" in route and "CSV" not in route:
        assert {row["area"] for row in answer.json()} <= {str(code) for code in INSIDE}
    if answer.status_code == 200 and route == "/api/v1/areas":
        assert OWN <= int(answer.json()["code"]) < end_of(OWN)
