"""Actions on the limits of metrics: a data officer proposes them, a leader decides."""

from datetime import date

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from data.areas.levels import end_of
from data.desk.errors import Refused
from data.desk.register import limits
from data.desk.register.limits import Proposal, Row
from data.desk.store import Desk
from data.editions.scoped import ScopedEdition
from metrics import areas
from metrics.catalog import Catalog
from metrics.errors import MetricsError
from metrics.limits import check

PROPOSE_LIMIT = action("limits.propose", "settings", Can.PROPOSE, "areas")
APPROVE_LIMIT = action("limits.approve", "settings", Can.APPROVE, "areas")
REFUSE_LIMIT = action("limits.refuse", "settings", Can.APPROVE, "areas")
END_LIMIT = action("limits.end", "settings", Can.APPROVE, "areas")


def propose_limit(desk: Desk, actor: Actor, edition: ScopedEdition, catalog: Catalog, proposal: Proposal) -> int:
    """Propose a limit for an area and all below it. Returns its number.

    Refused for an unknown metric or area and for bounds that do not fit the metric.
    """
    try:
        check(catalog, proposal.metric, proposal.green, proposal.red, proposal.category)
        areas.area(edition, proposal.area)
    except MetricsError as error:
        raise Refused.of(error) from error
    with PROPOSE_LIMIT.by(desk, actor, f"limit {_words(proposal)} proposed", _range(proposal.area)):
        return limits.propose(desk, proposal, actor.name)


def approve_limit(desk: Desk, actor: Actor, id: int, note: str = "") -> Row:
    """Approve a proposal of somebody else: it applies from the next edition on."""
    row = limits.find(desk, id)
    with APPROVE_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} approved", _range(row.what.area)):
        limits.decide(desk, id, actor.name, approve=True, note=note)
    return row


def refuse_limit(desk: Desk, actor: Actor, id: int, note: str) -> Row:
    """Refuse a proposal of somebody else, and say why."""
    row = limits.find(desk, id)
    with REFUSE_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} refused: {note}", _range(row.what.area)):
        limits.decide(desk, id, actor.name, approve=False, note=note)
    return row


def end_limit(desk: Desk, actor: Actor, id: int, day: date) -> Row:
    """Let an approved limit apply up to but not including a day."""
    row = limits.find(desk, id)
    with END_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} ends before {day}", _range(row.what.area)):
        limits.end(desk, id, actor.name, day)
    return row


def _range(area: int) -> tuple[tuple[int, int], ...]:
    return ((area, end_of(area)),)


def _words(what: Proposal) -> str:
    category = f" {what.category}" if what.category else ""
    until = f" to {what.valid_to}" if what.valid_to else ""
    return f"{what.metric} {what.area}{category} green {what.green or '–'} red {what.red} from {what.valid_from}{until}"
