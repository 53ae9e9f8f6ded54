"""Actions on the keys of the home and the secrets that they encrypt."""

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from cockpit.settings import Settings
from data import vault
from data.desk.auditing import sealing
from data.desk.store import Desk

ROTATE = action("keys.rotate", "settings", Can.ACCOUNTS)
SET_SECRET = action("secrets.set", "settings", Can.ACCOUNTS)
REMOVE_SECRET = action("secrets.remove", "settings", Can.ACCOUNTS)


def rotate(desk: Desk, actor: Actor) -> int:
    """Replace the keys of the home and re-encrypt all secrets. Returns how many."""
    with (
        vault.locked(desk.custody.keys),
        ROTATE.by(desk, actor, "new keys of the home; this row is the first that the audit's new key hashes"),
    ):
        return sealing.rotate(desk)


def set_secret(desk: Desk, actor: Actor, config: Settings, name: str, value: str) -> None:
    """Keep a secret of source files and settings, encrypted."""
    with SET_SECRET.recorded_first(desk, actor, f"secret {name}"):
        vault.put(config.data.keys, name, value)


def remove_secret(desk: Desk, actor: Actor, config: Settings, name: str) -> None:
    """Forget a secret."""
    with REMOVE_SECRET.recorded_first(desk, actor, f"secret {name} removed"):
        vault.remove(config.data.keys, name)
