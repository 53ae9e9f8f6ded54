"""Widths of the columns of a table on paper: numbers are whole, the others share the rest."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.reports.model import Cell, Column, Document, Part, Provenance, Table
from cockpit.reports.writers import fonts, pdf, word
from cockpit.reports.writers.common import LEAST_OTHERS, widths
from tests.cockpit.reports.conftest import MADE_AT
from tests.cockpit.reports.test_files import converted, tool

SIZE, ACROSS, MARGINS = 8.0, 440.0, 7.0
NUMBER = st.integers(0, 10**9).map(lambda n: Cell(f"{n:,}", n, state="red"))
COLUMN = st.tuples(st.booleans(), st.floats(0.5, 4))


@given(st.lists(COLUMN, min_size=1, max_size=18), st.data())
def test_the_columns_fill_the_table_and_numbers_fit(given: list[tuple[bool, float]], data: st.DataObject) -> None:
    columns = [Column("", number=number, width=width) for number, width in given]
    row = [data.draw(NUMBER) if column.number else Cell("临江区政务服务中心") for column in columns]
    made = widths(columns, [row], across=ACROSS, size=SIZE, margins=MARGINS)
    assert sum(made) == pytest.approx(ACROSS)
    assert min(made) > 0
    needs = [SIZE * (1 + 0.5 * (len(cell.text) + 1)) for cell in row]
    numbers = [i for i, column in enumerate(columns) if column.number]
    if sum(needs[i] for i in numbers) < (1 - LEAST_OTHERS) * ACROSS / 1.5 and len(numbers) < len(columns):
        assert all(made[i] >= needs[i] for i in numbers)
    else:
        assert made[0] > 0


def test_no_column_without_a_long_number_gets_more_than_its_share() -> None:
    columns = [Column("", number=True, width=1), Column("", width=3)]
    assert widths(columns, [[Cell("1"), Cell("文")]], across=400, size=8, margins=7) == [100, 300]
    assert widths(columns, [], across=400, size=8, margins=7) == [100, 300]


@pytest.mark.parametrize("suffix", ["pdf", pytest.param("docx", marks=pytest.mark.slow)])
def test_a_number_in_a_narrow_column_is_on_one_line(tmp_path: Path, suffix: str) -> None:
    names = [Column("网站", width=2), Column("责任单位", width=2), Column("得分", number=True, width=0.3)]
    counts = [Column(f"第{i}项", number=True, width=0.3) for i in range(6)]
    row = [
        Cell("区公安分局网站"),
        Cell("区公安分局"),
        Cell("1,654.0", 1654.0, state="red"),
        *(Cell("100.0") for _ in counts),
    ]
    blocks = [Table("表", [*names, *counts], [row] * 3)]
    nowhere = Provenance("R20261120-1", MADE_AT, "某", "/", [], [])
    document = Document("R20261120-1", "甲", "zh", [Part("甲", "甲", blocks)], nowhere)
    file = tmp_path / f"file.{suffix}"
    if suffix == "pdf":
        file.write_bytes(pdf.write(document, fonts.faces(None)))
    else:
        word.write(document, fonts.faces(None), file)
        (file,) = converted([file], tmp_path)
    text = subprocess.run([tool("pdftotext"), "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    assert text.stdout.count("1,654.0") == 3
    assert text.stdout.count("100.0") == 18
