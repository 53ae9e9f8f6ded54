"""Scope checks, called by everything that returns numbers, rows or geometry."""

from data.editions.scoped import ScopedEdition
from metrics.areas import Area, area
from metrics.errors import MetricsError


class OutOfScope(MetricsError):
    """The caller's grants do not reach the area."""


def area_in_scope(edition: ScopedEdition, code: int) -> Area:
    """The area of a code that a query is about. MetricsError if it is unknown, OutOfScope if outside the scope."""
    place = area(edition, code)
    require(edition, place.code, place.end)
    return place


def require(edition: ScopedEdition, first: int, end: int) -> None:
    """OutOfScope unless the codes [first, end) lie within one range of the edition's scope."""
    if not edition.holds(first, end):
        raise OutOfScope(
            "area.out_of_scope",
            "area {area} lies outside of what you may see: ask for a grant, or open an area of your own",
            area=first,
        )
