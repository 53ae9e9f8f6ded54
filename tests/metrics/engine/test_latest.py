"""Newest readings, snapshots of assets, quotients across facts and the rows of a domain."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.areas.levels import end_of
from data.editions.edition import Edition
from data.home import Home
from metrics.catalog import Catalog, load
from metrics.errors import MetricsError
from metrics.period import Period
from tests.asking import answer, count_rows, rows
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
MERGED = 990101001203
HEADER = """
id: own
name: {zh: 自定, en: Own}
fact: FACT
"""
METRIC = """
  NAME:
    name: {zh: 指标, en: NAME}
    definition: {zh: 指标。, en: Metric.}
    WAY
    unit: {zh: 个, en: items}
    direction: none
    basis: BASIS
    rollup: ROLLUP
"""


def metric(name: str, way: str, rollup: str = "sum", basis: str = "stock") -> str:
    return METRIC.replace("NAME", name).replace("WAY", way).replace("ROLLUP", rollup).replace("BASIS", basis)


def catalog(folder: Path, fact: str, head: str, *metrics: str) -> Catalog:
    folder.mkdir(exist_ok=True)
    text = HEADER.replace("FACT", fact) + head + "\nmetrics:" + "".join(metrics)
    (folder / "own.yaml").write_text(text, "utf-8")
    return load(folder)


class Connected:
    """An edition that is nothing but a connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()


def reading(area: int, measure: str, at: datetime, value: float, **more: Any) -> dict[str, Any]:
    key = f"{area}/{more.get('unit')}/{measure}/{at}"
    return {"key": key, "area": area, "unit": None, "measure": measure, "measured_at": at, "value": value, **more}


def value(edition: Edition, name: str, area: int, period: Period, own: Catalog, **more: Any) -> float | None:
    number = answer(edition, [name], area, period, catalog=own, **more).iloc[0]["value"]
    return None if number != number else float(number)


@pytest.fixture
def yearly(tmp_path: Path) -> tuple[Edition, Catalog]:
    """Debts stated each January, and a queue that is measured hourly."""
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    january = [datetime(year, 1, 1) for year in (2025, 2026)]
    debts = [
        reading(village, "debt", at, 10.0 * (i + 1) * (at.year - 2024))
        for i, village in enumerate(VILLAGES)
        for at in january
    ]
    queue = [
        reading(DISTRICT, "queue", AS_OF - timedelta(hours=hours), people, unit=unit)
        for unit, people in (("综合", 7.0), ("医保", 21.0))
        for hours in (1, 3)
    ]
    deliver(home, "readings", [*debts, *queue])
    own = catalog(
        tmp_path / "own", "readings", "latest: {debt: 400, queue: 1}",
        metric("debt", "aggregate: {sum: value, where: measure = 'debt'}"),
        metric("debtors", "aggregate: {sum: (value > 35)::INTEGER, per: '1', where: measure = 'debt'}",
               "ratio of sums"),
        metric("waiting", "aggregate: {max: value, where: measure = 'queue'}", "max"),
    )  # fmt: skip
    return published(home, AS_OF, own), own


@pytest.mark.parametrize("condition", [
    "measure = 'debt'", "measure IN ('debt', 'queue') AND value > 15", "measure = 'debt' OR value > 20",
    "NOT (measure = 'debt')", "measure = 'debt' AND (value > 35 OR unit IS NULL)", "value > 1 AND measure = 'queue'",
    "(measure = 'debt') IS NOT TRUE", "measure = 'debt' AND value > 99 OR measure = 'queue'",
    "measure = 'it''s' OR measure = 'queue'", "value > 35",
])  # fmt: skip
def test_a_number_is_the_sum_of_its_rows_whatever_its_condition(
    yearly: tuple[Edition, Catalog], tmp_path: Path, condition: str
) -> None:
    """A number is read without the measures that its condition leaves out, its rows from all of them."""
    edition, _ = yearly
    own = catalog(
        tmp_path / "other", "readings", "latest: {debt: 400, queue: 1}",
        metric("some", f'aggregate: {{sum: value, where: "{condition}"}}'),
    )  # fmt: skip
    months = [Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in range(1, 12)]
    values = answer(edition, ["some"], DISTRICT, months[0], catalog=own, periods=months)["value"].fillna(0)
    listed = [rows(edition, "some", DISTRICT, month, catalog=own)["value"].sum() for month in months]
    assert values.tolist() == listed


