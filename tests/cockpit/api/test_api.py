"""The HTTP API: the numbers of the screens, under the rights of the screens, and a clear line for everything else."""

import asyncio
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pydantic as models
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.visitors import COOKIE
from cockpit.api import answers, app
from cockpit.api.app import MOST_ROWS, api
from cockpit.server import health
from data.desk import clock
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.identity import tokens
from data.editions import queries
from data.home import Home
from metrics.analysis.headline import Holder
from metrics.analysis.reds import Red
from metrics.catalog import load as load_catalog
from metrics.period import Period
from metrics.query import Query
from tests.asking import answer
from tests.cockpit.conftest import session_of
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

NOVEMBER = {"from": "2026-11-01", "to": "2026-12-01"}
METRICS = load_catalog().metrics
ROUTES = ("metrics", "metrics/intake", "rows/intake", "areas", "editions")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("api"), memory="1GB")
    areas(home)
    at = datetime(2026, 11, 2, 9)
    cases = [
        {"key": f"{area}-{i}", "area": area, "registered_at": at + timedelta(hours=i), "reporter": "somebody"}
        for area in (*VILLAGES, *TOWNS)
        for i in range(10)
    ]
    deliver(home, "cases", cases)
    sites = [{"key": key, "kind": "site", "area": TOWNS[0], "name": key} for key in ("down", "up")]
    deliver(home, "assets", sites, source="sites")
    visits = [
        {
            "key": f"{key}{i}", "asset_source": "sites", "asset": key, "rule": "site_open", "passed": key == "up",
            "checked_at": datetime(2026, 11, 22, 7) - timedelta(hours=i), "observed": 1.0, "veto": False,
        }
        for key in ("down", "up")
        for i in range(30)
    ]  # fmt: skip
    deliver(home, "checks", visits, source="monitor")
    published(home, datetime(2026, 11, 22, 8))
    return home.root


