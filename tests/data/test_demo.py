"""The demo district: areas, levels, planted stories, and reproducibility."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb
import pytest
import shapely
from shapely.geometry import shape

from data.demo import Delivery, build, geography, names, sites, stories
from data.demo.casework.streams import STREAMS
from data.sources.definition import read_source

TODAY = date(2026, 11, 22)
AS_OF = datetime(2026, 11, 22, 8)
CASES = 60_000
TOWN = "area // 1000 * 1000"
STANDING = "coalesce(close_kind, 'done') = 'done' AND NOT deferred"
ON_TIME = "coalesce(closed_at <= due_at, false)::INTEGER"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return build(tmp_path_factory.mktemp("demo"), cases=CASES, today=TODAY)


@pytest.fixture(scope="module")
def db(made: Delivery) -> Iterator[duckdb.DuckDBPyConnection]:
    """`cases`: the good rows of all streams; every other source under its own name; `areas`."""
    with duckdb.connect() as con:
        for source in made.sources:
            con.execute(f"CREATE VIEW {source.stem} AS FROM read_parquet('{source.with_suffix('.parquet')}')")
        con.execute(f"CREATE VIEW areas AS FROM read_csv('{made.areas[0]}')")
        con.execute("""CREATE VIEW web_good AS
            SELECT * REPLACE (TRY_CAST(registered_at AS TIMESTAMP) AS registered_at) FROM web
            WHERE TRY_CAST(registered_at AS TIMESTAMP) IS NOT NULL AND coalesce(rating, 5) <= 5
                AND area IN (SELECT code FROM areas)
                AND coalesce(closed_at >= TRY_CAST(registered_at AS TIMESTAMP), true)
            QUALIFY row_number() OVER (PARTITION BY key ORDER BY updated_at DESC) = 1""")
        streams = [(s.source, "web_good" if s.source == "web" else s.source) for s in STREAMS]
        parts = " UNION ALL ".join(f"SELECT '{source}' AS source, * FROM {view}" for source, view in streams)
        con.execute(f"CREATE TABLE cases AS {parts}")
        con.execute("SET VARIABLE as_of = $1", [AS_OF])
        con.execute("SET VARIABLE month = $1", [datetime(2026, 11, 1)])
        con.execute("SET VARIABLE year = $1", [datetime(2025, 11, 22)])
        yield con


def one(db: duckdb.DuckDBPyConnection, sql: str, *values: object) -> object:
    row = db.execute(sql, list(values)).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


# The ground


def test_one_district_22_towns_549_villages(db: duckdb.DuckDBPyConnection) -> None:
    live = "SELECT level, count(*) FROM areas WHERE valid_to IS NULL GROUP BY level"
    assert dict(db.execute(live).fetchall()) == {"district": 1, "town": 22, "village": 549}
    assert one(db, "SELECT count(*) FROM areas") == 573
    assert one(db, "SELECT count(DISTINCT name) FROM areas") == 573


def test_codes_follow_the_blocks_of_their_kind(db: duckdb.DuckDBPyConnection) -> None:
    town, village = "code // 1000 % 1000", "code % 1000"
    blocks = {"街道": (town, 1, 99), "镇": (town, 100, 199), "乡": (town, 200, 399)}
    blocks |= {"社区": (village, 1, 199), "村": (village, 200, 399)}
    for kind, (part, low, high) in blocks.items():
        sql = f"SELECT count(*) > 0, count(*) FILTER ({part} NOT BETWEEN $1 AND $2) FROM areas WHERE kind = $3"
        assert one(db, sql, low, high, kind) == (True, 0)
    assert one(db, "SELECT count(*) FROM areas WHERE code // 1000000 <> 990101") == 0


def test_people_add_up(db: duckdb.DuckDBPyConnection) -> None:
    levels = "SELECT sum(population), sum(households) FROM areas WHERE level = $1 AND valid_to IS NULL"
    district = one(db, levels, "district")
    assert one(db, levels, "town") == district
    assert one(db, levels, "village") == district
    assert 900_000 < district[0] < 1_000_000
    assert one(db, "SELECT min(population), min(households) FROM areas") > (100, 40)


def test_polygons_cover_the_ground_without_gaps_and_overlaps(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    features = json.loads(made.areas[1].read_text("utf-8"))["features"]
    shapes = {int(feature["properties"]["code"]): shape(feature["geometry"]) for feature in features}
    live = dict(db.execute("SELECT code, level FROM areas WHERE valid_to IS NULL").fetchall())
    assert shapes.keys() == live.keys()
    assert all(polygon.geom_type == "Polygon" and polygon.is_valid for polygon in shapes.values())
    district = shapes[stories.DISTRICT]
    for level in ("town", "village"):
        parts = [shapes[code] for code in live if live[code] == level]
        assert shapely.coverage_is_valid(parts)
        assert sum(part.area for part in parts) == pytest.approx(district.area, rel=1e-6)
        assert shapely.union_all(parts).symmetric_difference(district).area < 1e-6 * district.area
    for town in (code for code in live if live[code] == "town"):
        inside = shapely.union_all(
            [shapes[code] for code in live if live[code] == "village" and code // 1000 == town // 1000]
        )
        assert inside.symmetric_difference(shapes[town]).area < 1e-6 * shapes[town].area
    for code, lon, lat in db.execute("SELECT code, lon, lat FROM areas WHERE valid_to IS NULL").fetchall():
        assert shapes[code].contains(shapely.Point(lon, lat)), code


def test_cases_lie_in_their_villages(db: duckdb.DuckDBPyConnection) -> None:
    outlines = {area.code: area.outline for area in geography.areas() if area.outline}
    for code, lon, lat in db.execute("SELECT area, lon, lat FROM cases WHERE area % 1000 > 0 LIMIT 3000").fetchall():
        assert code == stories.MERGED_VILLAGE or outlines[code].contains(shapely.Point(lon, lat))


# The delivery


def test_source_files_are_valid_and_files_exist(made: Delivery) -> None:
    sources = [read_source(path) for path in made.sources]
    assert [source.fact for source in sources].count("cases") == 12
    assert {source.fact for source in sources} == {"cases", "assets", "checks", "readings", "steps"}
    assert all(source.location and source.location.is_file() for source in sources)
    assert all(re.search("[一-鿿]", source.name.zh) and source.name.en.isascii() for source in sources)
    assert made.as_of == AS_OF


def test_requested_number_of_valid_cases_plus_broken_ones(db: duckdb.DuckDBPyConnection) -> None:
    assert one(db, "SELECT count(*) FROM cases") == CASES
    rows, good = one(db, "SELECT count(*) FROM web"), one(db, "SELECT count(*) FROM web_good")
    assert (rows - good) / good == pytest.approx(stories.REJECTED, rel=0.3)
    kinds = """SELECT count(*) FILTER (area NOT IN (SELECT code FROM areas)), count(*) FILTER (rating > 5),
        count(*) FILTER (TRY_CAST(registered_at AS TIMESTAMP) IS NULL),
        count(*) FILTER (closed_at < TRY_CAST(registered_at AS TIMESTAMP)), count(*) - count(DISTINCT key) FROM web"""
    assert set(one(db, kinds)) == {(rows - good) // len(stories.BROKEN)}


def test_keys_are_unique(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    for source in made.sources:
        view = "web_good" if source.stem == "web" else source.stem
        assert one(db, f"SELECT count(*) = count(DISTINCT key) FROM {view}"), source.stem


@pytest.mark.slow  # builds the demo several times
def test_same_arguments_give_the_same_rows_on_any_number_of_threads(tmp_path: Path) -> None:
    first, second, other = (
        contents(build(tmp_path / folder, cases=3000, seed=seed, today=TODAY, threads=threads))
        for folder, seed, threads in (("a", 1, 1), ("b", 1, 2), ("c", 2, 2))
    )
    assert first == second
    assert {name for name in first if first[name] == other[name]} >= {"areas.csv", "areas.geojson", "systems.parquet"}
    assert all(first[f"{stream.source}.parquet"] != other[f"{stream.source}.parquet"] for stream in STREAMS)
    assert first["site_checks.parquet"] != other["site_checks.parquet"]


def contents(made: Delivery) -> dict[str, object]:
    """Each file's text, or the hash of its rows in their order."""
    rows = """SELECT count(*), md5(string_agg(hash(t)::VARCHAR, ',' ORDER BY file_row_number))
        FROM read_parquet($1, file_row_number = true) t"""
    return {
        path.name: duckdb.execute(rows, [str(path)]).fetchone()
        if path.suffix == ".parquet"
        else path.read_text("utf-8")
        for path in sorted(made.folder.iterdir())
    }


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 1, 1)])
def test_any_date_works(tmp_path: Path, today: date) -> None:
    made = build(tmp_path, cases=500, today=today)
    sql = "SELECT count(*), max(registered_at) < $1, min(registered_at) < $1 - INTERVAL 2 YEAR FROM read_parquet($2)"
    files = [str(made.folder / f"{stream.source}.parquet") for stream in STREAMS if stream.source != "web"]
    count, past, before_start = duckdb.execute(sql, [made.as_of, files]).fetchone()
    assert 400 < count < 500
    assert past
    assert before_start


