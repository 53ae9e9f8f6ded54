"""Daily sums: the SQL for tables of many groups gives the rows of the other."""

import duckdb
import pytest

from data.editions.rollups import Measure, daily

AS_OF = "TIMESTAMP '2026-11-20 08:00:00'"
ROWS = """
    SELECT CASE WHEN i % 5 > 0 THEN 100 + i % 5 END AS area, CASE WHEN i % 7 > 0 THEN 'k' || i % 3 END AS category,
        TIMESTAMP '2026-11-01' + to_hours((i * 5)::BIGINT) AS came,
        CASE WHEN i % 4 > 0 THEN TIMESTAMP '2026-11-01' + to_hours((i * 7)::BIGINT) END AS went,
        CASE WHEN i % 6 > 0 THEN i / 8 END AS size
    FROM range(200) t(i)"""
MEASURES = (
    Measure("came_in", "came"),
    Measure("large", "came", "big"),
    Measure("went_out", "went"),
    Measure("size_out", "went", "big", "size"),
    Measure("later", "CASE WHEN went > came THEN went END", "category IS NOT NULL"),
)


@pytest.mark.parametrize("groups", [["area"], ["area // 2 AS area", "category AS category"]])
@pytest.mark.parametrize("measures", [MEASURES, MEASURES[:2], MEASURES[1:4]])
def test_a_table_of_many_groups_has_the_same_rows(groups: list[str], measures: tuple[Measure, ...]) -> None:
    with duckdb.connect() as con:

        def rows(many_groups: bool) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
            sql = daily(ROWS, AS_OF, measures, groups, [("big", "size > 9")], many_groups=many_groups)
            return con.execute(f"FROM ({sql}) ORDER BY ALL").fetchall(), con.execute(f"DESCRIBE {sql}").fetchall()

        assert rows(many_groups=True) == rows(many_groups=False)
        found, _columns = rows(many_groups=True)
        assert any(row[0] is None for row in found), "a group without a name is one of them"