@pytest.fixture(autouse=True)
def _served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_HOME", str(home))
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def get(home: Path) -> Callable[..., httpx.Response]:
    """Asks a route as a role on an area (its session), or with a token."""

    def send(
        path: str, role: str = "official", granted: int = TOWNS[0], token: str = "", **parameters: Any
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if not token and role:
            session = session_of(f"sqlite:///{home.resolve() / 'desk.sqlite'}", (role,), granted)
            headers["cookie"] = f"{COOKIE}={session}"
        return asyncio.run(_get(path, parameters, headers))

    return send


async def _get(path: str, parameters: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    served = Starlette(routes=[Mount("/api/v1", api), *health.ROUTES], middleware=[Middleware(gate.Gate)])
    transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path if path.startswith("/") else f"/api/v1/{path}", params=parameters, headers=headers)


def test_numbers_are_those_of_the_query_function(get: Callable[..., httpx.Response], home: Path) -> None:
    body = get("metrics/intake", **NOVEMBER, area=TOWNS[0], by="village").json()
    from data.editions.edition import current

    edition = current(Home(home, memory="1GB"))
    assert edition
    period = Period(date(2026, 11, 1), date(2026, 12, 1))
    frame = answer(edition, ["intake"], TOWNS[0], period, by="village", catalog=load_catalog())
    assert [(row["group"], row["value"]) for row in body] == list(zip(frame["group"], frame["value"], strict=True))
    as_csv = pd.read_csv(io.StringIO(get("metrics/intake", **NOVEMBER, by="village", format="csv").text))
    assert list(as_csv["value"]) == list(frame["value"])


def test_numbers_come_with_the_period_compared_with(get: Callable[..., httpx.Response]) -> None:
    now, before = get("metrics/intake", **NOVEMBER, vs="previous").json()
    assert now["until"] is None
    assert before["period"] == "2026-10-01"
    assert before["until"].endswith(now["as_of"][10:])
    assert get("metrics/intake", **NOVEMBER, vs="tomorrow").status_code in (400, 422)


def test_area_defaults_to_the_granted_one(get: Callable[..., httpx.Response]) -> None:
    assert get("metrics/intake", **NOVEMBER).json()[0]["area"] == str(TOWNS[0])


def test_rows_come_by_pages_and_are_as_many_as_the_number(get: Callable[..., httpx.Response]) -> None:
    pages = [get("rows/intake", **NOVEMBER, limit=20, offset=offset).json() for offset in (0, 20)]
    keys = {row["key"] for page in pages for row in page["rows"]}
    assert ([len(page["rows"]) for page in pages], len(keys)) == ([20, 10], 30)
    assert {page["total"] for page in pages} == {30}
    assert "reporter" not in pages[0]["rows"][0]
    assert get("rows/intake", **NOVEMBER, limit=MOST_ROWS + 1).status_code == 422


@pytest.mark.parametrize("route", [*ROUTES, "reds", "search", "topics", "openapi.json"])
def test_a_slip_in_a_parameters_name_is_refused(get: Callable[..., httpx.Response], route: str) -> None:
    period = NOVEMBER if "/" in route or route == "reds" else {}
    given = {**period, **({"q": "a"} if route == "search" else {}), "catgory": "路灯照明"}
    answer = get(route, **given)
    assert answer.status_code == 422
    assert answer.json()["code"] == "parameter.unknown"
    assert 'no parameter "catgory"' in answer.json()["detail"]
    if "/" in route:
        assert 'Did you mean "category"?' in answer.json()["detail"]


@pytest.mark.parametrize("name", ["from", "category", "area", "format"])
def test_a_parameter_given_twice_is_refused(get: Callable[..., httpx.Response], name: str) -> None:
    values = NOVEMBER | {"category": "路灯照明", "area": TOWNS[0], "format": "json"}
    answer = get("metrics/intake", **values | {name: [values[name]] * 2})
    assert answer.status_code == 422
    assert answer.json()["detail"] == f'the parameter "{name}" is given 2 times: give it once'


@pytest.mark.parametrize("metric", list(METRICS))
def test_rows_of_every_metric_are_json(get: Callable[..., httpx.Response], metric: str) -> None:
    """Columns of lists as well, such as the veto rules of sites, of any length."""
    answer = get(f"rows/{metric}", **NOVEMBER, area=TOWNS[0])
    if METRICS[metric].components or "town" not in METRICS[metric].levels:
        assert (answer.status_code, answer.json().keys()) == (400, {"detail", "code", "parameters"})
        return
    assert answer.status_code == 200, answer.text
    if metric == "site_pass_rate":
        assert [row["vetoes"] for row in answer.json()["rows"]] == [["site_open"], []]


@pytest.mark.parametrize("role", ["", "cadre", "audit_admin"])
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("area", [DISTRICT, TOWNS[1], VILLAGES[2]])
def test_every_route_refuses_areas_not_granted(
    get: Callable[..., httpx.Response], route: str, role: str, area: int
) -> None:
    period = NOVEMBER if "/" in route else {}
    response = get(route, role, VILLAGES[0], **(period | {"area": area} if "/" in route or route == "areas" else {}))
    if not role:
        assert response.status_code == 401
    elif route in ("metrics", "editions"):
        assert response.status_code == 200
    else:
        assert response.status_code == 403
        assert audit.entries(visitors.desk(), event="refused", limit=1)[0]["what"] == f"area {area}"


def test_token_reads_its_area_until_it_is_revoked(get: Callable[..., httpx.Response]) -> None:
    desk = visitors.desk()
    token = tokens.issue(desk, "hotline", area=TOWNS[0], expires_at=clock.now() + timedelta(days=1))
    assert get("metrics/intake", token=token, **NOVEMBER).json()[0]["value"] == 30
    assert get("metrics/intake", token=token, **NOVEMBER, area=DISTRICT).status_code == 403
    assert get("metrics/intake", token=token + "x", **NOVEMBER).status_code == 401
    tokens.revoke(desk, tokens.listing(desk)[-1].id)
    with pytest.raises(Refused, match="revoked before"):
        tokens.revoke(desk, tokens.listing(desk)[-1].id)
    assert get("metrics/intake", token=token, **NOVEMBER).status_code == 401


def test_areas_are_a_tree_and_outlines(get: Callable[..., httpx.Response]) -> None:
    body = get("areas").json()
    assert (body["code"], [a["name"] for a in body["above"]]) == (str(TOWNS[0]), ["临江区"])
    assert {a["code"] for a in body["below"]} == {str(code) for code in VILLAGES[:2]}
    assert get("areas", format="geojson").json() == {"type": "FeatureCollection", "features": []}


def test_times_have_an_offset_and_are_read_with_and_without_one(get: Callable[..., httpx.Response]) -> None:
    times = [
        *(row[name] for row in get("metrics/intake", **NOVEMBER, vs="previous").json() for name in ("as_of", "until")),
        *(row["registered_at"] for row in get("rows/intake", **NOVEMBER).json()["rows"]),
        *(edition[name] for edition in get("editions").json() for name in ("as_of", "published_at")),
        *pd.read_csv(io.StringIO(get("metrics/intake", **NOVEMBER, format="csv").text))["as_of"],
    ]
    assert {str(time)[-6:] for time in times if time} == {"+08:00"}
    until = "2026-11-02T13:30:00"
    early = [
        get("metrics/intake", **NOVEMBER, as_of=text).json()[0]
        for text in (until, f"{until}+08:00", "2026-11-02T05:30:00Z", "2026-11-02T00:30:00-05:00")
    ]
    assert [row["value"] for row in early] == [early[0]["value"]] * 4
    assert early[0]["as_of"] == f"{until}+08:00"


def test_every_answer_is_described_and_is_as_described(get: Callable[..., httpx.Response]) -> None:
    document = get("openapi.json").json()
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            (status,) = [code for code in route["responses"] if code.startswith("2")]
            content = route["responses"][status].get("content", {}).get("application/json")
            assert content is None or content["schema"] != {}, (method, path)
    numbers = document["paths"]["/metrics/{id}"]["get"]["responses"]["200"]["content"]
    assert set(numbers) == {"application/json", "text/csv"}
    models.TypeAdapter(list[answers.NumberOut]).validate_python(get("metrics/intake", **NOVEMBER, by="village").json())
    models.TypeAdapter(answers.TreeOut).validate_python(get("areas").json())
    topic, metric = get("topics").json()[0], get("metrics").json()[0]
    assert (set(topic), set(metric)) == (set(answers.TopicOut.model_fields), set(answers.MetricOut.model_fields))


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("metrics/no_such", NOVEMBER, 404),
        ("metrics/intake", {}, 422),
        ("metrics/intake", {**NOVEMBER, "area": "x"}, 422),
        ("metrics/intake", {**NOVEMBER, "area": 990109000000}, 404),
        ("metrics/intake", {**NOVEMBER, "by": "moon"}, 422),
        ("metrics/intake", {**NOVEMBER, "by": "district"}, 400),
        ("metrics/intake", {**NOVEMBER, "edition": "../../etc/passwd"}, 404),
        ("metrics/intake", {"from": "2026-12-01", "to": "2026-11-01"}, 400),
        ("metrics/intake", {"from": "0001-01-01", "to": "9999-12-31"}, 400),
        ("rows/three_rate_score", NOVEMBER, 400),
        ("nothing", {}, 404),
    ],
)
def test_invalid_request_returns_a_one_line_error(
    get: Callable[..., httpx.Response], path: str, parameters: dict[str, Any], status: int
) -> None:
    response = get(path, **parameters)
    assert response.status_code == status
    fault = response.json()
    assert fault["detail"]
    assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", fault["code"])
    assert isinstance(fault["parameters"], dict)


