"""CSV: a ZIP with one file a table, a data dictionary and the provenance, both JSON. Open data is published so."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from cockpit.i18n import using
from cockpit.labels.spreadsheets import neutral
from cockpit.reports.model import Cell, Chart, Column, Document, Form, Part, Table

EPOCH = (1980, 1, 1, 0, 0, 0)
UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')


def write(document: Document, path: Path) -> None:
    """Write the ZIP; rows are read and packed as they come."""
    with using(document.language), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        files = []
        for name, columns, rows in _tables(document):
            with pack.open(_entry(name), "w", force_zip64=True) as raw:
                text = io.TextIOWrapper(raw, "utf-8-sig", newline="")
                count = _rows(text, columns, rows)
                text.flush()
                text.detach()
            files.append({"file": name, "rows": count, "columns": [_described(column) for column in columns]})
        provenance = document.provenance
        for n, part in enumerate(document.parts if document.apart else (), 1):
            facts = dict(document.facts(part))
            name = _folder(n, part) + "provenance.json"
            pack.writestr(_entry(name), _json({"report": provenance.id, "title": part.title, "facts": facts}))
        pack.writestr(
            _entry("dictionary.json"), _json({"files": files, "metrics": [vars(d) for d in provenance.definitions]})
        )
        facts = dict(provenance.facts)
        pack.writestr(
            _entry("provenance.json"), _json({"report": provenance.id, "title": document.title, "facts": facts})
        )


def plain(cell: Cell) -> str | float | int:
    """The value for a spreadsheet: numbers as numbers, times as ISO text, texts that are no formula."""
    value = cell.value
    if value is None:
        return neutral(cell.text)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return neutral(value) if isinstance(value, str) else value


def chart_table(chart: Chart) -> tuple[list[Column], list[list[Cell]]]:
    """The numbers that a chart draws."""
    columns = [Column(""), *(Column(f"{series.name} ({chart.unit})", True) for series in chart.series)]
    rows = [
        [Cell(name), *(Cell("", series.values[i]) for series in chart.series)]
        for i, name in enumerate(chart.categories)
    ]
    return columns, rows


def _tables(document: Document) -> Iterator[tuple[str, list[Column], Iterable[Iterable[Cell]]]]:
    many = len(document.parts) > 1 and not document.apart
    number = 0
    for n, part in enumerate(document.parts, 1):
        folder = _folder(n, part) if document.apart else ""
        number = 0 if document.apart else number
        for block in part.blocks:
            if isinstance(block, Table):
                table: tuple[list[Column], Iterable[Iterable[Cell]]] = (list(block.columns), block.rows)
            elif isinstance(block, Chart):
                table = chart_table(block)
            elif isinstance(block, Form):
                table = [Column(""), Column("")], [[Cell(label), Cell(text)] for label, text in block.rows]
            else:
                continue
            number += 1
            yield folder + _file(number, part, block.name, many), *table


def _folder(number: int, part: Part) -> str:
    """The folder of a part that is a document of its own."""
    return f"{number:02}-{UNSAFE.sub('-', part.area).strip('-.')[:60]}/"


def _file(number: int, part: Part, name: str, many: bool) -> str:
    stem = f"{part.area}-{name}" if many else name
    return f"{number:02}-{UNSAFE.sub('-', stem).strip('-.')[:80]}.csv"


def _rows(file: io.TextIOWrapper, columns: list[Column], rows: Iterable[Iterable[Cell]]) -> int:
    writer, count = csv.writer(file, lineterminator="\r\n"), 0
    writer.writerow([neutral(column.text) for column in columns])
    for row in rows:
        writer.writerow([plain(cell) for cell in row])
        count += 1
    return count


def _described(column: Column) -> dict[str, str]:
    return {"name": column.text, "type": "number" if column.number else "text"}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _json(thing: object) -> str:
    return json.dumps(thing, ensure_ascii=False, indent=1, default=str) + "\n"
