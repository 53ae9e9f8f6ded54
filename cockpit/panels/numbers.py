"""The numbers of a panel as a table: what its menu shows, and what its CSV has."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.status.tiles import quality
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels.answers import Part
from metrics.catalog import Metric

DECIMALS = 6
"""Of a value in a file."""


@dataclass(frozen=True)
class Number:
    """One cell: its text on a screen, and the value that a file has in place of the text; None for a text alone."""

    text: str
    value: float | None = None

    @property
    def in_file(self) -> str | float | None:
        return self.text if self.value is None else round(self.value, DECIMALS)


Cell = str | Number


@dataclass(frozen=True)
class Numbers:
    """A table. title: what the numbers are. columns: the headings. rows: a cell a column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def quantity(metric: Metric, value: float | None) -> Cell:
    """A metric's value; a dash, and nothing in a file, where there is none."""
    known = format.given(value)
    return "" if known is None else Number(format.quantity(metric, known), known)


def count(value: float | None) -> Cell:
    known = format.given(value)
    return "" if known is None else Number(format.number(known), known)


def of_parts(metric: Metric, first: Sequence[str], names: Sequence[Sequence[Cell]], parts: Sequence[Part]) -> Numbers:
    """The groups of a breakdown. first: headings of the columns that name a group; names: these columns of each."""
    name = metric.name[language()]
    sides = (_("Numerator"), _("Denominator")) if metric.is_rate else ()
    columns = (*first, name, _("State"), *sides, _("Sample"), _("Compared with"), _("Note"))
    rows = tuple(
        (
            *named,
            quantity(metric, part.now.value) if part.known else "",
            "" if part.small else format.state(part.state).word,
            *((count(part.now.numerator), count(part.now.denominator)) if sides else ()),
            count(part.now.n),
            quantity(metric, part.before.value) if part.before is not None else "",
            quality(part.now),
        )
        for named, part in zip(names, parts, strict=True)
    )
    return Numbers(name, columns, rows)
