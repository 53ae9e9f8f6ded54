"""Actions on editions and deliveries. Their effect is outside the desk, so the audit row is written first."""

from datetime import datetime
from pathlib import Path

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from cockpit.settings import Settings
from data.areas import aliases
from data.areas.aliases import AliasReport
from data.backup.archive import Manifest
from data.backup.take import take
from data.desk import events
from data.desk.auditing import audit
from data.desk.events import Event
from data.desk.store import Desk
from data.editions import edition as editions
from data.ingest import unload as unloading
from data.ingest.unload import UnloadReport
from data.push.spool import Push, Spool

ROLLBACK = action("editions.rollback", "act", Can.DATA, "everywhere")
LET_IN = action("pushes.let_in", "push", Can.REJECTS, "everywhere")
UNLOAD = action("batches.unload", "act", Can.REJECTS, "everywhere")
ALIASES = action("areas.aliases", "act", Can.DATA, "everywhere")
EXPORT_AUDIT = action("audit.export", "export", Can.AUDIT)
PURGE_AUDIT = action("audit.purge", "act", Can.AUDIT)
ACCEPT_AUDIT = action("audit.accept", "act", Can.AUDIT)
BACKUP = action("home.backup", "export", Can.DATA, "everywhere")
ADD_EVENT = action("events.add", "settings", Can.REJECTS, "everywhere")
REMOVE_EVENT = action("events.remove", "settings", Can.REJECTS, "everywhere")
RESTORE = action("home.restore", "act", Can.DATA, "everywhere")


def rollback(desk: Desk, actor: Actor, config: Settings, edition: str) -> None:
    """Point readers at an older edition."""
    with ROLLBACK.recorded_first(desk, actor, f"rollback to {edition}"):
        editions.rollback(config.data, edition)


def let_in(desk: Desk, actor: Actor, config: Settings, push: Push) -> None:
    """Load a held or failed push, whatever was refused of it."""
    with LET_IN.recorded_first(desk, actor, f"{push.source} {push.id}: let in"):
        Spool(config.data).again(push)


def unload(desk: Desk, actor: Actor, config: Settings, batch: int) -> UnloadReport:
    """Take a delivery back, as if it had never been loaded."""
    with UNLOAD.recorded_first(desk, actor, f"batch {batch}: unload"):
        return unloading.unload(config.data, batch)


def load_aliases(desk: Desk, actor: Actor, config: Settings, file: Path) -> AliasReport:
    """Load further names of areas."""
    with ALIASES.recorded_first(desk, actor, f"aliases of areas: {file.name}"):
        return aliases.load_aliases(config.data, file)


def add_event(desk: Desk, actor: Actor, event: Event) -> int:
    """Keep an event that trends are marked with. Returns its number."""
    with ADD_EVENT.by(desk, actor, f"event {event.day} {event.zh}"):
        return events.add(desk, event)


def remove_event(desk: Desk, actor: Actor, event: Event) -> None:
    """Forget an event."""
    with REMOVE_EVENT.by(desk, actor, f"remove event {event.day} {event.zh}"):
        events.remove(desk, event.id)


def export_audit(desk: Desk, actor: Actor, file: Path, until: datetime) -> int:
    """Write the audit rows before an instant to a file. Returns how many."""
    with EXPORT_AUDIT.recorded_first(desk, actor, f"audit until {until:%Y-%m-%d}"):
        return audit.export(desk, file, until)


def purge_audit(desk: Desk, actor: Actor, until: datetime, exported: Path) -> int:
    """Remove audit rows that stand in an export. Returns how many."""
    with PURGE_AUDIT.by(desk, actor, f"audit purged until {until:%Y-%m-%d}"):
        return audit.purge(desk, until, exported)


def accept_audit(desk: Desk, actor: Actor, why: str) -> None:
    """Continue a damaged audit, after it has been investigated."""
    with ACCEPT_AUDIT.by(desk, actor, f"audit accepted as it is: {why}"):
        audit.accept(desk)


def backup(desk: Desk, actor: Actor, config: Settings, file: Path) -> Manifest:
    """Write the home and its desk to a new file."""
    with BACKUP.recorded_first(desk, actor, f"backup to {file.name}"):
        return take(config.data, config.desk_url, file, config.custody)


def record_restore(desk: Desk, actor: Actor, manifest: Manifest) -> None:
    """Note in a restored desk that it was restored: what was recorded after the backup is not in it."""
    audit.announce_restore(desk)
    with RESTORE.by(desk, actor, f"restored from the backup of {manifest.made_at}"):
        pass