@pytest.mark.parametrize(
    ("role", "area", "counted"),
    [
        ("official", DISTRICT, True), ("data_officer", DISTRICT, True), ("official", TOWNS[0], False),
        ("leader", TOWNS[0], False), ("data_officer", TOWNS[0], False), ("cadre", VILLAGES[0], False),
        ("system_admin", DISTRICT, False),
    ],
)  # fmt: skip
def test_edition_size_is_shown_only_with_district_wide_permission(
    get: Callable[..., httpx.Response], role: str, area: int, counted: bool
) -> None:
    body = get("editions", role, area).json()
    assert body
    assert all(isinstance(edition["cases"], int) if counted else edition["cases"] is None for edition in body)


def test_a_token_learns_no_number_of_cases_beyond_its_area(get: Callable[..., httpx.Response]) -> None:
    desk, later = visitors.desk(), clock.now() + timedelta(days=1)
    district_token = tokens.issue(desk, "whole", area=DISTRICT, expires_at=later)
    assert isinstance(get("editions", token=district_token).json()[0]["cases"], int)
    for scope in ({"area": TOWNS[0]}, {"sources": ("hotline",)}):
        token = tokens.issue(desk, "part", **scope, expires_at=later)
        assert get("editions", token=token).json()[0]["cases"] is None