@pytest.mark.slow  # builds the demo twice
def test_an_older_demo_is_replaced(tmp_path: Path) -> None:
    first = build(tmp_path, cases=500, today=TODAY)
    (first.folder / "leftover.parquet").touch()
    assert build(tmp_path, cases=600, today=TODAY).folder == first.folder
    assert not (first.folder / "leftover.parquet").exists()


# What a district's data look like


def test_no_data_after_data_time(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    times = ("registered_at", "accepted_at", "signed_at", "responded_at", "closed_at", "updated_at")
    assert one(db, f"SELECT greatest({', '.join(f'max({time})' for time in times)}) < $1 FROM cases", AS_OF)
    for view, time in (("site_checks", "checked_at"), ("hall_queues", "measured_at"), ("villages", "measured_at")):
        assert one(db, f"SELECT max({time}) < $1 FROM {view}", AS_OF)


def test_clocks_run_forward(db: duckdb.DuckDBPyConnection) -> None:
    wrong = one(db, """SELECT count(*) FROM cases WHERE accepted_at < registered_at OR signed_at < accepted_at
        OR responded_at < registered_at OR closed_at < greatest(signed_at, responded_at) OR sign_due_at <= accepted_at
        OR respond_due_at <= accepted_at OR due_at <= registered_at OR (closed_at IS NULL) <> (close_kind IS NULL)
        OR solved IS NOT NULL AND reached IS NOT TRUE OR satisfied IS NOT NULL AND reached IS NOT TRUE""")  # fmt: skip
    assert wrong == 0


def test_rows_come_in_the_order_of_time(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT count(*) FILTER (earlier > registered_at) FROM (
        SELECT registered_at, lag(registered_at) OVER (ORDER BY file_row_number) AS earlier
        FROM read_parquet($1, file_row_number = true))"""
    for stream in STREAMS:
        if stream.source != "web":
            assert one(db, sql, str(made.folder / f"{stream.source}.parquet")) == 0


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


# The stories


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


def test_a_site_is_near_the_veto_for_visits(db: duckdb.DuckDBPyConnection) -> None:
    week = "rule = 'site_open' AND checked_at >= getvariable('as_of') - INTERVAL 7 DAY"
    visits = f"SELECT asset, count(*), count(*) FILTER (NOT passed) FROM site_checks WHERE {week} GROUP BY asset"
    visits_by_site = {asset: (count, down) for asset, count, down in db.execute(visits).fetchall()}
    assert visits_by_site.keys() == set(sites.keys())
    assert {count for count, _ in visits_by_site.values()} == {140}
    assert {asset: down for asset, (_, down) in visits_by_site.items() if down > 4} == {stories.SLOW_SITE.key: 6}
    assert one(db, "SELECT count(*) FROM site_checks WHERE rule = 'site_open' AND passed <> (observed < 15)") == 0


def test_a_site_is_a_day_from_the_veto_for_its_home_page(db: duckdb.DuckDBPyConnection) -> None:
    home = db.execute(f"SELECT asset, observed FROM ({newest('home_updated')}) ORDER BY observed DESC").fetchall()
    assert home[0] == (stories.IDLE_SITE.key, 13)
    assert home[1][1] < 7
    assert one(db, "SELECT count(*) FROM site_checks WHERE veto") == 0


def test_one_site_has_blank_columns_and_one_has_stale_ones(db: duckdb.DuckDBPyConnection) -> None:
    columns = "SELECT parent, count(*) FROM ({}) c JOIN sites s ON s.key = c.asset WHERE {} GROUP BY parent"
    blank = db.execute(columns.format(newest("column_items"), "observed = 0")).fetchall()
    assert blank == [(stories.BLANK_SITE.key, 6)]
    stale = db.execute(columns.format(newest("column_updated"), "column_kind <> 'other' AND NOT passed")).fetchall()
    counts = dict(stale)
    assert counts.pop(stories.STALE_SITE.key) == 7
    assert max(counts.values(), default=0) < 5


def test_no_site_fails_by_deductions_alone(db: duckdb.DuckDBPyConnection) -> None:
    deductions = "FROM site_checks WHERE starts_with(rule, 'deduction:')"
    assert one(db, f"SELECT count(*) FILTER (passed <> (points = 0)) {deductions}") == 0
    points = one(db, f"SELECT max(lost) FROM (SELECT sum(points) AS lost {deductions} GROUP BY asset, checked_at)")
    assert 0 < points < 40


def newest(rule: str) -> str:
    return f"""FROM site_checks WHERE rule = '{rule}'
        QUALIFY row_number() OVER (PARTITION BY asset ORDER BY checked_at DESC) = 1"""


def test_no_number_but_the_planted_ones_could_be_a_phone(db: duckdb.DuckDBPyConnection) -> None:
    texts = [row[0] for row in db.execute("SELECT title FROM cases UNION ALL SELECT place FROM cases").fetchall()]
    numbers = [number for text in texts for number in re.findall(r"\d{5,}", text)]
    assert 0 < len(numbers) < CASES * 0.001
    assert all(re.fullmatch(stories.PHONE, number) for number in numbers)


def test_names_are_used_once() -> None:
    assert len(set(names.STREETS + names.TOWNS + names.TOWNSHIPS)) == 22
    assert len(set(names.FIRST)) * len(set(names.LAST)) >= geography.VILLAGES


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
