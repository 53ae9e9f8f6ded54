"""Actions of the security administrator: roles on areas, and tokens of systems."""

from datetime import date, timedelta

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, Forbidden, action
from cockpit.settings import Settings
from data.desk import clock
from data.desk.errors import Refused
from data.desk.identity import accounts, tokens
from data.desk.store import Desk
from data.sources.declared import declared

GRANT = action("grants.grant", "grant", Can.GRANTS)
REVOKE = action("grants.revoke", "revoke", Can.GRANTS)
ISSUE_TOKEN = action("tokens.issue", "grant", Can.GRANTS)
REVOKE_TOKEN = action("tokens.revoke", "revoke", Can.GRANTS)


def grant(
    desk: Desk, actor: Actor, name: str, role: str, area: int | None = None,
    *, first_day: date | None = None, last_day: date | None = None, unit: str = "",
) -> None:  # fmt: skip
    """Grant a role on an area, both days included. unit: of the directory; empty: any unit of the area."""
    days = f" {first_day or ''}–{last_day or ''}" if first_day or last_day else ""
    said = " ".join(filter(None, (name, role, "" if area is None else str(area), unit)))
    with GRANT.by(desk, actor, said + days):
        _not_oneself(actor, name)
        accounts.grant(desk, name, role, area, first_day=first_day, last_day=last_day, unit=unit)


def revoke(desk: Desk, actor: Actor, name: str, role: str, area: int | None = None) -> None:
    """Take a role away."""
    with REVOKE.by(desk, actor, f"{name} {role} {'' if area is None else area}".strip()):
        _not_oneself(actor, name)
        accounts.revoke(desk, name, role, area)


def issue_token(
    desk: Desk, actor: Actor, config: Settings, system: str,
    *, sources: tuple[str, ...] = (), area: int | None = None, reports: bool = False, days: int,
) -> str:  # fmt: skip
    """A token for a system, for so many days. Returns it; the desk keeps only its hash. Refused for unknown sources."""
    said = ("token", system, "" if area is None else str(area), "reports" if reports else "", ",".join(sources))
    with ISSUE_TOKEN.by(desk, actor, " ".join(filter(None, said))):
        for name in sources:
            _check_source(config, name)
        until = clock.now() + timedelta(days=min(max(days, 0), tokens.MOST_DAYS + 2))
        return tokens.issue(desk, system, sources=sources, area=area, reports=reports, expires_at=until)


def revoke_token(desk: Desk, actor: Actor, id: int) -> None:
    """Refuse a token from now on."""
    with REVOKE_TOKEN.by(desk, actor, f"token {id}"):
        tokens.revoke(desk, id)


def _check_source(config: Settings, name: str) -> None:
    """Refused for a source that nobody has declared: the token could push nothing."""
    if tokens.SOURCE.fullmatch(name) and declared(config.data, config.sources_folder, name) is None:
        raise Refused(
            "token.no_source", "there is no source {name}: put its file {name}.yaml into the folder of sources first",
            name=name,
        )  # fmt: skip


def _not_oneself(actor: Actor, name: str) -> None:
    if actor.name == name:
        raise Forbidden("action.own_grants", "These are your own grants: another security administrator acts on them.")
