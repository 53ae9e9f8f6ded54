"""Catalog SQL that binds but fails on a row: the metric, and the database's message."""

import re

import duckdb

from data.messages import Message
from metrics.catalog import Metric
from metrics.errors import MetricsError

_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|(?<![\w.])-?\d[\w.+-]*")
CANNOT_CONVERT = Message(
    "definition.cannot_convert", "a value cannot be converted to the type that its definition asks for"
)
OUT_OF_RANGE = Message("definition.out_of_range", "a number is outside of the range of its type")
BY_ZERO = Message("definition.by_zero", "its definition divides by zero")
NOT_ACCEPTED = Message("definition.not_accepted", "a function of its definition does not accept a value")
REFUSED = Message("definition.refused", "the database refuses its definition")


class Uncomputable(MetricsError):
    """The SQL of a metric fails. metric: its id. database: the message of DuckDB without the values of the row."""

    metric, database = "", ""


def uncomputable(metric: Metric, error: duckdb.Error) -> Uncomputable:
    """The error to raise in place of DuckDB's, whose message may show what a row holds."""
    match error:
        case duckdb.ConversionException() | duckdb.TypeMismatchException():
            why = CANNOT_CONVERT
        case duckdb.OutOfRangeException():
            why = OUT_OF_RANGE
        case duckdb.InvalidInputException() if "ivision by zero" in str(error):
            why = BY_ZERO
        case duckdb.InvalidInputException():
            why = NOT_ACCEPTED
        case _:
            why = REFUSED
    failure = Uncomputable("metric.uncomputable", "{metric} cannot be computed: {why}", metric=metric.label, why=why)
    failure.metric, failure.database = metric.id, without_values(error)
    return failure


def without_values(error: duckdb.Error) -> str:
    """The first line of DuckDB's message. Of one that a row raised, the values are left out; names of columns stay."""
    line = str(error).split("\n", 1)[0].strip()
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return line
    kind, *details = line.split(": ", 2)
    if len(details) > 1 and isinstance(error, duckdb.InvalidInputException):
        details[1] = "…"  # a pattern is shown as it is, without quotes
    return ": ".join([kind, *(_VALUES.sub("…", part) for part in details)])
