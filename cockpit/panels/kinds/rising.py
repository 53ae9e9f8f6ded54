"""The panel of hot topics: categories and places whose intake rose most against their usual."""

from functools import partial
from typing import Literal

from pydantic import Field

from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.movers import group_name
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import rows_link
from cockpit.panels.numbers import Cell, Numbers, count
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.cases.rising import Rise, rising, window
from metrics.catalog import Metric
from metrics.engine.plan import AREAS, exists_at
from metrics.query import Query


class RisingPanel(Panel):
    """What rose most in the last seven days against the eight weeks before, by columns and by the areas below.

    Its metric must add up, such as intake; a line opens its rows. most: lines shown.
    """

    kind: Literal["rising"]
    by: tuple[str, ...] = ("category", "subcategory")
    most: int = Field(default=8, ge=1, le=40)

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def queries(self, view: View) -> list[Call]:
        return [partial(of, self.at(view).query, self.by, self.most)] if self._counts(view) else []

    def shown(self, view: View) -> bool:
        return self._counts(view) and not view.empty and bool(self._rises(view))

    def _counts(self, view: View) -> bool:
        metric = self.at(view).metric
        return metric.is_additive and exists_at(metric, view.area.level)

    def _rises(self, view: View) -> tuple[Rise, ...]:
        return of(self.at(view).query, self.by, self.most)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.lists.table import Cell as Entry
        from cockpit.components.lists.table import Column, table
        from cockpit.components.navigation import header

        at = self.at(view)
        note = _("{period} against the eight weeks before", period=format.period(window(at.query)))
        header.title(self._title(), note=note)
        first, *others = _columns()
        columns = [Column(first, lead=True), *(Column(name, number=True) for name in others)]
        lines: list[list[Entry | str]] = [
            [
                Entry(_name(at, rise), href=_rows(at, rise), note=_kind(rise)),
                Entry(format.number(rise.count)), Entry(format.number(rise.usual, 1)), Entry(_times(rise)),
            ]
            for rise in self._rises(view)
        ]  # fmt: skip
        table(columns, lines, key=self.key(view))

    def numbers(self, view: View) -> Numbers:
        at = self.at(view)
        rows: list[tuple[Cell, ...]] = [
            (f"{_kind(rise)} {_name(at, rise)}", count(rise.count), format.number(rise.usual, 1), _times(rise))
            for rise in self._rises(view)
        ]
        return Numbers(self._title(), _columns(), tuple(rows))

    def has_numbers(self, view: View) -> bool:
        return self.shown(view)

    def _title(self) -> str:
        return self.title[language()] if self.title else _("Hot topics")


@single_flight_cache(maxsize=256)
def of(query: Query, by: tuple[str, ...], most: int) -> tuple[Rise, ...]:
    """Cached: an edition never changes."""
    return rising(query, by, most)


def _columns() -> tuple[str, ...]:
    return _("Topic or place"), _("Last 7 days"), _("Usual"), _("Times")


def _kind(rise: Rise) -> str:
    return (words.level(rise.by) if rise.by in AREAS else words.column(rise.by)).lower()


def _name(view: View, rise: Rise) -> str:
    return group_name(view, rise.by, rise.group)


def _times(rise: Rise) -> str:
    return _("new") if rise.times is None else f"×{format.number(rise.times, 1)}"


def _rows(view: View, rise: Rise) -> str:
    """The rows that the last days counted."""
    name = "area" if rise.by in AREAS else rise.by
    return rows_link(view, view.metric, period=window(view.query), **{name: rise.group})
