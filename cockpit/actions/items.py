"""Actions on work items: begin one, and do a transition of its workflow.

Each checks role, scope and party under the lock of the item, so that no other change comes between check and event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cockpit.access import alerts as counts
from cockpit.access.policy import MATRIX, Can
from cockpit.actions.action import Actor, Forbidden, action
from cockpit.actions.origins import Sight, resolved
from cockpit.labels.names import area_name
from cockpit.notifications import items as notifications
from cockpit.settings import Settings
from cockpit.view_state import catalog_of
from cockpit.workflows.desk_source import rules
from data.areas.levels import end_of
from data.desk import clock
from data.desk.alerting import alerts
from data.desk.errors import Refused
from data.desk.items import store
from data.desk.items.links import Link
from data.desk.items.lists import NO_UNIT, Filter, Reader, may_see
from data.desk.items.store import Beginning, Locked, Rules, Written
from data.desk.store import Desk
from data.editions.edition import AnyEdition
from data.messages import Name
from data.workflow.fields import check_later
from data.workflow.model import START as START_EVENT
from data.workflow.model import Workflow
from data.workflow.parties import answerable, hindrance, may_start, permitted
from metrics import directory

START = action("items.start", "act", Can.ACT, "areas")
ACT = action("items.act", "act", Can.ACT)


def reader(actor: Actor) -> Reader:
    """An actor as the lists of items know it."""
    return Reader(actor.name, tuple(held for held in actor.grants.held if Can.ACT in MATRIX[held.role]))


def start(desk: Desk, actor: Actor, config: Settings, edition: AnyEdition, beginning: Beginning, key: str) -> Written:
    """Begin an item in an area. Returns its first event; the same key again returns the same one.

    Forbidden if no role of the actor may begin this kind there. Refused for an area or unit that does not exist.
    """
    known = rules(config)
    flow = known.flow(beginning.kind)
    areas = ((beginning.area, end_of(beginning.area)),)
    with START.by(desk, actor, f"{flow.id} in {beginning.area}", areas) as entry:
        role = may_start(flow, beginning.area, actor.name, reader(actor).held)
        if role is None:
            raise Forbidden("item.no_start", "Your role may not begin this kind of item here.")
        _known_area(edition, beginning.area)
        place = _unit_area(edition, flow, beginning.fields, beginning.area)
        fields = _with_areas(edition, flow, beginning.fields, beginning.area)
        links = _links(desk, actor, config, edition, beginning)
        begun = replace(beginning, fields=fields, unit_area=place, links=links)
        written = store.start(desk, known, begun, key=key, actor=actor.name, role=role)
        entry.what = f"{written.item.number} start in {beginning.area}"
        if not written.again:
            _order_alerts(desk, actor, beginning.area, links, written.item.number)
            area = _area_name(edition, beginning.area)
            notifications.of_transition(desk, config, written, START_EVENT, actor.name, [actor.name], area)
        return written


def _links(desk: Desk, actor: Actor, config: Settings, edition: AnyEdition, beginning: Beginning) -> tuple[Link, ...]:
    """The subjects of the item, checked and with addresses."""
    if not beginning.links:
        return ()
    scoped = edition.unscoped.scoped(actor.grants.scope(Can.LOOK))
    sight = Sight(scoped, desk, actor.grants, catalog_of(config))
    return resolved(sight, beginning.origin, beginning.links)


def _order_alerts(desk: Desk, actor: Actor, area: int, links: Iterable[Link], number: str) -> None:
    """Mark the alerts that an item began from as ordered. Refused if one has an item already, or is of another area."""
    for link in links:
        if link.kind != "alert":
            continue
        alert = alerts.find(desk, int(link.reference))
        if alert is None or alert.state == "ordered":
            raise Refused("alert.ordered", "this alert has been made into an item already: open the item")
        if alert.area != area:
            raise Refused("alert.other_area", "an item about an alert is of the alert's area {area}", area=alert.area)
        alerts.record(desk, alert.id, "ordered", actor.name, number)
        desk.after_commit(counts.forget)


def act(
    desk: Desk, actor: Actor, config: Settings, edition: AnyEdition, number: str, transition: str,
    fields: Mapping[str, Any], *, key: str, version: int | None = None,
) -> Written:  # fmt: skip
    """Do a transition of an item. Returns its event; the same key again returns the same one.

    version: of the item that the actor saw. Forbidden if role, scope or party do not fit, or for an own request.
    """
    known = rules(config)
    with ACT.by(desk, actor, f"{number} {transition}"):
        if earlier := store.repeated(desk, key, store.digest(actor.name, number, transition, fields)):
            return earlier
        locked = store.lock(desk, known, number)
        flow = known.flow(locked.item.kind)
        if not may_see(reader(actor), locked.item):
            raise Refused("item.unknown", "there is no item {number} that you may see", number=number)
        store.check_version(locked, version)
        role = _role(known, flow, locked, transition, actor)
        place = _unit_area(edition, flow, fields, locked.item.area)
        _check_unit(flow, locked, transition, fields, actor)
        check_later(flow, transition, fields, locked.snapshot.fields)
        fields = _with_areas(edition, flow, fields, locked.item.area)
        written = store.append(
            desk, known, locked, transition, fields, key=key, actor=actor.name, role=role, unit_area=place,
            version=version,
        )  # fmt: skip
        if not written.again:
            area = _area_name(edition, written.item.area)
            actors = {name for _seq, name in locked.snapshot.last.values()} | {actor.name}
            notifications.of_transition(desk, config, written, transition, actor.name, actors, area)
        return written


def checked(known: Rules, only: Filter, edition: AnyEdition | None = None) -> Filter:
    """The filter. Refused for a kind or state that no workflow has, and for a unit that the directory does not have:
    a misspelt name must not give an empty list.
    """
    if edition and only.unit not in ("", NO_UNIT):
        known_there, near = directory.known_unit(edition, only.unit)
        if not known_there and near:
            raise Refused(
                "item.unit_near", 'no unit is called "{name}"; the nearest: {near}', name=only.unit, near=near
            )
        if not known_there:
            raise Refused("item.no_unit", 'no unit is called "{name}"', name=only.unit)
    flows = [known.flow(only.kind)] if only.kind else list(known.flows.values())
    if only.state and not any(only.state in flow.states for flow in flows):
        raise Refused("item.no_state", 'no such kind of item has the state "{name}"', name=only.state)
    return only


def _role(known: Rules, flow: Workflow, locked: Locked, transition: str, actor: Actor) -> str:
    """The role by which the actor may do the transition now. Raises Forbidden or Refused."""
    step = flow.leaving(locked.item.state).get(transition)
    if step is None:
        raise Refused("item.step", "the item is not in a state for this step: open it again and choose another")
    role = permitted(step, locked.item.place, actor.name, reader(actor).held)
    if role is None:
        raise Forbidden("item.no_right", "This step is for others: your role or part in this item does not include it.")
    match hindrance(flow, locked.snapshot, transition, actor.name, known.local(clock.now())):
        case "own":
            raise Forbidden("item.own", "You asked for this yourself: somebody else decides on it.")
        case "nothing_asked":
            raise Refused("item.nothing_asked", "nothing is waiting for this decision")
        case "too_early":
            raise Refused("item.too_early", "the time that has to pass before this step is not over yet")
        case "too_late":
            raise Refused("item.too_late", "the time for this step is over")
    return role


def _area_name(edition: AnyEdition, area: int) -> Name:
    name = area_name(edition, area)
    return Name("area", str(area), name, name)


def _known_area(edition: AnyEdition, area: int) -> None:
    if not directory.is_area(edition, area):
        raise Refused("item.area", "there is no area {area}: choose one of the tree", area=area)


def _unit_area(edition: AnyEdition, flow: Workflow, fields: Mapping[str, Any], area: int) -> int | None:
    """The area of the unit that the fields name: of several of one name, the one nearest to the item's area.

    Refused if the directory has no such unit.
    """
    name = next((fields.get(id) for id, kind in flow.fields.items() if kind.type == "unit"), None)
    return _nearest(edition, str(name), area) if name else None


def _with_areas(edition: AnyEdition, flow: Workflow, fields: Mapping[str, Any], area: int) -> dict[str, Any]:
    """The fields, with the area of each of several units. Refused if the directory lacks one."""
    names = fields.get(flow.units_field or "")
    if not isinstance(names, (list, tuple)):
        if names:
            raise Refused("item.units", "several units are a list of their names")
        return dict(fields)
    return {**fields, str(flow.units_field): {str(name): _nearest(edition, str(name), area) for name in names}}


def _check_unit(flow: Workflow, locked: Locked, transition: str, fields: Mapping[str, Any], actor: Actor) -> None:
    """Forbidden for an answer for a unit that is not the actor's."""
    name = fields.get(flow.answer_field(transition) or "")
    waiting = [one.unit for one in locked.item.asked if not one.answered]
    if name in waiting and name not in answerable(locked.item.place, reader(actor).held):
        raise Forbidden("item.no_right", "This step is for others: your role or part in this item does not include it.")


def _nearest(edition: AnyEdition, name: str, area: int) -> int:
    """The area of a unit: of several of one name, the one nearest to an area."""
    codes = directory.areas_of_unit(edition, name)
    if not codes:
        raise Refused("item.unit", 'the directory has no unit "{name}": choose one of the list', name=name)
    above = [code for code in codes if code <= area < end_of(code)]
    return int(max(above, default=min(codes, key=lambda code: abs(code - area))))
