"""Who may do a transition of an item: role, scope, party, and that nobody approves an own request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from data.areas.levels import end_of
from data.workflow.model import Party, Permission, Reach, Transition, Workflow
from data.workflow.replay import Asked, Snapshot, is_answered, requesters

SUPERVISORS = ("leader", "inspector")
WHOLE_DISTRICT = 10**6
"""Codes of districts and above are multiples of it: there is nobody above them."""


class Held(Protocol):
    """A role on the area codes [first, end), as one unit of the area or, without a unit, as any of them."""

    @property
    def role(self) -> str: ...
    @property
    def first(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True)
class Place:
    """The attributes that permissions depend on: area, author, unit with its area, holder, and the units asked."""

    area: int
    author: str
    unit_area: int | None = None
    holder: str | None = None
    unit: str | None = None
    asked: tuple[Asked, ...] = ()


def may_start(flow: Workflow, area: int, name: str, held: Iterable[Held]) -> str | None:
    """The role by which an account may begin an item in an area; None if it may not."""
    return _role(flow.start, Place(area, name), name, held)


def permitted(transition: Transition, place: Place, name: str, held: Iterable[Held]) -> str | None:
    """The role by which an account may do a transition by scope and party; None if it may not."""
    return _role(transition, place, name, held)


def open_transitions(
    flow: Workflow, snapshot: Snapshot, place: Place, name: str, held: Iterable[Held], at: datetime
) -> dict[str, Transition]:
    """The transitions of an item that are open to an account now, by id."""
    grants = tuple(held)
    return {
        id: transition
        for id, transition in flow.leaving(snapshot.state).items()
        if permitted(transition, place, name, grants) and hindrance(flow, snapshot, id, name, at) is None
    }


def hindrance(flow: Workflow, snapshot: Snapshot, id: str, name: str, at: datetime) -> str | None:
    """Why a permitted transition is not possible now: own, nothing_asked, too_early or too_late; None if it is."""
    transition = flow.transitions[id]
    if transition.approves:
        authors = requesters(snapshot, transition.approves)
        if not authors or is_answered(snapshot, transition.approves, flow.answers(id)):
            return "nothing_asked"
        if name in authors:
            return "own"
    for clock_id, late in ((transition.before_end, True), (transition.after_end, False)):
        if clock_id is None:
            continue
        clock = snapshot.clocks.get(clock_id)
        over = clock is None or clock.deadline is None or clock.deadline < at
        if over == late:
            return "too_late" if late else "too_early"
    return None


def is_of_unit(place: Place, grant: Held) -> bool:
    """Whether a grant takes the part of the item's unit."""
    return grant.first == place.unit_area and grant.unit in ("", place.unit)


def answerable(place: Place, held: Iterable[Held]) -> list[str]:
    """The units that are asked and have not answered yet, for which one of these grants may answer."""
    grants = tuple(held)
    return [one.unit for one in place.asked if not one.answered and any(_speaks_for(one, grant) for grant in grants)]


def is_asked(place: Place, grant: Held) -> bool:
    """Whether a grant takes the part of a unit that is asked, whether it has answered or not."""
    return any(_speaks_for(one, grant) for one in place.asked)


def _speaks_for(one: Asked, grant: Held) -> bool:
    return grant.first == one.area and grant.unit in ("", one.unit)


def _role(permission: Permission, place: Place, name: str, held: Iterable[Held]) -> str | None:
    for grant in held:
        if grant.role not in permission.roles or not _reaches(permission.scope, place, grant):
            continue
        if any(_is(party, place, name, grant) for party in permission.party):
            return grant.role
    return None


def _reaches(scope: Reach, place: Place, grant: Held) -> bool:
    if scope == "unit":
        return is_of_unit(place, grant) or is_asked(place, grant)
    covers = grant.first <= place.area and end_of(place.area) <= grant.end
    if scope == "own":
        return covers
    wider = grant.end - grant.first > end_of(place.area) - place.area
    return covers and (wider or place.area % WHOLE_DISTRICT == 0)


def _is(party: Party | Literal["others"], place: Place, name: str, grant: Held) -> bool:
    match party:
        case "author":
            return name == place.author
        case "holder":
            return name == place.holder
        case "unit":
            return is_of_unit(place, grant)
        case "supervisor":
            return grant.role in SUPERVISORS and name != place.holder
        case "asked":
            return bool(answerable(place, [grant]))
        case "others":
            return not is_of_unit(place, grant)
        case "anyone":
            return True
