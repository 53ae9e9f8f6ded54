"""Stories planted in its cases."""

from datetime import datetime, timedelta

import duckdb
import pytest

from data.demo import Delivery, stories
from data.sources.definition import read_source
from tests.data.demo.conftest import AS_OF, ON_TIME, STANDING, TODAY, TOWN, one


def test_a_towns_backlog_grows_for_six_weeks(db: duckdb.DuckDBPyConnection) -> None:
    backlog = f"""SELECT count(*) FROM cases
        WHERE registered_at < $1 AND (closed_at IS NULL OR closed_at >= $1) AND ({TOWN} = $2) = $3"""
    weeks = [AS_OF - stories.GROWING_SINCE + timedelta(weeks=week) for week in range(7)]
    town = [one(db, backlog, at, stories.GROWING_TOWN, True) for at in weeks]
    other_towns = [one(db, backlog, at, stories.GROWING_TOWN, False) for at in weeks]
    assert town[-1] > 2.5 * max(town[0], 1)
    assert town[2] < town[4] < town[6]
    assert max(other_towns) < 2 * min(other_towns)
    thirty = [one(db, backlog, AS_OF - timedelta(days=day), stories.GROWING_TOWN, True) for day in range(30)]
    assert town[-1] > 1.5 * sum(thirty) / 30
    sql = f"SELECT avg({ON_TIME}) FROM cases WHERE {STANDING} AND due_at >= $1 AND due_at < $2 AND {TOWN} = $3"
    assert one(db, sql, datetime(2026, 11, 1), AS_OF, stories.GROWING_TOWN) < 0.85


def test_a_department_closes_in_bursts_on_the_deadline_day(db: duckdb.DuckDBPyConnection) -> None:
    sql = f"""SELECT avg((closed_at >= due_at - INTERVAL 1 HOUR * $1 AND closed_at <= due_at)::INTEGER), avg({ON_TIME}),
        median(date_diff('hour', registered_at, closed_at))
        FROM cases WHERE urgency = 'normal' AND close_kind = 'done' AND (unit = $2) = $3"""
    last_hours, on_time, age = one(db, sql, stories.BURST_HOURS, stories.BURST_UNIT, True)
    others_last_hours, _, others_age = one(db, sql, stories.BURST_HOURS, stories.BURST_UNIT, False)
    assert last_hours > 0.9
    assert on_time > 0.95
    assert age > 2 * others_age
    assert others_last_hours < 0.15


def test_a_village_merged_into_its_neighbour(db: duckdb.DuckDBPyConnection) -> None:
    merged_on = TODAY - stories.MERGED_AGO
    row = one(db, "SELECT valid_to, merged_into, name FROM areas WHERE code = $1", stories.MERGED_VILLAGE)
    assert row == (merged_on, stories.SURVIVING_VILLAGE, "小塘村")
    count, last = one(
        db, "SELECT count(*), max(registered_at)::DATE FROM cases WHERE area = $1", stories.MERGED_VILLAGE
    )
    assert count > 10
    assert last < merged_on
    both = (
        "SELECT count(*) FILTER (registered_at < $1), count(*) FILTER (registered_at >= $1) FROM cases WHERE area = $2"
    )
    assert min(one(db, both, merged_on, stories.SURVIVING_VILLAGE)) > 0
    assert one(
        db, "SELECT max(measured_at)::DATE < $1 FROM villages WHERE area = $2", merged_on, stories.MERGED_VILLAGE
    )


def test_one_source_is_silent_and_the_others_are_fresh(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    silent_since = AS_OF - stories.SILENT_FOR
    for source in (read_source(path) for path in made.sources):
        last = one(db, f"SELECT max(updated_at) FROM {source.source}")
        if source.source == stories.SILENT_SOURCE:
            assert silent_since - timedelta(days=1) < last < silent_since
            assert AS_OF - last > 2 * timedelta(days=source.cycle_days)
        elif source.cycle_days == 1:
            assert AS_OF - last < timedelta(hours=24)
    steady = "SELECT count(DISTINCT registered_at::DATE) FROM flood WHERE registered_at >= $1"
    assert one(db, steady, silent_since - timedelta(days=30)) >= 25


def test_one_category_repeats(db: duckdb.DuckDBPyConnection) -> None:
    rates = dict(db.execute("""WITH gaps AS (SELECT category, coalesce(registered_at - lag(registered_at) OVER
            (PARTITION BY area, place, category ORDER BY registered_at) <= INTERVAL 30 DAY, false) AS again FROM cases)
        SELECT category, avg(again::INTEGER) FROM gaps GROUP BY category""").fetchall())  # fmt: skip
    assert rates.pop(stories.REPEATING_CATEGORY) == pytest.approx(0.35, abs=0.04)
    assert all(0.05 < rate < 0.12 for rate in rates.values())


def test_complaints_of_one_town_are_of_ten_categories(db: duckdb.DuckDBPyConnection) -> None:
    sql = f"SELECT {TOWN}, count(DISTINCT category) FROM cases WHERE kind = 'hotline' AND area % 1000000 > 0 GROUP BY 1"
    categories = dict(db.execute(sql).fetchall())
    assert categories.pop(stories.NARROW_TOWN) == 10
    assert set(categories.values()) == {13}


def test_callers_are_unhappy_in_one_town_and_another_sends_back(db: duckdb.DuckDBPyConnection) -> None:
    satisfied = f"SELECT {TOWN}, avg(satisfied::INTEGER) FROM cases WHERE reached AND area % 1000000 > 0 GROUP BY 1"
    rates = dict(db.execute(satisfied).fetchall())
    assert min(rates, key=rates.__getitem__) == stories.UNHAPPY_TOWN
    assert rates[stories.UNHAPPY_TOWN] < 0.85
    bounced = f"SELECT {TOWN}, sum(returned) / sum(returned + 1) FROM cases WHERE area % 1000000 > 0 GROUP BY 1"
    rates = dict(db.execute(bounced).fetchall())
    assert max(rates, key=rates.__getitem__) == stories.BOUNCING_TOWN
    assert rates[stories.BOUNCING_TOWN] > 0.1


def test_a_few_cases_are_very_old_but_no_website_message(db: duckdb.DuckDBPyConnection) -> None:
    age = "SELECT date_diff('day', registered_at, getvariable('as_of')) FROM cases WHERE closed_at IS NULL"
    oldest, *_, third = [row[0] for row in db.execute(f"{age} ORDER BY 1 DESC LIMIT 3").fetchall()]
    assert 150 < oldest < 330
    assert third > 60
    slowest = "SELECT max(coalesce(closed_at, getvariable('as_of')) - registered_at) FROM cases WHERE kind = 'message'"
    assert one(db, slowest) < timedelta(days=89)
