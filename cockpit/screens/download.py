"""A selection of rows as a file for a spreadsheet."""

from hashlib import sha256

import pandas as pd

from cockpit.access import record, visitors
from cockpit.access.policy import Can
from cockpit.i18n import using
from cockpit.names import area_name
from cockpit.reports.writers.table import RISKY
from cockpit.screens import words
from cockpit.screens.rows import Chosen, order_of
from cockpit.view import View
from metrics.rows import rows
from metrics.scope import OutOfScope

MOST_IN_FILE = 100_000


def file_name(view: View, asked: Chosen) -> str:
    parts = (view.metric.id, asked.part, view.area.code, view.period.start, view.period.end)
    return "-".join(str(part) for part in parts if part) + ".csv"


def recorded(token: str | None, view: View, asked: Chosen, spoken: str) -> bytes:
    """`file`, with a row in the audit that holds the hash of what was given away.

    The page may have been open for long: OutOfScope if whoever clicks may not export this any more.
    """
    visitor = visitors.known.of(token)
    if visitor is None or not visitor.grants.may(Can.EXPORT, view.area.code, view.area.end):
        record.note(visitor=visitor, event="refused", what=f"export {view.area.code}", result="refused")
        raise OutOfScope(f"rows of {view.area.code} are no longer yours to export")
    made = file(view, asked, spoken)
    what = f"{file_name(view, asked)} {view.edition.id} sha256:{sha256(made).hexdigest()}"
    record.write(visitor=visitor, event="export", what=what)
    return made


def file(view: View, asked: Chosen, spoken: str) -> bytes:
    """The selection as CSV for a spreadsheet, at most MOST_IN_FILE rows; made when asked for, outside a page's run."""
    with using(spoken):
        order, falling = order_of(view, asked)
        frame = rows(
            view.edition, view.metric.id, view.area.code, view.period,
            **asked.asked(view), order=order, descending=falling, limit=MOST_IN_FILE,
        )  # fmt: skip
        return safe_csv(_for_people(view, frame)).encode("utf-8-sig")


def _for_people(view: View, frame: pd.DataFrame) -> pd.DataFrame:
    """Headings and enumerations in words, the name of the area beside its code; the caller's hash stays here."""
    frame = frame.drop(columns="reporter", errors="ignore")
    if "area" in frame:
        names = {code: area_name(view.edition, code) for code in frame["area"].unique()}
        frame.insert(frame.columns.get_loc("area") + 1, "area_name", frame["area"].map(names))
    for name in ("kind", "urgency", "close_kind", "complexity"):
        if name in frame:
            frame[name] = frame[name].map({value: words.value(name, value) for value in frame[name].dropna().unique()})
    return frame.rename(columns=words.column)


def safe_csv(frame: pd.DataFrame) -> str:
    """CSV in which no text is taken for a formula: a quote goes before one that begins with = + - @, tab or return."""
    frame = frame.copy()
    for name in frame.select_dtypes(["object", "string"]):
        texts = frame[name].astype("string")
        risky = texts.str.match(RISKY.pattern, na=False)
        frame[name] = frame[name].where(~risky, "'" + texts)
    return frame.to_csv(index=False, date_format="%Y-%m-%d %H:%M:%S", lineterminator="\r\n")
