"""Pydantic models of the catalog's YAML; cross-references are checked in `read`."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from data.areas.levels import LEVELS, expand_levels
from data.editions.rollups import Measure as DailyMeasure
from data.editions.rollups import Quantile as MonthlyQuantile
from data.editions.rollups import Rollup
from data.messages import Name as Label
from data.schema import FACTS, words_of
from data.texts import Model as Model
from data.texts import Text as Text
from data.texts import Unit
from metrics.catalog import generated
from metrics.catalog.bounds import Bound as Bound
from metrics.catalog.bounds import bound as bound

WAYS = ("value", "numerator", "quantile", "oldest", "aggregate", "concentration", "composite", "quotient")
"""The fields of a metric that say how it is computed."""
Mark = Literal["S", "F", "M", "G", "A"]
"""Source of a threshold: S and F name a text, M and G are defaults to be confirmed, A was approved at the desk."""
CONFIRMED: tuple[Mark, ...] = ("S", "F", "A")
"""Source marks that need no confirmation; a threshold with another mark is shown as a default to be confirmed."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Flow(Model):
    """Counts rows, or sums `value`, on the day of `anchor` where `where` holds."""

    anchor: str
    where: str | None = None
    value: str | None = None


class Stock(Model):
    """A stock: the running sum of one flow less another.

    until: the fact's column whose time ends it, so that what is held is found without reading what ended; None if no
    single column does.
    """

    adds: Name
    less: Name
    until: str | None = None


class Trailing(Model):
    """A flow over the last `days` days up to the end of the period, whatever the period."""

    of: Name
    days: int = Field(gt=0)


Measure = Flow | Stock | Trailing


class Quantile(Model):
    """The `q` quantile of `value` over the facts whose `anchor` lies in the period."""

    anchor: str
    value: str
    where: str | None = None
    q: float = Field(gt=0, lt=1)


class Oldest(Model):
    """The greatest age, in days since `since`, of what the stock holds at the end of the period."""

    stock: Name
    since: str


class Aggregate(Model):
    """A sum, maximum or quantile over the rows of a view; a sum over `per` is a ratio of sums (`per: "1"` is the mean).

    q: which quantile, 0.5 is the median. where: the rows that count; all by default.
    existing: of newest readings, areas that exist are counted: of an area and those that were merged into it one row
        counts, in the denominator of a mean, whose numerator is of all rows, or where there is none at all.
    """

    sum: str | None = None
    max: str | None = None
    quantile: str | None = None
    q: float | None = Field(default=None, gt=0, lt=1)
    per: str | None = None
    where: str | None = None
    existing: bool = False

    @model_validator(mode="after")
    def _one(self) -> "Aggregate":
        if sum(way is not None for way in (self.sum, self.max, self.quantile)) != 1 or (self.per and not self.sum):
            raise ValueError("say one of sum (with or without per), max, quantile (with q)")
        if (self.quantile is None) != (self.q is None):
            raise ValueError("quantile and q go together")
        return self


class Concentration(Model):
    """The share that the `most` largest values of a column have of a measure, in each area and period by itself."""

    of: Name
    by: Name
    most: int = Field(gt=0)


class Part(Model):
    """One rate of a composite score."""

    metric: Name
    weight: float = Field(ge=0)


class Quotient(Model):
    """One additive metric divided by another, which may be of another fact: cases per 10,000 inhabitants."""

    of: Name
    per: Name


class Sides(Model):
    """Names of the facts in a ratio's numerator, in its denominator, and in the denominator only."""

    numerator: Text
    denominator: Text
    rest: Text | None = None


class Counterpart(Model):
    """Another metric, shown next to one where the two differ by more than `apart`; {value} stands in the note."""

    metric: Name
    apart: float = Field(ge=0)
    note: Text


def _in_both(source: object) -> object:
    return {"zh": source, "en": source} if isinstance(source, str) else source


