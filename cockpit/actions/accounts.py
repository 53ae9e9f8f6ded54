"""Actions of the system administrator on the accounts of others."""

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, Forbidden, action
from cockpit.i18n import _
from data.desk import accounts, identities, passwords, secondfactor, sessions
from data.desk.store import Desk

ADD = action("accounts.add", "account", Can.ACCOUNTS)
LOCK = action("accounts.lock", "account", Can.ACCOUNTS)
UNLOCK = action("accounts.unlock", "account", Can.ACCOUNTS)
SET_PASSWORD = action("accounts.set_password", "password", Can.ACCOUNTS)
END_SESSIONS = action("accounts.end_sessions", "account", Can.ACCOUNTS)
REMOVE_FACTOR = action("accounts.remove_factor", "account", Can.ACCOUNTS)
UNLINK = action("accounts.unlink", "account", Can.ACCOUNTS)


def add(desk: Desk, actor: Actor, name: str, *, title: str = "", password: str | None = None) -> str:
    """A new account without any right. Returns its first password, made here unless given."""
    first = password or passwords.made()
    with ADD.by(desk, actor, f"add {name}"):
        accounts.add(desk, name, first, title=title)
    return first


def lock(desk: Desk, actor: Actor, name: str) -> None:
    """Close an account and end its sessions."""
    with LOCK.by(desk, actor, f"lock {name}"):
        _not_oneself(actor, name)
        accounts.lock(desk, name)


def unlock(desk: Desk, actor: Actor, name: str) -> None:
    """Open an account that was locked by an administrator or by failures."""
    with UNLOCK.by(desk, actor, f"unlock {name}"):
        _not_oneself(actor, name)
        accounts.unlock(desk, name)


def set_password(desk: Desk, actor: Actor, name: str, password: str | None = None) -> str:
    """A password to be changed at the next sign-in, made here unless given; the account's sessions end. Returns it."""
    new = password or passwords.made()
    with SET_PASSWORD.by(desk, actor, name):
        _not_oneself(actor, name)
        accounts.set_password(desk, name, new, by_self=False)
    return new


def end_sessions(desk: Desk, actor: Actor, name: str) -> None:
    """End every session of an account."""
    with END_SESSIONS.by(desk, actor, f"end sessions of {name}"):
        _not_oneself(actor, name)
        sessions.end_all(desk, accounts.named(desk, name).id)


def remove_factor(desk: Desk, actor: Actor, name: str) -> None:
    """Remove the second factor of somebody who lost the phone."""
    with REMOVE_FACTOR.by(desk, actor, f"{name} second factor off"):
        _not_oneself(actor, name)
        secondfactor.off(desk, name)


def unlink(desk: Desk, actor: Actor, name: str) -> None:
    """Untie an account from its identity at the provider."""
    with UNLINK.by(desk, actor, f"untie {name}"):
        _not_oneself(actor, name)
        identities.unlink(desk, name)


def _not_oneself(actor: Actor, name: str) -> None:
    if actor.name == name:
        raise Forbidden(_("This is your own account: another system administrator acts on it."))
