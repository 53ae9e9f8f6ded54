"""Freshness of a source: by the times in its rows, not by the time of loading."""

from datetime import datetime

import pytest

from data.editions.edition import open_edition
from data.editions.publish import publish
from data.home import Home
from tests.data.hotline import deliver, row, settle
from tests.data.stock import ROLLUPS

COLUMNS = {"kind": "kind", "registered_at": "registered"}


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def newest(home: Home) -> datetime | None:
    edition = open_edition(home, publish(home, ROLLUPS, as_of=datetime(2100, 1, 1)).edition)
    return edition.cursor().execute("SELECT last_at FROM sources").fetchall()[0][0]


def test_source_freshness_is_time_of_newest_fact(home: Home) -> None:
    deliver(home, row(), columns=COLUMNS)
    assert newest(home) == datetime(2026, 1, 5, 8)


def test_delivered_update_time_counts(home: Home) -> None:
    deliver(home, row(id="A"), row(id="B", updated=""))
    assert newest(home) == datetime(2026, 1, 7)


def test_rows_without_time_use_load_time(home: Home) -> None:
    deliver(home, row(), fact="assets", columns={"kind": "'site'", "name": "title"})
    rows = newest(home)
    assert rows is not None
    assert rows.year >= 2026
