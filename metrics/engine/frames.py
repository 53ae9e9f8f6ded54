"""Rows of a frame as dictionaries."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd

from metrics.period import Period


def each(frame: pd.DataFrame) -> Iterator[SimpleNamespace]:
    """The rows by attribute, in order. pandas' own `itertuples` makes a class a call and costs more than a query."""
    names = list(frame.columns)
    for values in frame.to_numpy(dtype=object).tolist():
        yield SimpleNamespace(**dict(zip(names, values, strict=True)))


def period_of(row: SimpleNamespace) -> Period:
    """The period of a row of an answer to several periods."""
    return Period(row.period, row.end, None if pd.isna(row.until) else row.until.to_pydatetime())


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, what is missing as None."""
    return dictionaries(frame.astype(object).where(frame.notna(), None))


def dictionaries(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, with pandas' own marks of what is missing."""
    names = [str(name) for name in frame.columns]
    columns = (frame[name].tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
