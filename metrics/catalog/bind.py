"""Bind the SQL of a catalog file to empty tables, so that typing errors are reported when the catalog is loaded.

Of a district's own files: ours are bound by the tests, and not again by each command.
"""

from collections.abc import Iterator

import duckdb

from data.editions import workdays
from data.schema import FACTS
from data.store import AREA_COLUMNS
from metrics.catalog.model import Domain

VIEW_COLUMNS = {
    "i": "BIGINT", "moment": "TIMESTAMP", "area": "BIGINT", "area_then": "BIGINT", "source": "VARCHAR",
    "key": "VARCHAR",
}  # fmt: skip
"""What every view gives, and the types that these are compared as: i and moment are those of `instants`."""
NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "BIGNUM")


def sql_faults(domain: Domain) -> Iterator[str]:
    """Each expression or view that does not bind: file, field, and the database's message."""
    with duckdb.connect() as con:
        workdays.declare(con)
        for fact in FACTS.values():
            con.execute(f"CREATE TABLE {fact.name} ({', '.join(f'{c.name} {c.type}' for c in fact.columns)})")
        if reserved := _reserved(con, domain):
            yield from reserved
        elif domain.view:
            yield from _view_faults(con, domain)
        else:
            yield from _expression_faults(con, domain)


def _reserved(con: duckdb.DuckDBPyConnection, domain: Domain) -> list[str]:
    """Names of terms and measures, which become columns, that SQL keeps for itself, such as `all`."""
    words = con.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'").fetchall()
    named = (("terms", domain.terms), ("measures", domain.measures))
    reserved = ((field, name) for field, names in named for name in names if (name,) in words)
    return [f"{domain.file}: {field}.{name}: is a word of SQL: choose another name" for field, name in reserved]


def _expression_faults(con: duckdb.DuckDBPyConnection, domain: Domain) -> Iterator[str]:
    terms, at = "", f"{domain.file}: measures"
    if domain.where and (fault := _bind(con, f"SELECT 1 FROM {domain.fact} WHERE {domain.where}")):
        yield f"{domain.file}: where: {fault}"
    for name, sql in domain.terms.items():
        terms += f", ({sql}) AS {name}"
        if fault := _bind(con, f"SELECT *{terms} FROM {domain.fact}"):
            yield f"{domain.file}: terms.{name}: {fault}"
            return
    rows = f"(SELECT *{terms} FROM {domain.fact})"
    for measure in domain.flows:
        yield from _faults(con, f"{at}.{measure.name}", rows, measure.anchor, measure.where, measure.value)
    for name, definition in domain.measures.items():
        if until := getattr(definition, "until", None):
            yield from _faults(con, f"{at}.{name}", rows, until, field="until")
    for metric in domain.metrics:
        place = f"{domain.file}: metrics.{metric.id}"
        if q := metric.quantile:
            yield from _faults(con, f"{place}.quantile", rows, q.anchor, q.where, q.value)
        if metric.oldest:
            yield from _faults(con, f"{place}.oldest", rows, metric.oldest.since, field="since")


def _faults(
    con: duckdb.DuckDBPyConnection,
    at: str,
    rows: str,
    time: str,
    where: str | None = None,
    value: str | None = None,
    field: str = "anchor",
) -> Iterator[str]:
    """Faults in the types of a measure's time, condition and value."""
    if fault := _bind(con, f"SELECT CAST({time} AS DATE) FROM {rows} WHERE ({time}) < now()::TIMESTAMP"):
        yield f"{at}.{field}: {fault}"
    if where and (fault := _bind(con, f"SELECT count(*) FILTER (WHERE {where}) FROM {rows}")):
        yield f"{at}.where: {fault}"
    if value and (fault := _no_number(con, value, rows)):
        yield f"{at}.value: {fault}"


def _view_faults(con: duckdb.DuckDBPyConnection, domain: Domain) -> Iterator[str]:
    areas = {**AREA_COLUMNS, "holder": "BIGINT"}
    con.execute(f"CREATE TABLE areas ({', '.join(f'{name} {type}' for name, type in areas.items())})")
    con.execute("CREATE TABLE instants (i BIGINT, moment TIMESTAMP)")
    con.execute("CREATE TABLE bounds (oldest TIMESTAMP)")
    con.execute("CREATE TABLE shared_measures (measure VARCHAR)")
    con.execute(
        "CREATE TABLE asset_history AS SELECT *, NULL::TIMESTAMP AS valid_from, NULL::TIMESTAMP AS valid_to FROM assets"
    )
    view = (domain.view or "").strip().rstrip(";")
    if fault := _bind(con, view):
        yield f"{domain.file}: view: {fault}"
        return
    con.execute(f"CREATE TABLE given AS {view} LIMIT 0")
    types = {name: type for name, type, *_ in con.execute("DESCRIBE given").fetchall()}
    if missing := [name for name in VIEW_COLUMNS if name not in types]:
        yield f"{domain.file}: view: gives no column {', '.join(missing)}: every view gives {', '.join(VIEW_COLUMNS)}"
        return
    wrong = [name for name, type in VIEW_COLUMNS.items() if _kind(types[name]) != _kind(type)]
    if wrong:
        differences = ", ".join(f"{name} is {types[name]}, not {VIEW_COLUMNS[name]}" for name in wrong)
        yield f"{domain.file}: view: {differences}"
    for metric in domain.metrics:
        if a := metric.aggregate:
            for field, sql in (("sum", a.sum), ("max", a.max), ("quantile", a.quantile), ("per", a.per)):
                if sql and (fault := _no_number(con, sql, "given")):
                    yield f"{domain.file}: metrics.{metric.id}.aggregate.{field}: {fault}"
            if a.where and (fault := _bind(con, f"SELECT count(*) FILTER (WHERE {a.where}) FROM given")):
                yield f"{domain.file}: metrics.{metric.id}.aggregate.where: {fault}"


def _kind(type: str) -> str:
    """The kind of a type: integers of any size are one kind, times of any precision another."""
    if type.endswith("INT") or type == "INTEGER":
        return "INTEGER"
    return "TIMESTAMP" if type.startswith(("TIMESTAMP", "DATE")) else type


def _no_number(con: duckdb.DuckDBPyConnection, sql: str, rows: str) -> str | None:
    """The fault of an expression that must give a number: it does not bind, or has another type."""
    try:
        type = con.execute(f"DESCRIBE SELECT ({sql}) FROM {rows}").fetchall()[0][1]
    except duckdb.Error as error:
        return _line(error)
    if type == '"NULL"' or (any(name in type for name in NUMBERS) and type != "INTERVAL"):
        return None
    return f"gives {type}, not a number"


def _bind(con: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    try:
        con.execute(f"EXPLAIN {sql}")
    except duckdb.Error as error:
        return _line(error)
    return None


def _line(error: duckdb.Error) -> str:
    return str(error).split("\n", 1)[0]
