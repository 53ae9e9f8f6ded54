import stat
from multiprocessing.pool import ThreadPool

import duckdb
import pytest

from data.home import Home
from data.sources.masking import mask, mask_key, pepper, pseudonym


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def masked(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    return connection.execute(f"SELECT {mask('t')} FROM (SELECT ? AS t)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("联系电话13812345678", "联系电话138****5678"),
        ("13812345678,13987654321;15011112222", "138****5678,139****4321;150****2222"),
        ("+8613812345678", "+86138****5678"),
        ("电话：138-1234-5678", "电话：138****5678"),
        ("138 1234 5678", "138****5678"),
        ("手机１３８１２３４５６７８", "手机138****5678"),
        ("0571-87654321", "0571-****4321"),
        ("(010)87654321转2", "(010)****4321转2"),
        ("座机87654321", "座机****4321"),
        ("身份证330106199001011234", "身份证330************"),
        ("身份证 33010619900101123X 张", "身份证 330************ 张"),
        ("330106 19900101 1234", "330************"),
        ("330106900101123", "330************"),
        ("卡号6222021234567890123", "卡号622************"),
        ("回电138.1234.5678", "回电138****5678"),
        ("回电138  1234  5678", "回电138****5678"),
        ("回电138－1234－5678", "回电138****5678"),
        ("回电1381234 5678", "回电138****5678"),
        ("回电138 12345678", "回电138****5678"),
        ("回电138—1234—5678", "回电138****5678"),
        ("回电138·1234·5678", "回电138****5678"),
        ("回电138(1234)5678", "回电138****5678"),
        ("回电１３８　１２３４　５６７８", "回电138****5678"),
        ("0086 138 1234 5678", "0086 138****5678"),
        ("身份证330106－1990－0101－1234", "身份证330************"),
        ("身份证330106.19900101.123X", "身份证330************"),
        ("卡6222 0212 3456 7890 123", "卡622************"),
        ("座机8765－4321", "座机****4321"),
        ("0571 — 8765 4321", "0571 — ****4321"),
        ("call 617-555-1234 or (617) 555-1234", "call 617-***-1234 or (617) ***-1234"),
    ],
)
def test_phone_and_id_numbers_are_masked(connection: duckdb.DuckDBPyConnection, text: str, expected: str) -> None:
    assert masked(connection, text) == expected
    assert masked(connection, expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 08:30:00",
        "2026年11月22日8时",
        "村委会旁3号楼2单元1201室",
        "工单HL202611220001",
        "2026-11-01 2026-12-01",
        "2026.11.1 至 2026.12.1",
        "13:45:22",
        "面积12.5 38.6 45.2",
        "990101001201",
        "130102001001",
        "119.833611, 30.153972",
        "",
    ],
)
def test_other_numbers_are_left_alone(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert masked(connection, text) == text


def test_null_stays_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute(f"SELECT {mask('t')} FROM (SELECT NULL::VARCHAR AS t)").fetchall() == [(None,)]


def test_pseudonym_depends_on_reporter_and_key() -> None:
    def of(key: str, reporter: str) -> str:
        with duckdb.connect() as connection:
            connection.execute("SET VARIABLE pepper = ?", [key])
            return connection.execute(f"SELECT {pseudonym('r')} FROM (SELECT ? AS r)", [reporter]).fetchall()[0][0]

    assert of("k", "13812345678") == of("k", " 13812345678 ")
    assert of("k", "13812345678") != of("k", "13812345679")
    assert of("k", "13812345678") != of("other", "13812345678")
    assert len(of("k", "13812345678")) == 32


def test_pepper_is_created_once_with_private_mode(home: Home) -> None:
    with ThreadPool(8) as pool:
        peppers = set(pool.map(lambda _: pepper(home), range(32)))
    assert len(peppers) == 1
    assert len(peppers.pop()) == 64
    assert stat.S_IMODE((home.root / "pepper").stat().st_mode) == 0o600
    assert [path.name for path in home.root.glob("pepper*")] == ["pepper"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("320261124000005", "320261124000005"),
        ("20261124-000005-123", "20261124-000005-123"),
        ("2026112400000512345", "2026112400000512345"),
        ("0571-87654321", "0571-87654321"),
        ("330106199001011234", "330************"),
        ("13812345678", "138****5678"),
    ],
)
def test_a_case_number_stays_in_a_key_and_numbers_of_persons_do_not(
    connection: duckdb.DuckDBPyConnection, key: str, expected: str
) -> None:
    assert connection.execute(f"SELECT {mask_key('t')} FROM (SELECT ? AS t)", [key]).fetchall() == [(expected,)]
