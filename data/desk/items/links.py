"""What items are about: the numbers, cases, sites and alerts that they began from, found from either end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import select

from data.desk.errors import Refused
from data.desk.items import models
from data.desk.items.item import Item, to_item
from data.desk.store import Desk

LinkKind = Literal["metric", "case", "site", "alert", "area"]
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)
LONGEST_REFERENCE, LONGEST_ADDRESS = 300, 2000
MOST_LINKS = 50


@dataclass(frozen=True)
class Link:
    """One thing that an item is about.

    reference: `source/key` of a case or site, the id of an alert, the code of an area, or the metric, area and unit of
    a number.
    address: of the page that shows it, with the edition that the author saw; empty if there is none.
    """

    kind: LinkKind
    reference: str
    address: str = ""


def checked(links: Sequence[Link]) -> tuple[Link, ...]:
    """The links without repetition. Refused for too many, or one that cannot be stored."""
    unique = {(link.kind, link.reference): link for link in links}
    if len(unique) > MOST_LINKS:
        raise Refused("item.links", "an item begins from at most {n} rows: select fewer", n=MOST_LINKS)
    for link in unique.values():
        known = link.kind in LINK_KINDS and 0 < len(link.reference) <= LONGEST_REFERENCE
        if not known or not link.reference.isprintable() or len(link.address) > LONGEST_ADDRESS:
            raise Refused("item.link", "what the item is about cannot be stored: begin it from its page again")
    return tuple(unique.values())


def add(session: Any, item_id: int, links: Sequence[Link]) -> None:
    """Store the links of a new item inside the caller's transaction."""
    session.add_all(
        models.ItemLink(item_id=item_id, kind=link.kind, reference=link.reference, address=link.address)
        for link in links
    )


def of_item(desk: Desk, item_id: int) -> list[Link]:
    """The links of an item."""
    of = models.ItemLink
    with desk.read() as session:
        rows = session.scalars(select(of).where(of.item_id == item_id).order_by(of.kind, of.reference))
        return [Link(row.kind, row.reference, row.address) for row in rows]  # type: ignore[arg-type]  # as stored


def items_about(desk: Desk, kind: LinkKind, references: Sequence[str], *, most: int = 200) -> dict[str, list[Item]]:
    """The items about each of some references, open ones first, then the newest; `may_see` says who may see them."""
    items: dict[str, list[Item]] = {reference: [] for reference in references}
    of = models.ItemLink
    query = (
        select(of.reference, models.Item)
        .join(models.Item, models.Item.id == of.item_id)
        .where(of.kind == kind, of.reference.in_(list(items)))
        .order_by(models.Item.is_open.desc(), models.Item.id.desc())
        .limit(most)
    )
    with desk.read() as session:
        for reference, row in session.execute(query):
            items[reference].append(to_item(row))
    return items
