"""The log of a case's steps, and its responsible unit with the telephone number of the office."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from data.areas.levels import LOWEST
from data.editions.edition import Edition
from data.editions.scoped import ScopedEdition
from data.schema import FACTS, known, narrowed
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
    directory = _directory(edition.unscoped)
    paths = {area: _path(edition, area) for area, _name in names}
    nearest = {(area, name): _nearest(paths[area], directory.named.get(name, [])) for area, name in names if name}
    return {key: directory.contact(unit) for key, unit in nearest.items() if unit}


@dataclass(frozen=True)
class _Unit:
    source: str
    key: str
    area: int
    name: str
    kind: str | None
    phone: str | None
    parent: str | None


class _Directory:
    """The units of an edition that exist, in memory: a few thousand rows that every page with reds asks of.

    named, within: the units of a name, and those of an area, by source and key.
    """

    def __init__(self, units: Iterable[_Unit]) -> None:
        self.of_key: dict[tuple[str, str], _Unit] = {}
        self.named: dict[str, list[_Unit]] = {}
        self.within: dict[int, list[_Unit]] = {}
        for unit in units:
            self.of_key[unit.source, unit.key] = unit
            self.named.setdefault(unit.name, []).append(unit)
            self.within.setdefault(unit.area, []).append(unit)

    def contact(self, unit: _Unit) -> Contact:
        """A unit with the one above it, by its key where the directory does not hold that."""
        above = self.of_key.get((unit.source, unit.parent or ""))
        upper = (above.name, above.phone) if above else (unit.parent, None)
        return Contact(unit.name, unit.kind, unit.phone, *upper)


@lru_cache(maxsize=4)
def _directory(edition: Edition) -> _Directory:
    names = ("source", "key", "area", "name", "unit_kind", "phone", "parent")
    units = "(SELECT * FROM assets WHERE kind = 'unit')"
    rows = known(narrowed(FACTS["assets"], {*names, "retired_at"}), _time(edition.as_of), units)
    sql = f"SELECT {', '.join(names)} FROM ({rows}) WHERE retired_at IS NULL ORDER BY source, key"
    return _Directory(_Unit(*row) for row in edition.cursor().execute(sql).fetchall())


def administers(contact: Contact, level: str) -> bool:
    """Whether a unit is of the kind that administers areas of a level: a committee a village, an office a town."""
    return contact.kind == (COMMITTEE if level == LOWEST.id else OFFICE)


def unit_of(edition: ScopedEdition, area: int) -> Contact | None:
    """The unit that administers an area: its own town or village unit in the directory; None if there is none."""
    return units_of(edition, [area]).get(area)


def units_of(edition: ScopedEdition, places: Collection[int]) -> dict[int, Contact]:
    """The units that administer these areas, of several the first by source and key; an area without one is left
    out."""
    directory = _directory(edition.unscoped)
    found = {
        code: next((unit for unit in directory.within.get(code, ()) if unit.kind in (OFFICE, COMMITTEE)), None)
        for code in places
    }
    return {code: Contact(unit.name, unit.kind, unit.phone) for code, unit in found.items() if unit}


def lead_units_of(edition: ScopedEdition, places: Collection[int]) -> dict[int, Contact]:
    """The unit that leads each of these areas: the only one of the area that has other units of it below itself and
    none of it above; an area without one is left out."""
    leads = {}
    for code in places:
        units = _directory(edition.unscoped).within.get(code, [])
        keys = {(unit.source, unit.key) for unit in units}
        above = {(unit.source, unit.parent) for unit in units}
        tops = [u for u in units if (u.source, u.key) in above and (u.source, u.parent) not in keys]
        if len(tops) == 1:
            leads[code] = Contact(tops[0].name, tops[0].kind, tops[0].phone)
    return leads


def _nearest(path: list[int], units: list[_Unit]) -> _Unit | None:
    """path: codes from the area up."""
    for code in path:
        if matches := [unit for unit in units if unit.area == code]:
            return matches[0]
    return units[0] if len(units) == 1 else None


def _path(edition: ScopedEdition, area: int) -> list[int]:
    try:
        return [place.code for place in reversed(areas.path(edition, areas.area(edition, area)))]
    except MetricsError:
        return [area]


def _time(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ')}'"
