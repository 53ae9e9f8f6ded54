"""Actions on findings of site checks, and on the deductions for failed checks."""

from datetime import datetime

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from data.desk import deductions, findings, typed
from data.desk.deductions import Deduction
from data.desk.errors import Refused
from data.desk.findings import Choice, Decision
from data.desk.store import Desk
from data.editions.scoped import Scope, ScopedEdition
from metrics.rows import fact

DECIDE = action("findings.decide", "act", Can.JUDGE, "areas")
TAKE_BACK = action("findings.take_back", "act", Can.JUDGE, "areas")
SAVE_DEDUCTION = action("deductions.save", "settings", Can.DEDUCTIONS, "everywhere")


def decide(
    desk: Desk, actor: Actor, edition: ScopedEdition, *, source: str, asset: str, rule: str, choice: Choice, note: str,
    at: datetime, holds: int = 0,
) -> int:  # fmt: skip
    """Confirm or dismiss the failed checks of an asset and rule around `at`. Returns the decision's number.

    edition: what the actor may see; the asset must be in it, and the right is needed on its area.
    """
    where, note = _areas(edition, source, asset), typed.words(note)
    with DECIDE.by(desk, actor, f"{choice} {rule} of {asset}: {note}", where):
        return findings.decide(
            desk, source=source, asset=asset, rule=rule, choice=choice, note=note, at=at, who=actor.name, holds=holds
        )


def take_back(desk: Desk, actor: Actor, edition: ScopedEdition, id: int) -> Decision:
    """Take a decision back: the findings count again."""
    finding = findings.find(desk, id)
    where = _areas(edition, finding.source, finding.asset) if finding else ()
    with TAKE_BACK.by(desk, actor, f"finding {id} taken back", where):
        return findings.take_back(desk, id)


def save_deduction(desk: Desk, actor: Actor, entry: Deduction, original: Deduction | None = None) -> None:
    """Change what a failed check costs; the table is the whole district's.

    original: the entry when its editing began; Refused if it was changed since.
    """
    before = next((one.points for one in deductions.listing(desk) if one.name == entry.name), None)
    counts = "counts" if entry.enabled else "does not count"
    with SAVE_DEDUCTION.by(desk, actor, f"deduction {entry.name}: {before} -> {entry.points} points, {counts}"):
        deductions.save(desk, entry, original=original)


def _areas(edition: ScopedEdition, source: str, asset: str) -> Scope:
    """The area of an asset. Refused if the edition does not contain it; OutOfScope if it is outside the scope."""
    asset_row = fact(edition, "assets", source, asset)
    if asset_row is None or asset_row["area"] is None:
        raise Refused("asset.unknown", "there is no asset {asset} that you may see", asset=asset)
    area = int(asset_row["area"])
    return ((area, area + 1),)