def test_yearly_reading_is_valid_until_the_next_one(yearly: tuple[Edition, Catalog]) -> None:
    edition, own = yearly
    assert value(edition, "debt", DISTRICT, MONTH, own) == 120  # (10 + 20 + 30) x 2
    assert value(edition, "debt", VILLAGES[0], Period(date(2025, 6, 1), date(2025, 7, 1)), own) == 10
    assert value(edition, "debt", DISTRICT, Period(date(2024, 6, 1), date(2024, 7, 1)), own) is None


def test_reading_beyond_its_validity_is_absent_and_not_zero(yearly: tuple[Edition, Catalog]) -> None:
    edition, own = yearly
    assert value(edition, "waiting", DISTRICT, MONTH, own) == 21
    assert value(edition, "waiting", DISTRICT, MONTH, own, as_of=AS_OF + timedelta(days=2)) is None
    assert value(edition, "waiting", TOWNS[0], MONTH, own) is None


def test_share_counts_its_own_measure_and_its_rows_are_those(yearly: tuple[Edition, Catalog]) -> None:
    edition, own = yearly
    row = answer(edition, ["debtors"], DISTRICT, MONTH, catalog=own).iloc[0]
    assert (row["numerator"], row["denominator"], row["n"]) == (2, 3, 3)
    assert set(rows(edition, "debtors", DISTRICT, MONTH, catalog=own)["area"]) == set(VILLAGES)
    assert len(rows(edition, "debtors", DISTRICT, MONTH, part="numerator", catalog=own)) == 2


def test_newest_readings_split_and_filter_by_unit(yearly: tuple[Edition, Catalog]) -> None:
    edition, own = yearly
    frame = answer(edition, ["waiting"], DISTRICT, MONTH, by="department", catalog=own)
    assert dict(zip(frame["group"], frame["value"], strict=True)) == {"综合": 7, "医保": 21}
    assert value(edition, "waiting", DISTRICT, MONTH, own, where={"department": "综合"}) == 7
    assert count_rows(edition, "waiting", DISTRICT, MONTH, where={"department": "综合"}, catalog=own) == 1


