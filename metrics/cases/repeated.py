"""The earlier case that makes a case a repeat."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.areas.levels import BASE
from data.editions.scoped import ScopedEdition
from data.ingest.repeats import DAYS


@dataclass(frozen=True)
class Earlier:
    """A case by its identity, and when it was registered. visible: whether it is in the caller's areas."""

    source: str
    key: str
    registered_at: datetime
    visible: bool


def earlier(edition: ScopedEdition, case: Mapping[str, Any]) -> Earlier | None:
    """The latest case of the 30 days before `case`: of the same caller in the district, or of its place and category.

    The rule is that of data.ingest.repeats, which marks a case as a repeat when the edition is built.
    """
    at, district = case["registered_at"], case["area"] // BASE.span
    sql = (
        "SELECT source, key, registered_at, area FROM cases WHERE registered_at BETWEEN $first AND $at "
        "AND (source, key) <> ($source, $key) AND (reporter = $reporter AND area // $span = $held "
        "OR area = $area AND place = $place AND category = $category) ORDER BY registered_at DESC, source, key LIMIT 1"
    )
    values = {name: case[name] for name in ("source", "key", "reporter", "area", "place", "category")}
    values |= {"at": at, "first": at - timedelta(days=DAYS), "span": BASE.span, "held": district}
    row = edition.unscoped.cursor().execute(sql, values).fetchone()
    if not row:
        return None
    source, key, registered_at, place = row
    return Earlier(source, key, registered_at, edition.holds(place, place + 1))
