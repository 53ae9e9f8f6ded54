"""The SQL expressions of a source file: validation, columns read, and result types.

An expression reads one row only: no other rows (aggregates, windows), no tables or files (subqueries), no session state
(variables, settings). So a source file gives no access to other data.
"""

import atexit
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from data.errors import DataError
from data.messages import Message
from data.values.functions import PUBLIC

Tree = dict[str, Any]
"""A node of a parse tree, as DuckDB's json_serialize_sql gives it."""
_REFUSED = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column by position",
    "DEFAULT": "DEFAULT",
}
OUTSIDE = {
    "getvariable", "current_setting", "current_query", "currval", "nextval", "setseed", "sleep_ms", "pg_sleep",
    "write_log", "json_serialize_plan", "unnest", "random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid",
}  # fmt: skip
"""Scalar functions that read beyond the row, have side effects, or are not deterministic; see `is_outside`."""
SESSION_WORDS = frozenset({
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "localtime", "localtimestamp", "session_user",
})  # fmt: skip
"""Words that DuckDB reads as session values unless a column has the name."""


@dataclass(frozen=True)
class Expression:
    """A checked expression. `columns`: the columns it reads as written; `plain`: it is a column or a constant."""

    sql: str
    columns: tuple[str, ...]
    plain: bool

    def check_columns(self, available: Iterable[str]) -> None:
        """Raise DataError unless every column it reads is among `available`."""
        names = list(available)
        column_names = {name.lower() for name in names}
        for column in self.columns:
            if column.lower() not in column_names:
                raise DataError(
                    "expression.no_column", "there is no column {column}{near}; columns: {columns}{text}",
                    column=column, near=suggest(column, names), columns=tuple(names),
                    text=_as_text(column) if self.plain else "",
                )  # fmt: skip

    def try_sql(self) -> str:
        """Its SQL, NULL where it fails on a row."""
        return quoted(self.columns[0]) if self.plain and self.columns else f"TRY(({self.sql}\n))"


def parse(sql: str) -> Expression:
    """Check `sql` and find the columns it reads. Raises DataError.

    A single word is a column even if SQL reserves the word: a header may be `order` or `end`.
    """
    word = sql.strip()
    if re.fullmatch(r"[^\W\d]\w*", word) and word.lower() not in ("true", "false", "null"):
        return Expression(quoted(word), (word,), plain=True)
    _refuse_bare_digits(sql)
    statements(f"SELECT (\n{sql}\n)")
    parsed = statements(f"SELECT\n{sql}\n")
    node = parsed[0]["node"]
    if len(parsed) != 1 or not _is_one_value(node):
        raise DataError("expression.several", "must be one SQL expression, no list and no statement")
    tree = node["select_list"][0]
    columns = tuple(dict.fromkeys(_columns(tree, frozenset())))
    plain = tree["class"] in ("COLUMN_REF", "CONSTANT") and len(tree.get("column_names", ())) <= 1
    return Expression(sql, columns, plain)