def test_reading_of_a_merged_village_counts_until_its_heir_reports(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", memory="1GB")
    ended = {"name": "小塘村", "level": "village", "valid_to": date(2026, 9, 1), "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, {"code": MERGED, **ended}])
    months = [datetime(2026, month, 1) for month in (7, 8, 9, 10)]
    people = [reading(VILLAGES[0], "people", at, 300 if at < datetime(2026, 9, 1) else 400) for at in months]
    people += [reading(MERGED, "people", at, 100) for at in months[:2]]
    debts = [reading(VILLAGES[0], "debt", datetime(2026, 1, 1), 5), reading(MERGED, "debt", datetime(2026, 1, 1), 2)]
    deliver(home, "readings", [*people, *debts])
    own = catalog(
        tmp_path / "own", "readings", "latest: {people: 62, debt: 400}",
        metric("people", "aggregate: {sum: value, where: measure = 'people'}"),
        metric("debt", "aggregate: {sum: value, where: measure = 'debt'}"),
    )  # fmt: skip
    edition = published(home, AS_OF, own)

    def month(number: int) -> Period:
        return Period(date(2026, number, 1), date(2026, number + 1, 1))

    assert value(edition, "people", DISTRICT, month(8), own) == 400
    assert value(edition, "people", DISTRICT, month(9), own) == 400  # not 500: the heir has counted its people itself
    assert value(edition, "debt", VILLAGES[0], month(10), own) == 7  # no newer figure of the heir: both are valid
    assert value(edition, "people", MERGED, month(8), own) == 100


def test_what_describes_a_village_ends_with_it_while_its_amounts_count_on(tmp_path: Path) -> None:
    """Villages are not counted twice after a merger: neither where the heir has not reported yet nor where it has."""
    home = Home(tmp_path / "home", memory="1GB")
    ended = {"name": "小塘村", "level": "village", "valid_to": date(2026, 9, 1), "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, {"code": MERGED, **ended}])
    january = datetime(2026, 1, 1)
    deliver(home, "readings", [
        reading(area, measure, january, 2) for area in (*VILLAGES, MERGED) for measure in ("tier", "debt")
    ])  # fmt: skip
    own = catalog(
        tmp_path / "own", "readings", "latest: {tier: 400, debt: 400}\ntraits: [tier]",
        metric("tiers", "aggregate: {sum: (value >= 2)::INTEGER, per: '1', where: measure = 'tier'}", "ratio of sums"),
        metric("debt", "aggregate: {sum: value, where: measure = 'debt'}"),
    )  # fmt: skip
    edition = published(home, AS_OF, own)
    before, after = (Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in (8, 9))
    for month, villages in ((before, len(VILLAGES) + 1), (after, len(VILLAGES))):
        row = answer(edition, ["tiers"], DISTRICT, month, catalog=own).iloc[0]
        assert (row["numerator"], row["denominator"]) == (villages, villages)
        assert len(rows(edition, "tiers", DISTRICT, month, catalog=own)) == villages
        assert value(edition, "debt", DISTRICT, month, own) == 2 * (len(VILLAGES) + 1)


def test_means_and_counts_of_villages_leave_out_merged_ones_whose_amounts_count_on(tmp_path: Path) -> None:
    """One of two neighbours goes into the other; another two become a new one, which has not reported."""
    home, new, two = Home(tmp_path / "home", memory="1GB"), MERGED + 3, (MERGED + 1, MERGED + 2)
    ended = {"name": "小塘村", "level": "village", "valid_to": date(2026, 9, 1)}
    areas(home, [
        *AREAS, {"code": MERGED, **ended, "merged_into": VILLAGES[0]},
        *({"code": number, **ended, "merged_into": new} for number in two),
        {"code": new, "name": "新塘村", "level": "village", "valid_from": date(2026, 9, 1)},
    ])  # fmt: skip
    incomes = {VILLAGES[0]: 50, VILLAGES[1]: 30, VILLAGES[2]: 20, MERGED: 200, two[0]: 10, two[1]: 15}
    deliver(home, "readings", [reading(area, "income", datetime(2026, 1, 1), n) for area, n in incomes.items()])
    mean = "aggregate: {sum: value, per: '1', where: measure = 'income', existing: true}"
    own = catalog(
        tmp_path / "own", "readings", "latest: {income: 400}", metric("mean", mean, "ratio of sums"),
        metric("rich", "aggregate: {sum: (value >= 100)::INTEGER, where: measure = 'income', existing: true}"),
        metric("middle", "aggregate: {quantile: value, q: 0.5, where: measure = 'income', existing: true}",
               "recompute"),
    )  # fmt: skip
    edition = published(home, AS_OF, own)
    for month, villages, rich, middle in ((8, 6, 1, 25), (9, 4, 0, 25)):
        period = Period(date(2026, month, 1), date(2026, month + 1, 1))
        frame = answer(edition, ["mean", "rich", "middle"], DISTRICT, period, catalog=own).set_index("metric")
        assert (frame["numerator"]["mean"], frame["denominator"]["mean"]) == (325, villages)
        assert (frame["value"]["rich"], frame["value"]["middle"]) == (rich, middle)
        assert len(rows(edition, "mean", DISTRICT, period, part="denominator", catalog=own)) == villages
        assert len(rows(edition, "mean", DISTRICT, period, part="numerator", catalog=own)) == 6
        assert len(rows(edition, "rich", DISTRICT, period, catalog=own)) == rich
    row = answer(edition, ["mean"], VILLAGES[0], period, catalog=own).iloc[0]
    assert (row["numerator"], row["denominator"]) == (250, 1)
    assert value(edition, "mean", new, period, own) == 25


def test_existing_areas_are_those_of_newest_readings(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="existing: goes with latest"):
        some = metric("some", "aggregate: {sum: '1', existing: true}")
        catalog(tmp_path / "own", "assets", "snapshot: [kind]", some)


def test_a_trait_is_one_of_the_measures(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="traits: latest has no measure tir"):
        catalog(tmp_path / "own", "readings", "latest: {tier: 400}\ntraits: [tir]",
                metric("tiers", "aggregate: {sum: value}"))  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 500), st.integers(0, 9)), min_size=1, max_size=30))
