"""The answers of the API, as its document describes them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Texts = dict[str, str]
"""A text by language: zh, en."""


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class ThresholdsOut(Answer):
    """When a metric is green or red. against: what is compared with the bounds, such as the value itself."""

    against: str
    green: str = Field(description="empty: nothing is green", examples=["≥ 95"])
    red: str = Field(examples=["< 80"])
    min_count: int
    also: str | None


class MetricOut(Answer):
    """A metric of the dictionary."""

    id: str
    code: str | None
    name: Texts
    definition: Texts
    unit: Texts
    direction: Literal["up", "down", "none"]
    levels: list[str]
    min_n: int
    version: int
    splits: list[str] = Field(description="what `by` can be")
    filters: list[str]
    parts: list[str] = Field(description="what `part` of its rows can be")
    thresholds: ThresholdsOut | None


class NumberOut(Answer):
    """The value of a metric for a group. Without a value, `quality` says why."""

    metric: str
    area: str
    group: str
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int = Field(description="sample size")
    quality: str = Field(
        examples=["ok", "no data", "no source", "older edition", "small sample", "conflict", "partial", "stale"]
    )
    as_of: datetime
    edition: str
    period: date | None = Field(default=None, description="first day of the period; with `vs` only")
    end: date | None = Field(default=None, description="the day after its last")
    until: datetime | None = Field(default=None, description="where a period that still runs was cut")


class RowsOut(Answer):
    """A page of the facts behind a number. rows: the columns of the metric's fact."""

    total: int
    rows: list[dict[str, Any]]


class HolderOut(Answer):
    """Who holds most of what is wrong; what is not known is left out."""

    unit: str | None = Field(default=None, description="none where no unit has a quarter of it")
    share: float | None = Field(default=None, description="of what is wrong, 0 to 1; none where all is the unit's")
    phone: str | None = Field(default=None, description="of the unit's office, as the directory has it")
    administers: bool = Field(default=False, description="named as the unit that administers the area")
    among: int = Field(default=0, description="without a unit: over how many units it is spread")


class RedOut(Answer):
    """Something beyond its limit; what is empty is left out."""

    metric: str
    area: int
    value: float
    before: float | None
    new: bool = Field(description="it was within its limit a day earlier")
    kind: Literal["own", "below", "unit", "site", "near"]
    name: str | None = None
    source: str | None = None
    key: str | None = None
    unit: str | None = None
    rules: list[str] = Field(description="of a site: the veto rules")
    left: int | None = Field(description="of a site near a veto: what is left until then")
    compared: float | None
    affected: int = Field(description="how many cases, sites, … are wrong")
    days: int = Field(description="red for at least this many days, looked for 1, 7 and 28 days back; 0 if new")
    severity: float
    holder: HolderOut | None = Field(default=None, description="none where no unit is registered")


class AreaOut(Answer):
    """An area."""

    code: str
    name: str
    level: str
    population: int | None
    households: int | None
    lon: float | None
    lat: float | None


class TreeOut(AreaOut):
    """An area with those above and right below it."""

    above: list[AreaOut]
    below: list[AreaOut]


class FoundArea(AreaOut):
    """An area that a search finds. above: names."""

    above: list[str]


class FoundCase(Answer):
    """A case that a search finds."""

    source: str
    key: str
    title: str | None
    place: str | None
    category: str | None
    area: str
    registered_at: datetime
    is_open: bool


class FoundMetric(Answer):
    """A metric that a search finds."""

    id: str
    name: Texts


class FoundSite(Answer):
    """A site that a search finds."""

    source: str
    key: str
    name: str
    url: str | None
    unit: str | None


class FoundOut(Answer):
    """Search results. more: kinds with further matches. complete: false if time ran out."""

    areas: list[FoundArea]
    cases: list[FoundCase]
    units: list[str]
    metrics: list[FoundMetric]
    sites: list[FoundSite]
    more: list[str]
    complete: bool


class TopicOut(Answer):
    """A topic of the menu. levels: where it is offered."""

    id: str
    name: Texts
    levels: list[str]
    metrics: list[str]


class EditionOut(Answer):
    """A published edition. cases: null for callers who may see a part of the district."""

    id: str
    as_of: datetime
    published_at: datetime
    cases: int | None
    current: bool
    demo: bool


class ReportKindOut(Answer):
    """A kind of report. rows: it contains single cases. choose: its metrics are chosen by the caller."""

    id: str
    name: Texts
    about: Texts
    levels: list[str]
    formats: list[str]
    metrics: list[str]
    choose: bool
    rows: bool
    version: int


class LimitOut(Answer):
    """An approved limit of a metric. valid_to: exclusive; null while it has no end. category: empty for all."""

    metric: str
    area: str
    category: str
    valid_from: date
    valid_to: date | None
    green: str
    red: str
    source: str


class ReportOut(Answer):
    """A report, or a request for one."""

    id: str
    status: str = Field(examples=["queued", "running", "draft", "final", "issued", "failed"])
    share: float = Field(description="how much is done, 0 to 1")
    step: str
    fault: str | None
    fault_code: str | None
    fault_parameters: dict[str, Any] | None
    asked: dict[str, Any] = Field(description="the request, every default filled in")
    edition: str
    who: str
    asked_at: datetime
    done_at: datetime | None
    sha256: str
    size: int
    metrics: dict[str, int] = Field(description="the version of each metric's definition")
    view: str = Field(description="address of the same view on the screens")
    file: str | None
