"""The query of metrics. Pages, reports, API and commands make a `Query`; `metrics.answer` answers it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from data.editions.scoped import ScopedEdition
from metrics.analysis.compare import Comparison, against
from metrics.catalog import Catalog
from metrics.period import Period


@dataclass(frozen=True, slots=True)
class Query:
    """Metrics of an area and period of an edition. Hashable, so it may key a cache.

    metrics: ids; empty where a function says which ones it then takes.
    area: a code of 12 digits.
    comparison: the period that this one is compared with, if any.
    by: an area level, a unit of time, or a column such as category, source or department.
    where: filters by column, e.g. (("category", "路灯照明"),); an empty value selects the facts without one.
    as_of: what was known then; the edition's own time by default.

    It is checked where it is answered: see `metrics.engine.plan.make_plan`.
    """

    edition: ScopedEdition
    catalog: Catalog
    metrics: tuple[str, ...]
    area: int
    period: Period
    comparison: Comparison | None = None
    by: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    as_of: datetime | None = None

    @property
    def metric(self) -> str:
        """The id of its only metric. ValueError if it has another number of them."""
        (name,) = self.metrics
        return name

    @property
    def known_at(self) -> datetime:
        """The time as of which it is answered."""
        return self.as_of or self.edition.as_of

    @property
    def against(self) -> Period:
        """The period compared with, by default the one before; cut at the same time of day while this one runs."""
        return against(self.period, self.comparison or "previous", self.known_at)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The period and, if there is a comparison, the one compared with."""
        return (self.period, self.against) if self.comparison else (self.period,)

    def of(self, *metrics: str, by: str | None = None) -> "Query":
        """The same query of other metrics, broken down by `by`."""
        return replace(self, metrics=metrics, by=by)

    def filtered(self, where: Mapping[str, str] | Iterable[tuple[str, str]]) -> "Query":
        """The same query with these filters in place of its own."""
        return replace(self, where=tuple(where.items() if isinstance(where, Mapping) else where))
