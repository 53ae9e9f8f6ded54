import duckdb
import pytest

from data.errors import DataError
from data.sources.expressions import parse, result_types


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("登记时间", ("登记时间",)),
        ('"Open Date"', ("Open Date",)),
        ("'hotline'", ()),
        ("coalesce(a, b) || a", ("a", "b")),
        ("CASE WHEN urgency = '急' THEN 'urgent' END -- theirs", ("urgency",)),
        ("list_transform(string_split(tags, ','), lambda x: trim(x) || suffix)", ("tags", "suffix")),
        ("address.city", ("address",)),
        ("strptime(day, '%d/%m/%Y') AT TIME ZONE 'UTC'", ("day",)),
    ],
)
def test_the_columns_of_an_expression_are_found(sql: str, columns: tuple[str, ...]) -> None:
    assert parse(sql).columns == columns


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("", "not an SQL expression"),
        ("a +", "not an SQL expression"),
        ("a; DROP TABLE cases", "not an SQL expression"),
        ("a) FROM read_text('/etc/passwd') --", "not an SQL expression"),
        ("a, b", "one SQL expression"),
        ("(SELECT content FROM read_text('/etc/passwd'))", "a subquery"),
        ("EXISTS (FROM '/etc/passwd')", "a subquery"),
        ("read_text('/etc/passwd')", "no function read_text"),
        ("getvariable('pepper')", "must not call getvariable()"),
        ("system.main.getvariable('pepper')", "must not call getvariable()"),
        ("a.getvariable()", "must not call getvariable()"),
        ("random()", "must not call random()"),
        ("unnest([a, b])", "must not call unnest()"),
        ("max(a)", "asks many rows"),
        ("count(*)", "asks many rows"),
        ("row_number() OVER ()", "a window function"),
        ("*", "a star"),
        ("$1", "a parameter"),
        ("#1", "a column by position"),
        ("uper(a)", "did you mean upper?"),
    ],
)
def test_expression_reading_beyond_row_is_refused(sql: str, fault: str) -> None:
    with pytest.raises(DataError) as error:
        parse(sql)
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_column_error_lists_columns() -> None:
    with pytest.raises(DataError, match=r"no column registred, did you mean registered.* columns: id, registered$"):
        parse("registred || ''").check_columns(["id", "registered"])


def test_bare_word_error_suggests_quoted_text() -> None:
    with pytest.raises(DataError, match=r"""for the text itself write "'hotline'"$"""):
        parse("hotline").check_columns(["id"])


def test_columns_are_found_in_any_case() -> None:
    parse("REGISTERED || Id").check_columns(["id", "registered"])


def test_failing_expression_gives_null() -> None:
    with duckdb.connect() as connection:
        rows = f"SELECT {parse('a::INT').try_sql()} FROM (VALUES ('1'), ('x')) t(a)"
        assert connection.execute(rows).fetchall() == [(1,), (None,)]


def test_result_types_by_key_and_error_names_key() -> None:
    expressions = {"columns.a": parse("a"), "columns.b": parse("strptime(a, '%Y')")}
    with duckdb.connect() as connection:
        assert result_types(expressions, "(SELECT 'x' AS a)", connection) == {
            "columns.a": "VARCHAR",
            "columns.b": "TIMESTAMP",
        }
        with pytest.raises(DataError, match=r"^columns.c: .*year"):
            result_types({"columns.c": parse("year(a)")}, "(SELECT 'x' AS a)", connection)
