"""Every format gives the same facts; unreadable files are reported."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import sqlalchemy as sa

from data.errors import DataError
from data.home import Home
from data.ingest.loading import load
from tests.data.hotline import COLUMNS, GOOD, HEADER, deliver, facts, rejects, row, settle, source


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


ROWS = [GOOD, GOOD | {"id": "A2", "closed": "", "title": "  ", "rating": "3"}, GOOD | {"id": "A3", "area": "1"}]
ROWS += [GOOD | {"id": "A4", "title": '逗号,引号"', "registered": "2026-01-05T00:30:00Z"}]


def as_csv(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]), "utf-8-sig")


def as_semicolons(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]).replace('","', '";"').replace(",", ";", 12))


def as_gb18030(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]), "gb18030")


def as_gzip(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\r\n".join([HEADER, *(row(**cells) for cells in ROWS)]))


def as_ndjson(path: Path) -> None:
    cells = [{k: v or None for k, v in row.items()} | {"rating": int(row["rating"])} for row in ROWS]
    path.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in cells), "utf-8")


def as_ndjson_gzip(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(row) for row in ROWS) + "\n")


def as_parquet(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE rows AS SELECT * FROM (SELECT unnest(?, recursive := true))", [ROWS])
        connection.execute("ALTER TABLE rows ALTER rating TYPE INTEGER")
        connection.execute("ALTER TABLE rows ALTER due TYPE TIMESTAMP")
        connection.execute("ALTER TABLE rows ALTER solved TYPE BOOLEAN USING solved = '是'")
        connection.execute(f"COPY rows TO '{path}' (FORMAT parquet)")


def as_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER.split(","))
    for cells in ROWS:
        typed = cells | {"due": datetime.fromisoformat(cells["due"]), "rating": int(cells["rating"])}
        sheet.append([typed[column] or None for column in HEADER.split(",")])
    book.save(path)


def as_sqlite(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE tickets ({HEADER.replace('rating', 'rating INTEGER')})"))
        names = ", ".join(f":{column}" for column in HEADER.split(","))
        connection.execute(sa.text(f"INSERT INTO tickets VALUES ({names})"), ROWS)
    engine.dispose()


@pytest.mark.parametrize(
    ("file", "write", "changes"),
    [
        ("a.csv", as_csv, {}),
        ("a.csv", as_semicolons, {}),
        ("a.csv", as_gb18030, {"csv": {"encoding": "gb18030"}}),
        ("a.csv.gz", as_gzip, {}),
        ("a.ndjson", as_ndjson, {}),
        ("a.jsonl.gz", as_ndjson_gzip, {}),
        ("a.dat", as_csv, {"format": "csv"}),
        ("a.parquet", as_parquet, {}),
        ("a.xlsx", as_xlsx, {}),
        ("a.db", as_sqlite, {"file": None, "url": "sqlite:///a.db", "query": "SELECT * FROM tickets"}),
    ],
)
def test_every_format_gives_the_same_facts(home: Home, file: str, write: Any, changes: dict[str, Any]) -> None:
    as_csv(home.root / "plain.csv")
    load(home, source(home, "plain"), reject_limit=1)
    write(home.root / file)
    report = load(home, source(home, "other", **({"file": file} | changes)), reject_limit=1)
    assert (report.read, report.accepted, report.rejected) == (4, 3, 1)
    columns = "* EXCLUDE (source, batch)"
    assert facts(home, columns, "cases WHERE source = 'other'") == facts(home, columns, "cases WHERE source = 'plain'")
    assert load(home, source(home, "other", **({"file": file} | changes)), reject_limit=1).status == "already loaded"


def test_columns_with_spaces_and_chinese_names_work(home: Home) -> None:
    columns = {"kind": "'event'", "registered_at": '"Open Date"', "title": "内容", "category": '"name_1"'}
    deliver(
        home,
        "1,2026-01-05,漏水,a,b",
        header="编号,Open Date,内容,name,Name",
        key="编号",
        area="'990101'",
        columns=columns,
    )
    assert facts(home, "key, area, title, category") == [("1", 990101000000, "漏水", "b")]


def test_custom_null_words(home: Home) -> None:
    deliver(home, row(closed="NULL", title="无"), csv={"nulls": ["NULL", "无"]})
    assert facts(home, "closed_at, title") == [(None, None)]


def test_non_object_json_lines_are_rejected(home: Home) -> None:
    lines = [json.dumps(GOOD), '{"id": "cut', "[1, 2]", json.dumps(GOOD | {"id": "A2", "extra": {"a": 1}})]
    (home.root / "a.ndjson").write_text("\n".join(lines), "utf-8")
    report = load(home, source(home, file="a.ndjson"), reject_limit=1)
    assert (report.read, report.accepted, report.rejected) == (4, 2, 2)
    assert rejects(home) == [(2, None, ["unreadable row"]), (3, None, ["unreadable row"])]
    assert json.loads(facts(home, "raw", "(SELECT raw FROM rejects WHERE row = 2)")[0][0]) == {"line": '{"id": "cut'}


def test_json_key_first_seen_late_is_read(home: Home) -> None:
    lines = [json.dumps({k: v for k, v in (GOOD | {"id": str(i)}).items() if k != "title"}) for i in range(10_050)]
    (home.root / "a.ndjson").write_text("\n".join([*lines, json.dumps(GOOD)]), "utf-8")
    assert load(home, source(home, file="a.ndjson")).accepted == 10_051
    assert facts(home, "title", "cases WHERE title IS NOT NULL") == [("路灯不亮",)]


def test_query_with_mixed_types_is_read(home: Home) -> None:
    engine = sa.create_engine(f"sqlite:///{home.root / 'a.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id, registered, rating)"))
        rows = [{"i": 1, "r": "2026-01-05", "n": None}, {"i": "x", "r": "2026-01-05", "n": 4.0}]
        connection.execute(sa.text("INSERT INTO t VALUES (:i, :r, :n)"), rows)
    engine.dispose()
    columns = {"kind": "'event'", "registered_at": "registered", "rating": "rating"}
    query = {"file": None, "url": "sqlite:///a.db", "query": "SELECT * FROM t"}
    assert load(home, source(home, area="990101", columns=columns, **query)).accepted == 2
    assert facts(home, "key, rating") == [("1", None), ("x", 4)]


def broken(home: Home, content: bytes, file: str = "hotline.csv", **changes: Any) -> str:
    """What is said of a delivery that cannot be loaded; nothing of it may be left."""
    (home.root / file).write_bytes(content)
    with pytest.raises(DataError) as error:
        load(home, source(home, file=file, **changes))
    assert "\n" not in str(error.value)
    assert facts(home, "count(*)", "(FROM batches UNION ALL BY NAME FROM rejects)") == [(0,)]
    assert list(home.scratch.iterdir()) == []
    return str(error.value)


def good_file(rows: int = 1) -> bytes:
    return "\n".join([HEADER, *(row(id=str(i)) for i in range(rows))]).encode()


def test_missing_file(home: Home) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        load(home, source(home, file="none.csv"))


def test_folder_instead_of_file(home: Home) -> None:
    with pytest.raises(DataError, match="is a folder"):
        load(home, source(home), file=home.root)


def test_an_empty_file(home: Home) -> None:
    assert "hotline.csv: is empty" in broken(home, b"")
    assert "hotline.csv.gz: is empty" in broken(home, gzip.compress(b""), "hotline.csv.gz")


def test_truncated_gzip_file(home: Home) -> None:
    compressed = gzip.compress(good_file(1000))
    assert "cut off or damaged" in broken(home, compressed[: len(compressed) // 2], "hotline.csv.gz")
    assert "cut off or damaged" in broken(home, compressed[:-4], "hotline.csv.gz")


def test_corrupt_gzip_file(home: Home) -> None:
    compressed = bytearray(gzip.compress(good_file(1000)))
    compressed[len(compressed) // 2] ^= 255
    assert "cut off or damaged" in broken(home, bytes(compressed), "hotline.csv.gz")


def test_wrong_encoding(home: Home) -> None:
    message = broken(home, good_file().decode().encode("gb18030"))
    assert "is not utf-8" in message
    assert "csv.encoding" in message
    assert "is not ascii" in broken(home, good_file(), csv={"encoding": "ascii"})
    assert "is binary data, no text" in broken(home, bytes(range(256)))


def test_invalid_workbook_or_parquet_file(home: Home) -> None:
    assert "a.xlsx: cannot be read as a workbook" in broken(home, b"PK\x03\x04 no", "a.xlsx")
    assert "a.parquet: is no Parquet file" in broken(home, b"PAR1 no", "a.parquet")
    assert "a.ndjson: holds no JSON object" in broken(home, b"[1]\n[2]", "a.ndjson")


def test_unknown_file_suffix(home: Home) -> None:
    assert "set format in the source file" in broken(home, good_file(), "hotline.dat")


def test_missing_column(home: Home) -> None:
    message = broken(home, good_file(), columns=COLUMNS | {"due_at": "duedate"})
    assert "hotline.yaml: columns.due_at: there is no column duedate" in message
    assert "columns: id, area, kind" in message


def test_expression_with_wrong_type_for_time(home: Home) -> None:
    assert "columns.due_at: gives BIGINT, not a time" in broken(
        home, good_file(), columns=COLUMNS | {"due_at": "length(due)"}
    )


def test_failing_query(home: Home) -> None:
    sa.create_engine(f"sqlite:///{home.root / 'a.db'}").connect().close()
    (home.root / "a.db").touch()
    with pytest.raises(DataError, match="no such table: tickets"):
        load(home, source(home, file=None, url="sqlite:///a.db", query="SELECT * FROM tickets"))
    with pytest.raises(DataError, match=r"there is no file .*b\.db"):
        load(home, source(home, file=None, url="sqlite:///b.db", query="SELECT 1"))
    with pytest.raises(DataError, match="no SQLAlchemy URL"):
        load(home, source(home, file=None, url="b.db", query="SELECT 1"))
