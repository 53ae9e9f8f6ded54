"""What is asked of a report, and what it is told from once the question is known to make sense."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cockpit import editions
from cockpit.access.policy import Can, Grants
from cockpit.reports import kind as kinds
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Format, Kind
from cockpit.settings import Settings
from cockpit.view import DEFAULT_METRIC, View, catalog_of
from data.errors import DataError
from metrics.errors import MetricsError
from metrics.period import Period, last_day
from metrics.question import COLUMNS, metric_of
from metrics.scope import OutOfScope, asked_area

MOST_AREAS = 50
Code = Annotated[int, Field(ge=10**11, lt=10**12)]
ID = re.compile(r"R\d{8}-[0-9a-f]{8}")


class Request(BaseModel):
    """A report as asked for. The period ends before `end`; edition: empty for the current one, fixed when asked.

    metrics: in place of the kind's own, where it lets choose. where: filters by column, such as category.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Annotated[str, Field(max_length=60)]
    areas: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST_AREAS)]
    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
    vs: Literal["previous", "last_year"] = "previous"
    format: Format = "docx"
    lang: Literal["zh", "en"] = "zh"
    edition: Annotated[str, Field(max_length=40)] = ""
    metrics: Annotated[tuple[str, ...], Field(max_length=40)] = ()
    where: dict[str, str] = {}
    deadline: date | None = None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    def stored(self) -> str:
        """As the desk keeps it."""
        return self.model_dump_json(by_alias=True)


@dataclass(frozen=True)
class Told:
    """A request that makes sense: its kind, and a view of each area, narrowed to whoever asks."""

    request: Request
    kind: Kind
    views: tuple[View, ...]

    @property
    def edition(self) -> str:
        return self.views[0].edition.id


def kinds_of(config: Settings) -> dict[str, Kind]:
    """The kinds of report of these settings."""
    return kinds.load(config.reports, catalog_of(config))


def check(request: Request, config: Settings, grants: Grants) -> Told:
    """Hold a request against kinds, catalog, edition and grants. ReportError, or OutOfScope for an area not granted."""
    kind = kinds.named(kinds_of(config), request.kind)
    if request.format not in kind.formats:
        raise ReportError(f"{kind.id} is not made as {request.format}: use {', '.join(kind.formats)}")
    if request.metrics and not kind.choose:
        raise ReportError(f"{kind.id} has its own metrics: leave them out, or ask for a kind that lets choose")
    catalog = catalog_of(config)
    try:
        period = request.period
        for name in request.metrics:
            metric_of(catalog, name)
        unknown = [name for name in request.where if name not in COLUMNS]
        if unknown:
            raise ReportError(f'"{unknown[0]}" is not a filter: use {", ".join(COLUMNS)}')
        named = editions.named(config, request.edition) if request.edition else editions.current(config)
        scope = grants.scope(Can.EXPORT if kind.rows else Can.REPORT)
        edition = named.seen_by(scope)
        if period.start > last_day(edition.as_of):
            raise ReportError(
                f"the period begins on {period.start}, after the data's time {edition.as_of:%Y-%m-%d %H:%M}: "
                "choose an earlier one"
            )
        places = [asked_area(edition, code) for code in dict.fromkeys(request.areas)]
    except OutOfScope:
        raise
    except (MetricsError, DataError) as error:
        raise ReportError(str(error)) from error
    for place in places:
        if not fits(kind, place.level):
            raise ReportError(f"{kind.id} is not made for a {place.level}: it is made for {', '.join(kind.levels)}")
    metric = catalog.metrics[DEFAULT_METRIC]
    views = tuple(
        View(edition, catalog, place, metric, period, request.vs, request.lang, "m", False, grants)
        for place in places
    )  # fmt: skip
    return Told(request, kind, views)


def fits(kind: Kind, level: str) -> bool:
    """Whether a kind is made for areas of a level."""
    return level in kind.levels or (level in ("city", "province") and "district" in kind.levels)
