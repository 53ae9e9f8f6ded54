"""Protection against formula injection in files that a spreadsheet opens."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

RISKY = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # the wide forms as well: Chinese input methods make them
"""First characters of a formula."""


def neutral(text: str) -> str:
    """The text, with a quote before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if RISKY.match(text) else text


def safe_csv(frame: "pd.DataFrame") -> str:
    """CSV of a frame, its headings and texts neutral; numbers and times as they are."""
    frame = frame.copy()
    frame.columns = frame.columns.map(lambda name: neutral(str(name)))
    for at, kind in enumerate(frame.dtypes):
        if kind.kind == "O":  # texts of any type: object, string, category
            column = frame.iloc[:, at].astype(object)
            frame.isetitem(at, column.map(lambda value: neutral(value) if isinstance(value, str) else value).array)
    return frame.to_csv(index=False, date_format="%Y-%m-%d %H:%M:%S", lineterminator="\r\n")
