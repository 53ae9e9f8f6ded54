"""The panel of chains: the longest chains of repeated cases of the area and period. Nothing personal is in it."""

from functools import partial
from typing import Literal

from pydantic import Field

from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.labels.movers import group_name
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import area_name, rows_link
from cockpit.panels.numbers import Cell, Numbers, count
from cockpit.panels.picks import MOST_PICKED, write_picks
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.cases.chains import RepeatChain, chains
from metrics.catalog import Metric
from metrics.query import Query


class ChainsPanel(Panel):
    """Chains of cases with the same caller or place: length, topic, area, days, and how many are open.

    Its metric says which cases count, such as repeat_rate. most: chains shown.
    """

    kind: Literal["chains"]
    most: int = Field(default=8, ge=1, le=40)

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def queries(self, view: View) -> list[Call]:
        return [partial(of, self.at(view).query, self.most)]

    def shown(self, view: View) -> bool:
        return bool(self._chains(view))

    def _chains(self, view: View) -> tuple[RepeatChain, ...]:
        return of(self.at(view).query, self.most)[0]

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.lists.table import Cell as Entry
        from cockpit.components.lists.table import Column, table
        from cockpit.components.navigation import header

        view = self.at(view)
        found, every = of(view.query, self.most)
        note = ngettext("{n} chain of three cases or more", "{n} chains of three cases or more", every)
        header.title(self._title(), note=note)
        first, *others = _columns()
        columns = [Column(first, lead=True), *(Column(name, number=i == 0) for i, name in enumerate(others))]
        lines: list[list[Entry | str]] = [
            [
                Entry(_topic(view, one), href=_newest(view, one)),
                Entry(format.number(one.length), href=_rows(view, one)),
                area_name(view, one.area),
                _days(one),
                Entry(format.number(one.open), state="amber" if one.open else "", quiet=not one.open),
            ]
            for one in found
        ]
        table(columns, lines, key=self.key(view))

    def numbers(self, view: View) -> Numbers:
        view = self.at(view)
        rows: list[tuple[Cell, ...]] = [
            (_topic(view, one), count(one.length), area_name(view, one.area), _days(one), count(one.open))
            for one in self._chains(view)
        ]
        return Numbers(self._title(), _columns(), tuple(rows))

    def has_numbers(self, view: View) -> bool:
        return self.shown(view)

    def _title(self) -> str:
        return self.title[language()] if self.title else _("Chains of repeats")


@single_flight_cache(maxsize=256)
def of(query: Query, most: int) -> tuple[tuple[RepeatChain, ...], int]:
    """Cached: an edition never changes."""
    return chains(query, most)


def _columns() -> tuple[str, ...]:
    return _("Matter"), _("Cases"), _("Area"), _("Registered"), _("Open")


def _topic(view: View, one: RepeatChain) -> str:
    return " · ".join(group_name(view, "category", text) for text in one.topic) or _("Not given")


def _days(one: RepeatChain) -> str:
    return f"{format.day(one.first)} – {format.day(one.last)}"


def _newest(view: View, one: RepeatChain) -> str:
    """The file of the newest case, which shows its whole chain, earlier periods included."""
    source, key = one.cases[-1]
    return view.href("case", source=source, key=key)


def _rows(view: View, one: RepeatChain) -> str:
    """The rows of the chain; of a longer one than an address can name, the newest ones."""
    return rows_link(view, view.metric, pick=write_picks(one.cases[-MOST_PICKED:]) or "")
