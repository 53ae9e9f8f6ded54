"""Filters in an address: conditions on the columns that metrics can be split by."""

from collections.abc import Collection, Mapping

from cockpit.labels.words import NOT_GIVEN
from metrics.catalog import Catalog, Metric
from metrics.engine.plan import COLUMNS, filters

UNIT = "department"
"""The column of the responsible unit, which addresses call `unit`."""
NAMES = {"unit" if column == UNIT else column: column for column in COLUMNS}
"""The parameters of an address, and the columns that they filter by."""
OWN: dict[str, Collection[str]] = {
    "case": ("source",),
    "site": ("source",),
    "reports": ("kind",),
    "compare": COLUMNS,
    "start": ("kind",),
    "inbox": ("kind",),
    "board": ("kind",),
}
"""Columns that are no filters on a page: it names by them what it shows, or compares all facts."""
Where = tuple[tuple[str, str], ...]
"""Filters as a query has them, in the order of the columns, so that equal ones share their answers."""


def read(given: Mapping[str, str], page: str = "") -> Where:
    """The filters among the parameters of a page's address. An empty one is none; `–` asks for what has no value.

    `department` is taken for `unit` too, as the API calls it.
    """
    named = {NAMES.get(name, name): given[name] for name in (UNIT, *NAMES) if given.get(name)}
    own = OWN.get(page, ())
    return tuple(
        (column, "" if named[column] == NOT_GIVEN else named[column])
        for column in COLUMNS
        if column in named and column not in own
    )


def parameters(where: Where) -> dict[str, str]:
    """The filters as parameters of an address."""
    names = {column: name for name, column in NAMES.items()}
    return {names[column]: value or NOT_GIVEN for column, value in where}


def lacking(catalog: Catalog, metric: Metric, where: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """The columns of the filters by which a metric is not counted."""
    if not where:
        return ()
    known = filters(catalog, metric)
    return tuple(column for column, _value in where if column not in known)


def unit_of(where: Where) -> str:
    """The responsible unit whose own cockpit these filters ask for: nothing but it; else empty."""
    return where[0][1] if len(where) == 1 and where[0][0] == UNIT else ""
