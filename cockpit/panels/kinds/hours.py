"""The panel of the last 24 hours: the greatest reading of each hour, coloured by the limits of a metric."""

from functools import partial
from typing import Literal

from cockpit.components.charts.bars import Bar
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import rows_link
from cockpit.panels.numbers import Numbers, quantity
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.analysis.by_hour import Hour, by_hour
from metrics.catalog import Metric
from metrics.query import Query
from metrics.thresholds import threshold_state


class HoursPanel(Panel):
    """Readings of a measure by hour. Its metric gives unit and limits, and its rows.

    measure: of the readings, such as queue_waiting.
    """

    kind: Literal["hours"]
    measure: str

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def queries(self, view: View) -> list[Call]:
        return [partial(readings, self.at(view).query, self.measure)]

    def shown(self, view: View) -> bool:
        return bool(readings(self.at(view).query, self.measure))

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.charts import bars
        from cockpit.components.navigation import header

        view = self.at(view)
        metric = view.metric
        name = self.title[language()] if self.title else _("{metric} by hour", metric=metric.name[language()])
        header.title(name, note=_("the last 24 hours, the most at any unit"))
        bars.bars(
            [_bar(view, metric, hour) for hour in readings(view.query, self.measure)], key=f"hours-{self.measure}"
        )

    def numbers(self, view: View) -> Numbers:
        metric = self.at(view).metric
        rows = tuple(
            (format.stamp(hour.at), quantity(metric, hour.value), hour.unit)
            for hour in readings(self.at(view).query, self.measure)
        )
        return Numbers(metric.name[language()], (_("Hour"), _("Value"), _("Unit")), rows)

    def has_numbers(self, view: View) -> bool:
        return bool(readings(self.at(view).query, self.measure))


@single_flight_cache(maxsize=512)
def readings(query: Query, measure: str) -> tuple[Hour, ...]:
    """Cached: an edition never changes."""
    return by_hour(query, measure)


def _bar(view: View, metric: Metric, hour: Hour) -> Bar:
    yesterday = "" if hour.at.date() == view.as_of.date() else _("yesterday")
    return Bar(
        f"{yesterday} {format.clock(hour.at)}".strip(), hour.value, format.quantity(metric, hour.value),
        href=rows_link(view, metric), state=threshold_state(metric, hour.value), note=hour.unit,
    )  # fmt: skip
