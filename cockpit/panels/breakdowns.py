"""The panels that break a number down: what is open by age, and a metric by a column of its facts."""

from functools import partial
from typing import Any, Literal

from cockpit.components import ranking
from cockpit.components.bars import Bar
from cockpit.components.ranking import RankingRow
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.panels import answers
from cockpit.panels.areas import ranking_rows
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import rows_link, source_name
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, filters

MOST_BARS = 8


class AgesPanel(Panel):
    """How long what is open has been open; a bar opens its rows. Its metric is a stock of facts that have an age."""

    kind: Literal["ages"]

    def shown(self, view: View) -> bool:
        return exists_at(self.at(view).metric, view.area.level)

    def queries(self, view: View) -> list[Call]:
        view = self.at(view)
        return [partial(answers.ageing, view.query)]

    def prepare(self, view: View) -> None:
        age_bars(self.at(view))

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components import bars, header

        view = self.at(view)
        header.title(self.title[language()] if self.title else _("Age of the backlog"))
        if view.empty:
            header.notice(_("No data in this period"))
            return
        bars.bars(age_bars(view), key="ageing")

    def section(self) -> dict[str, Any]:
        return {"type": "ages"}


class SplitPanel(Panel):
    """The metric by a column of its facts; a group opens its rows.

    as_ranking: as a list, with changes and with small samples apart.
    """

    kind: Literal["split"]
    split: str
    as_ranking: bool = False
    height: int = 300

    @property
    def splits(self) -> tuple[str, ...]:
        return (self.split,)

    def shown(self, view: View) -> bool:
        view = self.at(view)
        return self.split in filters(view.catalog, split_metric(view))

    def queries(self, view: View) -> list[Call]:
        if not self.shown(view):
            return []
        return [partial(answers.parts, view.ask(split_metric(self.at(view)).id, by=self.split))]

    def prepare(self, view: View) -> None:
        if not self.shown(view):
            return
        view = self.at(view)
        split_rows(view, self.split) if self.as_ranking else split_bars(view, self.split)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components import bars, header

        view = self.at(view)
        metric = split_metric(view)
        header.title(
            self.title[language()] if self.title else split_title(metric, self.split, leads), note=self._note(view)
        )
        shown = split_rows(view, self.split) if self.as_ranking else split_bars(view, self.split)
        if not shown:
            header.notice(_("No data in this period"))
        elif self.as_ranking:
            ranking.ranking(
                split_rows(view, self.split), title=metric.name[language()], first=words.column(self.split),
                height=self.height, key=f"split-{self.split}",
            )  # fmt: skip
        else:
            bars.bars(split_bars(view, self.split), key=self.split, full=100 if metric.is_percent else 0)

    def section(self) -> dict[str, Any]:
        return {"type": "table", "by": self.split, "metrics": self.metrics, "most": 20}

    def _note(self, view: View) -> str:
        """How many groups are left out."""
        if self.as_ranking:
            return ""
        found = answers.parts(view.ask(split_metric(view).id, by=self.split))
        left = len([part for part in found if part.known and part.now.n]) - MOST_BARS
        return _("{n} more not shown", n=left) if left > 0 else ""


def split_title(metric: Metric, by: str, leads: bool) -> str:
    """`积压件数 按类别`; the panels after the first of a row leave the metric out."""
    name = metric.name[language()]
    column = words.column(by).lower()
    return _("{metric} by {column}", metric=name, column=column) if leads else _("by {column}", column=column)


@single_flight_cache(maxsize=512)
def age_bars(view: View) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            _("{span} days", span=row.bucket.replace("-", "–")),
            row.n,
            format.number(row.n),
            href=view.href("rows", metric=view.metric, age=_span(row.low, row.high)),
        )
        for row in each(answers.ageing(view.query))
    )


def _span(low: float, high: float | None) -> str:
    """`3-7`, `90-`: days of age, as the rows page takes them."""
    return f"{low:g}-" + ("" if format.missing(high) else f"{high:g}")


@single_flight_cache(maxsize=512)
def split_bars(view: View, by: str) -> tuple[Bar, ...]:
    """The first MOST_BARS groups by need, each as long as its value; a group that holds nothing is left out."""
    metric = split_metric(view)
    found = [part for part in answers.parts(view.ask(metric.id, by=by)) if part.known and part.now.n]
    return tuple(
        Bar(
            (source_name(view, part.group) if by == "source" else part.group) or _("Not given"),
            float(part.now.value),
            format.quantity(metric, part.now.value),
            href=rows_link(view, metric, period=None, **{by: part.group}),
            state=part.state,
            note=_("Sample {n}", n=format.number(part.now.n)) if metric.is_rate or part.small else "",
        )
        for part in found[:MOST_BARS]
    )


@single_flight_cache(maxsize=512)
def split_rows(view: View, by: str) -> tuple[RankingRow, ...]:
    """The groups as a list; one opens its rows."""
    metric = split_metric(view)
    found = [part for part in answers.parts(view.ask(metric.id, by=by)) if part.now.n]
    links = [rows_link(view, metric, period=None, **{by: part.group}) for part in found]
    names = [(source_name(view, part.group) if by == "source" else part.group) or _("Not given") for part in found]
    return ranking_rows(view, metric, found, names, links)


def split_metric(view: View) -> Metric:
    """The chosen metric, or that of the layout where the chosen one has none of the layout's splits."""
    known = filters(view.catalog, view.metric)
    return view.metric if any(by in known for by in view.layout.splits) else view.catalog.metrics[view.layout.metric]