Role = Literal["intake", "open", "oldest_open", "closed", "cancelled", "weighted_score", "site_score", "site_share"]
"""What a metric is to the product where it needs one by its meaning: at most one metric has each role."""


class Thresholds(Model):
    """Green and red; between them is amber. Both bounds keep their operator.

    against: what the value is compared with before the bounds apply: itself; its own mean over the
    last 30 days; the mean and spread of the same weekday over eight weeks; 10,000 inhabitants.
    min_count: a smaller count is amber at worst: two cases where there was one are no alarm.
    also: a metric that must be green too: where it is not, this one is red.
    source: where the bounds are from; one text stands for both languages.
    """

    green: Annotated[Bound, BeforeValidator(bound)] | None = None
    red: Annotated[Bound, BeforeValidator(bound)]
    against: Literal["value", "mean_30_days", "weekday_8_weeks", "per_10k_people"] = "value"
    min_count: int = Field(default=0, ge=0)
    also: Name | None = None
    mark: Mark
    source: Annotated[Text, BeforeValidator(_in_both)]


class Metric(Model):
    """A metric as users see it, computed in exactly one of eight forms.

    levels: where it exists, highest first; all by default. One that exists at the district exists above it as well,
    unless the definition names levels above.
    """

    id: Name
    domain: Name
    file: str
    code: str | None = None
    name: Text
    definition: Text
    value: Name | None = None
    numerator: Name | None = None
    denominator: Name | None = None
    quantile: Quantile | None = None
    oldest: Oldest | None = None
    aggregate: Aggregate | None = None
    concentration: Concentration | None = None
    composite: tuple[Part, ...] | None = None
    quotient: Quotient | None = None
    sides: Sides | None = None
    role: Role | None = None
    counterpart: Counterpart | None = None
    scale: float = 1
    unit: Unit
    decimals: int = Field(default=0, ge=0, le=4)
    direction: Literal["up", "down", "none"]
    levels: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(expand_levels)] = LEVELS
    basis: Literal["flow", "due", "stock"]
    rollup: Literal["sum", "ratio of sums", "recompute", "max"]
    thresholds: Thresholds | None = None
    min_n: int = Field(default=0, ge=0)
    gaming: Text | None = None
    version: int = Field(default=1, ge=1)
    since: str = "2026-11-22"

    @property
    def label(self) -> Label:
        """The metric in a message."""
        return Label("metric", self.id, self.name.zh)

    @model_validator(mode="after")
    def _one_way(self) -> "Metric":
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError(f"say exactly one of {', '.join(WAYS)}")
        if (self.numerator is None) != (self.denominator is None):
            raise ValueError("numerator and denominator go together")
        if self.direction == "none" and self.thresholds and self.thresholds.green:
            raise ValueError("a metric without a good direction has no green threshold")
        expected = self._rollup_of_its_way()
        if self.rollup != expected:
            raise ValueError(f'rollup must be "{expected}" for a metric computed this way')
        return self

    def _rollup_of_its_way(self) -> str:
        if self.value:
            return "sum"
        if self.numerator or self.quotient or (self.aggregate and self.aggregate.per):
            return "ratio of sums"
        if self.aggregate:
            return "max" if self.aggregate.max else "recompute" if self.aggregate.quantile else "sum"
        return "recompute" if not self.oldest else "max"

    @property
    def is_rate(self) -> bool:
        """A ratio or score: its change is in points and its ranking needs a sample."""
        per = bool(self.aggregate and self.aggregate.per)
        rates = (self.numerator, self.concentration, self.composite, self.quotient)
        return per or any(way is not None for way in rates)

    @property
    def components(self) -> tuple[str, ...]:
        """The metrics that a composite or a quotient is made of."""
        if self.quotient:
            return self.quotient.of, self.quotient.per
        return tuple(part.metric for part in self.composite or ())

    @property
    def is_percent(self) -> bool:
        return self.unit.en == "%"

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts whose rows can be listed: numerator, denominator, and rest (in the denominator alone).

        A sum is its own numerator. A ratio has a rest where its numerator counts facts of the denominator. Medians,
        maxima and scores have no parts. A concentration is a ratio within its area, which does not add up.
        """
        if self.concentration:
            return "numerator", "denominator", "rest"
        if self.rollup != "ratio of sums" or self.quotient:
            return ("numerator",) if self.is_additive else ()
        has_rest = self.sides.rest is not None if self.sides else self.is_percent and self.numerator is not None
        return ("numerator", "denominator", *(("rest",) if has_rest else ()))

    @property
    def is_additive(self) -> bool:
        """Whether the values of the parts add up to the total."""
        return self.rollup == "sum"

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures it is made of, numerator first."""
        stock, whole = self.oldest and self.oldest.stock, self.concentration and self.concentration.of
        names = (self.value, self.numerator, self.denominator, stock, whole)
        return tuple(name for name in names if name)


