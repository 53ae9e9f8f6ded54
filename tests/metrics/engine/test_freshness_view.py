"""Whether a village has a reading of the 31 days before an instant, up to the instant itself."""

from datetime import datetime, timedelta

import duckdb
import pytest

from metrics.catalog import load

MORNING, MIDNIGHT = datetime(2026, 11, 20, 8, 30), datetime(2026, 11, 20)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("moment", [MORNING, MIDNIGHT])
@pytest.mark.parametrize(
    ("before", "passed"),
    [
        (-SECOND, False),
        (timedelta(0), False),
        (SECOND, True),
        (timedelta(hours=8, minutes=29), True),
        (timedelta(hours=9), True),
        (timedelta(days=31), True),
        (timedelta(days=31) + SECOND, False),
    ],
)
def test_a_reading_counts_up_to_the_instant(moment: datetime, before: timedelta, passed: bool) -> None:
    domain = next(domain for domain in load().domains if domain.id == "cockpit_freshness")
    with duckdb.connect() as con:
        con.execute("CREATE TABLE areas AS SELECT 1 AS code, 'V' AS name, 'village' AS level, valid_from, valid_to "
                    "FROM (SELECT NULL::DATE AS valid_from, NULL::DATE AS valid_to)")  # fmt: skip
        con.execute("CREATE TABLE readings AS SELECT 1 AS area, $1::TIMESTAMP AS measured_at", [moment - before])
        con.execute("CREATE TABLE instants AS SELECT 0 AS i, $1::TIMESTAMP AS moment", [moment])
        row = con.execute(f"SELECT passed, measured_at FROM ({domain.view})").fetchone()
    assert row == (passed, moment - before if passed else None)
