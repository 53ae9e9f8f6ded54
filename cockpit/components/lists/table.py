"""A table on a desktop, a list of cards on a phone. Sorting and paging are links."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _

_table = define("table")


@dataclass(frozen=True)
class Column:
    """A heading. `sort` is the address of the same table sorted by it, `sorted` how it is now: up, down or not.

    lead: names the row; on a phone it heads the card. number: set to the right. short: kept in one line, as a time or
    the name of an area is.
    """

    text: str
    sort: str = ""
    sorted: str = ""
    lead: bool = False
    number: bool = False
    short: bool = False


@dataclass(frozen=True)
class Cell:
    """A text; `state` puts its shape and colour before it, `note` a grey word behind it.

    quiet: nothing to see here: left out of a card.
    """

    text: str
    href: str = ""
    state: str = ""
    note: str = ""
    code: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Page:
    """A page of a longer list: the number or word to show, and its address; the one shown has none."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Action:
    """Something to do with selected rows: see `cockpit.screens.listing.row_tools.RowAction`."""

    text: str
    kind: str
    href: str


@dataclass(frozen=True)
class Picks:
    """Selection of rows. ids: identifier of each row; list: name of the list; most: maximum selected at once."""

    ids: tuple[str, ...]
    actions: tuple[Action, ...]
    list: str
    most: int


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell | str]],
    *,
    pages: Sequence[Page] = (),
    total: Sequence[Cell | str] = (),
    caption: str = "",
    picks: Picks | None = None,
    key: str,
) -> None:
    """Draw rows of cells, one cell a column. total: a last row set apart. An empty cell is left out of a card.

    A column that has nothing in any of the rows is left out, unless one can sort by it: the next page may have it.
    picks: of rows that can be selected; a total has none.
    """
    lines = [
        [cell if isinstance(cell, Cell) else Cell(cell) for cell in line]
        for line in [*rows, *([total] if total else [])]
    ]
    filled = [at for at, of in enumerate(columns) if of.sort or not lines or any(_says(line[at]) for line in lines)]
    data = {
        "columns": tuple(columns[at] for at in filled),
        "rows": [[line[at] for at in filled] for line in lines],
        "total": bool(total),
        "pages": tuple(pages),
        "caption": caption,
        "picks": {**vars(picks), "words": _pick_words(picks.most)} if picks else None,
        "words": {"sort": _("Sort"), "pages": _("Pages")},
    }
    _table(key=key, data=data)


def _says(cell: Cell) -> bool:
    return bool(cell.text or cell.state or cell.note)


def _pick_words(most: int) -> dict[str, str]:
    return {
        "all": _("Select all rows of this page"),
        "one": _("Select {name}", name="{name}"),
        "count": _("{n} selected", n="{n}"),
        "none": _("Clear"),
        "full": _("At most {n} rows can be selected.", n=most),
        "copied": _("Copied"),
        "by_hand": _("Copy this address"),
    }
