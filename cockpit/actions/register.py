"""Actions on limits of metrics, which a data officer proposes and a leader decides on, and on edits of assets."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from data.areas.levels import end_of
from data.desk import typed
from data.desk.errors import Refused
from data.desk.register import edits, limits
from data.desk.register.limits import Proposal, Row, State
from data.desk.store import Desk
from data.editions.scoped import ScopedEdition
from metrics import areas
from metrics.catalog import Catalog
from metrics.errors import MetricsError
from metrics.limits import check, check_category
from metrics.register import loaded_values
from metrics.rows import fact
from metrics.scope import OutOfScope


@dataclass(frozen=True)
class Change:
    """A new value of a column of an asset, as typed, and why. seen: as that of `edits.Wanted`."""

    field: str
    value: str
    reason: str
    seen: int | None = None


PROPOSE_LIMIT = action("limits.propose", "settings", Can.PROPOSE, "areas")
APPROVE_LIMIT = action("limits.approve", "settings", Can.APPROVE, "areas")
REFUSE_LIMIT = action("limits.refuse", "settings", Can.APPROVE, "areas")
WITHDRAW_LIMIT = action("limits.withdraw", "settings", Can.PROPOSE, "areas")
END_LIMIT = action("limits.end", "settings", Can.APPROVE, "areas")
EDIT_ASSET = action("assets.edit", "settings", Can.PROPOSE, "areas")
WITHDRAW_EDIT = action("assets.withdraw_edit", "settings", Can.PROPOSE, "areas")


def propose_limit(desk: Desk, actor: Actor, edition: ScopedEdition, catalog: Catalog, proposal: Proposal) -> int:
    """Propose a limit for an area and all below it. Returns its number.

    Refused for an unknown metric, area or category and for bounds that do not fit the metric.
    """
    try:
        check(catalog, proposal.metric, proposal.green, proposal.red, proposal.category)
        if proposal.category:
            check_category(edition, catalog, proposal.metric, proposal.category)
        areas.area(edition, proposal.area)
    except MetricsError as error:
        raise Refused.of(error) from error
    with PROPOSE_LIMIT.by(desk, actor, f"limit {_words(proposal)} proposed", _range(proposal.area)):
        return limits.propose(desk, proposal, actor.name)


def approve_limit(desk: Desk, actor: Actor, id: int, note: str = "") -> Row:
    """Approve a proposal of somebody else: it applies from the next edition on."""
    row = limits.find(desk, id)
    if _is_second_click(row, actor, "approved"):
        return row
    with APPROVE_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} approved", _range(row.what.area)):
        limits.decide(desk, id, actor.name, approve=True, note=note)
    return row


def refuse_limit(desk: Desk, actor: Actor, id: int, note: str) -> Row:
    """Refuse a proposal of somebody else, and say why."""
    row, note = limits.find(desk, id), typed.words(note)
    if _is_second_click(row, actor, "refused"):
        return row
    with REFUSE_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} refused: {note}", _range(row.what.area)):
        limits.decide(desk, id, actor.name, approve=False, note=note)
    return row


def _is_second_click(row: Row, actor: Actor, state: State) -> bool:
    """Whether the actor has just decided so: a button pressed twice is no fault."""
    return (row.state, row.decided_by) == (state, actor.name)


def withdraw_limit(desk: Desk, actor: Actor, id: int) -> Row:
    """Take back an own proposal that nobody has decided on."""
    row = limits.find(desk, id)
    with WITHDRAW_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} withdrawn", _range(row.what.area)):
        limits.withdraw(desk, id, actor.name)
    return row


def end_limit(desk: Desk, actor: Actor, id: int, day: date, *, version: int) -> Row:
    """Let an approved limit apply up to but not including a day. version: of the row that the actor saw."""
    row = limits.find(desk, id)
    with END_LIMIT.by(desk, actor, f"limit {id} {_words(row.what)} ends before {day}", _range(row.what.area)):
        limits.end(desk, id, actor.name, day, version=version)
    return row


def edit_asset(desk: Desk, actor: Actor, edition: ScopedEdition, source: str, key: str, change: Change) -> int:
    """Give a column of an asset another value, which wins over the loaded one. Returns the number of the edit.

    Refused for an asset that is not in the edition, and for a column or value that cannot be edited so.
    """
    asset = registered(edition, source, key)
    loaded = loaded_values(edition, source, key).get(change.field, asset.get(change.field))
    change = replace(change, reason=typed.words(change.reason))
    what = f"asset {source} {key}: {change.field} = {change.value or '–'}: {change.reason}"
    with EDIT_ASSET.by(desk, actor, what, _range(int(asset["area"]))):
        text = None if loaded is None else str(loaded)
        wanted = edits.Wanted(source, key, change.field, change.value, text, change.reason, change.seen)
        return edits.edit(desk, wanted, actor.name)


def withdraw_edit(desk: Desk, actor: Actor, edition: ScopedEdition, source: str, key: str, id: int) -> None:
    """Let the loaded value of an asset apply again."""
    asset = registered(edition, source, key)
    if id not in {row.id for row in edits.listing(desk, source, key)}:
        raise Refused("edit.unknown", "there is no edit {id} that applies", id=id)
    with WITHDRAW_EDIT.by(desk, actor, f"asset {source} {key}: edit {id} withdrawn", _range(int(asset["area"]))):
        edits.withdraw(desk, id, actor.name)


def registered(edition: ScopedEdition, source: str, key: str) -> dict[str, Any]:
    """The asset in the edition. Refused if it has none, or none for this scope."""
    try:
        asset = fact(edition, "assets", source, key)
    except OutOfScope:
        asset = None
    if asset is None:
        raise Refused("asset.unknown", "there is no asset {asset} that you may see", asset=key)
    return asset


def _range(area: int) -> tuple[tuple[int, int], ...]:
    return ((area, end_of(area)),)


def _words(what: Proposal) -> str:
    category = f" {what.category}" if what.category else ""
    until = f" to {what.valid_to}" if what.valid_to else ""
    return f"{what.metric} {what.area}{category} green {what.green or '–'} red {what.red} from {what.valid_from}{until}"
