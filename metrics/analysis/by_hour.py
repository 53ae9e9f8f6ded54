"""Readings of the last day by hour: the greatest value of any unit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from metrics.query import Query
from metrics.scope import area_in_scope

HOURS = 24


@dataclass(frozen=True)
class Hour:
    """The greatest value of an hour, and the unit that it was measured at. at: the beginning of the hour."""

    at: datetime
    value: float
    unit: str


def by_hour(query: Query, measure: str) -> tuple[Hour, ...]:
    """The readings of a measure in the query's area, of the 24 hours before its time, by hour, oldest first."""
    place = area_in_scope(query.edition, query.area)
    name = "area" if place.live else "area_then"
    sql = f"""
        SELECT date_trunc('hour', measured_at), max(value), coalesce(arg_max(unit, value), '') FROM readings
        WHERE measure = $1 AND {name} >= $2 AND {name} < $3 AND measured_at >= $4 AND measured_at < $5
        GROUP BY 1 ORDER BY 1
    """
    known = query.known_at
    values = [measure, place.code, place.end, known - timedelta(hours=HOURS), known]
    return tuple(Hour(*row) for row in query.edition.unscoped.cursor().execute(sql, values).fetchall())
