"""The OpenAPI document is also valid with a PostgreSQL desk, which limits texts and numbers differently."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from cockpit import settings
from data.desk import clock
from data.desk.identity import accounts, tokens
from data.desk.store import open_desk
from tests.cockpit.api.conftest import Served, prepared
from tests.cockpit.api.test_document import each
from tests.factory import DISTRICT
from tests.homes import Homes
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow

ROUTES = [
    ("GET", "/editions"), ("GET", "/rows/{id}"), ("GET", "/push/{id}"), ("POST", "/push/{source}"),
    ("POST", "/reports"), ("GET", "/reports"), ("GET", "/reports/{id}"), ("GET", "/reports/{id}/file"),
]  # fmt: skip
"""Those that ask the desk beyond the token, or write to it."""


@pytest.fixture(scope="module")
def served(homes: Homes, postgres: Postgres) -> Iterator[tuple[Served, str]]:
    """A server whose desk is in PostgreSQL, and a token that may ask, push and have reports made."""
    server, url = Served(homes.copy(prepared)), postgres.database(f"document{time.time_ns()}")
    desk = open_desk(url, settings.load(home=server.home).custody)
    accounts.add(desk, "wang", "Hongqi+2026+x", must_change=False)
    later = clock.now() + timedelta(days=1)
    token = tokens.issue(desk, "tickets", sources=("tickets",), area=DISTRICT, reports=True, expires_at=later)
    desk.close()
    server.start(COCKPIT_DESK=url, COCKPIT_PUSH_RATE="100000")
    yield server, token
    server.stop()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_response_matches_the_document(
    served: tuple[Served, str], method: str, path: str, mode: GenerationMode
) -> None:
    server, token = served
    headers = {"Authorization": f"Bearer {token}"}
    document = schemathesis.openapi.from_url(f"{server.address}/api/v1/openapi.json", headers=headers)
    with requests.Session() as session:

        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(session=session, headers=headers, excluded_checks=[positive_data_acceptance])

        each(document, method, path, mode, ask)


@pytest.mark.parametrize("token", ["\0", "ck_\0", "路灯", "ck_" + "x" * 5000, "\ud800"])
@pytest.mark.parametrize("path", ["editions", "reports/%00", "reports/%ED%A0%80", "push/%00", "reports/" + "9" * 20])
def test_text_that_postgresql_cannot_store_is_refused(served: tuple[Served, str], path: str, token: str) -> None:
    server, good = served
    for used in (token, good):
        given = f"Bearer {used}".encode("utf-8", "surrogatepass").replace(b"\0", b"%00")
        response = requests.get(f"{server.address}/api/v1/{path}", headers={"Authorization": given}, timeout=30)
        assert response.status_code in ((200, 400, 404, 422) if used == good else (400, 401, 429))
