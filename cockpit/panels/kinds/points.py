"""The panel of an area's outline with its open cases."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from cockpit.components.charts import areamap
from cockpit.components.charts.areamap import Entry, MapPoint
from cockpit.i18n import _, language, ngettext
from cockpit.panels import answers
from cockpit.panels.base import Call, Panel
from cockpit.panels.kinds import todo
from cockpit.panels.numbers import Numbers, count
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.catalog import Metric
from metrics.engine.frames import each


class PointsPanel(Panel):
    """The outline of the area and its open cases; nothing where no outline is known."""

    kind: Literal["points"]
    height: int = Field(320, ge=100, le=1000)

    def subject(self, view: View) -> Metric | None:
        return view.catalog.metrics[view.catalog.id_of("intake")]

    def shown(self, view: View) -> bool:
        return areamap.drawable(view, view.area, own=True)

    def queries(self, view: View) -> list[Call]:
        return [partial(answers.to_do, todo.todo_query(view))]

    def numbers(self, view: View) -> Numbers:
        rows = tuple((entry.label, count(entry.count)) for entry in legend(case_points(view)))
        return Numbers(_("Open cases on the map"), (_("Due"), _("Open")), rows)

    def has_numbers(self, view: View) -> bool:
        return bool(case_points(view))

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.navigation import header

        points = case_points(view)
        every = answers.open_cases(todo.todo_query(view))
        note = ngettext(
            "{n} of {all} open cases has a place", "{n} of {all} open cases have a place", len(points), all=every
        )
        header.title(self.title[language()] if self.title else _("Open cases on the map"), note=note)
        areamap.areamap(view, (), parent=view.area, legend=legend(points), points=points, own=True, height=self.height)


def legend(points: Sequence[MapPoint]) -> tuple[Entry, ...]:
    """The meaning of each shape, with its number of points."""
    counts = Counter(point.key for point in points)
    words = {"red": _("Steps overdue"), "amber": _("Due today"), "none": _("Due later or without a deadline")}
    return tuple(Entry(key, word, counts[key]) for key, word in words.items() if counts[key])


@single_flight_cache(maxsize=512)
def case_points(view: View) -> tuple[MapPoint, ...]:
    frame, _counts = answers.to_do(todo.todo_query(view))
    return tuple(
        MapPoint(
            row.lon,
            row.lat,
            f"{todo.what(row)} {todo.clock(view, row)}".strip(),
            todo.case_link(view, row),
            todo.STATES[row.when],
        )
        for row in each(frame.dropna(subset=["lon", "lat"]))
    )