def test_newest_reading_of_every_day_is_that_of_a_walk_through_all(rows: list[tuple[int, int, int]]) -> None:
    """The SQL against a plain reading of the rule."""

    from metrics.catalog.generated import latest_sql
    from metrics.engine.views import verdicts

    start = datetime(2026, 1, 1)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE areas (code BIGINT, holder BIGINT, valid_to DATE)")
        con.execute(
            "CREATE TABLE readings (source VARCHAR, key VARCHAR, area BIGINT, area_then BIGINT, unit VARCHAR, "
            "measure VARCHAR, measured_at TIMESTAMP, value DOUBLE, value_unit VARCHAR, n BIGINT, "
            "updated_at TIMESTAMP, batch INTEGER)"
        )
        for i, (area, hours, number) in enumerate(rows):
            at = start + timedelta(hours=hours)
            con.execute(
                "INSERT INTO readings VALUES ('s', $1, $2, $2, NULL, 'm', $3, $4, NULL, NULL, $5, 1)",
                [f"{i:03}", area, at, number, start + timedelta(seconds=i)],
            )
        instants = {i: start + timedelta(hours=50 * i) for i in range(12)}
        sql = verdicts(latest_sql({"m": 5}, None, {}), instants, Connected(con))  # type: ignore[arg-type]
        values = {(i, area): value for i, area, value in con.execute(f"SELECT i, area, value FROM ({sql})").fetchall()}
    expected = {}
    for i, instant in instants.items():
        for area, hours, number in sorted(rows, key=lambda row: row[1]):  # stable: of equal times the later delivered
            at = start + timedelta(hours=hours)
            if instant - timedelta(days=5) <= at < instant:
                expected[i, area] = number
    assert values == expected


# Snapshots


@pytest.fixture
def systems(tmp_path: Path) -> tuple[Edition, Catalog]:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    summer, autumn = datetime(2026, 7, 1), datetime(2026, 10, 1)
    assets = [
        {"key": "old", "registered_at": None, "share_done_at": summer, "unit": "区数据局"},
        {"key": "new", "registered_at": autumn, "share_done_at": None, "unit": "区教育局"},
        {"key": "gone", "registered_at": None, "retired_at": autumn, "share_done_at": None, "unit": "区数据局"},
        {"key": "site", "kind": "site", "registered_at": None, "share_done_at": None, "unit": "区数据局"},
    ]
    deliver(
        home, "assets", [{"kind": "system", "name": a["key"], "area": DISTRICT, **a} for a in assets], source="registry"
    )
    own = catalog(
        tmp_path / "own", "assets", "snapshot: [kind, share_done_at]\nwhere: kind = 'system'",
        metric("own_systems", 'aggregate: {sum: "1"}'),
        metric("shared", 'aggregate: {sum: (share_done_at IS NOT NULL)::INTEGER, per: "1"}', "ratio of sums"),
    )  # fmt: skip
    return published(home, AS_OF, own), own


def test_snapshot_has_what_was_registered_and_known_on_the_day(systems: tuple[Edition, Catalog]) -> None:
    edition, own = systems
    days = [(date(2026, 5, 1), 2, 0.0), (date(2026, 8, 1), 2, 0.5), (date(2026, 11, 1), 2, 0.5)]
    for start, count, share in days:
        month = Period(start, start.replace(month=start.month + 1))
        assert value(edition, "own_systems", DISTRICT, month, own) == count
        assert value(edition, "shared", DISTRICT, month, own) == share
    names = rows(edition, "own_systems", DISTRICT, Period(date(2026, 8, 1), date(2026, 9, 1)), catalog=own)
    assert list(names["name"]) == ["gone", "old"]
    assert list(rows(edition, "own_systems", DISTRICT, MONTH, catalog=own)["name"]) == ["new", "old"]


