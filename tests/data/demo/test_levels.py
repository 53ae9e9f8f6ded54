"""Its levels: believable, with weekdays and seasons, and something for every page."""

from datetime import datetime, timedelta
from itertools import pairwise

import duckdb

from data.demo import stories
from tests.data.demo.conftest import AS_OF, ON_TIME, STANDING, TOWN, one


def test_weekdays_seasons_and_growth(db: duckdb.DuckDBPyConnection) -> None:
    weekday = "SELECT count(*) FILTER (dayofweek(registered_at) = $1) FROM cases"
    assert one(db, weekday, 0) < 0.8 * one(db, weekday, 3)
    by_year = "SELECT count(*) FROM cases WHERE registered_at >= $1 AND registered_at < $2"
    years = [one(db, by_year, datetime(y, 1, 1), datetime(y, 11, 22)) for y in (2024, 2025, 2026)]
    assert all(1.02 < after / before < 1.10 for before, after in pairwise(years))
    usual, typhoon = (one(db, by_year, datetime(2026, 7, d), datetime(2026, 7, d + 3)) for d in (13, 24))
    assert typhoon > 1.7 * usual


def test_levels_are_believable(db: duckdb.DuckDBPyConnection) -> None:
    share = "SELECT count(*) FILTER ({0}) / count(*) FILTER ({1}) FROM cases WHERE registered_at >= getvariable('year')"

    def level(part: str, total: str = "true") -> float:
        return one(db, share.format(f"({part}) AND ({total})", total))

    due = f"{STANDING} AND due_at < getvariable('as_of')"
    assert 0.94 <= level("closed_at <= due_at", due) <= 0.965
    assert level("closed_at IS NOT NULL", due) > 0.98
    assert level("signed_at <= sign_due_at", "sign_due_at < getvariable('as_of')") > 0.99
    assert 0.98 < level("responded_at <= respond_due_at", "respond_due_at < getvariable('as_of')") < 0.995
    assert 0.90 < level("solved", "reached") < 0.95
    assert 0.93 < level("satisfied", "reached") < 0.96
    assert 0.57 < level("reached", "close_kind = 'done'") < 0.63
    assert 0.955 < level("close_kind = 'done'", "closed_at IS NOT NULL") < 0.965
    assert 0.91 < level("urgency = 'normal'") < 0.95
    assert 0.01 < level("urgency = 'critical'") < 0.03
    assert 0.007 < level("deferred") < 0.013
    assert 0.02 < level("extended > 0") < 0.04
    assert level("closed_at IS NULL AND due_at < getvariable('as_of')") < 0.005
    daily = one(db, "SELECT count(*) / 365 FROM cases WHERE registered_at >= getvariable('year')")
    assert 3 * daily < one(db, "SELECT count(*) FROM cases WHERE closed_at IS NULL") < 8 * daily


def test_towns_differ_and_one_is_slow(db: duckdb.DuckDBPyConnection) -> None:
    on_time = dict(db.execute(f"""SELECT {TOWN}, avg({ON_TIME}) FROM cases
        WHERE {STANDING} AND due_at >= getvariable('year') AND due_at < getvariable('as_of')
            AND {TOWN} <> {stories.DISTRICT}
        GROUP BY 1""").fetchall())  # fmt: skip
    assert len(on_time) == 22
    assert min(on_time, key=on_time.__getitem__) == stories.SLOW_TOWN
    assert on_time[stories.SLOW_TOWN] < 0.88
    assert sum(rate >= 0.95 for rate in on_time.values()) > 10


def test_every_fact_has_what_the_pages_need(db: duckdb.DuckDBPyConnection) -> None:
    kinds = {"system": 287, "dataset": 300, "service_item": 954, "hall": 23, "counter": 37, "site": 40, "account": 12,
             "facility": 264}  # fmt: skip
    parts = " UNION ALL ".join(
        f"SELECT kind FROM {view}" for view in ("systems", "datasets", "services", "sites", "facilities")
    )
    counts = dict(db.execute(f"SELECT kind, count(*) FROM ({parts}) GROUP BY kind").fetchall())
    assert {kind: counts[kind] for kind in kinds} == kinds
    per_site = "SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM sites WHERE kind = 'column' GROUP BY parent)"
    assert (8, 16) <= one(db, per_site) <= (8, 16)
    measures = {
        row[0]
        for row in db.execute(
            "SELECT DISTINCT measure FROM villages UNION FROM (SELECT measure FROM hall_queues)"
        ).fetchall()
    }
    assert measures == {
        "queue_waiting", "queue_wait_min", "registered_users", "resident_pop", "has_5g", "bandwidth_mbps", "income_wan",
        "debt_wan", "arrears_due_wan", "arrears_paid_wan", "households", "households_sewered", "form_kinds",
        "repeated_fields", "secretary_fulltime", "secretary_years", "digital_tier", "cameras", "cameras_online",
        "survey_valid", "survey_aware", "survey_support", "survey_joined", "cloud_cpu", "cloud_memory", "cloud_storage",
        "cloud_cpu_used", "cloud_memory_used", "cloud_storage_used", "tickets_booked", "service_station",
        "prefilled_fields", "petition_households",
    }  # fmt: skip
    assert one(db, "SELECT max(measured_at) > $1 FROM hall_queues", AS_OF - timedelta(hours=1))
    people = one(
        db, "SELECT sum(value) FROM villages WHERE measure = 'resident_pop' AND measured_at = $1", datetime(2026, 11, 1)
    )
    assert people == one(db, "SELECT population FROM areas WHERE level = 'district'")
