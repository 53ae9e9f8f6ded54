"""What a page shows: a query, and what is about the user and the browser: grants, language, layout.

The pages read it from their URL (`cockpit.view`), reports are made from it without any: what a browser is needed for
is imported where it is used, so that a command starts without Streamlit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Protocol

from cockpit import editions, filters, settings
from cockpit.access.policy import Can, Grants
from cockpit.address import link
from cockpit.labels import comparison as compared
from data.editions.scoped import ScopedEdition
from metrics import areas
from metrics.analysis.compare import Comparison, is_running
from metrics.areas import Area
from metrics.availability.extent import is_empty
from metrics.catalog import Catalog, Metric, load
from metrics.catalog.model import Text
from metrics.engine.plan import exists_at
from metrics.period import Period
from metrics.query import Query


class Layout(Protocol):
    """The part of a layout that a view uses; `cockpit.panels.layouts.Layout` also has the panels."""

    @property
    def id(self) -> str: ...
    @property
    def use(self) -> str: ...
    @property
    def name(self) -> Text: ...
    @property
    def metric(self) -> str: ...
    @property
    def metrics(self) -> tuple[str, ...]: ...
    @property
    def spare(self) -> tuple[str, ...]: ...
    @property
    def grouped(self) -> tuple[str, ...]: ...
    @property
    def tiles(self) -> tuple[str, ...]: ...
    @property
    def splits(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> tuple[Any, ...]: ...
    @property
    def panels(self) -> tuple[Any, ...]: ...
    @property
    def by_name(self) -> dict[str, Any]: ...
    @property
    def names(self) -> dict[int, str]: ...


@dataclass(frozen=True)
class View:
    """The state of a page: query, filters, and the visitor's grants.

    query: of the chosen metric alone; its edition answers for what the user may see. `ask` makes the queries of panels.
    given: the URL's parameters of KEPT, as they stand, and its filters.
    grants: what the user may see and do.
    layout: the panels of the screen: the cockpit of the area's level, or the topic that the address names.
    topics: those that the menu offers for the area.
    tiles: the metrics that the visitor chose in place of the layout's own; empty for these.
    """

    query: Query
    lang: str
    size: str
    wall: bool
    grants: Grants
    layout: Layout
    given: tuple[tuple[str, str], ...] = ()
    topics: tuple[Layout, ...] = ()
    tiles: tuple[str, ...] = ()

    @property
    def edition(self) -> ScopedEdition:
        return self.query.edition

    @property
    def catalog(self) -> Catalog:
        return self.query.catalog

    @cached_property
    def area(self) -> Area:
        return areas.area(self.query.edition, self.query.area)

    @property
    def metric(self) -> Metric:
        """The chosen metric."""
        return self.query.catalog.metrics[self.query.metric]

    @property
    def period(self) -> Period:
        return self.query.period

    @property
    def compare(self) -> Comparison:
        return self.query.comparison or "previous"

    @property
    def against(self) -> Period:
        """The period that this one is compared with, cut at the same time of day where this one is still running."""
        return self.query.against

    @property
    def as_of(self) -> datetime:
        return self.query.known_at

    def ask(self, *metrics: str, by: str | None = None) -> Query:
        """The query of these metrics in place of the chosen one."""
        return self.query.of(*metrics, by=by)

    def asking(self, **changes: Any) -> "View":
        """The view with changes of its query's fields."""
        return replace(self, query=replace(self.query, **changes))

    @property
    def topic(self) -> str:
        """The id of the topic; empty on a cockpit."""
        return self.layout.id if self.layout.use == "topic" else ""

    @property
    def shared(self) -> "View":
        """The view limited to its area and without grants, so that all users of the area share its answers.

        It reaches no further than the area, and grants nothing: what depends on the user is read from the view itself.
        """
        return replace(self.asking(edition=self.edition.within(self.area.code, self.area.end)), grants=Grants())

    @property
    def compared(self) -> str:
        """`较上月同期（10-01 至 10-28）`"""
        return compared.label(self.period, self.compare, self.as_of)

    @property
    def running(self) -> bool:
        """Whether the period is not over at the edition's time."""
        return is_running(self.period, self.as_of)

    @property
    def empty(self) -> bool:
        """Whether there are no data at all in the period."""
        return is_empty(self.edition, self.period)

    @property
    def newest(self) -> str:
        """The id of the edition that is served by default."""
        return editions.current(settings.current()).id

    @property
    def top(self) -> Area:
        return areas.root(self.edition)

    def metric_at(self, level: str) -> Metric:
        """The chosen metric where it exists at `level`, else the layout's own, else the first of its metrics there."""
        names = (self.metric.id, self.layout.metric, *self.layout.metrics)
        there = (name for name in names if exists_at(self.catalog.metrics[name], level))
        return self.catalog.metrics[next(there, self.metric.id)]

    def href(self, page: str = "cockpit", **changes: object) -> str:
        """The URL of a page that keeps this view, with changes.

        area: Area or code; period: Period, or None for this month; metric: Metric or id; anything else as it is.
        A column's name sets a filter, in place of another of that column. None removes a parameter. Parameters that
        belong to one page are not carried to the next: name them again.
        """
        return link(page, dict(self.given) | _parameters(changes))

    def data_page(self, **changes: object) -> str:
        """The address of the data page; empty without the right to open it."""
        return self.href("data", **changes) if self.grants.may(Can.DATA) else ""

    def here(self, **changes: object) -> str:
        """This very page with changes; its own parameters stay. Takes what `href` takes."""
        import streamlit as st

        from cockpit.nav import here

        # from here on the address names the report's values, so that they can be changed
        own = {"report": None, **dict(self.given)} if "report" in st.query_params else {}
        return here(**(own | _parameters(changes)))

    def permalink(self, page: str = "cockpit", **changes: object) -> str:
        """The same view for a report: nothing left to a default, so that it shows the same numbers for ever."""
        fixed = {
            "area": self.area, "metric": self.metric, "period": self.period, "vs": self.compare,
            "edition": self.edition.id, "lang": self.lang,
        }  # fmt: skip
        return self.href(page, **(fixed | changes))


def _parameters(changes: Mapping[str, object]) -> dict[str, object]:
    """Changes of a view as parameters of the URL."""
    parameters: dict[str, object] = {}
    for name, value in changes.items():
        if name == "period":
            parameters |= {"from": getattr(value, "start", None), "to": getattr(value, "end", None)}
        elif name == filters.UNIT:
            parameters |= {"unit": value, name: None}
        elif isinstance(value, Area):
            parameters[name] = value.code
        else:
            parameters[name] = value.id if isinstance(value, Metric) else value
    return parameters


@cache
def catalog_of(config: settings.Settings) -> Catalog:
    """Our metrics and the district's own."""
    return load(config.catalog, config.three_rate_weights)
