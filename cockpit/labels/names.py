"""Names of areas and sources."""

from functools import lru_cache

from cockpit.i18n import language
from data.editions.edition import AnyEdition
from metrics import areas
from metrics.availability.freshness import Freshness, freshness
from metrics.errors import MetricsError


def area_name(edition: AnyEdition, code: int | str | None) -> str:
    """An area's name; what belongs to a town or a district but to nothing below it says so."""
    if code is None:
        return ""
    try:
        place = areas.area(edition, int(code))
    except (MetricsError, ValueError):
        return str(code)
    return place.name


@lru_cache(maxsize=64)
def sources(edition: AnyEdition) -> dict[str, Freshness]:
    """The sources of an edition by id."""
    return {source.source: source for source in freshness(edition)}


def source_name(edition: AnyEdition, source: str) -> str:
    known = sources(edition).get(source)
    return ((known.name_zh if language() == "zh" else known.name_en) if known else None) or source
