"""The panel of a count by the asset that its facts name: reuse by data set, applications by service item."""

from functools import partial
from typing import Literal

from pydantic import Field

from cockpit.components.charts.bars import Bar
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import rows_link
from cockpit.panels.numbers import Numbers, count
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.cases.by_asset import AssetCount, by_asset
from metrics.catalog import Metric
from metrics.engine.plan import exists_at
from metrics.query import Query


class AssetsPanel(Panel):
    """How many facts of its metric name each asset; a bar opens them.

    asset: the kind of these assets, such as dataset. most: bars shown.
    """

    kind: Literal["assets"]
    asset: str
    most: int = Field(default=8, ge=1, le=40)

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def shown(self, view: View) -> bool:
        view = self.at(view)
        return exists_at(view.metric, view.area.level) and bool(self._counts(view)[0])

    def queries(self, view: View) -> list[Call]:
        view = self.at(view)
        return [partial(of, view.query, self.asset, self.most)] if exists_at(view.metric, view.area.level) else []

    def _counts(self, view: View) -> tuple[tuple[AssetCount, ...], int, int]:
        return of(self.at(view).query, self.asset, self.most)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.charts import bars
        from cockpit.components.navigation import header

        view = self.at(view)
        counts, every, unnamed = self._counts(view)
        left = ngettext("{n} names none", "{n} name none", unnamed) if unnamed else ""
        note = _("the {n} most frequent of {all}", n=len(counts), all=every) if every > len(counts) else ""
        header.title(self._title(view), note=" · ".join(filter(None, (note, left))))
        shown = [
            Bar(
                one.name or one.key, one.count, format.quantity(view.metric, one.count),
                href=rows_link(view, view.metric, asset=one.key), note=one.unit,
            )
            for one in counts
        ]  # fmt: skip
        bars.bars(shown, key=self.key(view), most=self.most)

    def numbers(self, view: View) -> Numbers:
        rows = tuple((one.name, one.key, one.unit, count(one.count)) for one in self._counts(view)[0])
        columns = (_("Name"), _("Key"), _("Unit"), self.at(view).metric.name[language()])
        return Numbers(self._title(view), columns, rows)

    def has_numbers(self, view: View) -> bool:
        return self.shown(view)

    def _title(self, view: View) -> str:
        return self.title[language()] if self.title else self.at(view).metric.name[language()]


@single_flight_cache(maxsize=256)
def of(query: Query, kind: str, most: int) -> tuple[tuple[AssetCount, ...], int, int]:
    """Cached: an edition never changes."""
    return by_asset(query, kind, most)