class Domain(Model):
    """One file of the catalog: the fact or view its metrics are about, its terms, measures and metrics.

    where: a condition on the fact's columns: the other rows are not of this domain.
    view: SQL of one row a thing and instant: of a file that the catalog names, or made of `snapshot` or `latest`.
    columns: columns of the fact that the rows of a view of a file have, to split and filter by.
    snapshot: the columns of assets that its rows have: one row an asset that is registered at the instant.
    latest: measures of readings and for how many days a reading is valid: one row an area, unit and measure, its
        newest reading at the instant.
    traits: of these measures those that describe an area itself, such as its tier: they end with an area that is
        merged, while amounts count on for the area that it became part of.
    presence: counts of which one at least is above zero wherever an area has delivered anything.
    chains: counts of which each is at most the next one, in every area and month.
    """

    id: Name
    file: str
    name: Text
    fact: str
    where: str | None = None
    view: str | None = None
    columns: tuple[str, ...] = ()
    snapshot: tuple[str, ...] = ()
    latest: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    traits: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    presence: tuple[Name, ...] = ()
    chains: tuple[tuple[Name, ...], ...] = ()
    terms: dict[Name, str] = Field(default_factory=dict)
    measures: dict[Name, Measure] = Field(default_factory=dict)
    metrics: tuple[Metric, ...] = Field(min_length=1)

    @cached_property
    def flows(self) -> tuple[DailyMeasure, ...]:
        """The additive measures, in order."""
        return tuple(
            DailyMeasure(name, m.anchor, m.where, m.value) for name, m in self.measures.items() if isinstance(m, Flow)
        )

    def terms_of(self, words: Set[str] | None) -> dict[str, str]:
        """The terms among `words` and those that these name, in order; all for None."""
        if words is None:
            return self.terms
        used: set[str] = set()
        more = words & self.terms.keys()
        while more:
            used |= more
            more = (words_of(*(self.terms[name] for name in more)) & self.terms.keys()) - used
        return {name: sql for name, sql in self.terms.items() if name in used}

    @model_validator(mode="after")
    def _fact_exists(self) -> "Domain":
        if self.fact not in FACTS:
            raise ValueError(f'fact "{self.fact}" is not one of {", ".join(FACTS)}')
        unknown = set(self.dimensions) - set(FACTS[self.fact].by_name)
        if unknown:
            raise ValueError(f"dimensions: {self.fact} has no column {', '.join(sorted(unknown))}")
        if self.snapshot and self.fact != "assets":
            raise ValueError("snapshot: is of assets: set fact: assets")
        if self.latest and self.fact != "readings":
            raise ValueError("latest: is of readings: set fact: readings")
        if unknown := set(self.traits) - set(self.latest):
            raise ValueError(f"traits: latest has no measure {', '.join(sorted(unknown))}")
        unknown = set(self.columns) - set(FACTS[self.fact].by_name)
        if unknown:
            raise ValueError(f"columns: {self.fact} has no column {', '.join(sorted(unknown))}")
        unknown = set(self.snapshot) - set(FACTS[self.fact].by_name)
        if unknown:
            raise ValueError(f"snapshot: {self.fact} has no column {', '.join(sorted(unknown))}")
        return self

    @property
    def splits(self) -> dict[str, str]:
        """The public names of the columns that its metrics can be split and filtered by, and the columns.

        The view of a file has those that it declares: its rows need not have the columns of a fact.
        """
        columns = FACTS[self.fact].splits
        if self.snapshot or self.latest:
            return {name: column for name, column in columns.items() if column in generated.columns(self.snapshot)}
        if self.view:
            return {name: column for name, column in columns.items() if column in self.columns}
        return columns


