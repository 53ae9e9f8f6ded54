"""Output of records for people and for programs."""

import csv
import io
import json
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.commands.output import WIDEST, table, width, write, write_frame
from cockpit.labels.spreadsheets import safe_csv

COLUMNS = ("name", "value", "at")
RECORDS = [("沙洲镇", 95.125, datetime(2026, 11, 22, 8)), ("Bay, north", None, None)]


def test_a_table_aligns_chinese_and_latin_names() -> None:
    lines = table(COLUMNS, RECORDS)
    assert [width(line[: line.index(part)]) for line, part in zip(lines, ("at", "2026"), strict=False)] == [20, 20]
    assert lines[0].split() == ["name", "value", "at"]
    assert lines[1].split() == ["沙洲镇", "95.125", "2026-11-22", "08:00:00"]


def test_a_table_leaves_out_columns_without_any_value_and_cuts_long_texts() -> None:
    lines = table(("a", "b", "c"), [("x" * 100, None, 1), ("y", None, 22)])
    assert lines[0].split() == ["a", "c"]
    assert width(lines[1].split()[0]) == WIDEST
    assert [line[-2:] for line in lines[1:]] == [" 1", "22"]


@given(texts=st.lists(st.text(st.sampled_from("ab 路—；: "), max_size=200), min_size=1, max_size=4))
def test_wrapped_column_has_every_character_within_its_width(texts: list[str]) -> None:
    lines = table(("reasons", "n"), [(text, n) for n, text in enumerate(texts)], ("reasons",))
    assert all(width(line) <= WIDEST + 4 for line in lines)
    joined = "".join("".join(line.split()) for line in lines[1:])
    assert [c for c in joined if not c.isdigit()] == list("".join("".join(text.split()) for text in texts))


def test_a_table_without_rows_keeps_its_header() -> None:
    assert table(("metric", "value"), []) == ["metric  value"]


def test_csv_quotes_and_leaves_missing_values_empty(capsys: pytest.CaptureFixture[str]) -> None:
    write(COLUMNS, RECORDS, "csv")
    rows_read = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows_read == [[*COLUMNS], ["沙洲镇", "95.125", "2026-11-22 08:00:00"], ["Bay, north", "", ""]]


def test_json_is_one_array_with_nulls(capsys: pytest.CaptureFixture[str]) -> None:
    write(COLUMNS, RECORDS, "json")
    assert json.loads(capsys.readouterr().out) == [
        {"name": "沙洲镇", "value": 95.125, "at": "2026-11-22 08:00:00"},
        {"name": "Bay, north", "value": None, "at": None},
    ]


def test_a_frame_is_written_without_index_and_whole_numbers_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame(
        {"n": [7, 9], "rate": [0.5, None], "count": [3.0, 4.0], "at": [pd.Timestamp("2026-01-01"), None]}
    )
    write_frame(frame, "csv")
    assert capsys.readouterr().out == "n,rate,count,at\r\n7,0.5,3,2026-01-01 00:00:00\r\n9,,4,\r\n"


@pytest.mark.timeout(5)
def test_a_value_of_a_million_characters_is_cut_at_once() -> None:
    lines = table(("a", "b"), [("9" * 900_000, "路" * 900_000)])
    assert width(lines[1]) <= 2 * WIDEST + 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"])
def test_no_text_of_a_csv_is_a_formula(capsys: pytest.CaptureFixture[str], text: str) -> None:
    write(("a", "b"), [(text, -1)], "csv")
    (row,) = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))[1:]
    assert row == [f"'{text}", "-1"]
    assert safe_csv(pd.DataFrame({"a": [text], "b": [-1]})).endswith(",-1\r\n")
    assert "'" + text in safe_csv(pd.DataFrame({"a": [text], "b": [-1]}))
