import duckdb
import numpy as np
import pyarrow as pa
import pytest

from data.areas.lookups import ByDay, Members, function


def days(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[D]")


@pytest.mark.parametrize("values", [np.array([5, 1, 9, 1]), np.array(["b", "a", "c", "a"], object)])
def test_members_are_found_and_others_are_not(values: np.ndarray) -> None:
    members = Members(values)
    assert members.positions(np.append(values, values[:1])).tolist() == [1, 0, 2, 0, 1]
    assert Members(values[:2]).positions(values).tolist() == [1, 0, -1, 0]


def test_empty_set_has_no_members() -> None:
    assert Members(np.array([], np.int64)).positions(np.array([1, 2])).tolist() == [-1, -1]


def test_version_valid_on_day_is_found() -> None:
    low, high = days("0001-01-01", "2020-01-01", "2025-01-01"), days("2020-01-01", "2024-01-01", "9999-12-31")
    versions = ByDay(np.array([7, 7, 8]), low, high)
    dates = days("2019-12-31", "2020-01-01", "2024-01-01", "2025-01-01", "2024-12-31", "2025-01-01")
    assert versions.rows(np.array([0, 0, 0, 1, 1, -1]), dates).tolist() == [0, 1, -1, 2, -1, -1]


def test_without_keys_no_version_is_found() -> None:
    none = ByDay(np.array([], np.int64), days(), days())
    assert none.rows(np.array([-1]), days("2026-01-01")).tolist() == [-1]


def test_function_is_scoped_to_context_and_keeps_row_order() -> None:
    with duckdb.connect() as connection:
        with function(connection, "is_even", lambda n: pa.array(n.to_numpy() % 2 == 0), ["BIGINT"], "BOOLEAN"):
            rows = connection.execute("SELECT i FROM range(100000) t(i) WHERE is_even(i)").fetchall()
        assert rows == [(i,) for i in range(0, 100_000, 2)]
        with pytest.raises(duckdb.CatalogException):
            connection.execute("SELECT is_even(1)")
