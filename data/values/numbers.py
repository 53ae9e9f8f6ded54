"""Parse numbers and booleans as people write them. Ambiguous texts are not parsed."""

import re

from data.values.texts import plain

YES = ("是", "有", "对", "√", "✓", "✔", "☑", "满意", "合格", "通过", "达标", "yes", "y", "true", "t", "1")
NO = (
    "否", "无", "没有", "不是", "错", "×", "✗", "✘", "✕", "☒", "不满意", "不合格", "不通过", "未通过", "不达标",
    "no", "n", "false", "f", "0",
)  # fmt: skip
"""What is yes and what is no, after `texts.plain`; an empty box (☐) and a middle answer (基本满意) are neither."""

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)? ?(万|亿)?")
_TIMES = {"万": 4, "亿": 8}
COUNTERS = (
    "个",
    "件",
    "次",
    "户",
    "人",
    "项",
    "条",
    "处",
    "名",
    "家",
    "位",
    "份",
    "张",
    "台",
    "栋",
    "宗",
    "起",
    "例",
    "批",
)
"""Measure words after a number, which do not change it."""
DAY_COUNTERS = ("个工作日", "工作日", "天", "日")
"""Those of a column that counts days."""


def read_number(text: str, *, days: bool = False) -> str | None:
    """A number as DuckDB reads it, None if the text is none. days: the column counts days, and 7天 is 7."""
    text = plain(text)
    for counter in DAY_COUNTERS if days else COUNTERS:
        if text.endswith(counter):
            text = text.removesuffix(counter).rstrip()
            break
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    sign, integer, fraction, power = match.groups()
    places = _TIMES.get(power or "", 0)
    digits = (fraction or ".")[1:].ljust(places, "0")
    decimals = digits[places:].rstrip("0")
    return f"{sign}{integer.replace(',', '')}{digits[:places]}" + (f".{decimals}" if decimals else "")


def read_boolean(text: str) -> bool | None:
    """True for yes, False for no, None for anything else."""
    word = plain(text).casefold()
    return True if word in YES else False if word in NO else None
