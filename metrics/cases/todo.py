"""Open cases of an area, ordered by their next deadline."""

import pandas as pd

from data.editions.scoped import ScopedEdition
from data.schema import CASES, known
from metrics.engine.sums import latest
from metrics.scope import area_in_scope

OVERDUE, TODAY, SOON, LATER, NEVER = "overdue", "today", "three days", "later", "no deadline"
WHEN = (OVERDUE, TODAY, SOON, LATER, NEVER)
SOON_DAYS = 3
COLUMNS = (
    "source", "key", "title", "place", "unit", "category", "kind", "urgency", "lon", "lat", "registered_at",
    "accepted_at", "signed_at", "responded_at", "due_at", "next_step", "next_due", "when",
)  # fmt: skip


Where = tuple[tuple[str, str], ...]


def todo(edition: ScopedEdition, area: int, *, where: Where = (), cases: str = "", limit: int = 200) -> pd.DataFrame:
    """The open cases of a scope with COLUMNS, the most pressing first.

    where: filters by the splits of cases; an empty value selects the cases without one.
    cases: the condition of a domain of the catalog on their columns; empty for cases of every kind.

    next_step: sign, respond or close, whichever of the clocks still running ends first; next_due: when it ends (NULL
    without any deadline); when: overdue, today, three days, later or no deadline, as of the edition's time.
    """
    sql = f"SELECT {', '.join(_quoted(c) for c in COLUMNS)} FROM ({_open(edition, area, where, cases)}) "
    sql += f"ORDER BY next_due NULLS LAST, registered_at, source, key LIMIT {int(limit)}"
    return edition.unscoped.cursor().execute(sql, [value for _name, value in where]).df()


def counts(edition: ScopedEdition, area: int, where: Where = (), cases: str = "") -> dict[str, int]:
    """How many open cases of a scope are overdue, due today, due in three days, later or without deadline."""
    sql = f"SELECT {_quoted('when')}, count(*) FROM ({_open(edition, area, where, cases)}) GROUP BY ALL"
    counts_by_when = dict(edition.unscoped.cursor().execute(sql, [value for _name, value in where]).fetchall())
    return {name: int(counts_by_when.get(name, 0)) for name in WHEN}


def _open(edition: ScopedEdition, code: int, where: Where, cases: str) -> str:
    place = area_in_scope(edition, code)
    at = f"TIMESTAMP '{edition.as_of.isoformat(sep=' ')}'"
    name = "area" if place.live else "area_then"
    scope = f"{name} >= {place.code} AND {name} < {place.end}"
    newest = latest(edition.unscoped, "cases")
    later = "" if newest and newest < edition.as_of else f" OR closed_at >= {at}"
    facts = known(CASES, at, f"(SELECT * FROM cases WHERE {scope} AND (closed_at IS NULL{later}))")
    clocks = (
        "CASE WHEN signed_at IS NULL THEN sign_due_at END AS sign_by, "
        "CASE WHEN responded_at IS NULL THEN respond_due_at END AS respond_by, due_at AS close_by"
    )
    first = "least(sign_by, respond_by, close_by)"
    today = f"{at}::DATE"
    filters = "".join(f" AND coalesce({CASES.splits[name]}, '') = ${i}" for i, (name, _) in enumerate(where, 1))
    of_domain = f" AND ({cases})" if cases else ""
    return (
        f"SELECT *, {first} AS next_due, "
        f"CASE {first} WHEN sign_by THEN 'sign' WHEN respond_by THEN 'respond' ELSE 'close' END AS next_step, "
        f"CASE WHEN {first} IS NULL THEN '{NEVER}' WHEN {first} < {at} THEN '{OVERDUE}' "
        f"WHEN {first}::DATE = {today} THEN '{TODAY}' WHEN {first}::DATE <= {today} + {SOON_DAYS} THEN '{SOON}' "
        f"ELSE '{LATER}' END AS {_quoted('when')} "
        f"FROM (SELECT *, {clocks} FROM ({facts}) WHERE closed_at IS NULL{of_domain}{filters})"
    )


def _quoted(name: str) -> str:
    return f'"{name}"'
