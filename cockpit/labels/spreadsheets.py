"""Texts in files that a spreadsheet opens: none of them may be taken for a formula."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

RISKY = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # the wide forms as well: Chinese input methods make them
"""What a formula begins with."""


def neutral(text: str) -> str:
    """The text, with a quote before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if RISKY.match(text) else text


def safe_csv(frame: "pd.DataFrame") -> str:
    """CSV of a frame, its texts neutral; numbers and times as they are."""
    frame = frame.copy()
    for name in frame.select_dtypes(["object", "string"]):
        frame[name] = frame[name].map(lambda value: neutral(value) if isinstance(value, str) else value)
    return frame.to_csv(index=False, date_format="%Y-%m-%d %H:%M:%S", lineterminator="\r\n")
