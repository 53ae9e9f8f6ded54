"""Rights by role and area: the role matrix, and the grants of one visitor."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from data.editions.scoped import EVERYTHING, Scope


class Can(StrEnum):
    """Rights."""

    LOOK = "look"  # numbers, maps and the rows and cases behind them
    EXPORT = "export"  # rows as a file
    REPORT = "report"  # reports made, kept and read; those that hold single cases need EXPORT as well
    ACT = "act"  # begin work items and do their steps; each workflow says which role does which step
    DATA = "data"  # editions, deliveries, freshness, reconciliations
    REJECTS = "rejects"  # refused rows, which hold what was delivered
    JUDGE = "judge"  # confirm or dismiss findings of site checks
    DEDUCTIONS = "deductions"  # the table of what costs a site points
    PROPOSE = "propose"  # limits of metrics, and corrections of the register
    APPROVE = "approve"  # or refuse what somebody else proposed or drafted, and publish it
    ALERT = "alert"  # acknowledge alerts, or call them false
    SILENCE = "silence"  # keep alerts from firing for a while
    ASSESS = "assess"  # gaming checks, and drafts of assessments
    ACCOUNTS = "accounts"
    GRANTS = "grants"
    AUDIT = "audit"


MATRIX: dict[str, frozenset[Can]] = {
    "leader": frozenset(
        {
            Can.LOOK,
            Can.EXPORT,
            Can.REPORT,
            Can.ACT,
            Can.DATA,
            Can.JUDGE,
            Can.DEDUCTIONS,
            Can.ALERT,
            Can.SILENCE,
            Can.ASSESS,
            Can.APPROVE,
        }
    ),
    "official": frozenset({Can.LOOK, Can.REPORT, Can.ACT, Can.ALERT}),
    "cadre": frozenset({Can.LOOK, Can.REPORT, Can.ACT, Can.ALERT}),
    "inspector": frozenset({Can.LOOK, Can.EXPORT, Can.REPORT, Can.ACT, Can.DATA, Can.JUDGE, Can.ASSESS}),
    "data_officer": frozenset({Can.DATA, Can.REJECTS, Can.PROPOSE}),
    "system_admin": frozenset({Can.ACCOUNTS}),
    "security_admin": frozenset({Can.GRANTS}),
    "audit_admin": frozenset({Can.AUDIT}),
}
"""Three administrators keep each other in check: none of them sees business data, and no one person is two of them."""


@dataclass(frozen=True)
class Held:
    """One role on the area codes [first, end). An administrator's reaches no area: first == end == 0.

    unit: of the directory, whose part it takes in work items; empty: any unit of the area.
    """

    role: str
    first: int
    end: int
    unit: str = ""


@dataclass(frozen=True)
class Grants:
    """All that a visitor holds today. Equal for visitors who may see the same, so that they share answers."""

    held: tuple[Held, ...] = ()

    def scope(self, what: Can) -> Scope:
        """The ranges of area codes where it may be done, joined and in order."""
        ranges = sorted((h.first, h.end) for h in self.held if what in MATRIX[h.role] and h.first < h.end)
        return tuple(_joined(ranges))

    def may(self, what: Can, first: int | None = None, end: int | None = None) -> bool:
        """Whether it may be done in all of [first, end); without codes, whether anywhere at all."""
        if first is None:
            return any(what in MATRIX[h.role] for h in self.held)
        return any(low <= first and (end or first + 1) <= high for low, high in self.scope(what))

    @property
    def mark(self) -> str:
        """Fingerprint of the grants. A screen drawn under another one reloads."""
        return sha256(repr(self.held).encode()).hexdigest()[:16]

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(h.role for h in self.held))

    @property
    def codes(self) -> str:
        """The area codes that the grants begin at, for people."""
        return ",".join(dict.fromkeys(str(h.first) for h in self.held if h.first < h.end))


OPERATOR = Grants(tuple(Held(role, *EVERYTHING[0]) for role in ("leader", "data_officer")))
"""The operator, with a shell on the server's machine."""


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for first, end in ranges:
        if last and first <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (first, end)
    if last:
        yield last
