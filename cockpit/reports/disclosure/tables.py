"""The tables of a file as counts and relations, and those tables without the cells that give small counts away.

A rate reveals both of its sides: they can be computed from a full value, so it counts as revealing them.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cockpit.i18n import _
from cockpit.labels import format
from cockpit.reports.disclosure.choose import Published, suppressed
from cockpit.reports.disclosure.relations import OWN, TOTAL, Place, Relations
from cockpit.reports.model import Block, Cell, Part, Table
from data.areas.levels import BASE, TABLE, end_of
from metrics.catalog import Catalog, Metric, Stock
from metrics.catalog.model import Domain
from metrics.engine.plan import AREAS

MIXED = {level.id for level in TABLE if level.optional or level == BASE}
"""Levels that a tree may leave out: a row above them may hold areas of the levels below as well."""


@dataclass(frozen=True)
class Guarded(Table):
    """A table that is published once cells are left out; the last row is the area itself.

    groups: of each row but the last; known: those that are not shown as well. samples: the row of the answer
    behind each cell, None where there is none; columns from `first` on.
    """

    area: int = 0
    by: str = ""
    groups: Sequence[str] = ()
    known: Sequence[str] = ()
    metrics: Sequence[Metric] = ()
    samples: Sequence[Sequence[Any]] = ()
    first: int = 1
    least: int = 0

    @cached_property
    def divided(self) -> set[int]:
        """The area codes of rows that contain other rows."""
        codes = sorted({int(group) for group in (*self.groups, *self.known)})
        return {code for code, after in itertools.pairwise(codes) if after < end_of(code)}

    def places(self) -> list[Place]:
        """The place of each row."""
        return [*(_place(self, group) for group in self.groups), Place(self.area)]


def published(parts: Sequence[Part], catalog: Catalog) -> list[Part]:
    """The parts of a document, with confidential cells of all guarded tables suppressed together."""
    guarded = [block for part in parts for block in part.blocks if isinstance(block, Guarded)]
    if not guarded:
        return list(parts)
    gone = _left_out(guarded, catalog)
    made = {id(table): _without(table, gone[i]) for i, table in enumerate(guarded)}
    return [replace(part, blocks=[made.get(id(block), block) for block in part.blocks]) for part in parts]


def _without(table: Guarded, gone: set[tuple[int, int]]) -> Block:
    rows = [list(row) for row in table.rows]
    for i, j in gone:
        rows[i][table.first + j] = Cell(_("left out"))
    return Table(table.name, table.columns, rows, table.total, table.note)


def _left_out(tables: Sequence[Guarded], catalog: Catalog) -> list[set[tuple[int, int]]]:
    """Row and column of each cell to leave out, a set a table."""
    least = max(table.least for table in tables)
    relations, cells, where = Relations(), [], []
    opaque: list[tuple[int, int, int, Any]] = []
    for t, table in enumerate(tables):
        for i, (place, line) in enumerate(zip(table.places(), table.samples, strict=True)):
            for j, (metric, row) in enumerate(zip(table.metrics, line, strict=True)):
                if row is None or format.missing(row.value):
                    continue
                counts = _counts(relations, catalog, metric, row, place)
                if counts:
                    cells.append(Published(counts, total=place.by == TOTAL and place.area == table.area))
                    where.append((t, i, j))
                else:
                    opaque.append((t, i, j, row))
    _relate(relations, tables, catalog)
    gone: list[set[tuple[int, int]]] = [set() for _table in tables]
    for (t, i, j), out in zip(where, suppressed(relations, cells, least), strict=True):
        if out:
            gone[t].add((i, j))
    # A median has no sides. It goes with any other cell of its row, so that its absence reveals nothing of them.
    rows = {(t, i) for t, left_out in enumerate(gone) for i, _j in left_out}
    for t, i, j, row in opaque:
        if 0 < row.n < least or (t, i) in rows:
            gone[t].add((i, j))
    return gone


# --- counts -------------------------------------------------------------------------------------------------------


def _counts(relations: Relations, catalog: Catalog, metric: Metric, row: Any, place: Place) -> tuple[int, ...]:
    """The counts behind a number as indices into `relations`; empty for anything but counts and ratios."""
    if metric.is_additive:
        return (relations.count((quantity(catalog, metric, "value"), place), row.value / metric.scale),)
    if not metric.is_rate or metric.components or format.missing(row.denominator):
        return ()
    inside, denominator = (quantity(catalog, metric, side) for side in ("numerator", "denominator"))
    counts = [relations.count((inside, place), row.numerator), relations.count((denominator, place), row.denominator)]
    if row.numerator <= row.denominator:
        rest = ("rest", inside, denominator)
        counts.append(relations.count((rest, place), row.denominator - row.numerator))
        relations.holds({(inside, place): 1.0, (rest, place): 1.0, (denominator, place): -1.0})
    return tuple(counts)


def quantity(catalog: Catalog, metric: Metric, side: str) -> str:
    """The counted quantity; metrics over the same measure share it."""
    domain, name = catalog.domain(metric), getattr(metric, side)
    return f"{domain.id}.{_measure(domain, name)}" if name in domain.measures else f"{metric.id}.{side}"


def _measure(domain: Domain, name: str) -> str:
    """The first of the measures that are defined alike."""
    return next(other for other, measure in domain.measures.items() if measure == domain.measures[name])


# --- relations ----------------------------------------------------------------------------------------------------


def _relate(relations: Relations, tables: Sequence[Guarded], catalog: Catalog) -> None:
    quantities = list(dict.fromkeys(quantity for quantity, _place in relations.keys))
    places = list(dict.fromkeys(place for _quantity, place in relations.keys if place))
    sums = [*_nested(places)]
    sums += [(Place(t.area), [_place(t, g) for g in t.groups]) for t in tables if t.by not in AREAS or t.by in MIXED]
    for name in quantities:
        for total, parts in sums:
            relations.sums((name, total), [(name, part) for part in parts])
    _stocks(relations, tables, catalog)
    relations.between([name for name in quantities if not isinstance(name, tuple)], places)


def _nested(places: Iterable[Place]) -> Iterator[tuple[Place, list[Place]]]:
    """Each area, and each group of a breakdown of it, with the nearest areas inside it that the file shows."""
    by_group: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        if place.by == OWN and place.group:
            continue  # it overlaps with areas that other tables show
        by_group.setdefault((TOTAL, "") if place.by == OWN else (place.by, place.group), []).append(place)
    for listed in by_group.values():
        totals = [place for place in listed if place.by != OWN]
        for above in totals:
            inside = [p for p in listed if p != above and above.area <= p.area < end_of(above.area)]
            between = [p for p in inside if p.by != OWN]
            yield above, [p for p in inside if not any(b != p and b.area <= p.area < end_of(b.area) for b in between)]


def _stocks(relations: Relations, tables: Sequence[Guarded], catalog: Catalog) -> None:
    """A stock by month: what there was the month before, and what came in, less what went out."""
    for table in tables:
        if table.by != "month":
            continue
        for metric in table.metrics:
            domain = catalog.domain(metric)
            for name in metric.measures:
                if not isinstance(measure := domain.measures.get(name), Stock):
                    continue
                stock, adds, less = (f"{domain.id}.{_measure(domain, n)}" for n in (name, measure.adds, measure.less))
                months = [_place(table, group) for group in sorted(table.groups)]
                for before, now in itertools.pairwise(months):
                    relations.holds({(stock, now): 1, (stock, before): -1, (adds, now): -1, (less, now): 1})
                if months:
                    relations.holds({(stock, months[-1]): 1, (stock, Place(table.area)): -1})


def _place(table: Guarded, group: str) -> Place:
    """A row by area is that area, in whatever table; one that other rows lie in is what none of them holds."""
    if table.by not in AREAS:
        return Place(table.area, table.by, group)
    code = int(group)
    if code not in table.divided:
        return Place(code)
    # a city's rest by district also contains the towns directly below it
    return Place(code, OWN, table.by if table.by in MIXED else "")
