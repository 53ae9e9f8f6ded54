"""Working days in an edition: a table of one row, and the SQL functions that definitions of metrics call.

An edition keeps the calendar that it was published with, so that its numbers stay the same when the calendar changes.
Both lists are read by position, which costs about as much per row as `date_diff`.
"""

import duckdb
import numpy as np
import pyarrow as pa

from data.values.calendar import FIRST, Calendar

_PLACE = f"greatest(moment::DATE - DATE '{FIRST}' + 1, 0)"
MACROS = {
    "workdays_until(moment)": f"(SELECT passed FROM workdays)[{_PLACE}]",
    "working_minutes_until(moment)": (
        f"coalesce((SELECT passed FROM workdays)[{_PLACE} - 1], 0) * 1440 "
        f"+ (workdays_until(moment) - coalesce((SELECT passed FROM workdays)[{_PLACE} - 1], 0)) "
        "* (epoch_us(moment::TIMESTAMP) - epoch_us(date_trunc('day', moment::TIMESTAMP))) / 6e7"
    ),
    "workdays_between(low, high)": "workdays_until(high) - workdays_until(low)",
    "working_minutes(low, high)": "working_minutes_until(high) - working_minutes_until(low)",
    "workday_deadline(begun, n)": (
        "CASE WHEN n > 0 THEN (SELECT days FROM workdays)[workdays_until(begun) + n] ELSE begun::DATE END::TIMESTAMP "
        "+ INTERVAL '23:59:59'"
    ),
}
"""The functions, those first that others call. NULL for NULL and outside of the calendar; see docs/metrics.md."""


def write(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Create `workdays` in the attached `edition`, and the functions in it and for this connection.

    days: the working days, ascending. passed: for each day from FIRST, the number of working days up to it.
    """
    days, passed = calendar.lists()
    con.register("calendar_lists", pa.table({"days": _one_list(days), "passed": _one_list(passed)}))
    con.execute("CREATE TABLE edition.workdays AS FROM calendar_lists")
    con.unregister("calendar_lists")
    use(con)  # first: DuckDB binds a function when it is created
    _create(con, "CREATE MACRO edition.")


def use(con: duckdb.DuckDBPyConnection) -> None:
    """Let this connection call the functions of the attached `edition`."""
    con.execute("CREATE OR REPLACE TEMP VIEW workdays AS FROM edition.workdays")
    for statement in create_temporary():
        con.execute(statement)


def create_temporary() -> list[str]:
    """Statements that create the functions for a connection, over the `workdays` that it finds."""
    return [f"CREATE OR REPLACE TEMP MACRO {head} AS ({body})" for head, body in MACROS.items()]


def declare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the functions over an empty calendar, to bind expressions to."""
    con.execute("CREATE TABLE workdays (days DATE[], passed INTEGER[])")
    _create(con, "CREATE MACRO ")


def _create(con: duckdb.DuckDBPyConnection, create: str) -> None:
    for head, body in MACROS.items():
        con.execute(f"{create}{head} AS ({body})")


def _one_list(values: np.ndarray) -> pa.ListArray:
    """A column of one row that holds all values."""
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), pa.array(values))