@dataclass(frozen=True)
class Catalog:
    """All domains, and their metrics by id.

    unlimited: of a catalog whose metrics have the limits of an area and period, the one it is made of.
    """

    domains: tuple[Domain, ...]
    metrics: dict[str, Metric] = field(default_factory=dict)
    unlimited: "Catalog | None" = None

    def __post_init__(self) -> None:
        defined = {metric.id: metric for domain in self.domains for metric in domain.metrics}
        self.metrics.update({name: metric for name, metric in defined.items() if name not in self.metrics})

    @property
    def base(self) -> "Catalog":
        """The catalog as it is defined, which computes the numbers."""
        return self.unlimited or self

    def with_metrics(self, changed: Mapping[str, Metric]) -> "Catalog":
        """The catalog with other limits of some metrics, in the same order."""
        return Catalog(self.domains, {name: changed.get(name, m) for name, m in self.metrics.items()}, self.base)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def domain(self, metric: Metric) -> Domain:
        return self._domains[metric.domain]

    @cached_property
    def _domains(self) -> dict[str, Domain]:
        return {domain.id: domain for domain in self.domains}

    @property
    def gaming(self) -> tuple[Metric, ...]:
        """The rates that are high where work is done for the sake of a number."""
        return tuple(metric for metric in self.metrics.values() if metric.gaming)

    @property
    def presence(self) -> tuple[str, ...]:
        """The metrics that show whether an area has any data."""
        return tuple(name for domain in self.domains for name in domain.presence)

    def with_role(self, role: Role) -> Metric | None:
        """The metric of a role; None where the catalog has none."""
        return next((metric for metric in self.metrics.values() if metric.role == role), None)

    def id_of(self, role: Role) -> str:
        """The id of the metric of a role. LookupError where there is none: the built-in catalog has one for each."""
        metric = self.with_role(role)
        if metric is None:
            raise LookupError(f"no metric of the catalog has the role {role}")
        return metric.id

    def rollups(self) -> tuple[Rollup, ...]:
        """The daily tables that publishing builds: by area, by town, by town and dimension, of facts with flows."""
        return tuple(table for domain in self.domains if domain.flows for table in rollups(domain))


def rollup(domain: Domain, dimension: str | None = None, *, by_town: bool = False) -> Rollup:
    """One daily table of a domain. Its name carries the domain, so that two domains may share a fact.

    The table by area also has the domain's quantiles of whole months.
    """
    terms = tuple(domain.terms.items())
    quantiles = () if dimension or by_town else tuple(
        MonthlyQuantile(metric.id, q.anchor, q.value, q.q, q.where)
        for metric in domain.metrics if (q := metric.quantile)
    )  # fmt: skip
    return Rollup(domain.fact, domain.flows, terms, dimension, domain.id, by_town, domain.where, quantiles)


def rollups(domain: Domain) -> tuple[Rollup, ...]:
    """All daily tables of a domain, a finer one before what is added up from it."""
    return (rollup(domain), rollup(domain, by_town=True), *(rollup(domain, name) for name in domain.dimensions))
