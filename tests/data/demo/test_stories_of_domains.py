"""Stories planted in services, data sharing, projects, villages and market supervision."""

from datetime import datetime
from statistics import median

import duckdb
import pytest

from data.demo import stories
from tests.data.demo.conftest import TOWN, one


def test_one_counter_has_a_long_queue_now(db: duckdb.DuckDBPyConnection) -> None:
    newest = """SELECT unit, arg_max(value, measured_at) AS people FROM hall_queues
        WHERE measure = 'queue_waiting' GROUP BY unit HAVING people >= 20"""
    assert db.execute(newest).fetchall() == [stories.LONG_QUEUE]


def test_ratings_of_one_hall_are_by_default_and_another_is_unkind(db: duckdb.DuckDBPyConnection) -> None:
    rated = f"""SELECT {TOWN}, avg((rating IS NOT NULL AND NOT rating_default)::INTEGER),
            avg((rating >= 3)::INTEGER) FILTER (NOT rating_default)
        FROM applications WHERE close_kind = 'done' AND area <> {stories.DISTRICT} GROUP BY 1"""
    by_town = {town: (by_hand, good) for town, by_hand, good in db.execute(rated).fetchall()}
    assert len(by_town) == 22
    assert min(by_town, key=lambda town: by_town[town][0]) == stories.DEFAULTED_TOWN
    assert by_town[stories.DEFAULTED_TOWN][0] < 0.15
    others = {town: good for town, (_, good) in by_town.items() if town != stories.DEFAULTED_TOWN}
    assert min(others, key=others.__getitem__) == stories.UNKIND_TOWN


def test_one_unit_refuses_electronic_certificates(db: duckdb.DuckDBPyConnection) -> None:
    accepted = "SELECT unit, avg(cert_accepted::INTEGER) FROM applications WHERE cert_presented GROUP BY unit"
    rates = dict(db.execute(accepted).fetchall())
    assert min(rates, key=rates.__getitem__) == stories.REFUSING_UNIT
    assert rates[stories.REFUSING_UNIT] < 0.85


def test_one_unit_answers_requests_for_data_late(db: duckdb.DuckDBPyConnection) -> None:
    late = """SELECT unit, avg((responded_at > respond_due_at)::INTEGER) FROM data_requests
        WHERE responded_at IS NOT NULL GROUP BY unit"""
    rates = dict(db.execute(late).fetchall())
    assert max(rates, key=rates.__getitem__) == stories.SLOW_OWNER


def test_requests_of_one_theme_are_approved_at_once(db: duckdb.DuckDBPyConnection) -> None:
    hours = """SELECT category, median(date_diff('minute', registered_at, responded_at) / 60), count(*)
        FROM data_requests WHERE kind = 'share_req' AND responded_at IS NOT NULL GROUP BY 1"""
    found = {theme: (median, count) for theme, median, count in db.execute(hours).fetchall()}
    median, count = found.pop(stories.AT_ONCE_THEME)
    assert (median < 2, count >= 20) == (True, True)
    assert min(median for median, _count in found.values()) > 24


def test_the_police_count_other_people_in_one_town(db: duckdb.DuckDBPyConnection) -> None:
    differ = f"""SELECT DISTINCT {TOWN} FROM police p JOIN villages v USING (area, measure)
        WHERE v.measured_at = p.measured_at + INTERVAL 4 DAY
            AND abs(p.value - v.value) > greatest(1, 0.01 * p.value)"""
    assert db.execute(differ).fetchall() == [(stories.DISPUTED_TOWN,)]


def test_villages_fill_fewer_forms_each_year(db: duckdb.DuckDBPyConnection) -> None:
    yearly = (
        """SELECT avg(value) FROM villages WHERE measure = 'form_kinds' GROUP BY measured_at ORDER BY measured_at"""
    )
    means = [row[0] for row in db.execute(yearly).fetchall()]
    assert means == sorted(means, reverse=True)
    assert means[-1] == pytest.approx(stories.FORMS[-1], abs=1)


