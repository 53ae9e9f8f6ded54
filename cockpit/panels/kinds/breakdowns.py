"""The breakdown panels: open cases by age, and a metric by a column of its facts."""

from functools import partial
from typing import Any, Literal

from cockpit.components.charts import ranking
from cockpit.components.charts.bars import Bar
from cockpit.components.charts.ranking import RankingRow
from cockpit.filters import UNIT
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.movers import group_name
from cockpit.panels import answers, numbers
from cockpit.panels.answers import Part
from cockpit.panels.base import Call, Panel
from cockpit.panels.kinds.areas import ranking_rows
from cockpit.panels.labels import rows_link
from cockpit.panels.numbers import Numbers
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, filters

MOST_BARS = 8


class AgesPanel(Panel):
    """Open facts by age; a bar opens its rows. Its metric is a stock of facts that have an age."""

    kind: Literal["ages"]

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def shown(self, view: View) -> bool:
        return exists_at(self.at(view).metric, view.area.level)

    def queries(self, view: View) -> list[Call]:
        view = self.at(view)
        return [partial(answers.ageing, view.query)]

    def prepare(self, view: View) -> None:
        age_bars(self.at(view))

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.charts import bars
        from cockpit.components.navigation import header

        view = self.at(view)
        header.title(self.title[language()] if self.title else _("Age of the backlog"))
        if view.empty:
            header.notice(_("No data in this period"))
            return
        bars.bars(age_bars(view), key="ageing")

    def has_numbers(self, view: View) -> bool:
        return not view.empty

    def numbers(self, view: View) -> Numbers:
        metric = self.at(view).metric
        rows = tuple((bar.name, numbers.count(bar.value)) for bar in age_bars(self.at(view)))
        return Numbers(_("Age of the backlog"), (_("Age"), metric.name[language()]), rows)

    def section(self) -> dict[str, Any]:
        return {"type": "ages"}


class SplitPanel(Panel):
    """The metric by a column of its facts; choosing a group filters the screen by it, its number opens the rows.

    The groups of a column that is filtered stay in view, so that another can be chosen. In place of the units a unit's
    own cockpit is broken down by the next column with more than one group.

    as_ranking: as a list, with changes and with small samples apart.
    """

    kind: Literal["split"]
    split: str
    as_ranking: bool = False
    height: int = 300

    @property
    def splits(self) -> tuple[str, ...]:
        return (self.split,)

    def subject(self, view: View) -> Metric | None:
        return split_metric(self.at(view))

    def shown(self, view: View) -> bool:
        view = self.at(view)
        by = self.column(view)
        if not by or not exists_at(split_metric(view), view.area.level):
            return False
        parts = groups(view, by, compared=self.as_ranking)
        return view.empty or _says_something(view, parts, as_ranking=self.as_ranking)

    def column(self, view: View) -> str:
        """The column of the breakdown; empty for none."""
        known, where = filters(view.catalog, split_metric(view)), dict(view.query.where)
        if self.split != UNIT or UNIT not in where:
            return self.split if self.split in known else ""
        others = (by for by in known if by not in where and by not in view.layout.splits)
        return next((by for by in others if len(groups(view, by)) > 1), "")

    def queries(self, view: View) -> list[Call]:
        view = self.at(view)
        return [partial(groups, view, by, compared=self.as_ranking)] if (by := self.column(view)) else []

    def prepare(self, view: View) -> None:
        view = self.at(view)
        if by := self.column(view):
            split_rows(view, by) if self.as_ranking else split_bars(view, by)

    def said(self, view: View) -> str:
        return self._heading(self.at(view), leads=True)

    def _heading(self, view: View, *, leads: bool) -> str:
        by = self.column(view)
        return self.title[language()] if self.title and by == self.split else split_title(split_metric(view), by, leads)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.charts import bars
        from cockpit.components.navigation import header

        view = self.at(view)
        metric, by = split_metric(view), self.column(view)
        header.title(self._heading(view, leads=leads), note=_other(view, metric, leads))
        apart = "".join(f"-{name}" for name in self.metrics[:1])
        shown = split_rows(view, by) if self.as_ranking else split_bars(view, by)
        if not shown:
            header.notice(_("No data in this period"))
        elif self.as_ranking:
            ranking.ranking(
                split_rows(view, by), title=metric.name[language()], first=words.column(by),
                height=self.height, key=f"split-{by}{apart}",
            )  # fmt: skip
        else:
            bars.bars(split_bars(view, by), key=f"{by}{apart}", full=100 if metric.is_percent else 0, most=MOST_BARS)

    def has_numbers(self, view: View) -> bool:
        view = self.at(view)
        return bool(groups(view, self.column(view), compared=self.as_ranking))

    def numbers(self, view: View) -> Numbers | None:
        view = self.at(view)
        by = self.column(view)
        if not by:
            return None
        parts = groups(view, by, compared=True)
        names = [(group_name(view, by, part.group) if part.group else _("Not given"),) for part in parts]
        return numbers.of_parts(split_metric(view), (words.column(by),), names, parts)

    def section(self) -> dict[str, Any]:
        return {"type": "table", "by": self.split, "metrics": self.metrics, "most": 20}