_BARE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|"""
    r"""(?<![\w.])(?P<word>\d+(?!(?:[eE]\d+|[xX][\da-fA-F]+)\b)[^\W\d]\w*)"""
)
"""A quoted text, or a word that begins with a digit and is no number."""


def _refuse_bare_digits(sql: str) -> None:
    """Raise DataError for unquoted names like 2026年, which SQL reads as a number with an alias."""
    word = next((match["word"] for match in _BARE.finditer(sql) if match["word"]), None)
    if word:
        raise DataError(
            "expression.digit",
            'a column that begins with a digit stands in double quotes, "{word}"; in YAML the whole in '
            "single quotes around them: '\"{word}\"'",
            word=word,
        )


def _as_text(column: str) -> Message:
    return Message("expression.text", "; for the text itself write \"'{column}'\"", column=column)


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def suggest(word: str, choices: Iterable[str]) -> Message | str:
    """`, did you mean x?` if one of the choices is close, else nothing."""
    by_fold = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return Message("near.choice", ", did you mean {word}?", word=by_fold[close[0]]) if close else ""


def result_types(
    expressions: Mapping[str, Expression], relation: str, connection: duckdb.DuckDBPyConnection
) -> dict[str, str]:
    """The DuckDB type that each expression gives over `relation`. Raises DataError naming the key of a wrong one."""
    if not expressions:
        return {}
    values = [expression.try_sql() for expression in expressions.values()]
    with suppress(duckdb.Error):
        return dict(zip(expressions, _types(values, relation, connection), strict=True))
    types = {}  # one of them is wrong: find it
    for key, value in zip(expressions, values, strict=True):
        try:
            (types[key],) = _types([value], relation, connection)
        except duckdb.Error as error:
            reason = str(error).split("\n")[0].removeprefix("Binder Error: ")
            raise DataError("expression.fails", "{key}: {why}", key=key, why=reason) from error
    return types


def _types(values: Sequence[str], relation: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    described = connection.execute(f"DESCRIBE SELECT {', '.join(values)} FROM {relation}").fetchall()
    return [str(row[1]) for row in described]


def statements(sql: str) -> list[Tree]:
    """The parse trees of SELECT statements. DataError for anything else."""
    answer = json.loads(_parser().cursor().execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if answer["error"]:
        raise DataError(
            "expression.unreadable", "not an SQL expression: {why}", why=answer["error_message"].splitlines()[0]
        )
    parsed: list[Tree] = answer["statements"]
    return parsed


def _is_one_value(node: Tree) -> bool:
    """A select list of one value without a name, and no other clause."""
    clauses = ("where_clause", "group_expressions", "having", "qualify", "sample", "modifiers")
    return (
        node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and not node["select_list"][0]["alias"]
        and node["from_table"]["type"] == "EMPTY"
        and not node["cte_map"]["map"]
        and not any(node[clause] for clause in clauses)
    )


def _columns(tree: object, bound: frozenset[str]) -> Iterator[str]:
    """Columns read in a part of the parse tree, in order; `bound` are the parameters of lambdas around it."""
    if isinstance(tree, list):
        for part in tree:
            yield from _columns(part, bound)
    if not isinstance(tree, dict):
        return
    kind = tree.get("class")
    if kind in _REFUSED:
        raise DataError(
            "expression.forbidden", "must not contain {kind}: an expression sees one row", kind=_REFUSED[kind]
        )
    if kind == "COLUMN_REF":
        if tree["column_names"][0].lower() not in bound:
            yield tree["column_names"][0]
        return
    if kind == "FUNCTION" and not tree["is_operator"]:
        _allow(tree["function_name"].lower(), len(tree["arguments"]))
    if kind == "LAMBDA":
        yield from _columns(tree["expr"], bound | {name.lower() for name in _columns(tree["lhs"], frozenset())})
        return
    for part in tree.values():
        yield from _columns(part, bound)


def _allow(function: str, arguments: int) -> None:
    if is_outside(function, arguments):
        raise DataError(
            "expression.unstable",
            "must not call {function}(): an expression sees one row and gives the same answer each time",
            function=function,
        )
    if function in functions("aggregate") | {"count_star"}:
        raise DataError(
            "expression.aggregate",
            "must not call {function}(), which asks many rows: an expression sees one row",
            function=function,
        )
    scalar = functions("scalar") | functions("macro") | PUBLIC
    if function not in scalar:
        raise DataError(
            "function.unknown",
            "there is no function {function}{near}",
            function=function,
            near=suggest(function, scalar),
        )


def is_outside(function: str, arguments: int) -> bool:
    """Whether a call reads beyond the row, has side effects, or is not deterministic."""
    return function in OUTSIDE | _unstable_functions() or (function == "age" and arguments == 1)  # up to today


@cache
def _unstable_functions() -> frozenset[str]:
    """Functions that DuckDB does not mark as consistent, and macros that call one or contain a SELECT."""
    sql = (
        "SELECT lower(function_name), stability, lower(coalesce(macro_definition, '')) FROM duckdb_functions() "
        "WHERE function_type IN ('scalar', 'macro')"
    )
    rows = _parser().cursor().execute(sql).fetchall()
    names = {name for name, stability, _text in rows if stability not in (None, "CONSISTENT")} - {"error"}
    words = names | SESSION_WORDS | {"select"}
    return frozenset(names | {name for name, _s, text in rows if words & set(re.findall(r"\w+", text))})


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:", config={"threads": 1, "autoinstall_known_extensions": False, "enable_external_access": False}
    )


atexit.register(_parser.cache_clear)


@cache
def functions(kind: str) -> frozenset[str]:
    """The names of DuckDB's functions of a kind: scalar, aggregate or macro."""
    sql = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = ?"
    return frozenset(row[0] for row in _parser().cursor().execute(sql, [kind]).fetchall())
