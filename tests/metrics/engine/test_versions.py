"""Snapshots of assets use the version that was valid on the day."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions import from_desk, versions
from data.editions.edition import Edition
from data.editions.from_desk import FromDesk
from data.home import Home
from data.ingest.unload import unload
from data.schema import ASSETS
from data.store import read_store, stored
from metrics.catalog import Catalog
from metrics.period import Period
from tests.asking import answer, rows
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published
from tests.metrics.engine.test_latest import catalog, metric

AS_OF = datetime(2026, 11, 22, 8)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return catalog(
        tmp_path_factory.mktemp("catalog") / "own", "assets", "snapshot: [kind, items, on_cloud]",
        metric("own_assets", 'aggregate: {sum: "1"}'),
        metric("own_items", "aggregate: {sum: items}"),
        metric("cloud_share", 'aggregate: {sum: on_cloud::INTEGER, per: "1"}', "ratio of sums"),
    )  # fmt: skip


def asset(key: str = "a", **values: Any) -> dict[str, Any]:
    return {"key": key, "kind": "system", "name": key, "area": DISTRICT, "registered_at": None, **values}


def at(edition: Edition, own: Catalog, name: str, day: date, area: int = DISTRICT) -> float | None:
    value = answer(edition, [name], area, Period(day - timedelta(days=1), day), catalog=own)["value"][0]
    return None if value != value else float(value)


def test_each_day_has_the_version_of_that_day_and_the_first_has_always_existed(tmp_path: Path, own: Catalog) -> None:
    home = Home(tmp_path)
    areas(home)
    for month, items, cloud in ((3, 5, False), (6, 8, False), (9, 8, True)):
        deliver(home, "assets", [asset(items=items, on_cloud=cloud, updated_at=datetime(2026, month, 10, 12))], "reg")
    edition = published(home, AS_OF, own)
    days = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 6, 10), date(2026, 6, 11), date(2026, 9, 11)]
    assert [at(edition, own, "own_items", day) for day in days] == [5, 5, 5, 8, 8]
    assert [at(edition, own, "cloud_share", day) for day in days] == [0, 0, 0, 0, 1]
    listed = rows(edition, "own_items", DISTRICT, Period(date(2026, 4, 1), date(2026, 5, 1)), catalog=own)
    assert listed["items"].tolist() == [5], "the rows are those that were counted"


def test_an_asset_that_moved_counts_where_it_was(tmp_path: Path, own: Catalog) -> None:
    home = Home(tmp_path)
    areas(home)
    for month, area in ((3, TOWNS[0]), (9, TOWNS[1])):
        deliver(home, "assets", [asset(area=area, items=1, updated_at=datetime(2026, month, 10))], "reg")
    edition = published(home, AS_OF, own)
    assert [at(edition, own, "own_assets", date(2026, 5, 1), town) for town in TOWNS] == [1, None]
    assert [at(edition, own, "own_assets", date(2026, 10, 1), town) for town in TOWNS] == [None, 1]


def test_an_asset_of_a_merged_village_counts_for_its_heir_and_the_old_code_still_answers(
    tmp_path: Path, own: Catalog
) -> None:
    home = Home(tmp_path)
    heir = {"code": TOWNS[0] + 299, "name": "新桥村", "level": "village", "valid_from": "2026-10-15"}
    merged = [{**a, "valid_to": "2026-10-15", "merged_into": heir["code"]} if a["code"] in VILLAGES[:2] else a
              for a in AREAS]  # fmt: skip
    areas(home, [*merged, heir])
    for month, items in ((3, 5), (11, 7)):
        village = VILLAGES[0] if month == 3 else heir["code"]
        deliver(home, "assets", [asset(area=village, items=items, updated_at=datetime(2026, month, 10))], "reg")
    edition = published(home, AS_OF, own)
    assert at(edition, own, "own_items", date(2026, 5, 1), heir["code"]) == 5, "history rolls up to the new code"
    assert at(edition, own, "own_items", date(2026, 5, 1), VILLAGES[0]) == 5, "the old code is still answered"
    assert at(edition, own, "own_items", date(2026, 11, 20), VILLAGES[0]) is None
    assert at(edition, own, "own_items", date(2026, 11, 20), TOWNS[0]) == 7


@pytest.mark.slow
def test_versions_outlive_what_can_be_unloaded_and_an_unloaded_batch_leaves_none(tmp_path: Path, own: Catalog) -> None:
    home = Home(tmp_path)
    areas(home)
    for i in range(13):
        row = asset(items=i, updated_at=datetime(2026, 1, 1) + timedelta(days=10 * i))
        batch = deliver(home, "assets", [row], "reg").batch
    with read_store(home) as store:
        assert store.execute("SELECT items FROM old_assets ORDER BY items").fetchall() == [(0,), (1,)]
    edition = published(home, AS_OF, own)
    days = [date(2026, 1, 2) + timedelta(days=10 * i) for i in range(13)]
    assert [at(edition, own, "own_items", day) for day in days] == list(range(13))
    unload(home, batch)
    edition = published(home, AS_OF, own)
    assert [at(edition, own, "own_items", day) for day in days[-2:]] == [11, 11]


ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=8, unique_by=lambda row: row[0])


@given(ROWS, st.integers(0, 8))
def test_any_order_of_deliveries_gives_the_newest_row_before_each_day(
    given_rows: list[tuple[int, int]], kept: int
) -> None:
    """Rows may come late; those that replaced none and those that cannot be unloaded any more are versions as well."""
    start = datetime(2026, 10, 1)
    newest = max(range(len(given_rows)), key=lambda i: given_rows[i][0])
    with duckdb.connect() as con:
        for database in ("store", "edition"):
            con.execute(f"ATTACH ':memory:' AS {database}")
        columns = ", ".join(f"{name} {type}" for name, type in stored(ASSETS).items())
        for table, more in (("assets", ""), ("old_assets", ""), ("past_assets", ", cause INTEGER, same_as INTEGER")):
            con.execute(f"CREATE TABLE store.{table} ({columns}{more})")
        con.execute("CREATE TABLE store.batches (batch INTEGER, started_at TIMESTAMP, parent INTEGER)")
        con.execute("CREATE TABLE edition.areas (code BIGINT, holder BIGINT)")
        for i, (day, items) in enumerate(given_rows):
            table = "assets" if i == newest else "old_assets" if i < kept else "past_assets"
            names = "source, key, area, items, updated_at, batch"
            values = [items, start + timedelta(days=day), i]
            con.execute(f"INSERT INTO store.{table} ({names}) VALUES ('s', 'k', 1, $1, $2, $3)", values)
        from_desk.write(con, FromDesk())
        current = ", ".join({"area_then": "area AS area_then"}.get(c.name, c.name) for c in ASSETS.columns)
        con.execute(f"CREATE TABLE edition.assets AS SELECT {current} FROM store.assets")
        versions.write(con)
        con.execute("USE edition")
        for day in range(32):
            valid = "coalesce(valid_from < $1, true) AND coalesce(valid_to >= $1, true)"
            moment = start + timedelta(days=day)
            rows = con.execute(f"SELECT items FROM asset_history WHERE {valid}", [moment]).fetchall()
            before = [row for row in given_rows if row[0] < day]
            assert rows == [((max(before) if before else min(given_rows))[1],)], day
