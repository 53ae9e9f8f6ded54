"""`/api/v1`: dictionary, numbers, rows, areas, editions, pushes. The OpenAPI document is at `/api/v1/openapi.json`."""

import math
import re
from dataclasses import replace
from datetime import date, datetime
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from fastapi import Depends, FastAPI, Path, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount

from cockpit import editions, settings
from cockpit.access import district_wide
from cockpit.access.policy import Can
from cockpit.api import assessments, assets, items, push, reports, times
from cockpit.api.answers import (
    EditionOut,
    FoundArea,
    FoundCase,
    FoundMetric,
    FoundOut,
    FoundSite,
    HolderOut,
    LimitOut,
    MetricOut,
    NumberOut,
    RedOut,
    RowsOut,
    TopicOut,
    TreeOut,
)  # fmt: skip
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import NotFound, TooOften
from cockpit.api.faults import FAULTS, install
from cockpit.drawing import outlines
from cockpit.filters import NAMES
from cockpit.labels.spreadsheets import safe_csv
from cockpit.panels import layouts
from cockpit.serving import search_limit
from cockpit.view import YEARS, home
from cockpit.view_state import catalog_of
from data.areas.levels import end_of
from data.editions import edition as shelf
from data.editions import from_desk
from data.editions.scoped import ScopedEdition
from metrics import areas
from metrics import query as queries
from metrics.analysis.compare import Comparison
from metrics.analysis.headline import holders
from metrics.analysis.reds import reds
from metrics.answer import answer
from metrics.areas import Area
from metrics.catalog import Catalog, Metric
from metrics.engine.frames import records
from metrics.engine.plan import BREAKDOWNS, COLUMNS, filters, metric_of, splits
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.rows import PARTS, Selection, count_rows, exported, rows
from metrics.scope import OutOfScope, area_in_scope
from metrics.search import search

MOST_ROWS = 1000
MOST_FOUND = 50
LONGEST_YEARS = 20
ADDRESS = "/api/v1"

api = FastAPI(
    title="Governance Cockpit", version="1", docs_url=None, redoc_url=None, openapi_url=None, responses=FAULTS,
    servers=[{"url": ADDRESS}],
    description="Numbers, rows, areas and editions, narrowed to what the caller may see; and facts pushed by systems.",
    openapi_tags=[
        {"name": "numbers", "description": "What the screens show, and the rows behind it."},
        {"name": "areas", "description": "The area tree and its outlines."},
        {"name": "editions", "description": "What is published."},
        {"name": "reports", "description": "Reports asked for, how far they are, and their files."},
        {"name": "items", "description": "Work items: lists, one with its history, begin one, do a step."},
        {"name": "assets", "description": "The register of assets: lists, one with its edits, edit a value."},
        {"name": "assessments", "description": "Schemes of assessment in force, and assessments down to counted rows."},
        {"name": "push", "description": "Facts that a system sends under a source's mapping, and what became of them."},
    ],
)  # fmt: skip
install(api)
api.include_router(push.router)
api.include_router(reports.router)
api.include_router(items.router)
api.include_router(assets.router)
api.include_router(assessments.router)


def mounted() -> Mount:
    """The API under its address. A path with a line break in it is the API's too, which a plain mount passes by."""
    mount = Mount(ADDRESS, api)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


Id = Annotated[str, Path(max_length=60, description="a metric of the dictionary, such as backlog")]
Code = Annotated[int | None, Query(ge=0, lt=10**12, description="an area's code; the caller's own by default")]
Day = Annotated[date, Query(description="a day; a period ends before its `to`")]
Moment = Annotated[
    datetime | None,
    Query(
        description="what was known then, on the district's clock unless it has an offset; "
        "the edition's own time by default"
    ),
]
Named = Annotated[str | None, Query(max_length=40, description="an edition; the current one by default")]


