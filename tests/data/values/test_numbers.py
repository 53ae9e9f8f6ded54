"""Numbers and yes or no as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.numbers import read_boolean, read_number
from data.values.texts import arabic

WIDE = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")


@given(n=st.integers(-(10**15), 10**15))
def test_a_number_is_read_with_separators_units_and_full_width_digits(n: int) -> None:
    for written in (f"{n}", f"{n:,}", f"{n:,}".translate(WIDE), f"{n} 件", f"{n}个", f" {n} "):
        assert int(read_number(written) or "") == n


@given(n=st.decimals(0, 10**6, places=2))
def test_a_fraction_and_its_ten_thousands_are_read(n: object) -> None:
    assert float(read_number(f"{n}") or "") == float(str(n))
    assert float(read_number(f"{n}万") or "") == pytest.approx(float(str(n)) * 10_000)


@pytest.mark.parametrize("text", ["1,23", "1.234,5", "12%", "3-5", "约10", "10元", "1.2.3", "", "-", "7天", "1,2345"])
def test_text_that_is_not_only_a_number_is_none(text: str) -> None:
    assert read_number(text) is None


def test_days_are_read_where_days_are_counted() -> None:
    assert read_number("15个工作日", days=True) == "15"
    assert read_number("７天", days=True) == "7"
    assert read_number("5.0") == "5"
    assert read_number("7件", days=True) is None


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["是", "有", "对", "√", "✓", "✔", "满意", "Y", "y", "yes", "TRUE", "１"], True),
        (["否", "无", "没有", "×", "✗", "✘", "不满意", "N", "no", "False", "０"], False),
        (["基本满意", "☐", "x", "—", "", "2", "不详"], None),
    ],
)
def test_yes_no_and_neither(texts: list[str], value: bool | None) -> None:
    assert [read_boolean(text) for text in texts] == [value] * len(texts)


def test_chinese_numerals() -> None:
    written = ["十", "十五", "二十", "九十九", "二〇二六", "五"]
    assert [arabic(text) for text in written] == ["10", "15", "20", "99", "2026", "5"]
