"""Real input that is no case: a register of government sites, loaded by an ordinary source file."""

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from data.areas.loading import load_areas
from data.editions.edition import Edition, open_edition
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer, rows

FOLDER = Path(__file__).parents[3] / "examples" / "gov_sites"
STATE = 990200000000
MONTH = Period(date(2026, 8, 1), date(2026, 9, 1))


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp("sites"), zone="America/New_York", memory="1GB")
    load_areas(home, FOLDER / "areas.csv")
    report = load(home, read_source(FOLDER / "gov_sites.yaml"))
    assert (report.read, report.accepted, report.rejected) == (372, 372, 0)
    return open_edition(home, publish(home, load_catalog().rollups(), as_of=datetime(2026, 8, 22, 8)).edition)


@pytest.fixture(scope="module")
def listed() -> list[dict[str, str]]:
    with (FOLDER / "gov-sites-ma.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_sites_are_counted_in_their_towns_and_by_their_owner(edition: Edition, listed: list[dict[str, str]]) -> None:
    total = answer(edition, ["digital_services"], STATE, MONTH)
    assert total["value"].tolist() == [372]
    by_town = answer(edition, ["digital_services"], STATE, MONTH, by="town")
    names = dict(edition.cursor().execute("SELECT code::VARCHAR, name FROM areas").fetchall())
    counted = {names[row.group].lower(): int(row.value) for row in by_town.itertuples() if row.n}
    assert counted == Counter(row["City"].lower() for row in listed)
    by_owner = answer(edition, ["digital_services"], STATE, MONTH, by="owner_level")
    assert dict(zip(by_owner["group"], by_owner["value"], strict=True)) == Counter(row["Domain type"] for row in listed)


def test_every_number_opens_its_rows(edition: Edition) -> None:
    frame = rows(edition, "digital_services", STATE, MONTH)
    assert frame["url"].str.fullmatch(r"https://[a-z0-9-]+\.gov/").all()


def test_what_the_register_does_not_say_has_no_value(edition: Edition) -> None:
    frame = answer(edition, ["elder_friendly_rate", "site_health"], STATE, MONTH)
    assert frame["value"].isna().all()
