"""Names are found by a part, by pinyin with every reading, by initials, and by both mixed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.search.names import BEGINS, EXACT, HOLDS, NOT, SOUNDS, SOUNDS_FROM_START, Names, best, readings

LIST = (
    "重庆路",
    "长兴镇",
    "青埠镇",
    "新河村",
    "绿地小区",
    "12345热线",
    "A区",
    "Boston Road",
    "山西村",
    "陕西村",
    "",
    "西安",
)
NAMES = Names(LIST)


def found(query: str) -> dict[str, int]:
    return {name: int(match) for name, match in zip(LIST, NAMES.find(query), strict=True) if match != NOT}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("cql", "重庆路"), ("zql", "重庆路"), ("chongqing", "重庆路"), ("zhongqinglu", "重庆路"), ("chq", "重庆路"),
        ("changxing", "长兴镇"), ("zhangxz", "长兴镇"), ("cxz", "长兴镇"), ("zxz", "长兴镇"), ("qbz", "青埠镇"),
        ("qingbz", "青埠镇"), ("xinhecu", "新河村"), ("XHC", "新河村"), ("xin he", "新河村"), ("ｘｈｃ", "新河村"),
        ("lvdi", "绿地小区"), ("ludi", "绿地小区"), ("12345rx", "12345热线"), ("aqu", "A区"),
        ("boston r", "Boston Road"),
    ],
)  # fmt: skip
def test_a_name_is_found_by_how_it_sounds(query: str, name: str) -> None:
    assert found(query).get(name, NOT) <= SOUNDS_FROM_START


@pytest.mark.parametrize(
    ("query", "name", "match"),
    [("新河村", "新河村", EXACT), ("新河", "新河村", BEGINS), ("河村", "新河村", HOLDS), ("hecun", "新河村", SOUNDS),
     ("xhc", "新河村", SOUNDS_FROM_START), ("BOSTONROAD", "Boston Road", EXACT), ("重慶", "重庆路", BEGINS)],
)  # fmt: skip
def test_a_better_match_comes_first(query: str, name: str, match: int) -> None:
    assert found(query)[name] == match


@pytest.mark.parametrize(
    "query", ["", " ", "\0", "xhcc", "qqq", "x" * 10_000, "%", "_", "\\", "'", "😀", "\U0010ffff", "1" * 99]
)
def test_unknown_text_finds_nothing(query: str) -> None:
    assert found(query) == {}


def test_xian_is_one_syllable_and_two() -> None:
    assert "西安" in found("xian")
    assert "西安" in found("xa")


def test_a_list_without_names_is_searched() -> None:
    assert len(Names([]).find("x")) == 0
    assert best(Names(["", ""]).find("x"), np.arange(2), 5) == []


@given(st.lists(st.text("新河村重长乐东-aB1 ", max_size=6), max_size=8), st.data())
def test_every_part_and_every_reading_of_a_name_finds_it(names: list[str], data: st.DataObject) -> None:
    index = Names(names)
    for at, name in enumerate(names):
        characters = [character for character in name.casefold() if not character.isspace()]
        if not characters:
            continue
        first = data.draw(st.integers(0, len(characters) - 1))
        part = characters[first : data.draw(st.integers(first + 1, len(characters)))]
        assert index.find("".join(part))[at] <= HOLDS
        if all(readings(character) for character in part):
            spoken = [data.draw(st.sampled_from(readings(character))) for character in part]
            spoken = [reading[:1] if data.draw(st.booleans()) else reading for reading in spoken]
            assert index.find("".join(spoken))[at] != NOT or "".join(spoken).isdecimal()
