"""Accounts, their credentials and their grants."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.identity import failures, passwords, secondfactor
from data.desk.identity.failures import NOWHERE, Place, Try
from data.desk.identity.roles import ADMINISTRATORS, ROLES
from data.desk.identity.sessions import end_of_account
from data.desk.store import Desk
from data.messages import Name, names

LONGEST_UNIT = 200
REMEMBERED = 5
"""Passwords that may not be reused, including the current one."""


@dataclass(frozen=True)
class Account:
    """locked_until: when the last place that failed too often may try again; None if there is none."""

    id: int
    name: str
    title: str
    must_change: bool
    disabled: bool
    locked_until: datetime | None
    has_totp: bool


@dataclass(frozen=True)
class Grant:
    """A role on the area of a code and all below it; None for an administrator. The days are inclusive.

    unit: of the directory, whose part the account takes in work items; empty: any unit of the area.
    by_provider: a provider of identities says so, and it counts only for who came in through it.
    """

    role: str
    area: int | None
    first_day: date | None
    last_day: date | None
    by_provider: bool = False
    unit: str = ""


@dataclass(frozen=True)
class SignIn:
    """outcome: ok, wrong (unknown or wrong password), locked, wait, or totp (the second factor is missing or wrong).

    locked: by an administrator, or the account was tried too often from there; wait: the address tried too often.
    wait: seconds until another try is looked at. device: a token for the browser to keep, where it holds none yet.
    recovered: by a recovery code.
    """

    outcome: str
    account: Account | None = None
    wait: float = 0.0
    device: str = ""
    recovered: bool = False


def add(
    desk: Desk, name: str, password: str, *, title: str = "", must_change: bool = True,
    shortest: int = passwords.SHORTEST, now: datetime | None = None,
) -> Account:  # fmt: skip
    """Add an account. Raises Refused for a taken or unfit name or a weak password. shortest: its minimum length."""
    _check_name(name)
    passwords.check_strength(password, name, shortest)
    now, stored = now or clock.now(), passwords.hash(password)
    with desk.begin() as session:
        if session.scalar(select(models.Account).where(models.Account.name == name)):
            raise Refused("account.exists", 'there is an account "{name}" already', name=name)
        row = models.Account(
            name=name, title=title, password=stored, must_change=must_change, disabled=False,
            totp_confirmed=False, totp_step=0, made_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add(models.OldPassword(account_id=row.id, password=stored, set_at=now))
        return to_account(row)


def check_new_name(desk: Desk, name: str) -> None:
    """Raise Refused for a name that no account can have, or one has."""
    _check_name(name)
    with desk.read() as session:
        if session.scalar(select(models.Account).where(models.Account.name == name)):
            raise Refused("account.exists", 'there is an account "{name}" already', name=name)


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > 60 or not name.isprintable():
        raise Refused("account.name", "an account's name has 1 to 60 printable characters and no blank at its ends")


def named(desk: Desk, name: str) -> Account:
    """The account of a name. Raises Refused if there is none."""
    with desk.read() as session:
        return to_account(row_of(session, name), failures.locks(session, [name], clock.now()).get(name))


def name_of(desk: Desk, account_id: int) -> str | None:
    """The name of an account; None if there is none of this id."""
    with desk.read() as session:
        row = session.get(models.Account, account_id)
        return row.name if row else None


def is_active(desk: Desk, account_id: int) -> bool:
    """Whether there is an account of this id that is not locked."""
    with desk.read() as session:
        row = session.get(models.Account, account_id)
        return row is not None and not row.disabled


def listing(desk: Desk) -> list[tuple[Account, list[Grant]]]:
    """All accounts by name with all their grants, past and future included."""
    with desk.read() as session:
        rows = session.scalars(select(models.Account).order_by(models.Account.name)).all()
        grants: dict[int, list[Grant]] = {}
        for grant in session.scalars(select(models.Grant).order_by(models.Grant.role, models.Grant.area)):
            grants.setdefault(grant.account_id, []).append(_grant(grant))
        locked = failures.locks(session, [row.name for row in rows], clock.now())
        return [(to_account(row, locked.get(row.name)), grants.get(row.id, [])) for row in rows]


def set_password(
    desk: Desk, name: str, password: str, *, by_self: bool, shortest: int = passwords.SHORTEST,
    now: datetime | None = None,
) -> None:  # fmt: skip
    """A new password; every session ends. One that somebody else set must be changed at the next login.

    Refused for an unknown account, a weak password, or one of the last REMEMBERED.
    """
    passwords.check_strength(password, name, shortest)
    with desk.read() as session:
        account_id = row_of(session, name).id
        old = session.scalars(_newest_passwords(account_id)).all()
    if any(passwords.matches(stored, password) for stored in old):
        raise Refused("password.used", "this is one of the last {n} passwords: choose another", n=REMEMBERED)
    now, stored = now or clock.now(), passwords.hash(password)
    with desk.begin() as session:
        row = row_of(session, name)
        row.password, row.must_change = stored, not by_self
        failures.forget(session, name)
        session.add(models.OldPassword(account_id=row.id, password=stored, set_at=now))
        end_of_account(session, row.id, now)


def expire_password(desk: Desk, account_id: int, days: int, *, now: datetime | None = None) -> bool:
    """Require a change of a password older than `days`. Returns whether it is older."""
    before = (now or clock.now()) - timedelta(days=days)
    of = models.OldPassword
    with desk.begin() as session:
        set_at = session.scalar(select(func.max(of.set_at)).where(of.account_id == account_id))
        if set_at is None or set_at > before:
            return False
        session.get_one(models.Account, account_id).must_change = True
    return True


def lock(desk: Desk, name: str, *, now: datetime | None = None) -> None:
    """Lock an account until `unlock` and end its sessions."""
    with desk.begin() as session:
        row = row_of(session, name)
        row.disabled = True
        end_of_account(session, row.id, now or clock.now())


def unlock(desk: Desk, name: str) -> None:
    """Unlock an account, whether an administrator or failures locked it."""
    with desk.begin() as session:
        row = row_of(session, name)
        row.disabled = False
        failures.forget(session, name)


def grant(
    desk: Desk,
    name: str,
    role: str,
    area: int | None = None,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    unit: str = "",
) -> None:
    """Grant a role on an area, in place of an earlier grant of it. unit: of the directory; empty: any of the area.

    Raises Refused for conflicting roles, or an area or unit that does not fit the role.
    """
    if role not in ROLES:
        raise Refused("role.unknown", 'there is no role "{name}": use {roles}', name=role, roles=names("role", ROLES))
    if (area is None) != (role in ADMINISTRATORS):
        if role in ADMINISTRATORS:
            raise Refused("grant.without_area", "{role} is granted without an area", role=Name("role", role))
        raise Refused("grant.on_area", "{role} is granted on an area: name it", role=Name("role", role))
    if area is not None and not 0 <= area < 10**12:
        raise Refused("grant.area", "{area} is not the code of an area: it has 12 digits", area=area)
    if unit and (area is None or len(unit) > LONGEST_UNIT or not typed.is_line(unit)):
        raise Refused("grant.unit", "a unit is named for a role on an area, by its name in the directory")
    if first_day and last_day and last_day < first_day:
        raise Refused("grant.days", "the last day of a grant lies before its first")
    with desk.begin() as session:
        row = row_of(session, name)
        keep_apart(name, role, {other.role for other in session.scalars(held_by(row.id))})
        session.execute(delete(models.Grant).where(*_same(row.id, role, area)))
        session.add(
            models.Grant(account_id=row.id, role=role, area=area, first_day=first_day, last_day=last_day, unit=unit)
        )


def revoke(desk: Desk, name: str, role: str, area: int | None = None) -> None:
    """Revoke a grant. Raises Refused if it does not exist."""
    with desk.begin() as session:
        row = row_of(session, name)
        removed = delete(models.Grant).where(*_same(row.id, role, area)).returning(models.Grant.id)
        if session.scalar(removed) is None:
            if area is None:
                raise Refused("grant.none", "{name} is not {role}", name=name, role=Name("role", role))
            raise Refused(
                "grant.none_here", "{name} is not {role} of {area}", name=name, role=Name("role", role), area=area
            )


def grants_of(desk: Desk, account_id: int, day: date, *, by_provider: bool = False) -> tuple[Grant, ...]:
    """Grants of an account valid on a day; with `by_provider` also those from the provider."""
    with desk.read() as session:
        grants = [_grant(row) for row in session.scalars(held_by(account_id))]
    return tuple(
        g
        for g in grants
        if (not g.first_day or g.first_day <= day)
        and (not g.last_day or day <= g.last_day)
        and (by_provider or not g.by_provider)
    )


def sign_in(
    desk: Desk,
    name: str,
    password: str,
    *,
    totp: str | None = None,
    place: Place = NOWHERE,
    now: datetime | None = None,
) -> SignIn:
    """Whether this is who it says. A try is counted before the password is looked at, and not looked at if there were
    too many (`failures`). Busy where too many passwords are being checked.
    """
    now = now or clock.now()
    attempt, stored = _begin_try(desk, name, place, now)
    if attempt.wait:
        return SignIn("wait" if attempt.by_address else "locked", wait=attempt.wait)
    if not stored:
        passwords.burn(password, known=attempt.known)
        return SignIn("wrong" if stored is None else "locked")
    if not passwords.matches(stored, password, known=attempt.known):
        return SignIn("wrong")
    newer = passwords.hash(password) if passwords.hasher.check_needs_rehash(stored) else stored
    with desk.begin() as session:
        row = row_of(session, name)
        recovered = False
        if row.totp_confirmed and not secondfactor.accepts(desk, row, totp or "", now):
            recovered = bool(totp) and secondfactor.uses_recovery(session, row.id, totp or "", now)
            if not recovered:
                if totp:
                    failures.wrong_code(session, attempt.id)
                return SignIn("totp")
        row.password = newer if row.password == stored else row.password
        device = failures.end(session, attempt.id, row.id, place, now)
        return SignIn("ok", to_account(row), device=device, recovered=recovered)


def _begin_try(desk: Desk, name: str, place: Place, now: datetime) -> tuple[Try, str | None]:
    """The try, counted as a failure until it proves right, and the kept password; "" if locked, None if unknown."""
    with desk.begin() as session:
        row = session.scalar(select(models.Account).where(models.Account.name == name))
        attempt = failures.begin(session, name, row.id if row else None, place, now)
        return attempt, None if row is None else "" if row.disabled else row.password


def row_of(session: Session, name: str) -> models.Account:
    row = session.scalar(select(models.Account).where(models.Account.name == name))
    if row is None:
        raise Refused("account.unknown", 'there is no account "{name}"', name=name)
    return row


def keep_apart(name: str, role: str, roles: set[str]) -> None:
    """Raises Refused if a role conflicts with the account's other roles."""
    conflicts = roles - {role}
    if conflicts and (role in ADMINISTRATORS or conflicts & set(ADMINISTRATORS)):
        raise Refused(
            "grant.apart",
            "{name} is {roles}: an administrator holds no other role, since the three of them watch each "
            "other and see no business data",
            name=name,
            roles=names("role", sorted(conflicts)),
        )


def _newest_passwords(account_id: int) -> Select[str]:
    old = models.OldPassword
    return select(old.password).where(old.account_id == account_id).order_by(old.id.desc()).limit(REMEMBERED)


def held_by(account_id: int) -> Select[models.Grant]:
    return select(models.Grant).where(models.Grant.account_id == account_id).order_by(models.Grant.id)


def _same(account_id: int, role: str, area: int | None) -> tuple[ColumnElement[bool], ...]:
    of = models.Grant
    return of.account_id == account_id, of.role == role, of.area.is_(None) if area is None else of.area == area


def to_account(row: models.Account, locked_until: datetime | None = None) -> Account:
    return Account(row.id, row.name, row.title, row.must_change, row.disabled, locked_until, bool(row.totp_confirmed))


def _grant(row: models.Grant) -> Grant:
    return Grant(row.role, row.area, row.first_day, row.last_day, row.by_provider, row.unit)
