"""The context of a report's sections: view, and the answers that several sections need."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pandas as pd

from cockpit import settings
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.panels import answers
from cockpit.panels.answers import MetricSummary
from cockpit.reports.kind import PLACEHOLDER, Kind, Ranking, TableBy, TextSection, Tiles, Trend
from cockpit.reports.request import Request
from cockpit.view_state import View
from data.values.calendar import calendar
from metrics import areas
from metrics.analysis.reds import Red
from metrics.answer import WITHOUT_VALUE
from metrics.catalog import Metric
from metrics.engine.plan import exists_at, filters
from metrics.query import Query
from metrics.sites import sites


@dataclass(frozen=True)
class ReportContext:
    """One area of a report.

    made: the day it is made, in the district's zone.
    unit: of a notice to one responsible unit; empty: of the cases without a unit, to their area.
    """

    view: View
    kind: Kind
    request: Request
    id: str
    made: date
    unit: str | None = None

    @cached_property
    def query(self) -> Query:
        """The query of the sections, before their own metrics; in a notice to a unit, filtered by that unit."""
        query = self.view.ask()
        if self.unit is None:
            return query
        return query.filtered(sorted((dict(query.where) | {"department": self.unit}).items()))

    @property
    def where(self) -> dict[str, str]:
        """Filters by column."""
        return dict(self.query.where)

    def at(self, names: tuple[str, ...], level: str) -> tuple[Metric, ...]:
        """The metrics that exist at a level and can be counted under the filters."""
        catalog, where = self.view.catalog, set(self.where)
        metrics = [catalog.metrics[name] for name in names]
        return tuple(m for m in metrics if exists_at(m, level) and where <= set(filters(catalog, m)))

    @cached_property
    def summaries(self) -> dict[str, MetricSummary]:
        """Every metric that a section shows of the area itself, in one query."""
        kind, requested = self.kind, self.request.metrics
        names = dict.fromkeys(requested or kind.metrics)
        for section in kind.sections:
            if isinstance(section, (Tiles, TableBy, Ranking, Trend)):
                names |= dict.fromkeys(kind.metrics_of(section, requested))
            if isinstance(section, TextSection):
                names |= dict.fromkeys(n for n in mentioned(section) if n in self.view.catalog.metrics)
        names |= dict.fromkeys(self.view.catalog.presence)
        ids = tuple(metric.id for metric in self.at(tuple(names), self.view.area.level))
        values = answers.summaries(self.query.of(*ids))
        return {name: self._without_filtered_state(summary) for name, summary in values.items()}

    def _without_filtered_state(self, summary: MetricSummary) -> MetricSummary:
        """Without a state where a filter leaves part of what its limit is meant for."""
        limits = summary.metric.thresholds
        if not self.where or limits is None or limits.against == "value":
            return summary
        return replace(summary, state="none")

    @property
    def deadline(self) -> date | None:
        """Deadline of the reply: as requested, else the kind's number of working days."""
        if self.request.deadline or not self.kind.reply_days:
            return self.request.deadline
        return calendar(settings.current().calendar).workday_after(self.made, self.kind.reply_days)

    def summary(self, name: str) -> MetricSummary | None:
        return self.summaries.get(name)

    @cached_property
    def metric_ids(self) -> tuple[str, ...]:
        """The ids of the metrics in this report."""
        names = dict.fromkeys(self.request.metrics or self.kind.metrics)
        for section in self.kind.sections:
            names |= dict.fromkeys(getattr(section, "metrics", ()))
            if isinstance(section, TextSection):
                names |= dict.fromkeys(n for n in mentioned(section) if n in self.view.catalog.metrics)
        return tuple(metric.id for metric in self.at(tuple(names), self.view.area.level))

    @cached_property
    def empty(self) -> bool:
        """Whether the area has no data in this period."""
        presence = self.view.catalog.presence
        counted = [format.given(v.now.value) for name, v in self.summaries.items() if name in presence]
        others = [v for name, v in self.summaries.items() if name not in presence]
        return not any(counted) and all(v.now.quality in WITHOUT_VALUE or not v.now.value for v in others)

    @cached_property
    def reds(self) -> list[Red]:
        """The one list of what is red, as the screens show it; of a notice to a unit what is red of that unit.

        None under another filter, which no limit is meant for.
        """
        if self.unit is not None:
            return [red for red in answers.reds(self.query.filtered(())) if red.of_unit(self.unit)]
        return answers.reds(self.query)

    @cached_property
    def over_limit(self) -> list[Red]:
        """The reds, without sites that are only near a veto."""
        return [red for red in self.reds if red.kind != "near"]

    @property
    def to(self) -> str:
        """The addressee of the part: the responsible unit, or the area."""
        if self.unit == "":
            return _("{area} (no responsible unit named)", area=self.view.area.name)
        return self.unit or self.view.area.name

    def subject(self, red: Red) -> str:
        """The area, unit or site that is red."""
        return red.name or (self.view.area.name if red.kind == "own" else self.place(red.area))

    def level_of(self, red: Red) -> str:
        """The level whose limit applies."""
        below = areas.below(self.view.edition, self.view.area)
        return below if red.kind == "below" and below else self.view.area.level

    def place(self, code: int | str) -> str:
        """The name of an area below; what belongs to none of them is the area's own level."""
        own = str(code) == str(self.view.area.code)
        return _("{area}, own level", area=self.view.area.name) if own else area_name(self.view.edition, code)

    @cached_property
    def sites(self) -> pd.DataFrame:
        """The verdict of each site that was checked, as the page of sites shows it, the worst first."""
        if self.where or not self.at((self.view.catalog.id_of("site_share"),), self.view.area.level):
            return pd.DataFrame()
        return pd.DataFrame([row for row in sites(self.view.edition, self.view.area.code) if row["score"] is not None])

    @property
    def failing_sites(self) -> pd.DataFrame:
        return self.sites[~self.sites["passed"].astype(bool)] if len(self.sites) else self.sites


def mentioned(section: TextSection) -> set[str]:
    """The placeholders of a text."""
    return {name for language in ("zh", "en") for name, _of in PLACEHOLDER.findall(section.text[language])}
