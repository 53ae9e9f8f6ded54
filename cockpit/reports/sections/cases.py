"""The facts behind a number as tables, read in chunks to bound memory."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from typing import Any, Literal

import pandas as pd

from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.names import source_name
from cockpit.reports import progress, wording
from cockpit.reports.context import ReportContext
from cockpit.reports.errors import or_why
from cockpit.reports.kind import Cases
from cockpit.reports.model import Block, Cell, Column, Rows, Table
from cockpit.reports.sections.numbers import COUNT
from data.areas.levels import LEVELS, LOWEST, is_above
from data.schema import CASES
from metrics import areas
from metrics.catalog import Metric, Stock
from metrics.engine.frames import records
from metrics.errors import MetricsError
from metrics.rows import Selection, count_rows, rows

STRETCH = 10_000
WIDTHS = {"title": 2.2, "place": 2, "key": 3.2, "unit": 1.5, "category": 1.3, "no": 0.7, "days": 0.9, "state": 1.3}
ALSO_NEEDED = (
    "area", "registered_at", "due_at", "closed_at", "close_kind", "subcategory", "category", "kind", "title", "source",
)  # fmt: skip
"""Columns that those made here look at."""
NOTHING = Cell("")
Part = Literal["numerator", "denominator", "rest"]
Make = Callable[["_RowContext", int, dict[str, Any]], Cell]


def case_tables(section: Cases, context: ReportContext) -> Iterator[Block]:
    """One table a metric that counted any facts, without who reported them."""
    names = context.kind.metrics_of(section, context.request.metrics)
    heading = wording.fill(context, section.heading[language()]) if section.heading and len(names) == 1 else ""
    for metric in context.at(names, context.view.area.level):
        domain = context.view.catalog.domain(metric)
        if domain.fact == "cases" and not metric.components and not domain.view:
            yield from or_why(_counted(section, context, metric, heading))


def _counted(section: Cases, context: ReportContext, metric: Metric, heading: str) -> Iterator[Block]:
    part = section.part if section.part in metric.parts else None
    if total := count_rows(context.query.of(metric.id), Selection(part)):
        yield _table(section, context, metric, total, part, heading)


def _table(
    section: Cases, context: ReportContext, metric: Metric, total: int, part: Part | None, heading: str
) -> Table:
    count = min(total, section.most or total)
    level = context.view.area.level
    names = [name for name in section.columns if not (name in LEVELS and is_above(name, level))]
    columns = [
        Column(_heading(name), name in ("no", "days"), WIDTHS.get(name, 2.4 if name.endswith("_at") else 1.2))
        for name in names
    ]
    side = f" · {words.side(metric, part)}" if part else ""
    note = _("The first {n} of {total}", n=format.number(count), total=format.number(total)) if count < total else ""
    reader = Rows(count, _Reader(section, context, metric, count, part, names))
    return Table(heading or f"{metric.name[language()]}{side}", columns, reader, note=note)


class _Reader:
    """Reads the rows again on each iteration, in batches, in a fixed order."""

    def __init__(
        self,
        section: Cases,
        context: ReportContext,
        metric: Metric,
        count: int,
        part: Part | None,
        names: Sequence[str],
    ) -> None:
        self.section, self.context, self.metric, self.count, self.part = section, context, metric, count, part
        self.makers: list[Make] = [_maker(name) for name in names]
        self.needed = [c.name for c in CASES.columns if c.name in {*names, *ALSO_NEEDED}]

    def __iter__(self) -> Iterator[list[Cell]]:
        view, number = self.context.view, 0
        stock = isinstance(view.catalog.domain(self.metric).measures.get(self.metric.value or ""), Stock)
        row_context = _RowContext(
            self.context, min(view.as_of, datetime.combine(view.period.end, time.min)) if stock else view.as_of
        )
        order = self.section.order or ("registered_at" if stock or self.metric.oldest else None)
        query, selection = self.context.query.of(self.metric.id), Selection(self.part, order=order)
        for offset in range(0, self.count, STRETCH):
            stretch = rows(query, selection, limit=min(STRETCH, self.count - offset), offset=offset)
            frame: pd.DataFrame = stretch[self.needed]
            progress.report(f"{format.number(offset)} / {format.number(self.count)}", offset / self.count)
            for row in records(frame):
                number += 1
                yield [make(row_context, number, row) for make in self.makers]


class _RowContext:
    """The names that thousands of rows share, worded once. until: when days open are counted to: a stock's instant."""

    def __init__(self, context: ReportContext, until: datetime) -> None:
        self.view, self.until = context.view, until
        self.areas: dict[tuple[int, str], str] = {}
        self.sources: dict[str, str] = {}
        self.words: dict[tuple[str, str], str] = {}

    def area(self, code: int, level: str) -> str:
        if (code, level) not in self.areas:
            try:
                place = areas.at_level(self.view.edition, code, level)
                self.areas[code, level] = _("own level") if level == LOWEST.id != place.level else place.name
            except MetricsError:  # a code that the edition does not know is shown as it is
                self.areas[code, level] = str(code)
        return self.areas[code, level]

    def source(self, source: str) -> str:
        if source not in self.sources:
            self.sources[source] = source_name(self.view.edition, source)
        return self.sources[source]

    def word(self, name: str, value: str) -> str:
        """An enumerated value in words."""
        if (name, value) not in self.words:
            self.words[name, value] = words.value(name, value)
        return self.words[name, value]


def _heading(name: str) -> str:
    if name in LEVELS:
        return words.level_heading(name)
    return {"no": _("No."), "days": _("Days open")}.get(name) or words.column(name)


def _maker(name: str) -> Make:
    if name in _MAKERS:
        return _MAKERS[name]
    column = CASES[name]
    worded = bool(column.words) or column.type == "BOOLEAN" or name in words.CODES

    def stored(row_context: _RowContext, number: int, row: dict[str, Any]) -> Cell:
        value = row[name]
        if value is None:
            return NOTHING
        if isinstance(value, datetime):
            return Cell(format.date_in_words(value), value)  # on paper the day is enough, a workbook has the minute
        if worded:
            return Cell(row_context.word(name, value) if isinstance(value, str) else words.value(name, value))
        return Cell(value) if isinstance(value, str) else Cell(words.value(name, value), value)

    return stored


def _area_of(level: str) -> Make:
    """The area of a level that contains a fact; "own level" for a fact of no village."""

    def made(row_context: _RowContext, number: int, row: dict[str, Any]) -> Cell:
        return Cell(row_context.area(int(row["area"]), level))

    return made


def _days(row_context: _RowContext, number: int, row: dict[str, Any]) -> Cell:
    end = min(row["closed_at"] or row_context.until, row_context.until)
    days = (end - row["registered_at"]).days
    return Cell(str(days), days, "", COUNT)


def _state(row_context: _RowContext, number: int, row: dict[str, Any]) -> Cell:
    text, state = words.standing(row, row_context.view.as_of)
    return Cell(text, None, state if state in ("red", "amber") else "")


def _title(row_context: _RowContext, number: int, row: dict[str, Any]) -> Cell:
    return Cell(row["title"] or row["subcategory"] or row["category"] or words.value("kind", row["kind"]))


_MAKERS: dict[str, Make] = {
    "no": lambda row_context, number, row: Cell(str(number), number),
    "state": _state,
    **{level: _area_of(level) for level in LEVELS},
    "days": _days,
    "title": _title,
    "source": lambda row_context, number, row: Cell(row_context.source(row["source"])),
}
