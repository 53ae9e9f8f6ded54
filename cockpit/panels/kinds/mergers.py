"""The panel of merged areas: what was counted in each former area and in the whole, before and after."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from pydantic import Field

from cockpit.access.policy import Can
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.panels.base import Call, Panel
from cockpit.panels.numbers import Cell, Numbers, quantity
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.areas import Area
from metrics.catalog import Metric
from metrics.engine.plan import exists_at, filters
from metrics.mergers import Merger, Side, mergers
from metrics.query import Query


class MergersPanel(Panel):
    """Areas that merged, newest first, each with its parts and their sum in as long before as after the day.

    A number opens its rows; that of a part under the area's own code has no list of its own.
    Its metrics must add up over areas, such as intake. most: mergers shown.
    """

    kind: Literal["mergers"]
    most: int = Field(default=4, ge=1, le=20)

    def subject(self, view: View) -> Metric | None:
        return view.catalog.metrics[self.metrics[0]] if self.metrics else view.metric

    def queries(self, view: View) -> list[Call]:
        return [partial(of, query, self.most) for query in self._queries(view)]

    def shown(self, view: View) -> bool:
        return any(of(query, self.most)[0] for query in self._queries(view)[:1])

    def _queries(self, view: View) -> list[Query]:
        return [view.query.of(metric.id) for metric in self._metrics(view)]

    def _metrics(self, view: View) -> list[Metric]:
        """Those of its metrics that add up, are counted by the filters' columns, and exist at the area's level."""
        named = (view.catalog.metrics[name] for name in self.metrics or (view.metric.id,))
        return [
            metric
            for metric in named
            if metric.rollup == "sum"
            and exists_at(metric, view.area.level)
            and {name for name, _value in view.query.where} <= set(filters(view.catalog, metric))
        ]

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.lists.table import Cell as Entry
        from cockpit.components.lists.table import Column, table
        from cockpit.components.navigation import header

        every = of(self._queries(view)[0], self.most)[1]
        header.title(self._title(), note=ngettext("{n} merged area", "{n} merged areas", every))
        columns = [Column(name, lead=i == 0, number=i > 0) for i, name in enumerate(self._columns(view))]
        lines: list[list[Entry | str]] = [
            [
                Entry(name, href=view.href(area=place) if place else "", note=note),
                *(cell if isinstance(cell, str) else Entry(cell.text, href=link) for cell, link in cells),
            ]
            for place, name, note, cells in self._rows(view)
        ]
        table(columns, lines, key=self.key(view))

    def numbers(self, view: View) -> Numbers:
        rows = tuple(
            (" ".join(filter(None, (name, note))), *(cell for cell, _link in cells))
            for _place, name, note, cells in self._rows(view)
        )
        return Numbers(self._title(), self._columns(view), rows)

    def has_numbers(self, view: View) -> bool:
        return self.shown(view)

    def _title(self) -> str:
        return self.title[language()] if self.title else _("Merged areas before and after")

    def _columns(self, view: View) -> tuple[str, ...]:
        sides = _("before"), _("after")
        names = [f"{metric.name[language()]} {side}" for metric in self._metrics(view) for side in sides]
        return (_("Area"), *names)

    def _rows(self, view: View) -> Iterator[tuple[Area | None, str, str, list[tuple[Cell, str]]]]:
        """The former areas, the own code, their sum: each the area to open, name, note, and numbers with links."""
        metrics = self._metrics(view)
        for same in zip(*(of(query, self.most)[0] for query in self._queries(view)), strict=True):
            one = same[0]
            for i, (place, _side) in enumerate(one.parts):
                note = _("separate until {day}", day=format.day(one.day))
                yield place, place.name, note, _cells(view, metrics, [m.parts[i][1] for m in same], one, place)
            own = _("under its own code")
            yield None, one.area.name, own, _cells(view, metrics, [merger.rest for merger in same], one)
            note = _span(one)
            cells = _cells(view, metrics, [merger.total for merger in same], one, one.area)
            yield one.area, _("Now {area}", area=one.area.name), note, cells


@single_flight_cache(maxsize=256)
def of(query: Query, most: int) -> tuple[tuple[Merger, ...], int]:
    """Cached: an edition never changes."""
    return mergers(query, most)


def _span(one: Merger) -> str:
    return ngettext("{n} day before and after", "{n} days before and after", one.since.days)


def _cells(
    view: View, metrics: list[Metric], sides: list[Side], one: Merger, place: Area | None = None
) -> list[tuple[Cell, str]]:
    """The numbers before and after, each with the list of its rows where the visitor may see those of the place."""
    seen = place is not None and view.grants.may(Can.LOOK, place.code, place.end)
    return [
        (quantity(metric, value), view.href("rows", metric=metric, area=place, period=period) if seen and value else "")
        for metric, side in zip(metrics, sides, strict=True)
        for value, period in ((side.before, one.before), (side.since, one.since))
    ]