def test_a_request_to_share_is_of_the_theme_of_its_data_set(db: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT count(*) FROM data_requests r JOIN datasets d ON r.asset = d.key WHERE (category = theme) = $1"
    assert one(db, sql, True) > 400
    assert one(db, sql, False) == 0


def test_systems_share_data_as_in_ankang_and_counters_stand_as_in_yuexiu(db: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT count(share_done_at), count(*) FROM systems WHERE share_required AND owner_level = $1"
    assert [one(db, sql, level) for level in ("市", "区")] == [(97, 99), (128, 144)]
    assert one(db, "SELECT count(*), count(DISTINCT unit) FROM services WHERE kind = 'counter'") == (37, 35)


def test_digital_projects_start_unapproved_in_one_unit_and_two_are_built_twice(db: duckdb.DuckDBPyConnection) -> None:
    hasty = """SELECT unit, count(*), count(*) FILTER (approved_at IS NULL) FROM digital_projects
        WHERE started_at IS NOT NULL AND coalesce(started_at < approved_at, true) GROUP BY unit"""
    assert db.execute(hasty).fetchall() == [(stories.HASTY_UNIT, stories.UNAPPROVED, 1)]
    twice = "SELECT p.key, o.key FROM digital_projects p JOIN digital_projects o ON p.duplicate_of = o.key"
    assert dict(db.execute(twice).fetchall()) == stories.OVERLAPS
    assert one(db, "SELECT count(DISTINCT name) = count(*) FROM digital_projects")


def test_planned_works_and_market_have_their_stories(db: duckdb.DuckDBPyConnection) -> None:
    late = "avg((coalesce(closed_at, '9999-01-01') > due_at)::INTEGER) FILTER (due_at < getvariable('as_of'))"
    by_topic = f"SELECT {late} FROM planned_works WHERE kind = 'topic' AND (category = $1) = $2"
    assert one(db, by_topic, stories.LATE_TOPIC, True) > 0.4 > 0.1 > one(db, by_topic, stories.LATE_TOPIC, False)
    assert one(db, "SELECT count(*) FROM planned_works WHERE kind = 'topic'") == 603
    listed = "SELECT count(*) FROM credit WHERE kind = 'abnormal' AND (subcategory = $1) = $2"
    assert one(db, listed, stories.CLOSED_INDUSTRY, True) * 7 > 2 * one(db, listed, stories.CLOSED_INDUSTRY, False)
    assert one(db, "SELECT today - max(last_updated_at)::DATE FROM sites, (SELECT getvariable('as_of')::DATE AS today)"
                   f" WHERE key = '{stories.IDLE_ACCOUNT}' GROUP BY today") == 16  # fmt: skip


def test_one_unit_is_not_welcome_on_whistles_and_one_town_proposes_too_much(db: duckdb.DuckDBPyConnection) -> None:
    rated = "SELECT unit, avg(rating) FROM cases WHERE kind = 'whistle' AND NOT rating_default GROUP BY 1"
    ratings = dict(db.execute(f"{rated} HAVING count(*) >= 5").fetchall())
    assert ratings.pop(stories.UNWELCOME_UNIT) < 2.5 < 3.5 < min(ratings.values())
    defaults = one(db, "SELECT count(*) FILTER (rating_default), min(rating) FILTER (rating_default) FROM cases")
    assert (defaults[0] > 5, defaults[1]) == (True, 5)
    accepted = """SELECT avg((accepted_at IS NOT NULL)::INTEGER) FILTER (area = $1),
        avg((accepted_at IS NOT NULL)::INTEGER) FILTER (area <> $1), count(*) FILTER (area = $1) / count(*)
        FROM escalations WHERE close_kind <> 'void'"""
    own, others, share = one(db, accepted, stories.PROPOSING_TOWN)
    assert (own < 0.45, others > 0.75, share > 0.12) == (True, True, True)


def test_one_kind_of_project_is_finished_after_the_turn_of_the_year(db: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT category, avg(coalesce(year(closed_at) = year(registered_at), false)::INTEGER) FROM planned_works
        WHERE kind = 'project' GROUP BY 1"""
    rates = dict(db.execute(sql).fetchall())
    assert rates.pop(stories.LONG_PROJECT) < 0.6
    assert min(rates.values()) > 0.85
    begun = (
        "SELECT count(*), count(DISTINCT category) FROM planned_works WHERE kind = 'project' AND month(registered_at) "
    )
    autumn, kinds = one(db, begun + "IN (10, 11) AND year(registered_at) < year(getvariable('as_of'))")
    assert (autumn > 10, kinds) == (True, 1)


def test_readings_have_their_stories(db: duckdb.DuckDBPyConnection) -> None:
    stations = f"SELECT {TOWN} FROM villages WHERE measure = 'service_station' GROUP BY 1 HAVING max(value) = 0"
    assert db.execute(stations).fetchall() == [(stories.UNSERVED_TOWN,)]
    booked = (
        "SELECT area FROM hall_queues WHERE measure = 'tickets_booked' GROUP BY area HAVING sum(value) < 0.1 * sum(n)"
    )
    assert db.execute(booked).fetchall() == [(stories.UNBOOKED_TOWN,)]
    filled = """SELECT sum(value) / sum(n) AS share FROM villages WHERE measure = 'prefilled_fields'
        GROUP BY measured_at ORDER BY measured_at"""
    shares = [row[0] for row in db.execute(filled).fetchall()]
    assert [share > 0.4 for share in shares] == [False] * (len(shares) - stories.PREFILLED_FOR) + [
        True
    ] * stories.PREFILLED_FOR


def test_one_source_is_keyed_in_by_hand_and_another_pushes_slowly(db: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT source, avg((pushed_at IS NOT NULL)::INTEGER), median(date_diff('second', pushed_at, delivered_at)),
            count(*) FILTER (delivered_at < pushed_at OR delivered_at > accepted_at OR pushed_at < registered_at)
        FROM cases GROUP BY 1"""
    found = {source: (share, delay, wrong) for source, share, delay, wrong in db.execute(sql).fetchall()}
    assert sum(wrong for *_rest, wrong in found.values()) == 0
    assert found.pop(stories.HAND_KEYED_SOURCE)[0] == 0
    assert min(share for share, *_rest in found.values()) > 0.95
    assert found.pop(stories.SLOW_PUSH_SOURCE)[1] > 300
    assert max(delay for _share, delay, _wrong in found.values()) < 30


def test_some_units_are_not_connected_and_few_people_run_systems(db: duckdb.DuckDBPyConnection) -> None:
    missing = "SELECT name FROM units WHERE share_required AND share_done_at IS NULL"
    assert {name for (name,) in db.execute(missing).fetchall()} == set(stories.UNCONNECTED_UNITS)
    assert one(db, "SELECT sum(operations_staff) FROM units") == sum(stories.OPERATIONS_STAFF.values())


def test_villages_that_work_together_earn_more_and_one_village_petitions(db: duckdb.DuckDBPyConnection) -> None:
    rises = """SELECT this.area // 1000 * 1000, avg(this.value - last.value)
        FROM villages this JOIN villages last USING (area, measure)
        WHERE measure = 'income_wan' AND this.measured_at = $1 AND last.measured_at = $2 GROUP BY 1"""
    by_town = dict(db.execute(rises, [datetime(2026, 1, 1), datetime(2025, 1, 1)]).fetchall())
    town, gain = stories.UNITED_TOWN
    assert max(by_town, key=by_town.__getitem__) == town
    assert by_town.pop(town) > gain + median(by_town.values()) / 2
    petitions = """SELECT area, max(value) FROM villages WHERE measure = 'petition_households'
        GROUP BY area HAVING max(value) > 1"""
    worst = dict(db.execute(petitions).fetchall())
    village, households = stories.AGGRIEVED_VILLAGE
    assert worst.pop(village) == households
    assert max(worst.values(), default=0) < households / 4


def test_a_counter_is_crowded_staff_help_in_one_town_and_one_puts_nothing_on_file(
    db: duckdb.DuckDBPyConnection,
) -> None:
    in_towns = f"""SELECT unit FROM hall_queues WHERE measure = 'queue_waiting' AND area <> {stories.DISTRICT}
        GROUP BY unit HAVING count(*) FILTER (value >= 20) >= 12"""
    assert db.execute(in_towns).fetchall() == [(stories.CROWDED_COUNTER[0],)]
    helped = dict(db.execute("SELECT area, avg(assisted::INTEGER) FROM applications GROUP BY area").fetchall())
    assert max(helped, key=helped.__getitem__) == stories.ELDERLY_TOWN
    assert 0.05 < one(db, "SELECT avg(assisted::INTEGER) FROM applications") < 0.15
    bare = f"SELECT {TOWN} FROM facilities GROUP BY 1 HAVING count(recorded_at) = 0"
    assert db.execute(bare).fetchall() == [(stories.UNRECORDED_TOWN,)]
    assert one(db, "SELECT avg((recorded_at IS NOT NULL)::INTEGER) FROM facilities") > 0.85