def test_snapshot_splits_by_the_columns_that_it_has(systems: tuple[Edition, Catalog]) -> None:
    edition, own = systems
    frame = answer(edition, ["own_systems"], DISTRICT, MONTH, by="department", catalog=own)
    assert dict(zip(frame["group"], frame["value"], strict=True)) == {"区数据局": 1, "区教育局": 1}
    with pytest.raises(MetricsError, match="cannot be broken down by category"):
        answer(edition, ["own_systems"], DISTRICT, MONTH, by="category", catalog=own)


# Quantiles of the rows of an instant, and sources that disagree


def test_quantiles_of_the_newest_readings_equal_those_of_sql(tmp_path: Path) -> None:
    """Combined from the values of the areas, and by a filter in SQL, both as quantile_cont has them."""
    own = catalog(
        tmp_path / "own", "readings", "latest: {m: 30}",
        *(metric(f"q{q}", f"aggregate: {{quantile: value, q: 0.{q}, where: value <> 7}}", "recompute") for q in (5, 9)),
    )  # fmt: skip
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    rng = random.Random(4)
    given = [(rng.choice(VILLAGES), f"unit {i}", rng.randint(-9, 9)) for i in range(60)]
    made = [reading(area, "m", datetime(2026, 11, 10), value, unit=unit) for area, unit, value in given]
    deliver(home, "readings", made)
    edition = published(home, AS_OF, own)
    for q, code in product((5, 9), (DISTRICT, *TOWNS, *VILLAGES)):
        among = [value for area, _, value in given if code <= area < end_of(code) and value != 7]
        expected = pytest.approx(float(np.quantile(among, q / 10)))
        row = answer(edition, [f"q{q}"], code, MONTH, catalog=own).iloc[0]
        assert row["value"] == expected
        assert row["n"] == len(among) == count_rows(edition, f"q{q}", code, MONTH, catalog=own)
        assert answer(edition, [f"q{q}"], code, MONTH, by="source", catalog=own)["value"].tolist() == [expected]


