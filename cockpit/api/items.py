"""`/api/v1/items`: lists of work items, one with its history, begin one, do a step."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.policy import Can
from cockpit.actions import items as actions
from cockpit.actions.action import Actor
from cockpit.actions.action import Forbidden as NotAllowed
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import Conflicting, Forbidden, NotFound
from cockpit.api.faults import fault
from cockpit.workflows import desk_source
from data.desk import clock
from data.desk.errors import Refused
from data.desk.items import links, lists, store
from data.desk.items.item import Item
from data.desk.items.links import Link, LinkKind
from data.desk.items.lists import Filter
from data.desk.items.store import Beginning, Rules, Written
from data.workflow.model import Origin, Workflow
from data.workflow.parties import may_start, open_transitions
from data.workflow.replay import Event, Snapshot, replay

router = APIRouter(tags=["items"])
MOST = 200
CONFLICT = fault(409, "the key stands for another request, or something else has happened meanwhile")
CONFLICTS = ("item.changed", "item.key_used", "item.twice", "alert.ordered", "alert.state")
"""Refusals that say that something else has happened meanwhile."""

Number = Annotated[str, Path(max_length=40, description="an item, such as DB20261120-12")]
Key = Annotated[
    str, Header(alias="Idempotency-Key", min_length=1, max_length=200,
                description="names the request: sent again with the same content, it is done once"),
]  # fmt: skip


class ItemOut(BaseModel):
    """An item as its newest event left it."""

    number: str
    kind: str
    title: str
    area: str = Field(description="code of twelve digits")
    unit: str | None
    state: str
    open: bool
    turn: str = Field(description="the party that acts next: author, holder, unit, supervisor, anyone or asked")
    asked: dict[str, bool] = Field(description="units that are asked at once, and whether each has answered")
    origin: str
    author: str
    holder: str | None
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None = Field(description="of the running deadline that runs out first")
    clock: str | None
    colour: str | None = Field(description="blue, yellow or red")
    version: int = Field(description="number of its newest event")


class EventOut(BaseModel):
    """An event of an item."""

    seq: int
    step: str
    state: str
    actor: str
    at: datetime
    fields: dict[str, Any]


class LinkOut(BaseModel):
    """Something that an item is about."""

    kind: LinkKind
    reference: str


class ClockOut(BaseModel):
    """A clock of an item."""

    clock: str
    status: str
    deadline: datetime | None


class StepOut(BaseModel):
    """A step that the caller may do now, and the fields that it takes."""

    step: str
    required: list[str]
    optional: list[str]


class WholeItem(ItemOut):
    """An item with what it is about, its fields, clocks and events, and what the caller may do."""

    about: list[LinkOut]
    fields: dict[str, Any]
    clocks: list[ClockOut]
    steps: list[StepOut]
    events: list[EventOut]


class Items(BaseModel):
    """A page of a list. total: at most 1,000 are counted."""

    total: int
    items: list[ItemOut]


class KindOut(BaseModel):
    """A kind of item, with the states and fields of its workflow. start: the caller may begin one somewhere."""

    id: str
    name: dict[str, str]
    states: dict[str, str] = Field(description="id and type: open, closed or cancelled")
    fields: dict[str, dict[str, Any]]
    required: list[str] = Field(description="fields without which it does not begin")
    optional: list[str]
    origins: list[str]
    start: bool


class About(BaseModel):
    """The subject of a new item: `source/key` of a case or site, the id of an alert, metric and area of a number."""

    model_config = ConfigDict(extra="forbid")
    kind: LinkKind
    reference: str = Field(min_length=1, max_length=links.LONGEST_REFERENCE)


class NewItem(BaseModel):
    """An item to begin."""

    model_config = ConfigDict(extra="forbid")
    kind: str = Field(max_length=40)
    title: str = Field(max_length=200)
    area: int = Field(ge=0, lt=10**12)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    origin: Origin = "free"
    about: list[About] = Field(default_factory=list, max_length=links.MOST_LINKS)


class NewStep(BaseModel):
    """A step to do. version: of the item that the caller saw; without it, whatever it is now."""

    model_config = ConfigDict(extra="forbid")
    step: str = Field(max_length=40)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    version: int | None = Field(default=None, ge=1)


@router.get("/item-kinds", summary="The kinds of work item")
def kinds(caller: Known) -> list[KindOut]:
    """States, fields and origins of each, as its workflow has them."""
    actor = _actor(caller)
    held = actions.reader(actor).held
    return [
        KindOut(
            id=flow.id, name=dict(flow.name), states={id: state.type for id, state in flow.states.items()},
            fields={id: field.model_dump(exclude_none=True) for id, field in flow.fields.items()},
            required=list(flow.start.required), optional=list(flow.start.optional), origins=list(flow.origins),
            start=any(may_start(flow, grant.first, actor.name, held) for grant in held),
        )
        for flow in _rules().flows.values()
    ]  # fmt: skip


def _filter(
    kind: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=40)] = "",
    owner: Annotated[str, Query(max_length=200, description="the responsible unit; – for none yet")] = "",
    q: Annotated[str, Query(max_length=100, description="part of the title, or a number")] = "",
) -> Filter:
    return actions.checked(_rules(), Filter(kind, state, owner, q.strip()), editions.current(settings.current()))


Only = Annotated[Filter, Depends(_filter)]


@router.get("/items", summary="Work items that the caller may see")
def listed(
    caller: Known,
    only: Only,
    view: Annotated[lists.View, Query(description="mine: those that wait for the caller")] = "all",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Items:
    """Those due first on top; the closed by the time of their end."""
    reader, now = actions.reader(_actor(caller)), clock.now()
    items = lists.items(visitors.desk(), reader, view, now, only, most=limit, skip=offset)
    total = lists.count(visitors.desk(), reader, view, now, only)
    caller.record("view_case", f"{len(items)} items")
    return Items(total=total, items=[_item(item, now) for item in items])


@router.get("/items/{number}", summary="One work item")
def one(caller: Known, number: Number) -> WholeItem:
    """With its history and what the caller may do next."""
    item = _find(caller, number)
    caller.record("view_case", f"desk/{number}")
    return _whole(caller, item)


@router.post("/items", summary="Begin a work item", status_code=201, responses=CONFLICT)
def start(caller: Known, new: NewItem, key: Key, response: Response) -> WholeItem:
    """The item begun; the same key with the same content returns it again."""
    beginning = Beginning(
        new.kind, new.title, new.area, new.fields, origin=new.origin,
        links=tuple(Link(about.kind, about.reference) for about in new.about),
    )  # fmt: skip
    actor, config = _actor(caller), settings.current()
    written = _done(
        lambda: actions.start(visitors.desk(), actor, config, editions.current(config), beginning, _own(caller, key))
    )  # fmt: skip
    response.headers["Location"] = f"/api/v1/items/{written.item.number}"
    return _whole(caller, written.item)


@router.post("/items/{number}/steps", summary="Do a step of a work item", responses=CONFLICT)
def step(caller: Known, number: Number, new: NewStep, key: Key) -> WholeItem:
    """The item after the step; the same key with the same content does nothing twice."""
    _find(caller, number)
    actor, config = _actor(caller), settings.current()
    written = _done(
        lambda: actions.act(
            visitors.desk(), actor, config, editions.current(config), number, new.step, new.fields,
            key=_own(caller, key), version=new.version,
        )
    )  # fmt: skip
    return _whole(caller, written.item)


def _actor(caller: Caller) -> Actor:
    """The acting account. 403 for tokens, since only people do steps, and for roles without actions."""
    if caller.token or not caller.grants.may(Can.ACT):
        caller.note("refused", "items", "refused")
        if caller.token:
            raise Forbidden("items.token", "a token does no steps of work items: sign in with an account")
        raise Forbidden("items.not_allowed", "your role does no steps of work items")
    return Actor.holding(caller.name, caller.grants, caller.address)


def _own(caller: Caller, key: str) -> str:
    """The key of a request among those of everybody."""
    return sha256(f"{caller.name}\0{key}".encode()).hexdigest()


def _rules() -> Rules:
    return desk_source.rules(settings.current())


def _done(work: Any) -> Written:
    """The result of an action; its refusals with their status."""
    try:
        written: Written = work()
    except NotAllowed as error:
        raise Forbidden.of(error) from None
    except Refused as error:
        if error.message.code in CONFLICTS:
            raise Conflicting.of(error) from None
        raise
    return written


def _find(caller: Caller, number: str) -> Item:
    reader = actions.reader(_actor(caller))
    item = store.find(visitors.desk(), number)
    if item is None or not lists.may_see(reader, item) or item.kind not in _rules().flows:
        caller.note("refused", f"item {number}", "refused")
        raise NotFound("item.unknown", "there is no item {number} that you may see", number=number)
    return item


def _item(item: Item, now: datetime) -> ItemOut:
    return ItemOut(
        number=item.number, kind=item.kind, title=item.title, area=f"{item.area:012}", unit=item.unit,
        state=item.state, open=item.is_open, turn=item.turn, origin=item.origin, author=item.author,
        holder=item.holder, opened_at=_utc(item.opened_at), changed_at=_utc(item.changed_at),
        due_at=_utc(item.due_at) if item.due_at else None, clock=item.clock, colour=item.colour(now),
        version=item.version, asked={one.unit: one.answered for one in item.asked},
    )  # fmt: skip


def _whole(caller: Caller, item: Item) -> WholeItem:
    desk, known, now = visitors.desk(), _rules(), clock.now()
    flow, happened = known.flow(item.kind), store.events(desk, known, item.id)
    snapshot = replay(flow, happened, known.calendar)
    about = [LinkOut(kind=link.kind, reference=link.reference) for link in links.of_item(desk, item.id)]
    return WholeItem(
        **_item(item, now).model_dump(), about=about, fields=dict(snapshot.fields),
        clocks=[
            ClockOut(clock=id, status=running.status, deadline=running.deadline and _utc(known.utc(running.deadline)))
            for id, running in snapshot.clocks.items()
        ],
        steps=_steps(flow, snapshot, item, caller, known.local(now)),
        events=[_event(known, event) for event in happened],
    )  # fmt: skip


def _steps(flow: Workflow, snapshot: Snapshot, item: Item, caller: Caller, at: datetime) -> list[StepOut]:
    held = actions.reader(_actor(caller)).held
    possible = open_transitions(flow, snapshot, item.place, caller.name, held, at)
    return [
        StepOut(step=id, required=list(step.required), optional=list(step.optional)) for id, step in possible.items()
    ]


def _event(known: Rules, event: Event) -> EventOut:
    return EventOut(
        seq=event.seq, step=event.transition, state=event.state, actor=event.actor, at=_utc(known.utc(event.at)),
        fields=dict(event.fields),
    )  # fmt: skip


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
