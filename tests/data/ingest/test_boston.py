"""Real input: Boston's 311 requests, held against the city's own verdict on each of them.

`ontime` is the city's verdict as of its extract in 2023, so the edition is as of then. A request whose target
lies further ahead (18 of them, up to 2059) is not due yet: it is in no due cohort. 83 requests have a target and
no verdict: they are due for us all the same.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data.areas.loading import load_areas
from data.editions.edition import Edition, open_edition
from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import LoadReport, load
from data.sources.definition import read_source
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer, rows

BOSTON = Path(__file__).parents[3] / "examples" / "boston311"
CITY = 990100000000
ROWS, AREAS, WARDS = 31_828, 277, 22
VERDICTS = 26_732
EXTRACT = datetime(2023, 6, 1)
EVER = Period(date(2011, 7, 1), EXTRACT.date())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("boston"), zone="America/New_York", memory="1GB")
    load_areas(home, BOSTON / "areas.csv")
    return home


@pytest.fixture(scope="module")
def report(home: Home) -> LoadReport:
    return load(home, read_source(BOSTON / "boston311.yaml"))


@pytest.fixture(scope="module")
def edition(home: Home, report: LoadReport) -> Edition:
    return open_edition(home, publish(home, load_catalog().rollups(), as_of=EXTRACT).edition)


@pytest.fixture(scope="module")
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    """The city's own file as a table `requests`, read without our loader; `area` is the ward's code or the city's."""
    with duckdb.connect() as con:
        con.execute(
            f"""CREATE TABLE requests AS SELECT case_enquiry_id AS key, open_dt::TIMESTAMP AS opened,
                target_dt::TIMESTAMP AS target, closed_dt::TIMESTAMP AS closed, ontime,
                {CITY} + coalesce(try_cast(replace(ward, 'Ward ', '') AS INTEGER), 0) * 1000 AS area
            FROM read_csv($1, all_varchar = true)""",
            [str(BOSTON / "boston311-2011q3.csv.gz")],
        )
        yield con


def by_ward(edition: Edition, metric: str, **question: object) -> pd.DataFrame:
    frame = answer(edition, [metric], CITY, EVER, by="town", **question)
    return frame.assign(group=frame["group"].astype("int64")).set_index("group").sort_index()


def test_every_row_read_is_accepted_or_rejected_with_a_reason(report: LoadReport) -> None:
    assert report.read == ROWS
    assert report.accepted + report.rejected == report.read
    assert (report.rejected, report.status) == (0, "accepted")


def test_loading_it_again_changes_nothing(home: Home, report: LoadReport) -> None:
    again = load(home, read_source(BOSTON / "boston311.yaml"))
    assert (again.status, again.batch) == ("already loaded", report.batch)


def test_the_area_tree_is_what_the_requests_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(BOSTON)
    again = tmp_path / "areas.csv"
    with duckdb.connect() as connection:
        connection.sql((BOSTON / "areas.sql").read_text("utf-8")).write_csv(str(again))
    assert again.read_text("utf-8") == (BOSTON / "areas.csv").read_text("utf-8")
    levels = [line.split(",")[2] for line in again.read_text("utf-8").splitlines()[1:]]
    assert {level: levels.count(level) for level in levels} == {"district": 1, "town": WARDS, "village": 254}


def test_request_belongs_to_its_precinct_else_ward_else_city(edition: Edition, city: duckdb.DuckDBPyConnection) -> None:
    by_town = "SELECT area // 1000 * 1000 AS town, count(*) FROM {} GROUP BY town ORDER BY town"
    ours = edition.cursor().execute(by_town.format("cases")).fetchall()
    assert ours == city.execute(by_town.format("requests")).fetchall()
    own_level = (
        "SELECT count(*) FILTER (WHERE area = $1), count(*) FILTER (WHERE area % 1000 = 0 AND area > $1) FROM cases"
    )
    assert edition.cursor().execute(own_level, [CITY]).fetchone() == (1390, 55)


def test_our_verdict_is_the_citys_on_every_case_with_a_target_and_a_verdict(
    edition: Edition, city: duckdb.DuckDBPyConnection
) -> None:
    verdicts = """SELECT key, CASE WHEN closed_at <= due_at THEN 'ONTIME'
            WHEN coalesce(closed_at, $1) > due_at THEN 'OVERDUE' END AS verdict FROM cases"""
    city.register("ours", edition.cursor().execute(verdicts, [EXTRACT]).df())
    counts = city.execute(
        """SELECT count(*) FILTER (WHERE verdict = ontime), count(*) FROM requests LEFT JOIN ours USING (key)
        WHERE target IS NOT NULL AND ontime IS NOT NULL"""
    ).fetchone()
    assert counts == (VERDICTS, VERDICTS)


def test_on_time_numbers_are_the_citys_ward_by_ward(edition: Edition, city: duckdb.DuckDBPyConnection) -> None:
    ours = by_ward(edition, "on_time_rate")
    truth = (
        city.execute(
            """SELECT area, count(*) FILTER (WHERE ontime = 'ONTIME') AS on_time, count(*) AS due FROM requests
        WHERE target < $1 GROUP BY area ORDER BY area""",
            [EXTRACT],
        )
        .df()
        .set_index("area")
    )
    assert len(truth) == WARDS + 1  # and the city's own level
    assert ours["numerator"].to_dict() == truth["on_time"].to_dict()
    assert ours["denominator"].to_dict() == truth["due"].to_dict()


def test_on_time_rows_are_the_citys_on_time_cases(edition: Edition, city: duckdb.DuckDBPyConnection) -> None:
    ward = CITY + 17_000
    ours = rows(edition, "on_time_rate", ward, EVER, part="numerator")
    truth = city.execute(
        "SELECT key FROM requests WHERE area = $1 AND ontime = 'ONTIME' AND target < $2", [ward, EXTRACT]
    )
    assert sorted(ours["key"]) == sorted(key for (key,) in truth.fetchall())
    assert list(ours.columns[:2]) == ["source", "key"]


def test_the_backlog_as_of_2011_is_what_was_open_then(edition: Edition, city: duckdb.DuckDBPyConnection) -> None:
    then = datetime(2011, 10, 1)
    ours = by_ward(edition, "backlog", as_of=then)["value"]
    truth = city.execute(
        "SELECT area, count(*) FROM requests WHERE opened < $1 AND (closed IS NULL OR closed >= $1) GROUP BY area",
        [then],
    ).fetchall()
    assert {area: n for area, n in ours.items() if n} == dict(truth)