def test_a_number_on_which_sources_disagree_says_so_with_both_values(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    at = datetime(2026, 11, 10)
    values = {"own": (1000.0, 20.0, 5.0), "police": (1011.0, 20.5, 5.0)}
    for days, (source, numbers) in enumerate(values.items()):
        made = [reading(v, "people", at + timedelta(days=days), n) for v, n in zip(VILLAGES, numbers, strict=True)]
        deliver(home, "readings", made, source=source)
    own = catalog(
        tmp_path / "own", "readings", "latest: {people: 62}",
        metric("people", "aggregate: {sum: value}"),
        metric("small", "aggregate: {sum: value, where: value < 100}"),
    )  # fmt: skip
    edition = published(home, AS_OF, own)
    by_village = answer(edition, ["people"], DISTRICT, MONTH, by="village", catalog=own).set_index("group")
    qualities = dict(zip(map(str, VILLAGES), ("conflict", "ok", "ok"), strict=True))
    assert by_village["quality"].to_dict() == qualities
    frame = answer(edition, ["people", "small"], DISTRICT, MONTH, catalog=own)
    assert frame["quality"].tolist() == ["conflict", "ok"], "only what counts the disputed reading"
    assert frame["value"][0] == 1011 + 20.5 + 5, "the newest value counts"
    shown = rows(edition, "people", VILLAGES[0], MONTH, catalog=own).iloc[0]
    assert (shown["lowest"], shown["by_lowest"], shown["highest"], shown["by_highest"]) == (1000, "own", 1011, "police")
    before = answer(edition, ["people"], VILLAGES[0], Period(date(2026, 11, 1), date(2026, 11, 11)), catalog=own)
    assert before["quality"][0] == "ok", "only one source had reported by then"


# Quotients, and domains of some rows of a fact


def test_quotient_divides_sums_of_two_facts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    deliver(home, "readings", [reading(v, "people", datetime(2026, 11, 1), 1000.0 * (i + 1))
                               for i, v in enumerate(VILLAGES)], source="yearbook")  # fmt: skip
    at = datetime(2026, 11, 3)
    deliver(home, "cases", [{"key": str(i), "area": VILLAGES[i % 2], "registered_at": at} for i in range(9)])
    own = catalog(
        tmp_path / "own", "readings", "latest: {people: 62}",
        metric("people", "aggregate: {sum: value}"),
        metric("per_10k", "quotient: {of: intake, per: people}\n    scale: 10000", "ratio of sums", "flow"),
    )  # fmt: skip
    edition = published(home, AS_OF, own)
    assert value(edition, "per_10k", DISTRICT, MONTH, own) == pytest.approx(9 / 6000 * 10000)
    assert value(edition, "per_10k", VILLAGES[0], MONTH, own) == pytest.approx(5 / 1000 * 10000)
    frame = answer(edition, ["per_10k"], DISTRICT, MONTH, by="town", catalog=own).set_index("group")
    assert frame.loc[str(TOWNS[0]), "value"] == pytest.approx(9 / 3000 * 10000)
    assert frame.loc[str(TOWNS[1]), ["numerator", "denominator", "value"]].tolist() == [0, 3000, 0]
    with pytest.raises(MetricsError, match="made of other metrics: ask for the rows of intake, people"):
        rows(edition, "per_10k", DISTRICT, MONTH, catalog=own)


def test_where_of_a_file_selects_its_rows_everywhere(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    at = datetime(2026, 11, 3)
    kinds = ("service", "event", "service", "hotline", "service")
    deliver(home, "cases", [{"key": str(i), "area": TOWNS[i % 2], "registered_at": at + timedelta(days=i), "kind": kind}
                            for i, kind in enumerate(kinds)])  # fmt: skip
    head = "where: kind = 'service'\nmeasures:\n  every: {anchor: registered_at}"
    own = catalog(tmp_path / "own", "cases", head, metric("own_cases", "value: every", basis="flow"))
    edition = published(home, AS_OF, own)
    for rolled in (True, False):
        assert value(edition, "own_cases", DISTRICT, MONTH, own, rolled=rolled) == 3
        assert value(edition, "own_cases", DISTRICT, MONTH, own, as_of=datetime(2026, 11, 6), rolled=rolled) == 2
    cut = replace(MONTH, end=date(2026, 11, 6), until=datetime(2026, 11, 5, 12))
    assert value(edition, "own_cases", DISTRICT, cut, own) == 2
    assert set(rows(edition, "own_cases", DISTRICT, MONTH, catalog=own)["kind"]) == {"service"}
    (tmp_path / "own" / "own.yaml").write_text(
        (tmp_path / "own" / "own.yaml").read_text("utf-8").replace("'service'", "'event'"), "utf-8"
    )
    load.cache_clear()
    assert value(edition, "own_cases", DISTRICT, MONTH, load(tmp_path / "own")) == 1  # not the old daily table


@pytest.mark.parametrize(
    ("fact", "head", "way", "message"),
    [
        ("cases", "where: closed_at IS NULL\nmeasures: {every: {anchor: registered_at}}", "value: every",
         "own.yaml: where: closed_at becomes known later"),
        ("cases", "where: knd = 'x'\nmeasures: {every: {anchor: registered_at}}", "value: every", "has no column knd"),
        ("cases", "snapshot: [kind]", "aggregate: {sum: '1'}", "snapshot: is of assets"),
        ("assets", "latest: {x: 3}", "aggregate: {sum: '1'}", "latest: is of readings"),
        ("assets", "snapshot: [knd]", "aggregate: {sum: '1'}", "snapshot: assets has no column knd"),
        ("assets", "snapshot: [kind]", "aggregate: {sum: '1', where: knd = 1}", "aggregate.where: .*knd"),
        ("readings", "latest: {x: 3}", "quotient: {of: intake, per: on_time_rate}", "is not a metric that adds up"),
        ("readings", "latest: {x: 0}", "aggregate: {sum: value}", "latest.x: .*greater than 0"),
    ],
)  # fmt: skip
def test_faults_are_named(tmp_path: Path, fact: str, head: str, way: str, message: str) -> None:
    rollup = "ratio of sums" if "quotient" in way else "sum"
    with pytest.raises(MetricsError, match=message):
        catalog(tmp_path / "own", fact, head, metric("made", way, rollup))
