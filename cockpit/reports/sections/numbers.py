"""Numbers as cells: in words for paper, as values for workbooks."""

from typing import Any

from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.reports.model import Cell
from metrics.answer import SMALL, WITHOUT_VALUE
from metrics.catalog import Metric

COUNT = "#,##0"


def shown_as(metric: Metric) -> str:
    """The number format of a metric in a workbook."""
    return COUNT + ("." + "0" * metric.decimals if metric.decimals else "")


def name_of(metric: Metric) -> str:
    """`按期办结率（%）`: what stands over a column, so that its cells hold numbers alone."""
    unit = metric.unit[language()]
    return metric.name[language()] + (f"（{unit}）" if language() == "zh" else f" ({unit})" if unit else "")


def figure(metric: Metric, row: Any, state: str = "") -> Cell:
    """The value of one row of `metrics.answer.answer`; a sample too small says so, nothing known says that."""
    if row is None or row.quality in WITHOUT_VALUE:
        return Cell(_("No data"))
    small = row.quality == SMALL
    text = plain(metric, row.value)
    return Cell(f"{text}*" if small else text, float(row.value), "" if small else state, shown_as(metric))


def plain(metric: Metric, value: float | None) -> str:
    """The number in full, never in 万: a table column has one unit."""
    return format.number(value, metric.decimals) if metric.is_additive else format.value(metric, value)


def count(value: Any) -> Cell:
    """A number of cases, visits or the like; empty where there is none."""
    amount = format.given(None if value is None else float(value))
    if amount is None:
        return Cell("")
    is_whole = amount == int(amount)
    return Cell(format.number(amount, 0 if is_whole else 1), int(amount) if is_whole else amount, format=COUNT)


def measured(value: Any, decimals: int) -> Cell:
    """A number with decimals; empty where there is none."""
    amount = format.given(None if value is None else float(value))
    if amount is None:
        return Cell("")
    return Cell(format.number(amount, decimals), amount, format=COUNT + ("." + "0" * decimals if decimals else ""))


def step(metric: Metric, now: Any, before: Any) -> Cell:
    """The change between two rows: signed, in points of a rate; empty where either cannot be compared."""
    if now is None or before is None or {now.quality, before.quality} & {*WITHOUT_VALUE, SMALL}:
        return Cell("–")
    places = max(metric.decimals, 1) if metric.is_percent else metric.decimals
    moved = now.value - before.value
    tail = "." + "0" * places if places else ""
    return Cell(format.signed(round(moved, places), places), float(moved), format=f"+#,##0{tail};-#,##0{tail};0{tail}")
