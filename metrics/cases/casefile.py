"""The log of a case's steps, and its responsible unit with the telephone number of the office."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.areas.levels import LOWEST
from data.editions.scoped import ScopedEdition
from data.schema import FACTS, known
from metrics import areas
from metrics.errors import MetricsError

MOST_STEPS = 500


@dataclass(frozen=True)
class Step:
    """One line of the log. ended_at: None while it lasts."""

    action: str
    unit: str | None
    post: str | None
    officer: str | None
    started_at: datetime
    ended_at: datetime | None
    result: str | None


OFFICE, COMMITTEE = "township", "committee"
"""Kinds of unit that administer towns and villages."""


@dataclass(frozen=True)
class Contact:
    """A unit of the directory. phone: as delivered, perhaps several numbers."""

    name: str
    kind: str | None
    phone: str | None
    parent: str | None = None
    parent_phone: str | None = None


def steps(edition: ScopedEdition, case: Mapping[str, Any]) -> list[Step]:
    """The log of a case the caller may see (`metrics.rows.fact`) as known at the edition's time, in order; at most
    MOST_STEPS."""
    fact = FACTS["steps"]
    of_case = (
        "(SELECT * FROM steps WHERE area IS NOT DISTINCT FROM $area AND case_source = $source AND case_key = $key)"
    )
    names = ("action", "unit", "post", "officer", "started_at", "ended_at", "result")
    sql = (
        f"SELECT {', '.join(names)} FROM ({known(fact, _time(edition.as_of), of_case)}) "
        f"ORDER BY started_at, ended_at NULLS LAST, key LIMIT {MOST_STEPS}"
    )
    rows = edition.unscoped.cursor().execute(sql, {name: case[name] for name in ("area", "source", "key")}).fetchall()
    return [Step(*row) for row in rows]


def contacts(edition: ScopedEdition, area: int, names: Iterable[str]) -> dict[str, Contact]:
    """The units of these names, each by its name; one that the directory does not hold is left out.

    Of several of one name, such as the committees of villages, it is the one of `area` or nearest above it. One that
    lies elsewhere is taken only if there is no other of its name.
    """
    return {name: found for (_area, name), found in contacts_of(edition, [(area, name) for name in names]).items()}


def contacts_of(edition: ScopedEdition, names: Collection[tuple[int, str]]) -> dict[tuple[int, str], Contact]:
    """As `contacts`, of several areas at once: by area and name."""
    wanted = sorted({name for _area, name in names if name})
    if not wanted:
        return {}
    sql = (
        f"WITH units AS ({_units_sql(edition)}) "
        "SELECT u.area, u.name, u.unit_kind, u.phone, coalesce(p.name, u.parent), p.phone FROM units u "
        "LEFT JOIN units p ON p.source = u.source AND p.key = u.parent "
        "WHERE list_contains($1::VARCHAR[], u.name) ORDER BY u.source, u.key"
    )
    units_by_name: dict[str, list[tuple[int, Contact]]] = {}
    for code, *row in edition.unscoped.cursor().execute(sql, [wanted]).fetchall():
        units_by_name.setdefault(row[0], []).append((code, Contact(*row)))
    paths = {area: _path(edition, area) for area, _name in names}
    nearest = {(area, name): _nearest(paths[area], units_by_name.get(name, [])) for area, name in names}
    return {key: contact for key, contact in nearest.items() if contact}


_OF_AREAS = " AND list_contains($1::BIGINT[], area)"


def _units_sql(edition: ScopedEdition, condition: str = "") -> str:
    """SQL of the directory's units that exist, with all columns of assets."""
    units = f"(SELECT * FROM assets WHERE kind = 'unit'{condition})"
    return f"SELECT * FROM ({known(FACTS['assets'], _time(edition.as_of), units)}) WHERE retired_at IS NULL"


def administers(contact: Contact, level: str) -> bool:
    """Whether a unit is of the kind that administers areas of a level: a committee a village, an office a town."""
    return contact.kind == (COMMITTEE if level == LOWEST.id else OFFICE)


def unit_of(edition: ScopedEdition, area: int) -> Contact | None:
    """The unit that administers an area: its own town or village unit in the directory; None if there is none."""
    return units_of(edition, [area]).get(area)


def units_of(edition: ScopedEdition, places: Collection[int]) -> dict[int, Contact]:
    """The units that administer these areas; an area without one is left out."""
    if not places:
        return {}
    sql = (
        f"SELECT area, name, unit_kind, phone FROM ({_units_sql(edition, _OF_AREAS)}) "
        f"WHERE unit_kind IN ('{OFFICE}', '{COMMITTEE}') ORDER BY source DESC, key DESC"
    )
    rows = edition.unscoped.cursor().execute(sql, [sorted(set(places))]).fetchall()
    return {code: Contact(*unit) for code, *unit in rows}  # of several in an area the first by source and key


def lead_units_of(edition: ScopedEdition, places: Collection[int]) -> dict[int, Contact]:
    """The unit that leads each of these areas: the only one of the area that has other units of it below itself and
    none of it above; an area without one is left out."""
    if not places:
        return {}
    sql = (
        f"WITH units AS ({_units_sql(edition, _OF_AREAS)}) "
        "SELECT area, any_value(name), any_value(unit_kind), any_value(phone) FROM units u "
        "WHERE (source, area, key) IN (SELECT (source, area, parent) FROM units) "
        "AND NOT coalesce((source, area, parent) IN (SELECT (source, area, key) FROM units), false) "
        "GROUP BY area HAVING count(*) = 1"
    )
    rows = edition.unscoped.cursor().execute(sql, [sorted(set(places))]).fetchall()
    return {code: Contact(*unit) for code, *unit in rows}


def _nearest(path: list[int], units: list[tuple[int, Contact]]) -> Contact | None:
    """path: codes from the area up."""
    for code in path:
        if matches := [contact for at, contact in units if at == code]:
            return matches[0]
    return units[0][1] if len(units) == 1 else None


def _path(edition: ScopedEdition, area: int) -> list[int]:
    try:
        return [place.code for place in reversed(areas.path(edition, areas.area(edition, area)))]
    except MetricsError:
        return [area]


def _time(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ')}'"