def _filters(**text: str | None) -> dict[str, str]:
    """The filters of a request, by the public name of their column; `unit` is another name of `department`."""
    return {NAMES.get(name, name): value for name, value in text.items() if value is not None}


def _filter(name: str) -> Parameter:
    description = f"only the facts with this {name}; empty: those without one"
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=None,
        annotation=Annotated[str | None, Query(max_length=200, description=description)],
    )  # fmt: skip


_filters.__signature__ = Signature([_filter(name) for name in dict.fromkeys((*COLUMNS, *NAMES))])  # type: ignore[attr-defined]  # read by FastAPI
Where = Annotated[dict[str, str], Depends(_filters)]
"""One parameter a column that can be filtered by, under the names that addresses of screens have too."""


@api.get("/openapi.json", include_in_schema=False)
def described(caller: Known) -> dict[str, Any]:
    """The description of this API for its callers."""
    return api.openapi()


@api.get("/metrics", summary="The dictionary", tags=["numbers"])
def dictionary(caller: Known) -> list[MetricOut]:
    """Every metric: names, definition, unit, levels, splits, filters and thresholds."""
    return [_defined(metric) for metric in _catalog().metrics.values()]


def _of_area(
    caller: Known,
    start: Annotated[Day, Query(alias="from")],
    end: Annotated[Day, Query(alias="to")],
    area: Code = None,
    edition: Named = None,
) -> queries.Query:
    """The query of an area and a period, of no metric yet."""
    scoped, place = _scope(caller, edition, area)
    return queries.Query(scoped, _catalog(), (), place.code, _period(start, end))


OfArea = Annotated[queries.Query, Depends(_of_area)]


def _of_metric(id: Id, query: OfArea, where: Where, as_of: Moment = None) -> queries.Query:
    """The query of one metric, under filters and as known at a time."""
    return replace(query.of(_metric(id).id).filtered(where), as_of=_local(as_of))


OfMetric = Annotated[queries.Query, Depends(_of_metric)]


