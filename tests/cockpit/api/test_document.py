"""The server behaves as the OpenAPI document says, with and without a valid token."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from cockpit.api.app import api
from tests.cockpit.api.conftest import Served, token_of
from tests.examples import examples
from tests.factory import DISTRICT

pytestmark = pytest.mark.slow

ROUTES = [(method.upper(), path) for path, methods in api.openapi()["paths"].items() for method in methods]
KNOWN = {"/metrics/{id}": {"id": "intake"}, "/rows/{id}": {"id": "intake"}, "/push/{source}": {"source": "tickets"}}
EXAMPLES = examples(10)
bounded = hypothesis(
    max_examples=EXAMPLES, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@schemathesis.serializer("application/x-ndjson", "text/csv")
def _plain(context: schemathesis.SerializationContext, value: object) -> bytes:
    """A body that the document calls a text goes as it is."""
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def document(served: Served, token: str) -> BaseSchema:
    headers = {"Authorization": f"Bearer {token}"}
    return schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json", headers=headers)


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return token_of(served.home, "tickets", area=DISTRICT)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_response_matches_the_document(
    document: BaseSchema, token: str, session: requests.Session, method: str, path: str, mode: GenerationMode
) -> None:
    # Some rules cannot be stated in a schema, such as that a period ends after it begins: 400 then.
    def ask(case: schemathesis.Case) -> None:
        response = case.call(session=session, headers={"Authorization": f"Bearer {token}"})
        if response.status_code != 414:  # an address beyond the server's limit does not reach the API
            case.validate_response(response, excluded_checks=[positive_data_acceptance])

    each(document, method, path, mode, ask)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_every_answer_is_a_refusal(
    document: BaseSchema, session: requests.Session, method: str, path: str
) -> None:
    def ask(case: schemathesis.Case) -> None:
        assert case.call_and_validate(session=session).status_code == 401

    each(document, method, path, GenerationMode.POSITIVE, ask)


def each(document: BaseSchema, method: str, path: str, mode: GenerationMode, ask: Callable[[Any], None]) -> None:
    """Ask a route with what the document allows, a known name in its path, or with what it does not allow."""
    named = KNOWN.get(path) if mode == GenerationMode.POSITIVE else None
    cases = document[path][method].as_strategy(generation_mode=mode, path_parameters=named)

    @bounded
    @given(case=cases)
    def check(case: schemathesis.Case) -> None:
        ask(case)

    check()
