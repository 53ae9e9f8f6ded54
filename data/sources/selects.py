"""Check the SELECT of a custom view: it may only read the listed tables."""

from collections.abc import Collection

from data.errors import DataError
from data.sources.expressions import SESSION_WORDS, Tree, functions, is_outside, statements, suggest

TABLES = ("BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION")
TABLE_FUNCTIONS = ("unnest", "generate_series", "range")


def check(sql: str, tables: Collection[str]) -> None:
    """Raise DataError unless `sql` is one SELECT over `tables` and its own common table expressions.

    So it cannot write, read a file, attach a database, or ask for settings of the session.
    """
    parsed = statements(sql.strip().rstrip(";"))
    if len(parsed) != 1:
        raise DataError("view.several", "must be one SELECT statement")
    _walk(parsed[0]["node"], frozenset(name.lower() for name in tables))


def _walk(tree: object, tables: frozenset[str]) -> None:
    if isinstance(tree, list):
        for part in tree:
            _walk(part, tables)
    if not isinstance(tree, dict):
        return
    if entries := (tree.get("cte_map") or {}).get("map"):
        tables = tables | {str(entry["key"]).lower() for entry in entries}
    if isinstance(source := tree.get("from_table"), dict):
        _table(source, tables)
    if tree.get("class") == "FUNCTION" and not tree["is_operator"]:
        _function(tree["function_name"].lower(), len(tree["arguments"]))
    if tree.get("class") == "COLUMN_REF" and tree["column_names"][0].lower() in SESSION_WORDS:
        raise DataError(
            "view.session", "must not say {word}: a view gives the same answer each time", word=tree["column_names"][0]
        )
    for name, part in tree.items():
        if name != "from_table":
            _walk(part, tables)


def _table(source: Tree, tables: frozenset[str]) -> None:
    """Check one item of a FROM clause, recursively."""
    kind = source["type"]
    if kind not in TABLES:
        raise DataError(
            "view.source", "must not read from {kind}: name a table in FROM", kind=kind.lower().replace("_", " ")
        )
    if kind == "BASE_TABLE":
        name = source["table_name"]
        if source["schema_name"] or source["catalog_name"] or name.lower() not in tables:
            raise DataError(
                "view.table",
                "must not read {name}{near}: it reads {tables}",
                name=name,
                near=suggest(name, tables),
                tables=tuple(sorted(tables)),
            )
        return
    if kind == "TABLE_FUNCTION":
        called = source["function"]["function_name"].lower()
        if called not in TABLE_FUNCTIONS:
            raise DataError(
                "view.function", "must not call {function}() in FROM: it reads tables alone", function=called
            )
    for name, part in source.items():
        if name in ("left", "right") and isinstance(part, dict):
            _table(part, tables)
        else:
            _walk(part, tables)


def _function(name: str, arguments: int) -> None:
    known_functions = functions("scalar") | functions("aggregate") | functions("macro") | {"count_star", "unnest"}
    if name != "unnest" and is_outside(name, arguments):
        raise DataError(
            "view.unstable", "must not call {function}(): a view gives the same answer each time", function=name
        )
    if name not in known_functions:
        raise DataError(
            "function.unknown",
            "there is no function {function}{near}",
            function=name,
            near=suggest(name, known_functions),
        )
