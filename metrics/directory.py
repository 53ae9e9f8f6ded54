"""The directory of units and the area tree as work items need them: the same for everybody, whatever their scope."""

from collections.abc import Collection, Sequence

from data.areas.levels import CODES
from data.editions.edition import AnyEdition
from metrics.errors import nearest

MOST_UNITS = 300


def unit_names(edition: AnyEdition, areas: Collection[int]) -> list[str]:
    """The names of the current units of these areas, at most MOST_UNITS, sorted."""
    sql = (
        "SELECT DISTINCT name FROM assets WHERE kind = 'unit' AND retired_at IS NULL AND list_contains($1, area) "
        f"ORDER BY name LIMIT {MOST_UNITS}"
    )
    return [name for (name,) in edition.unscoped.cursor().execute(sql, [list(areas)]).fetchall()]


def known_unit(edition: AnyEdition, name: str) -> tuple[bool, str]:
    """Whether the directory has a unit of this name, retired or not, and if not the nearest name, empty if none is.

    A directory without any unit knows every name.
    """
    sql = "SELECT DISTINCT name FROM assets WHERE kind = 'unit' AND name IS NOT NULL"
    names = {found for (found,) in edition.unscoped.cursor().execute(sql).fetchall()}
    return (True, "") if not names or name in names else (False, nearest(name, sorted(names)))


def areas_of_unit(edition: AnyEdition, name: str) -> list[int]:
    """The area codes of the current units of a name; several where areas have units of the same name."""
    sql = "SELECT area FROM assets WHERE kind = 'unit' AND name = $1 AND retired_at IS NULL"
    return [int(code) for (code,) in edition.unscoped.cursor().execute(sql, [name]).fetchall()]


def nearest_unit(edition: AnyEdition, areas: Sequence[int], ending: str) -> str | None:
    """The name of a current unit whose name ends so: of the first of these areas that has one."""
    for code in areas:
        named = [name for name in unit_names(edition, [code]) if name.endswith(ending)]
        if named:
            return min(named, key=len)
    return None


def is_area(edition: AnyEdition, code: int) -> bool:
    """Whether the tree has a living area of this code."""
    if code not in CODES:
        return False
    sql = "SELECT count(*) FROM areas WHERE code = $1 AND holder = code"
    return bool(edition.unscoped.cursor().execute(sql, [code]).fetchall()[0][0])