@api.get(
    "/metrics/{id}", summary="The numbers of a metric", tags=["numbers"],
    responses={"200": {"model": list[NumberOut], "content": {"text/csv": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def numbers(
    query: OfMetric,
    by: Annotated[Literal[BREAKDOWNS] | None, Query()] = None,  # type: ignore[valid-type]  # the words of a table
    vs: Annotated[
        Comparison | None, Query(description="the period compared with as well, cut at the same time of day")
    ] = None,
    format: Literal["json", "csv"] = "json",
) -> Response:
    """One row a group: value, numerator, denominator, sample size and quality, as the command `query` prints them."""
    frame = answer(replace(query, by=by, comparison=vs))
    return _as_csv(frame) if format == "csv" else JSONResponse(_records(frame))


@api.get("/rows/{id}", summary="The facts behind a number, a page at a time", tags=["numbers"])
def facts(
    caller: Known,
    query: OfMetric,
    part: Annotated[Literal[PARTS] | None, Query()] = None,  # type: ignore[valid-type]  # the words of a table
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> RowsOut:
    """`total` and `rows`: exactly the facts that the number counted, by time; who called is left out."""
    selection, period = Selection(part), query.period
    page = rows(query, selection, limit=limit, offset=offset)
    total = count_rows(query, selection)
    what = f"{query.metric} {query.area} {period.start} {period.end} rows {offset}–{offset + len(page)}"
    caller.record("drill", what)
    return RowsOut(total=total, rows=_records(exported(page, query)))


@api.get("/reds", summary="What is beyond its limit", tags=["numbers"], response_model_exclude_unset=True)
def beyond(query: OfArea) -> list[RedOut]:
    """The list that screens and reports show, most severe first, each with the unit that holds it.

    Of the area itself, its sites, the areas below and the units.
    """
    found = reds(query)
    return [
        RedOut(**_stated(red), holder=HolderOut(**_stated(held)) if held else None)
        for red, held in zip(found, holders(query, found), strict=True)
    ]


@api.get(
    "/areas", summary="An area and those right below it", tags=["areas"],
    responses={"200": {"model": TreeOut, "content": {"application/geo+json": {"schema": {"type": "object"}}}}},
)  # fmt: skip
def tree(
    caller: Known,
    area: Code = None,
    edition: Named = None,
    format: Literal["json", "geojson"] = "json",
) -> Response:
    """As JSON the area, the names above it and what lies below; as GeoJSON the outlines of what lies below."""
    scoped, place = _scope(caller, edition, area)
    if format == "geojson":
        return Response(outlines.collection(scoped, place), media_type="application/geo+json")
    around = {
        **_area(place),
        "above": [_area(a) for a in areas.path(scoped, place)[:-1]],
        "below": [_area(a) for a in areas.children(scoped, place)],
    }
    return JSONResponse(around)


@api.get("/search", summary="Areas, cases, units, metrics and sites that a text finds", tags=["numbers"])
def searched(
    caller: Known,
    response: Response,
    q: Annotated[str, Query(description="part of a name, its pinyin or initials; part of a title or place; a number")],
    edition: Named = None,
    limit: Annotated[int, Query(ge=1, le=MOST_FOUND, description="the most of each kind")] = 10,
) -> FoundOut:
    """The best of each kind first. `more` names kinds with further matches; `complete` is false if time ran out."""
    response.headers["Cache-Control"] = "no-store"
    if wait := search_limit.wait_of(caller.name):
        raise TooOften(
            "search.too_often", "too many searches: try again in {seconds} s", seconds=math.ceil(wait)
        ).again_in(wait)
    published = editions.named(settings.current(), edition) if edition else editions.current(settings.current())
    results = search(published.scoped(caller.grants.scope(Can.LOOK)), _catalog(), q, limit=limit)
    if results.cases:
        caller.record("drill", f"search {len(results.cases)} cases")
    return FoundOut(
        areas=[FoundArea(**_area(match.area), above=list(match.above)) for match in results.areas],
        cases=[
            FoundCase(
                **vars(match) | {"area": f"{match.area:012}", "registered_at": times.of_district(match.registered_at)}
            )
            for match in results.cases
        ],
        units=list(results.units),
        metrics=[FoundMetric(id=metric.id, name=dict(metric.name)) for metric in results.metrics],
        sites=[FoundSite(**vars(match)) for match in results.sites],
        more=sorted(results.more),
        complete=results.is_complete,
    )


@api.get("/limits", summary="Approved limits of metrics by area, category and day", tags=["numbers"])
def limits(caller: Known, edition: Named = None) -> list[LimitOut]:
    """Those of the edition that apply to an area the caller may see. Other numbers have those of the dictionary."""
    published = editions.named(settings.current(), edition) if edition else editions.current(settings.current())
    scope = caller.grants.scope(Can.LOOK)
    return [
        LimitOut(
            metric=row.metric, area=f"{row.area:012}", category=row.category, valid_from=row.valid_from,
            valid_to=row.valid_to, green=row.green, red=row.red, source=row.source,
        )
        for row in from_desk.read(published).limits
        if any(row.area < end and low < end_of(row.area) for low, end in scope)
    ]  # fmt: skip


@api.get("/topics", summary="The topics of the menu", tags=["numbers"])
def topics(caller: Known) -> list[TopicOut]:
    """Each with its names, the levels where the menu offers it, and its metrics."""
    return [
        TopicOut(id=t.id, name=t.name.model_dump(), levels=list(t.levels), metrics=list(t.metrics))
        for t in layouts.of(settings.current()).topics()
    ]


@api.get("/editions", summary="What is published", tags=["editions"])
def published(caller: Known) -> list[EditionOut]:
    """The newest first, with the time of its data. `cases`: how many it holds; null for callers who may see a part."""
    counted = any(district_wide.may(caller.grants, right) for right in (Can.LOOK, Can.DATA))
    return [
        EditionOut(
            id=e.id, as_of=times.of_district(e.as_of), published_at=times.of_district(e.published_at),
            cases=e.cases if counted else None, current=e.current, demo=e.demo,
        )
        for e in shelf.editions(settings.current().data)
    ]  # fmt: skip


def _scope(caller: Caller, edition: str | None, code: int | None) -> tuple[ScopedEdition, Area]:
    """The edition restricted to the caller's scope, and the requested area. Refusals are audited."""
    config = settings.current()
    published = editions.named(config, edition) if edition else editions.current(config)
    scoped = published.scoped(caller.grants.scope(Can.LOOK))
    if code is not None:
        try:
            areas.area(scoped, code)
        except MetricsError as error:
            raise NotFound.of(error) from None
    try:
        return scoped, area_in_scope(scoped, home(scoped, caller.grants).code if code is None else code)
    except OutOfScope:
        caller.note("refused", f"area {code}", "refused")
        raise


def _metric(id: str) -> Metric:
    try:
        return metric_of(_catalog(), id)
    except MetricsError as error:
        raise NotFound.of(error) from None


def _catalog() -> Catalog:
    return catalog_of(settings.current())


def _period(start: date, end: date) -> Period:
    period = Period(start, end)
    if period.days > LONGEST_YEARS * 366 or not (start.year in YEARS and end.year in YEARS):
        raise MetricsError(
            "period.too_long", "a period has at most {years} years, from {first} on", years=LONGEST_YEARS,
            first=YEARS.start,
        )  # fmt: skip
    return period


def _local(moment: datetime | None) -> datetime | None:
    """A time of the district's zone, as the editions keep it."""
    if moment is not None and moment.year not in YEARS:
        raise MetricsError(
            "as_of.year", "as_of lies in the years {first} to {last}", first=YEARS.start, last=YEARS.stop - 1
        )
    return times.local(moment) if moment is not None else None


def _defined(metric: Metric) -> MetricOut:
    limits = metric.thresholds
    return MetricOut.model_validate({
        "id": metric.id, "code": metric.code, "name": dict(metric.name), "definition": dict(metric.definition),
        "unit": {"zh": metric.unit.zh, "en": metric.unit.en},
        "direction": metric.direction, "levels": list(metric.levels), "min_n": metric.min_n,
        "version": metric.version, "splits": list(splits(_catalog(), metric)),
        "filters": list(filters(_catalog(), metric)), "parts": list(metric.parts),
        "thresholds": limits
        and {
            "against": limits.against, "green": str(limits.green or ""), "red": str(limits.red),
            "min_count": limits.min_count, "also": limits.also,
        },
    })  # fmt: skip


def _area(place: Area) -> dict[str, Any]:
    return {
        "code": f"{place.code:012}", "name": place.name, "level": place.level, "population": place.population,
        "households": place.households, "lon": place.lon, "lat": place.lat,
    }  # fmt: skip


def _stated(thing: object) -> dict[str, Any]:
    """The attributes of a dataclass that are not empty texts."""
    return {name: value for name, value in vars(thing).items() if value != ""}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: no NaN, times as ISO text."""
    return [{name: _plain(value) for name, value in row.items()} for row in records(frame)]


def _plain(value: Any) -> Any:
    """A value as JSON has it. A column of lists, such as the veto rules of a site, is one of any length."""
    if isinstance(value, datetime):
        return times.of_district(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (np.ndarray, list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _as_csv(frame: pd.DataFrame) -> PlainTextResponse:
    frame = frame.copy()
    for name in frame.select_dtypes("datetime"):
        frame[name] = [None if pd.isna(at) else times.of_district(at.to_pydatetime()).isoformat() for at in frame[name]]
    return PlainTextResponse(safe_csv(frame), media_type="text/csv")
