"""Its deliveries: valid, reproducible, of any day, in order of time."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data.demo import Delivery, build, geography, names, stories
from data.demo.casework.streams import STREAMS
from data.sources.definition import read_source
from tests.data.demo.conftest import AS_OF, CASES, TODAY, one


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


def test_no_number_but_the_planted_ones_could_be_a_phone(db: duckdb.DuckDBPyConnection) -> None:
    texts = [row[0] for row in db.execute("SELECT title FROM cases UNION ALL SELECT place FROM cases").fetchall()]
    numbers = [number for text in texts for number in re.findall(r"\d{5,}", text)]
    assert 0 < len(numbers) < CASES * 0.001
    assert all(re.fullmatch(stories.PHONE, number) for number in numbers)


def test_names_are_used_once() -> None:
    assert len(set(names.STREETS + names.TOWNS + names.TOWNSHIPS)) == 22
    assert len(set(names.FIRST)) * len(set(names.LAST)) >= geography.VILLAGES
