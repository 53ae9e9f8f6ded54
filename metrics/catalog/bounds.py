"""Bounds of thresholds: a number with its operator."""

import re
import unicodedata
from decimal import Decimal
from typing import Literal

from data.texts import Model


class Bound(Model):
    """A limit with its operator: 5 % is not the same as 5 % or more."""

    op: Literal["<", "<=", ">", ">="]
    limit: float

    def holds(self, value: float) -> bool:
        match self.op:
            case "<":
                return value < self.limit
            case "<=":
                return value <= self.limit
            case ">":
                return value > self.limit
            case _:
                return value >= self.limit

    def __str__(self) -> str:
        sign = {"<=": "≤", ">=": "≥"}.get(self.op, self.op)
        return f"{sign} {Decimal(repr(self.limit)).normalize():f}"


_SIGNS = str.maketrans({
    "≤": "<=", "≦": "<=", "⩽": "<=", "≥": ">=", "≧": ">=", "⩾": ">=", "\N{MINUS SIGN}": "-",
})  # fmt: skip


def bound(text: object) -> object:
    """Operator and number of a bound as people write it: `>= 95`, `≥ 95` and `＞＝９５` are the same."""
    if not isinstance(text, str):
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    match = re.fullmatch(r"\s*(<=|>=|<|>)\s*(-?\d{1,12}(?:\.\d{1,6})?)\s*", plain)
    if match is None:
        raise ValueError(f'"{text}" is not a bound: write an operator and a number, such as ">= 95"')
    return {"op": match[1], "limit": float(match[2])}
