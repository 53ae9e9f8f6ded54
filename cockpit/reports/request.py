"""The request of a report, and the checked request with its views."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cockpit import editions
from cockpit.access.policy import Can, Grants
from cockpit.panels import layouts
from cockpit.reports import kind as kinds
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Format, Kind
from cockpit.settings import Settings
from cockpit.view_state import View, catalog_of
from data.areas.levels import end_of
from data.editions.scoped import ScopedEdition
from data.errors import Damaged, DataError
from data.messages import Name, names
from metrics import areas
from metrics.areas import Area
from metrics.catalog import Catalog
from metrics.engine.plan import COLUMNS
from metrics.errors import MetricsError, did_you_mean
from metrics.limits import CATEGORY, limited_catalog
from metrics.period import Period, last_day
from metrics.query import Query
from metrics.scope import OutOfScope, area_in_scope

MOST_AREAS = 50
Code = Annotated[int, Field(ge=0, lt=10**12)]
ID = re.compile(r"R\d{8}-[0-9a-f]{8}")


class Request(BaseModel):
    """A requested report. The period ends before `end`; edition: empty for the current one at the time of the request.

    metrics: in place of the kind's own, where it lets choose. where: filters by column, such as category. rows: with
    its sections of single cases; never true in the end for who may not export rows of all the areas.
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
    metrics: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    where: dict[str, str] = {}
    deadline: date | None = None
    rows: bool = True

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    def stored(self) -> str:
        """The request as the desk stores it."""
        return self.model_dump_json(by_alias=True)


@dataclass(frozen=True)
class CheckedRequest:
    """A valid request: its kind, and a view of each area within the requester's scope."""

    request: Request
    kind: Kind
    views: tuple[View, ...]

    @property
    def edition(self) -> str:
        return self.views[0].edition.id


def kinds_of(config: Settings) -> dict[str, Kind]:
    """The kinds of report of these settings."""
    return kinds.load(config.reports, catalog_of(config), layouts.of(config))


def check(request: Request, config: Settings, grants: Grants) -> CheckedRequest:
    """Hold a request against kinds, catalog, edition and grants. ReportError, or OutOfScope for an area not granted."""
    kind = kinds.named(kinds_of(config), request.kind)
    if request.format not in kind.formats:
        raise ReportError(
            "report.format",
            "{kind} is not made as {format}: use {known}",
            kind=kind.id,
            format=request.format,
            known=kind.formats,
        )
    if request.metrics and not kind.choose:
        raise ReportError(
            "report.fixed_metrics",
            "{kind} has its own metrics: leave them out, or ask for a kind that lets choose",
            kind=kind.id,
        )
    catalog = catalog_of(config)
    _known(request, catalog)
    period = _period(request)
    try:
        edition_read = editions.named(config, request.edition) if request.edition else editions.current(config)
        edition = edition_read.scoped(grants.scope(kind.needs))
    except DataError as error:
        raise _no_edition(request, error) from error
    if period.start > last_day(edition.as_of):
        raise ReportError(
            "report.too_new", "the period begins on {day}, after the data's time {time}: choose an earlier one",
            day=period.start, time=f"{edition.as_of:%Y-%m-%d %H:%M}",
        )  # fmt: skip
    places = [_place(edition, kind, grants, code) for code in dict.fromkeys(request.areas)]
    for place in places:
        if place.level not in kind.levels:
            available = [name for name in areas.levels(edition) if name in kind.levels]
            raise ReportError(
                "report.level", "{kind} is not made for a {level}: it is made for {levels}", kind=kind.id,
                level=Name("level", place.level), levels=names("level", available),
            )  # fmt: skip
    rows = kind.rows and request.rows and all(grants.may(Can.EXPORT, place.code, place.end) for place in places)
    request = request.model_copy(update={"rows": rows})
    views = tuple(_view(config, edition, place, request, grants) for place in places)
    return CheckedRequest(request, kind, views)


def _view(config: Settings, edition: ScopedEdition, place: Area, request: Request, grants: Grants) -> View:
    """The view of the cockpit of the place, with its metric and the filters of the request."""
    layout = layouts.of(config).cockpit(place.level)
    catalog = limited_catalog(edition, catalog_of(config), place.code, request.period, request.where.get(CATEGORY, ""))
    query = Query(
        edition, catalog, (layout.metric,), place.code, request.period, request.vs,
        where=tuple(sorted(request.where.items())),
    )  # fmt: skip
    return View(query, request.lang, "m", False, grants, layout)


def _known(request: Request, catalog: Catalog) -> None:
    """ReportError for a metric or a filter that there is none of."""
    for name in request.metrics:
        if name not in catalog.metrics:
            raise ReportError(
                "metric.unknown", 'there is no metric "{name}".{near}', name=name,
                near=did_you_mean(name, catalog.metrics),
            )  # fmt: skip
    for name in request.where:
        if name not in COLUMNS:
            raise ReportError(
                "filter.unknown", '"{name}" is not a filter: use {known}', name=name, known=tuple(COLUMNS)
            )


def _period(request: Request) -> Period:
    try:
        return request.period
    except MetricsError as error:
        raise ReportError.of(error) from error


def _no_edition(request: Request, error: DataError) -> ReportError:
    """Why there is nothing to make it from; what is damaged says so itself."""
    if request.edition and not isinstance(error, Damaged):
        return ReportError(
            "report.edition",
            'there is no edition "{edition}", or it is no longer kept: name another',
            edition=request.edition,
        )
    return ReportError.of(error)


def _place(edition: ScopedEdition, kind: Kind, grants: Grants, code: int) -> Area:
    """ReportError for an unknown area, OutOfScope for one that the grants do not reach, or not for such a kind."""
    try:
        return area_in_scope(edition, code)
    except OutOfScope:
        if kind.needs is Can.EXPORT and grants.may(Can.REPORT, code, end_of(code)):
            raise OutOfScope(
                "report.holds_rows", "{kind} holds single cases: it takes the right to export rows of area {area}",
                kind=kind.id, area=f"{code:012}",
            ) from None  # fmt: skip
        raise
    except MetricsError as error:
        raise ReportError(
            "report.area", "area {code} is not in edition {edition}: name another", code=f"{code:012}",
            edition=edition.id,
        ) from error  # fmt: skip
