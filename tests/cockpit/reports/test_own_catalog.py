"""Reports of a district's own metrics: one of every fact, view and form, in every kind with a choice of metrics."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.reports.request import check, kinds_of
from cockpit.reports.sections import content
from cockpit.reports.writers import table
from cockpit.settings import Settings
from data.home import Home
from tests import failing, forms
from tests.cockpit.reports.conftest import MADE_AT, november
from tests.cockpit.test_own_catalog import FAILING, OWN, PLACES, make
from tests.homes import Homes

BROKEN = [metric for domain in FAILING.domains if domain.file.startswith("failing") for metric in domain.metrics]


@pytest.fixture(scope="module")
def of_catalogs(homes: Homes) -> dict[str, Home]:
    return {name: Home(homes.copy(make, name), memory="1GB") for name in ("forms", "failing")}


def served(of_catalogs: dict[str, Home], name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    folder = Path((forms if name == "forms" else failing).__file__).parent
    monkeypatch.setenv("COCKPIT_HOME", str(of_catalogs[name].root))
    monkeypatch.setenv("COCKPIT_CATALOG", str(folder))
    settings.current.cache_clear()
    return settings.current()


@pytest.fixture(autouse=True)
def _settings_are_read_again() -> Iterator[None]:
    yield
    settings.current.cache_clear()


@pytest.mark.parametrize("level", PLACES)
@pytest.mark.parametrize("name", ["forms", "failing"])
def test_every_kind_is_made_of_every_own_metric(
    of_catalogs: dict[str, Home], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, level: str
) -> None:
    config = served(of_catalogs, name, monkeypatch)
    metrics = tuple(metric.id for metric in (OWN if name == "forms" else BROKEN))
    made = 0
    for kind in kinds_of(config).values():
        if not kind.choose or level not in kind.levels or "csv" not in kind.formats:
            continue
        requested = november(kind.id, PLACES[level], metrics=metrics, format="csv")
        document = content.build(
            check(requested, config, OPERATOR), id="R20261123-00000001", who="王镇长", made_at=MADE_AT
        )
        table.write(document, tmp_path / f"{kind.id}.csv.zip")
        made += 1
    assert made
