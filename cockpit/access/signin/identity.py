"""Account and roles of an identity from the provider."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any, Self

from cockpit.access import record, visitors
from cockpit.errors import CockpitError
from cockpit.settings import Settings
from data.desk.errors import Refused
from data.desk.identity import accounts, identities
from data.desk.identity.accounts import Account
from data.desk.identity.identities import Role
from data.desk.store import Desk

log = logging.getLogger(__name__)

Claims = Mapping[str, Any]
KNOWLEDGE = {"pwd", "pin", "kba"}
POSSESSION = {"otp", "hwk", "swk", "sc", "pop", "sms", "tel", "face", "fpt", "iris", "retina", "vbm"}
"""Authentication methods of RFC 8176: knowledge; possession or biometrics."""


class Ungranted(CockpitError):
    """An identity without any grant. name: as the provider gives it."""

    name = ""

    def called(self, name: str) -> Self:
        """Set the name; returns the error itself."""
        self.name = name
        return self


class Unconfirmed(CockpitError):
    """An identity whose name an account of the desk has already: the account's owner has to confirm that both are one
    person. Somebody may take any name at the provider, so the name alone proves nothing.
    """

    @property
    def name(self) -> str:
        return str(self.message.parameters["name"])

    @property
    def issuer(self) -> str:
        return str(self.message.parameters["issuer"])

    @property
    def subject(self) -> str:
        return str(self.message.parameters["subject"])


def admit(claims: Claims, config: Settings) -> Account:
    """The account of an identity, with the roles of its groups updated.

    An identity is tied to an account once; later names change nothing. To an account that exists it is tied by the
    account's owner (`cockpit.access.signin.linking`). Who has no account gets one only from a group that gives a role.
    Raises Ungranted, Unconfirmed, DeskError.
    """
    desk, issuer, subject = visitors.desk(), config.oidc_issuer, str(claims["sub"])
    name = claims.get(config.oidc_claim)
    if (
        not isinstance(name, str)
        or not name
        or (config.oidc_claim == "email" and claims.get("email_verified") is False)
    ):
        fault = Ungranted("provider.no_name", "the claim {claim} holds no name to trust", claim=config.oidc_claim)
        raise fault.called(subject)
    roles = roles_of(claims, config)
    try:
        with desk.begin():
            account = identities.account_of(desk, issuer, subject) or _add_account(
                desk, claims, name, issuer, bool(roles)
            )
            _give(desk, account, roles)
    except Refused as refusal:
        raise Ungranted.of(refusal).called(name) from None
    if not accounts.grants_of(desk, account.id, visitors.today(), by_provider=True):
        raise Ungranted("provider.nothing_granted", "nothing is granted today").called(account.name)
    return account


def has_factor(claims: Claims) -> bool:
    """Whether the `amr` claim (RFC 8176) shows two factors."""
    claim = claims.get("amr")
    methods = {str(one) for one in claim} if isinstance(claim, list | tuple) else set()
    return "mfa" in methods or (bool(methods & KNOWLEDGE) and bool(methods & POSSESSION))


def roles_of(claims: Claims, config: Settings) -> tuple[Role, ...]:
    """Roles of the claims' groups, by COCKPIT_OIDC_ROLES."""
    claim = claims.get(config.oidc_roles_claim) if config.oidc_roles_claim else None
    groups = {str(group) for group in claim} if isinstance(claim, list | tuple) else {str(claim)}
    return tuple((mapping.role, mapping.area) for mapping in config.oidc_roles if mapping.group in groups)


def _add_account(desk: Desk, claims: Claims, name: str, issuer: str, may_add: bool) -> Account:
    """Create an account linked to the identity. Raises Unconfirmed if the name is taken, Refused if not allowed."""
    subject = str(claims["sub"])
    try:
        known = accounts.named(desk, name)
    except Refused:
        if not may_add:
            raise
    else:
        if known.disabled:
            raise Refused("account.locked", "{name} is locked", name=name)
        identities.check_free(desk, name, issuer, subject)
        raise Unconfirmed(
            "identity.unconfirmed", "the owner of {name} has not confirmed that {issuer} {subject} is the same person",
            name=name, issuer=issuer, subject=subject,
        )  # fmt: skip
    title = claims.get("name")
    shown = title[:120] if isinstance(title, str) else ""
    made = accounts.add(desk, name, f"{secrets.token_urlsafe(48)}aA1-", title=shown)
    record.write(who=name, event="account", what=f"add {name}, whom the provider gives a role")
    identities.link(desk, name, issuer, subject)
    record.write(who=name, event="account", what=f"{name} is tied to {issuer} {subject}")
    return made


def _give(desk: Desk, account: Account, roles: tuple[Role, ...]) -> None:
    changed = identities.give(desk, account.name, roles)
    for event, changes in (("grant", changed.added), ("revoke", changed.removed)):
        for role, area in changes:
            what = f"{account.name} {role} {'' if area is None else area}".strip()
            record.write(who="provider", event=event, what=what)
