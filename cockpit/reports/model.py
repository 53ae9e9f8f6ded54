"""The neutral document model, independent of file formats."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from cockpit.labels import format

Level = Literal[1, 2, 3]
Style = Literal["body", "note", "right", "plain"]
Value = float | int | str | datetime | date | None


@dataclass(frozen=True)
class Heading:
    """level: 1 to 3. The writer adds its number if `numbered`."""

    text: str
    level: Level = 1
    numbered: bool = True


@dataclass(frozen=True)
class Text:
    """A paragraph. note: small print; right: a signature or date; plain: without the indent of a first line."""

    text: str
    style: Style = "body"


@dataclass(frozen=True)
class Column:
    """number: set to the right. width: its share of the table. detail: for workbooks and CSV, not for paper."""

    text: str
    number: bool = False
    width: float = 1.0
    detail: bool = False


class Cell(NamedTuple):
    """A cell in words; value is what a workbook and a CSV hold in its place, format how a workbook shows it.

    state puts a shape before the words. A time or a text may leave its words to `cell_text`.
    """

    text: str = ""
    value: Value = None
    state: str = ""
    format: str = ""

    @property
    def in_words(self) -> str:
        """The words; those of the value where none were given."""
        if self.text or self.value is None:
            return self.text
        if isinstance(self.value, datetime):
            return format.stamp_in_words(self.value)
        return format.date_in_words(self.value) if isinstance(self.value, date) else str(self.value)


class Rows:
    """Rows of cells too many to hold: counted before, read once an iteration."""

    def __init__(self, count: int, read: Iterable[Sequence[Cell]]) -> None:
        self.count, self._read = count, read

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        return iter(self._read)

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True)
class Table:
    """name: of its sheet and its CSV. total: the last row is set apart. note: small print below."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] | Rows
    total: bool = False
    note: str = ""


@dataclass(frozen=True)
class Form:
    """Labels with what is said of them, or room to write: a notice, a reply slip. height: lines of room."""

    name: str
    rows: Sequence[tuple[str, str]]
    heights: Sequence[int] = ()


@dataclass(frozen=True)
class Series:
    """unfinished: the last value is of a day, week or month that is still running."""

    name: str
    values: Sequence[float | None]
    style: Literal["now", "before", "last_year"] = "now"
    unfinished: bool = False


@dataclass(frozen=True)
class Chart:
    """line: over time; bar: upright columns in order. alt: the same in words, for those who cannot see it."""

    name: str
    kind: Literal["line", "bar"]
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str
    alt: str
    format: str = "0"
    limits: Sequence[tuple[float, str, str]] = ()
    """Thin lines: value, text, state."""
    from_zero: bool = True


Block = Heading | Text | Table | Form | Chart


@dataclass(frozen=True)
class Part:
    """One scope of a report; each begins on a page of its own.

    facts: provenance of this part alone, before that of the document; of a document whose parts stand apart.
    """

    area: str
    title: str
    blocks: Sequence[Block]
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Definition:
    """The definition of a metric, in the version that was used."""

    id: str
    name: str
    version: int
    text: str
    unit: str
    formula: str = ""
    threshold: str = ""


@dataclass(frozen=True)
class Provenance:
    """The data by which a report can be reproduced and verified. facts: label and text, in reading order."""

    id: str
    made_at: datetime
    who: str
    link: str
    facts: Sequence[tuple[str, str]]
    definitions: Sequence[Definition]


@dataclass(frozen=True)
class Document:
    """language: of all texts. contents: whether a list of headings stands in front. define: definitions at the end.

    imprint: 版记 at the end. page: one page of paper a scope, so that everything is set closer.
    apart: each part is a document of its own, sent to another office: provenance and imprint end each part.
    """

    kind: str
    title: str
    language: str
    parts: Sequence[Part]
    provenance: Provenance
    contents: bool = False
    define: bool = False
    landscape: bool = False
    imprint: bool = False
    page: bool = False
    apart: bool = False

    def facts(self, part: Part) -> list[tuple[str, str]]:
        """The provenance of one part, as it stands behind it."""
        return [*part.facts, *self.provenance.facts]

    @property
    def blocks(self) -> Iterator[Block]:
        return (block for part in self.parts for block in part.blocks)
