"""Actions on assessments: draft, objections, approval, publication. Nobody approves what they drafted."""

from datetime import datetime

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from data.areas.levels import end_of
from data.desk import typed
from data.desk.assessing import assessments
from data.desk.assessing.assessments import Draft
from data.desk.store import Desk
from data.editions import files
from data.editions.scoped import Scope
from data.home import Home
from metrics.assessment.schemes import Scheme
from metrics.assessment.score import packed, score
from metrics.query import Query

DRAFT = action("assessments.draft", "act", Can.ASSESS, "areas")
TAKE_OBJECTIONS = action("assessments.take_objections", "act", Can.ASSESS, "areas")
OBJECT = action("assessments.object", "act", Can.ACT, "areas")
ANSWER = action("assessments.answer", "act", Can.ASSESS, "areas")
APPROVE = action("assessments.approve", "act", Can.APPROVE, "areas")
PUBLISH = action("assessments.publish", "act", Can.APPROVE, "areas")
WITHDRAW = action("assessments.withdraw", "act", Can.ASSESS, "areas")


def draft(desk: Desk, actor: Actor, query: Query, scheme: Scheme, home: Home) -> int:
    """Score the areas below the query's by a scheme and keep that as a draft. Returns its number.

    The edition is pinned, so that the rows that were counted can be opened for ever.
    """
    period, edition = query.period, query.edition.id
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


def _of(desk: Desk, id: int) -> Scope:
    return _all(assessments.find(desk, id).area)


def _all(area: int) -> Scope:
    return ((area, end_of(area)),)
