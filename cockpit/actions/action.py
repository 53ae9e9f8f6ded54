"""An action: its right and reach, and one transaction for the change and its audit row."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cockpit import actions
from cockpit.access import district_wide
from cockpit.access.policy import MATRIX, Can, Grants, Held
from cockpit.errors import CockpitError
from cockpit.modules import import_all
from data.desk.auditing import audit
from data.desk.errors import DeskError
from data.desk.store import Desk
from data.editions.scoped import EVERYTHING, Scope
from data.errors import DataError

if TYPE_CHECKING:
    from cockpit.access.visitors import Visitor

Reach = Literal["somewhere", "everywhere", "areas"]
"""Reach of the right: anywhere, the whole district, or the areas that the action is about."""
_REGISTRY: dict[str, "Action"] = {}


class Forbidden(CockpitError):
    """The actor may not do this, or not here."""


@dataclass(frozen=True)
class Actor:
    """The person or system that acts. address: origin of the request; role, scope: as written to the audit."""

    name: str
    grants: Grants
    address: str = ""
    role: str = ""
    scope: str = ""

    @classmethod
    def of(cls, visitor: "Visitor") -> "Actor":
        """Somebody who is signed in."""
        return cls.holding(visitor.name, visitor.grants, visitor.session.address)

    @classmethod
    def holding(cls, name: str, grants: Grants, address: str = "") -> "Actor":
        return cls(name, grants, address, ",".join(grants.roles), grants.codes)


OPERATOR = Actor("operator", Grants(tuple(Held(role, *EVERYTHING[0]) for role in MATRIX)))
"""Somebody with a shell on the server's machine: may do everything."""


@dataclass
class Entry:
    """The audit row of an action under way; `what` may be completed while it runs."""

    what: str


@dataclass(frozen=True)
class Action:
    """One kind of action. right: None where the action itself decides who may. event: how the audit files it."""

    name: str
    event: str
    right: Can | None
    reach: Reach = "somewhere"

    @contextmanager
    def by(self, desk: Desk, actor: Actor, what: str, areas: Scope = ()) -> Iterator[Entry]:
        """Run the block as one transaction with its audit row; what fails or is refused is in the audit as well.

        areas: ranges of codes [first, end) that an action of reach "areas" is about; none of them is nothing to grant.
        Raises Forbidden before the block runs, and DeskError if the audit row cannot be written: then nothing changes.
        """
        entry = Entry(what)
        try:
            if not self.allowed(actor, areas):
                raise Forbidden("action.no_right", "You may not do this here: it takes a right that you do not hold.")
            with desk.begin():
                yield entry
                _write(desk, actor, self.event, entry.what)
        except Forbidden:
            _attempt(desk, actor, "refused", f"{self.name} {entry.what}", "refused")
            raise
        except DeskError:
            raise
        except DataError:
            _attempt(desk, actor, self.event, entry.what, "failed")
            raise

    @contextmanager
    def recorded_first(self, desk: Desk, actor: Actor, what: str, areas: Scope = ()) -> Iterator[None]:
        """Like `by`, for an effect outside the desk: it begins once the audit row is kept; a failure adds another."""
        with self.by(desk, actor, what, areas):
            pass
        try:
            yield
        except Exception:
            _attempt(desk, actor, self.event, what, "failed")
            raise

    def allowed(self, actor: Actor, areas: Scope = ()) -> bool:
        """Whether the actor's grants suffice."""
        if self.right is None:
            return True
        if self.reach == "everywhere":
            return district_wide.may(actor.grants, self.right)
        if self.reach == "areas":
            return bool(areas) and all(actor.grants.may(self.right, first, end) for first, end in areas)
        return actor.grants.may(self.right)


def action(name: str, event: str, right: Can | None, reach: Reach = "somewhere") -> Action:
    """A new action of the registry. ValueError for a name that is taken, or an event that the audit does not know."""
    if name in _REGISTRY:
        raise ValueError(f"the action {name} is already registered")
    if event not in audit.EVENTS:
        raise ValueError(f'the action {name}: "{event}" is no event of the audit: use {", ".join(audit.EVENTS)}')
    _REGISTRY[name] = made = Action(name, event, right, reach)
    return made


def registry() -> dict[str, Action]:
    """Every action of the modules of this folder, by name."""
    import_all(actions)
    return dict(sorted(_REGISTRY.items()))


def _write(desk: Desk, actor: Actor, event: str, what: str, result: str = "ok") -> None:
    audit.write(
        desk, who=actor.name, role=actor.role, scope=actor.scope, event=event, what=what, result=result,
        address=actor.address,
    )  # fmt: skip


def _attempt(desk: Desk, actor: Actor, event: str, what: str, result: str) -> None:
    """Record what did not happen; a desk that is gone does not hide the first error."""
    with suppress(DataError):
        _write(desk, actor, event, what, result)
