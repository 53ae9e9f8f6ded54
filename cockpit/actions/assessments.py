"""Actions on assessments and their schemes: draft, objections, approval, publication.

Nobody approves what they drafted or proposed.
"""

from collections.abc import Iterator
from datetime import datetime

from cockpit.access.policy import Can, Grants
from cockpit.actions.action import Actor, action
from data.areas.levels import end_of
from data.desk import typed
from data.desk.assessing import assessments
from data.desk.assessing import schemes as rows
from data.desk.assessing.assessments import Assessment, Draft
from data.desk.assessing.schemes import Proposal
from data.desk.errors import Refused
from data.desk.store import Desk
from data.editions import files
from data.editions.scoped import Scope, ScopedEdition
from data.home import Home
from metrics import areas
from metrics.assessment import schemes
from metrics.assessment.schemes import Scheme
from metrics.assessment.score import Assessed, packed, score, unpacked
from metrics.catalog import Catalog
from metrics.errors import MetricsError
from metrics.query import Query

DRAFT = action("assessments.draft", "act", Can.ASSESS, "areas")
TAKE_OBJECTIONS = action("assessments.take_objections", "act", Can.ASSESS, "areas")
OBJECT = action("assessments.object", "act", Can.ACT, "areas")
ANSWER = action("assessments.answer", "act", Can.ASSESS, "areas")
APPROVE = action("assessments.approve", "act", Can.APPROVE, "areas")
PUBLISH = action("assessments.publish", "act", Can.APPROVE, "areas")
WITHDRAW = action("assessments.withdraw", "act", Can.ASSESS, "areas")
PROPOSE_SCHEME = action("schemes.propose", "settings", Can.PROPOSE, "areas")
WITHDRAW_SCHEME = action("schemes.withdraw", "settings", Can.PROPOSE, "areas")
APPROVE_SCHEME = action("schemes.approve", "settings", Can.APPROVE, "areas")
REFUSE_SCHEME = action("schemes.refuse", "settings", Can.APPROVE, "areas")


def visible(desk: Desk, grants: Grants) -> Iterator[Assessment]:
    """The assessments that an account may see, newest first: drafts only with the right to assess there."""
    for one in assessments.listing(desk):
        may_assess = grants.may(Can.ASSESS, one.area, end_of(one.area))
        if may_assess or (one.state in ("open", "approved", "published") and within(grants, one)):
            yield one


def within(grants: Grants, one: Assessment) -> list[Assessed]:
    """The areas of an assessment that an account may see."""
    return [area for area in unpacked(one.results) if grants.may(Can.LOOK, area.code, end_of(area.code))]


def draft(desk: Desk, actor: Actor, query: Query, scheme: Scheme, home: Home) -> int:
    """Score the areas below the query's by a scheme and keep that as a draft. Returns its number.

    The edition is pinned, so that the rows that were counted can be opened for ever. Refused for a scheme whose metrics
    the catalog has no more.
    """
    period, edition = query.period, query.edition.id
    try:
        schemes.check(scheme, query.catalog)
    except MetricsError as error:
        raise Refused.of(error) from error
    what = f"assessment {scheme.id} of {query.area}, {period.start} to {period.end}, edition {edition}"
    with DRAFT.by(desk, actor, what, _all(query.area)):
        made = Draft(
            scheme.model_dump(mode="json"), query.area, period.start, period.end, edition, packed(score(query, scheme))
        )
        files.pin(home, edition)
        return assessments.add(desk, made, actor.name)


def take_objections(desk: Desk, actor: Actor, id: int) -> datetime:
    """Show a draft to the areas that it assesses. Returns until when objections are taken, UTC."""
    with TAKE_OBJECTIONS.by(desk, actor, f"assessment {id} open to objections", _of(desk, id)):
        return assessments.take_objections(desk, id)


def object_to(desk: Desk, actor: Actor, id: int, area: int, metric: str, words: str) -> int:
    """Object to a line of an area; the right is needed on that area. Returns the number of the objection."""
    with OBJECT.by(desk, actor, f"objection to assessment {id}: {area} {metric}", _all(area)):
        return assessments.raise_objection(desk, id, area, metric, words, actor.name)


def answer(desk: Desk, actor: Actor, objection: int, words: str, accepted: bool) -> None:
    """Answer an objection."""
    where = _of(desk, assessments.objection(desk, objection).assessment)
    outcome = "accepted" if accepted else "refused"
    with ANSWER.by(desk, actor, f"objection {objection} {outcome}", where):
        assessments.answer(desk, objection, words, accepted, actor.name)


def approve(desk: Desk, actor: Actor, id: int) -> None:
    """Approve an assessment that somebody else drafted."""
    with APPROVE.by(desk, actor, f"assessment {id} approved", _of(desk, id)):
        assessments.approve(desk, id, actor.name)


def publish(desk: Desk, actor: Actor, id: int) -> None:
    """Publish an approved assessment."""
    with PUBLISH.by(desk, actor, f"assessment {id} published", _of(desk, id)):
        assessments.publish(desk, id, actor.name)


def withdraw(desk: Desk, actor: Actor, id: int, reason: str) -> None:
    """Withdraw an assessment that is not published."""
    reason = typed.words(reason)
    with WITHDRAW.by(desk, actor, f"assessment {id} withdrawn: {reason}", _of(desk, id)):
        assessments.withdraw(desk, id, reason)


def propose_scheme(desk: Desk, actor: Actor, edition: ScopedEdition, catalog: Catalog, what: Proposal) -> int:
    """Propose a scheme for an area and all below it. Returns its number.

    Refused for an unknown area and for weights, targets and metrics that nobody can be assessed by.
    """
    try:
        schemes.proposed(what, catalog)
        areas.area(edition, what.area)
    except MetricsError as error:
        raise Refused.of(error) from error
    with PROPOSE_SCHEME.by(desk, actor, f"scheme {_words(what)} proposed", _all(what.area)):
        return rows.propose(desk, what, actor.name)


def withdraw_scheme(desk: Desk, actor: Actor, id: int) -> None:
    """Take back an own proposal that nobody has decided on."""
    what = rows.find(desk, id).what
    with WITHDRAW_SCHEME.by(desk, actor, f"scheme {id} {_words(what)} withdrawn", _all(what.area)):
        rows.withdraw(desk, id, actor.name)


def approve_scheme(desk: Desk, actor: Actor, id: int, note: str = "") -> None:
    """Approve a scheme that somebody else proposed: assessments of periods from its day on use it."""
    what = rows.find(desk, id).what
    with APPROVE_SCHEME.by(desk, actor, f"scheme {id} {_words(what)} approved", _all(what.area)):
        rows.decide(desk, id, actor.name, approve=True, note=note)


def refuse_scheme(desk: Desk, actor: Actor, id: int, note: str) -> None:
    """Refuse a scheme that somebody else proposed, and say why."""
    what, note = rows.find(desk, id).what, typed.words(note)
    with REFUSE_SCHEME.by(desk, actor, f"scheme {id} {_words(what)} refused: {note}", _all(what.area)):
        rows.decide(desk, id, actor.name, approve=False, note=note)


def _words(what: Proposal) -> str:
    lines = ", ".join(f"{line.metric} {line.weight:g} ({line.floor:g} to {line.target:g})" for line in what.lines)
    return f"{what.scheme} of {what.area} from {what.valid_from}: {lines}"


def _of(desk: Desk, id: int) -> Scope:
    return _all(assessments.find(desk, id).area)


def _all(area: int) -> Scope:
    return ((area, end_of(area)),)