def _says_something(view: View, parts: list[Part], *, as_ranking: bool) -> bool:
    """Whether groups say more than their total: not one alone, nor a list that ranks none of them.

    Under a filter they always do: what it has left over is what the visitor wants to see. A group without a name
    says nothing at all.
    """
    if view.query.where:
        return any(part.group for part in parts)
    return len(parts) > 1 and (not as_ranking or any(part.ranked for part in parts))


def _other(view: View, metric: Metric, leads: bool) -> str:
    """Why another metric than the chosen one is broken down, if so; said by the first panel of a row."""
    if not leads or metric.id == view.metric.id:
        return ""
    return _("{metric} cannot be broken down here", metric=view.metric.name[language()])


def split_title(metric: Metric, by: str, leads: bool) -> str:
    """`积压件数 按类别`; the panels after the first of a row leave the metric out."""
    name = metric.name[language()]
    column = words.column(by).lower()
    return _("{metric} by {column}", metric=name, column=column) if leads else _("By {column}", column=column)


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
    """The groups, each as long as its value; a group that holds nothing is left out."""
    metric, chosen = split_metric(view), dict(view.query.where).get(by)
    return tuple(
        Bar(
            group_name(view, by, part.group) if part.group else _("Not given"),
            float(part.now.value),
            format.quantity(metric, part.now.value),
            href=rows_link(view, metric, period=None, **{by: part.group}),
            state=part.state,
            note=_("Sample {n}", n=format.number(part.now.n)) if metric.is_rate or part.small else "",
            pick=_pick(view, by, part.group),
            chosen=part.group == chosen,
        )
        for part in groups(view, by)
        if part.known
    )


@single_flight_cache(maxsize=512)
def split_rows(view: View, by: str) -> tuple[RankingRow, ...]:
    """The groups as a list."""
    metric, parts = split_metric(view), groups(view, by, compared=True)
    names = [group_name(view, by, part.group) if part.group else _("Not given") for part in parts]
    return ranking_rows(
        view, metric, parts, names, [_pick(view, by, part.group) for part in parts],
        rows=[rows_link(view, metric, period=None, **{by: part.group}) for part in parts],
        chosen=dict(view.query.where).get(by),
    )  # fmt: skip


def groups(view: View, by: str, *, compared: bool = False) -> list[Part]:
    """The groups of a column that hold anything, under the filters of the other columns.

    compared: with the numbers of the period compared with, which bars do not show.
    Bars of a count without limits begin with the longest also where more is better: the short ones are folded away.
    """
    others = [(name, value) for name, value in view.query.where if name != by]
    metric = split_metric(view)
    parts = answers.parts(view.query.filtered(others).of(metric.id, by=by), compared=compared)
    filled = [part for part in parts if part.now.n]
    if compared or not metric.is_additive or metric.thresholds:
        return filled
    return sorted(filled, key=lambda part: -part.now.value if part.known else 0)


def _pick(view: View, by: str, group: str) -> str:
    """The screen filtered by a group; without the filter where it is this one."""
    chosen = dict(view.query.where).get(by) == group
    return view.href("cockpit", **{by: None if chosen else group or words.NOT_GIVEN})


def split_metric(view: View) -> Metric:
    """The chosen metric, or that of the layout where the chosen one has none of the layout's splits."""
    known = filters(view.catalog, view.metric)
    return view.metric if any(by in known for by in view.layout.splits) else view.catalog.metrics[view.layout.metric]
