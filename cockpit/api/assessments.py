"""`/api/v1/schemes`, `/api/v1/assessments`: schemes in force, assessments that the caller may see, their lines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.policy import Can
from cockpit.actions.assessments import visible, within
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import Forbidden, NotFound
from cockpit.view_state import catalog_of
from data.areas.levels import end_of
from data.desk.assessing import assessments, schemes
from data.desk.assessing.assessments import Assessment
from metrics.areas import root
from metrics.assessment import schemes as rules
from metrics.assessment.score import Assessed
from metrics.period import last_day

router = APIRouter(tags=["assessments"])


class SchemeLineOut(BaseModel):
    """A metric with its weight of 100, and the values that score 100 and 0."""

    metric: str
    weight: float
    target: float
    floor: float


class SchemeOut(BaseModel):
    """A scheme of assessment. least: cases that every line needs, below which an area is neither scored nor ranked."""

    id: str
    name: dict[str, str]
    level: str
    period: str
    least: int
    lines: list[SchemeLineOut]


class AssessmentOut(BaseModel):
    """An assessment of the areas below one. to: exclusive. edition: whose rows were counted."""

    id: int
    scheme: str
    name: dict[str, str]
    state: str = Field(examples=list(assessments.STATES))
    area: str = Field(description="code of twelve digits")
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    edition: str
    made_by: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None
    published_by: str
    published_at: datetime | None


class LineOut(SchemeLineOut):
    """A line of an area. points: 0 to 100 before the weight; null where the sample is too small."""

    numerator: float
    denominator: float
    value: float | None
    points: float | None


class AssessedOut(BaseModel):
    """An assessed area. total, place: null where a line has too small a sample; places count areas of one kind."""

    area: str
    name: str
    kind: str
    place: int | None
    tied: bool = Field(description="not clearly apart from the one before")
    total: float | None
    low: float | None
    high: float | None
    lines: list[LineOut]


class ObjectionOut(BaseModel):
    """An objection. metric: empty for the whole. accepted: null until it is answered."""

    area: str
    metric: str
    text: str
    who: str
    at: datetime
    answer: str
    accepted: bool | None
    answered_by: str


class WholeAssessment(AssessmentOut):
    """An assessment with the areas that the caller may see, and the objections to them."""

    areas: list[AssessedOut]
    objections: list[ObjectionOut]


@router.get("/schemes", summary="Schemes of assessment in force")
def in_force(
    caller: Known, day: Annotated[date | None, Query(description="first day of a period; today by default")] = None
) -> list[SchemeOut]:
    """For the caller's first area and a period that begins on that day."""
    config = settings.current()
    edition = editions.current(config)
    if not caller.grants.may(Can.LOOK):
        _refuse(caller)
    catalog = catalog_of(config)
    scopes = caller.grants.scope(Can.LOOK)
    top = root(edition.scoped(scopes)).code
    area = top if caller.grants.may(Can.LOOK, top, end_of(top)) else scopes[0][0]
    known = rules.load(catalog, config.schemes)
    valid = rules.in_force(known, schemes.listing(visitors.desk()), area, day or last_day(edition.as_of))
    return [
        SchemeOut(
            id=one.id, name=one.name.model_dump(), level=one.level, period=one.period, least=one.least,
            lines=[SchemeLineOut(**line.model_dump()) for line in one.lines],
        )
        for one in valid.values()
    ]  # fmt: skip


@router.get("/assessments", summary="Assessments", response_model_by_alias=True)
def listed(caller: Known) -> list[AssessmentOut]:
    """Those of areas that the caller may see, the newest first; drafts only for who may assess there."""
    return [AssessmentOut(**_outline(one)) for one in _visible(caller)]


@router.get("/assessments/{id}", summary="One assessment, line by line")
def one(caller: Known, id: Annotated[int, Path(ge=1, lt=2**31)]) -> WholeAssessment:
    """Each line is a metric over the period: `rows/{metric}` of the area and the edition has the rows it counted."""
    found = next((one for one in _visible(caller) if one.id == id), None)
    if found is None:
        raise NotFound("assessment.unknown", "there is no assessment {id}", id=id)
    areas = within(caller.grants, found)
    seen = {area.code for area in areas}
    raised = [one for one in assessments.objections(visitors.desk(), id) if one.area in seen]
    return WholeAssessment(
        **_outline(found),
        areas=[_assessed(area) for area in areas],
        objections=[
            ObjectionOut(
                area=f"{one.area:012}", at=one.at.replace(tzinfo=UTC),
                **{name: getattr(one, name) for name in ("metric", "text", "who", "answer", "accepted", "answered_by")},
            )
            for one in raised
        ],
    )  # fmt: skip


def _visible(caller: Caller) -> Iterator[Assessment]:
    if not caller.grants.may(Can.LOOK):
        _refuse(caller)
    return visible(visitors.desk(), caller.grants)


def _refuse(caller: Caller) -> None:
    caller.note("refused", "assessments", "refused")
    raise Forbidden("assessments.not_allowed", "assessments are for accounts that see numbers")


def _outline(one: Assessment) -> dict[str, Any]:
    named = {name: getattr(one, name) for name in ("id", "state", "edition", "made_by", "approved_by", "published_by")}
    times = {name: _utc(getattr(one, name)) for name in ("made_at", "approved_at", "published_at")}
    scheme = {"scheme": one.scheme["id"], "name": one.scheme["name"]}
    return named | times | scheme | {"area": f"{one.area:012}", "from": one.first, "to": one.end}


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _assessed(area: Assessed) -> AssessedOut:
    given = {name: getattr(area, name) for name in AssessedOut.model_fields if name not in ("area", "lines")}
    lines = [LineOut(**{name: getattr(line, name) for name in LineOut.model_fields}) for line in area.lines]
    return AssessedOut(area=f"{area.code:012}", lines=lines, **given)
