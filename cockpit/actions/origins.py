"""Where an item begins: each link is checked against what its author may see, and gets the address of its page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cockpit.access.pages import own_address
from cockpit.access.policy import Can, Grants
from cockpit.address import link as address_of
from data.areas.levels import end_of
from data.desk.alerting import alerts
from data.desk.errors import Refused
from data.desk.items.links import Link, LinkKind
from data.desk.store import Desk
from data.editions.scoped import ScopedEdition
from metrics import sites
from metrics.catalog import Catalog
from metrics.engine.plan import metric_of
from metrics.errors import MetricsError
from metrics.rows import fact
from metrics.scope import area_in_scope

KINDS: dict[str, tuple[LinkKind, ...]] = {
    "red": ("metric",),
    "row": ("case", "site"),
    "case": ("case",),
    "site": ("site",),
    "alert": ("alert",),
    "area": ("area",),
}
"""The kinds of link that each origin of an item has."""


def number_reference(metric: str, area: int, unit: str = "") -> str:
    """The reference of a number: a metric of an area, or of a unit in it."""
    return f"{metric} {area} {unit}".strip()


def key_reference(source: object, key: object) -> str:
    """The reference of a case or a site."""
    return f"{source}/{key}"


@dataclass(frozen=True)
class Sight:
    """The rights of an author. edition: scoped to the author's grants."""

    edition: ScopedEdition
    desk: Desk
    grants: Grants
    catalog: Catalog


def resolved(sight: Sight, origin: str, links: Iterable[Link]) -> tuple[Link, ...]:
    """The links, each once, with the addresses of their pages. Refused for one that is not there or not to be seen."""
    origins = []
    for link in dict.fromkeys(links):
        if link.kind not in KINDS.get(origin, ()):
            raise Refused("item.origin", "this kind of item does not begin from there: begin it from a list or freely")
        try:
            address = _ADDRESSES[link.kind](sight, link.reference)
        except (MetricsError, ValueError):  # unknown and out of scope in the same words
            address = ""
        if not address:
            raise Refused(
                "item.no_origin", "{reference} is not there, or not for you to see: begin the item from its page again",
                reference=link.reference[:60],
            )  # fmt: skip
        origins.append(Link(link.kind, link.reference, own_address(link.address) or address))
    return tuple(origins)


def _number(sight: Sight, reference: str) -> str:
    metric, code, *unit = reference.split(" ", 2)
    name, place = metric_of(sight.catalog, metric).id, area_in_scope(sight.edition, int(code))
    parameters = {"area": place.code, "metric": name, "unit": unit[0] if unit else None, "edition": sight.edition.id}
    return address_of("cockpit", parameters)


def _case(sight: Sight, reference: str) -> str:
    source, _slash, key = reference.partition("/")
    if fact(sight.edition, "cases", source, key) is None:
        return ""
    return address_of("case", {"source": source, "key": key, "edition": sight.edition.id})


def _site(sight: Sight, reference: str) -> str:
    source, _slash, key = reference.partition("/")
    if sites.site(sight.edition, source, key) is None:
        return ""
    return address_of("site", {"source": source, "key": key, "edition": sight.edition.id})


def _alert(sight: Sight, reference: str) -> str:
    alert = alerts.find(sight.desk, int(reference))
    if alert is None or not sight.grants.may(Can.LOOK, alert.area, end_of(alert.area)):
        return ""
    return address_of("alerts", {"alert": alert.id, "area": alert.area})


def _area(sight: Sight, reference: str) -> str:
    place = area_in_scope(sight.edition, int(reference))
    return address_of("cockpit", {"area": place.code, "edition": sight.edition.id})


_ADDRESSES: dict[str, Callable[[Sight, str], str]] = {
    "metric": _number, "case": _case, "site": _site, "alert": _alert, "area": _area,
}  # fmt: skip
