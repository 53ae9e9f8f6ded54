"""Folding: every spelling of a text is equal, and a pattern finds all of them and nothing else."""

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.search.folding import fold, pattern, table

STORED = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＡＢＣ１２３", "abc123"), ("臺灣後門", "台湾后门"), ("路 灯\u3000坏\n了", "路灯坏了"), ("WB－2026", "wb-2026"),
     ("Straße", "straße"), ("①号", "1号"), ("路\u200b灯\ufe0f", "路灯"), ("\0路\0灯", "路灯")],
)  # fmt: skip
def test_spellings_of_one_text_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["", " ", "\u3000\t\r\n", "\0", "\u200b\ufeff"])
def test_invisible_text_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""


@given(STORED)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_character_folds_to_one_that_stays() -> None:
    assert np.array_equal(table()[table()], table())


@given(STORED, st.integers(0, 30), st.integers(1, 12), STORED)
def test_a_pattern_matches_where_folded_texts_hold_each_other(text: str, at: int, length: int, other: str) -> None:
    with duckdb.connect() as con:
        for part in filter(None, (fold(text[at : at + length]), fold(other)[:12])):
            sql = f"SELECT regexp_matches($1, '{pattern(part)}'), regexp_matches($1, '{pattern(part, begins=True)}')"
            assert con.execute(sql, [text]).fetchone() == (part in fold(text), fold(text).startswith(part))
