"""A district's own catalog by command and over HTTP: every split of a metric is answered, the others are named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cockpit import settings
from cockpit.access.policy import Grants, Held
from cockpit.api.app import api
from cockpit.api.caller import Caller, asking
from cockpit.commands import main
from data.areas.levels import LEVELS, end_of
from data.home import Home
from metrics.engine.plan import AREAS as AREA_SPLITS
from metrics.engine.plan import BREAKDOWNS, exists_at, splits
from tests import failing, forms
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published
from tests.homes import Homes
from tests.metrics.conftest import AS_OF, random_cases

FORMS, FAILING = forms.catalog(), failing.catalog()
OWN = [metric for domain in FORMS.domains if domain.file in forms.FILES for metric in domain.metrics]
PLACES = {"district": DISTRICT, "town": TOWNS[0], "village": VILLAGES[0]}
MONTH = {"from": "2026-11-01", "to": "2026-12-01"}


def make(folder: Path, own: str) -> None:
    home = Home(folder, memory="1GB")
    areas(home, AREAS)
    cases = random_cases(60, seed=3)
    deliver(home, "cases", [{"key": str(i), **case, "title": "张三", "extended": 0} for i, case in enumerate(cases)])
    forms.deliver_all(home)
    published(home, AS_OF, {"forms": FORMS, "failing": FAILING}[own])


@pytest.fixture(scope="module")
def of_forms(homes: Homes) -> Home:
    return Home(homes.copy(make, "forms"), memory="1GB")


@pytest.fixture(scope="module")
def of_failing(homes: Homes) -> Home:
    return Home(homes.copy(make, "failing"), memory="1GB")


def use(monkeypatch: pytest.MonkeyPatch, home: Home, folder: object) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setenv("COCKPIT_CATALOG", str(folder))
    settings.current.cache_clear()


@pytest.fixture
def client() -> Iterator[TestClient]:
    held = (Held("official", DISTRICT, end_of(DISTRICT)),)
    api.dependency_overrides[asking] = lambda: Caller("system:test", Grants(held), "127.0.0.1")
    with TestClient(api, raise_server_exceptions=False) as client:
        yield client
    api.dependency_overrides.clear()
    settings.current.cache_clear()


@pytest.mark.parametrize("metric", OWN, ids=lambda metric: metric.id)
def test_every_split_is_answered_and_every_other_names_them(
    of_forms: Home, client: TestClient, monkeypatch: pytest.MonkeyPatch, metric: object
) -> None:
    use(monkeypatch, of_forms, forms.FOLDER)
    level = next(level for level in PLACES if exists_at(metric, level))
    offered, request = splits(FORMS, metric), {**MONTH, "area": PLACES[level]}
    for by in BREAKDOWNS:
        if by in LEVELS and LEVELS.index(by) < LEVELS.index(level):
            continue
        answer = client.get(f"/metrics/{metric.id}", params={**request, "by": by})
        assert answer.status_code == (200 if by in offered else 400), answer.text
        if by not in (*offered, *AREA_SPLITS):
            there = [name for name in offered if name not in LEVELS[: LEVELS.index("district")]]
            assert f"cannot be broken down by {by}: use {', '.join(there)}" in answer.json()["detail"]
    answer = client.get(f"/rows/{metric.id}", params=request)
    assert answer.status_code == (400 if metric.components else 200), answer.text


@pytest.mark.parametrize("metric", failing.FAILING)
def test_a_metric_that_fails_is_a_400_that_names_it(
    of_failing: Home, client: TestClient, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    use(monkeypatch, of_failing, failing.FOLDER)
    answer = client.get(f"/metrics/{metric}", params=MONTH)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"].startswith(f"{metric} cannot be computed: ")
    assert client.get("/reds", params=MONTH).status_code == 200


def test_the_command_offers_the_splits_of_the_metric(
    of_forms: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, of_forms, forms.FOLDER)
    options = ["--area", str(DISTRICT), "--from", MONTH["from"], "--to", MONTH["to"]]
    for metric in ("meters_ratio", "things_stock", "backups_count", "ages_sum", "mixed_score"):
        for by in (by for by in BREAKDOWNS if by not in LEVELS[: LEVELS.index("district")]):
            offered = by in splits(FORMS, FORMS.metrics[metric])
            assert main(["query", metric, *options, "--by", by]) == (0 if offered else 2)
        assert capsys.readouterr().err.count("Traceback") == 0
        assert main(["rows", metric, *options]) == (2 if metric == "mixed_score" else 0)


def test_check_names_file_metric_and_field_a_line_each(
    of_failing: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, of_failing, failing.FOLDER)
    assert main(["check"]) == 2
    *lines, last = capsys.readouterr().err.strip().splitlines()
    assert last.startswith(f"error: {len(failing.FAILING)} of ")
    faults = [line for line in lines if line.startswith(("failing.yaml: ", "failing_view.yaml: "))]
    for metric, field in failing.FAILING.items():
        assert [line for line in faults if line.endswith(f"(metric {metric})") and f": {field}: " in line], field
    assert "张三" not in "".join(lines)


def test_check_without_an_edition_runs_on_an_empty_one(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, Home(tmp_path), forms.FOLDER)
    assert main(["check"]) == 2
    assert capsys.readouterr().err.startswith("error: nothing is published in ")