def test_the_document_names_every_route(get: Callable[..., httpx.Response]) -> None:
    assert set(get("openapi.json").json()["paths"]) == {
        "/metrics",
        "/metrics/{id}",
        "/rows/{id}",
        "/search",
        "/limits",
        "/schemes",
        "/assessments",
        "/assessments/{id}",
        "/areas",
        "/assets",
        "/assets/{source}/{key}",
        "/assets/{source}/{key}/edits",
        "/assets/{source}/{key}/edits/{id}/withdrawal",
        "/editions",
        "/push/{source}",
        "/item-kinds",
        "/items",
        "/items/{number}",
        "/items/{number}/steps",
        "/push/{id}",
        "/report-kinds",
        "/reports",
        "/reds",
        "/topics",
        "/reports/{id}",
        "/reports/{id}/file",
    }


def test_health_is_public(get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    assert get("/healthz", "").text == "ok\n"
    response = get("/readyz", "")
    assert (response.status_code, response.json()) == (200, {"ready": True})
    response = get("/readyz", "data_officer")
    assert (response.status_code, response.json()["faults"], bool(response.json()["edition"])) == (200, [], True)
    assert get("/readyz", "official").json() == {"ready": True}


def test_readiness_details_are_hidden_without_sign_in(
    get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("COCKPIT_DESK", "sqlite:////proc/nowhere/desk.sqlite")
    settings.current.cache_clear()
    health._logged.cache_clear()
    for _ in range(3):
        response = get("/readyz", "")
        assert (response.status_code, response.json()) == (503, {"ready": False})
    assert [record.message.startswith("not ready: COCKPIT_DESK") for record in caplog.records].count(True) == 1


def test_a_full_disk_is_not_ready(get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    free = health.shutil.disk_usage("/")._replace(free=health.LEAST_FREE - 1)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _path: free)
    response = get("/readyz", "system_admin")
    assert response.status_code == 503
    assert "MB left" in response.json()["faults"][0]


@pytest.mark.parametrize(
    "bad",
    [
        {"as_of": "0001-01-01"}, {"as_of": "9999-12-31T23:59:59"}, {"to": "9999-12-31"},
        {"from": "0001-01-01", "to": "0001-01-02"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("route", ["metrics/intake", "rows/intake"])
def test_times_that_no_district_has_are_refused(
    get: Callable[..., httpx.Response], route: str, bad: dict[str, str]
) -> None:
    answer = get(route, "leader", **NOVEMBER | bad)
    assert answer.status_code == 400, answer.text


def test_data_age_limit_applies_only_when_configured(
    get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_now", lambda zone: datetime(2026, 11, 23, 11, 30))
    assert get("/readyz", "data_officer").status_code == 200
    for hours, status in (("27.6", 200), ("27.4", 503)):
        monkeypatch.setenv("COCKPIT_FRESH_HOURS", hours)
        settings.current.cache_clear()
        response = get("/readyz", "data_officer")
        assert response.status_code == status
        assert response.json()["edition"], "every answer names the edition served"
    assert response.json()["faults"] == [
        "the data are 27.5 hours old: load and publish, or set COCKPIT_FRESH_HOURS above 27.4"
    ]


def test_a_question_without_end_is_stopped(get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "SELECT '' AS g, 0 AS i, count(*) FROM range(100_000_000) a, range(100_000) b"
    monkeypatch.setattr("metrics.engine.sums.sums_sql", lambda *requested, **how: endless)
    queries.limit(0.3)
    try:
        response = get("metrics/intake", **NOVEMBER, by="category")
    finally:
        queries.limit(None)
    assert response.status_code == 504
    assert "longer than 0.3 seconds and was stopped" in response.json()["detail"]


def test_each_red_says_who_holds_it(get: Callable[..., httpx.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    known = [Holder("区住建局", 0.62, "010-5550"), Holder("", among=5), None]

    def holders(query: Query, found: Sequence[Red]) -> list[Holder | None]:
        return [known[i % 3] for i in range(len(found))]

    monkeypatch.setattr(app, "holders", holders)
    found = get("reds", "leader", DISTRICT, **NOVEMBER).json()
    assert len(found) >= len(known)
    assert found[0]["holder"] == {
        "unit": "区住建局",
        "share": 0.62,
        "phone": "010-5550",
        "administers": False,
        "among": 0,
    }
    assert found[1]["holder"]["among"] == 5
    assert "unit" not in found[1]["holder"]
    assert found[2].get("holder") is None
