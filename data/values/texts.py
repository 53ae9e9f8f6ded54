"""Normalise typed texts: full-width characters, dashes, spaces and Chinese numerals."""

import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_DIGITS = {
    "〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十]+")


def plain(text: str) -> str:
    """`text` with half-width characters, one kind of dash and single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def arabic(text: str) -> str:
    """`text` with Chinese numerals up to 99, and years digit by digit, as Arabic ones; others stay as they are."""
    return _NUMERAL.sub(lambda match: _value(match[0]), text)


def _value(numeral: str) -> str:
    if "十" not in numeral:
        return "".join(str(_DIGITS[character]) for character in numeral)
    tens, _ten, units = numeral.partition("十")
    if len(tens) > 1 or len(units) > 1 or "十" in units:
        return numeral
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[units] if units else 0))
