"""Stories planted in its websites."""

import duckdb

from data.demo import sites, stories
from tests.data.demo.conftest import newest, one


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
