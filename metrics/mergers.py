"""Merged areas before and after: what was counted in each former area, and in what they are now."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from data.areas.levels import end_of
from metrics import areas
from metrics.answer import answer
from metrics.areas import Area
from metrics.engine.frames import each, period_of
from metrics.period import Period
from metrics.query import Query
from metrics.scope import area_in_scope

LONGEST = 365
"""Days before and after that are compared at most."""


@dataclass(frozen=True)
class Side:
    """The value before and since; None where nothing can be said."""

    before: float | None
    since: float | None


@dataclass(frozen=True)
class Merger:
    """An area, those that went into it, and the day from which they are one.

    total: of all that is now the area, in both periods; parts: of it, what was counted in each former area while it was
    one; rest: the area's own, so that rest and parts add up to total. before, since: periods of the same length.
    """

    area: Area
    day: date
    before: Period
    since: Period
    total: Side
    rest: Side
    parts: tuple[tuple[Area, Side], ...]


def mergers(query: Query, most: int) -> tuple[tuple[Merger, ...], int]:
    """The newest mergers within the query's area of its metric, which must add up, and how many there are."""
    place = area_in_scope(query.edition, query.area)
    today = query.known_at.date()
    sql = (
        "SELECT code, holder, valid_to FROM areas WHERE holder >= $1 AND holder < $2 AND holder <> code "
        "AND valid_to <= $3 ORDER BY valid_to DESC, code"
    )
    held = defaultdict[int, list[tuple[int, date]]](list)
    rows = query.edition.unscoped.cursor().execute(sql, [place.code, place.end, today]).fetchall() if place.live else []
    for code, holder, ended in rows:
        held[holder].append((code, ended))
    return tuple(_merger(query, holder, parts, today) for holder, parts in list(held.items())[:most]), len(held)


def _merger(query: Query, holder: int, parts: list[tuple[int, date]], today: date) -> Merger:
    day = max(ended for _, ended in parts)
    span = timedelta(days=min(LONGEST, max(1, (today - day).days)))
    periods = Period(day - span, day), Period(day, day + span)
    total = _side(query, holder, periods)
    sides = tuple((areas.area(query.edition, code), _side(query, code, periods)) for code, _ in sorted(parts))
    rest = Side(
        _rest(total.before, [side.before for _, side in sides]), _rest(total.since, [side.since for _, side in sides])
    )
    return Merger(areas.area(query.edition, holder), day, *periods, total, rest, sides)


def _side(query: Query, code: int, periods: tuple[Period, Period]) -> Side:
    # a visitor of the area sees all that is in it now, also where its former code lies outside of the scope
    edition = query.edition.unscoped.scoped(((code, end_of(code)),))
    asked = replace(query, edition=edition, area=code, by=None, comparison=None)
    values = {period_of(row): float(row.value) for row in each(answer(asked, periods=periods)) if pd.notna(row.value)}
    return Side(*(values.get(period) for period in periods))


def _rest(total: float | None, parts: list[float | None]) -> float | None:
    return None if total is None else total - sum(part or 0 for part in parts)
