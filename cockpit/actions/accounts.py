"""Actions of the system administrator on the accounts of others."""

from cockpit import settings
from cockpit.access.policy import Can
from cockpit.actions.action import OPERATOR, Actor, Forbidden, action
from data.desk.identity import accounts, identities, passwords, requests, secondfactor, sessions
from data.desk.store import Desk

ADD = action("accounts.add", "account", Can.ACCOUNTS)
LOCK = action("accounts.lock", "account", Can.ACCOUNTS)
UNLOCK = action("accounts.unlock", "account", Can.ACCOUNTS)
SET_PASSWORD = action("accounts.set_password", "password", Can.ACCOUNTS)
END_SESSIONS = action("accounts.end_sessions", "account", Can.ACCOUNTS)
REMOVE_FACTOR = action("accounts.remove_factor", "account", Can.ACCOUNTS)
ASK = action("accounts.ask", "account", Can.ACCOUNTS)
CONFIRM = action("accounts.confirm", "account", Can.ACCOUNTS)
WITHDRAW = action("accounts.withdraw", "account", Can.ACCOUNTS)
UNLINK = action("accounts.unlink", "account", Can.ACCOUNTS)


def add(desk: Desk, actor: Actor, name: str, *, title: str = "", password: str | None = None) -> str:
    """A new account without any right. Returns its first password, made here unless given."""
    shortest = settings.current().password_length
    first = password or passwords.made(shortest)
    with ADD.by(desk, actor, f"add {name}"):
        accounts.add(desk, name, first, title=title, shortest=shortest)
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
    shortest = settings.current().password_length
    new = password or passwords.made(shortest)
    with SET_PASSWORD.by(desk, actor, name):
        _may_alone(desk, actor, name)
        accounts.set_password(desk, name, new, by_self=False, shortest=shortest)
    return new


def end_sessions(desk: Desk, actor: Actor, name: str) -> None:
    """End every session of an account."""
    with END_SESSIONS.by(desk, actor, f"end sessions of {name}"):
        _not_oneself(actor, name)
        sessions.end_all(desk, accounts.named(desk, name).id)


def remove_factor(desk: Desk, actor: Actor, name: str) -> None:
    """Remove the second factor of somebody who lost the phone."""
    with REMOVE_FACTOR.by(desk, actor, f"{name} second factor off"):
        _may_alone(desk, actor, name)
        secondfactor.off(desk, name)


def unlink(desk: Desk, actor: Actor, name: str) -> None:
    """Untie an account from its identity at the provider."""
    with UNLINK.by(desk, actor, f"untie {name}"):
        _not_oneself(actor, name)
        identities.unlink(desk, name)


def ask(desk: Desk, actor: Actor, kind: str, name: str) -> None:
    """Ask a second system administrator to reset the password or the factor of another administrator."""
    with ASK.by(desk, actor, f"ask for {kind} of {name}"):
        _not_oneself(actor, name)
        requests.ask(desk, kind, name, actor.name)


def confirm(desk: Desk, actor: Actor, id: int) -> str:
    """Execute the request of another system administrator. Returns the new password, empty where there is none."""
    with CONFIRM.by(desk, actor, f"request {id}") as entry:
        change = requests.decide(desk, id, actor.name)
        entry.what = f"{change.kind} of {change.name}, asked for by {change.asked_by}"
        _not_oneself(actor, change.name)
        if actor.name == change.asked_by:
            raise Forbidden(
                "action.own_request", "You asked for this yourself: another system administrator confirms it."
            )
        if change.kind == "remove_factor":
            secondfactor.off(desk, change.name)
            sessions.end_all(desk, accounts.named(desk, change.name).id)
            return ""
        shortest = settings.current().password_length
        new = passwords.made(shortest)
        accounts.set_password(desk, change.name, new, by_self=False, shortest=shortest)
        return new


def withdraw(desk: Desk, actor: Actor, id: int) -> None:
    """End a request without doing it."""
    with WITHDRAW.by(desk, actor, f"request {id}") as entry:
        change = requests.decide(desk, id, actor.name)
        entry.what = f"withdraw {change.kind} of {change.name}"


def needs_second(desk: Desk, actor: Actor, name: str) -> bool:
    """Whether a second administrator has to confirm a reset: of an administrator's account, but by command."""
    return actor is not OPERATOR and requests.is_administrator(desk, name)


def _may_alone(desk: Desk, actor: Actor, name: str) -> None:
    _not_oneself(actor, name)
    if needs_second(desk, actor, name):
        raise Forbidden(
            "action.administrator",
            "This is the account of an administrator: another system administrator has to confirm it.",
        )


def _not_oneself(actor: Actor, name: str) -> None:
    if actor.name == name:
        raise Forbidden("action.own_account", "This is your own account: another system administrator acts on it.")
