"""The tables of the desk. A change needs a migration."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from data.desk.base import Base
from data.desk.typed import TYPED


class Account(Base):
    """An account. totp_step: time step of the last code used. totp_secret: encrypted."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120), default="", info=TYPED)
    password: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool] = mapped_column(default=True)
    disabled: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(String(400))
    totp_confirmed: Mapped[bool] = mapped_column(default=False)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    made_at: Mapped[datetime]


class OldPassword(Base):
    """Password history, to prevent reuse."""

    __tablename__ = "old_password"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    password: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime]


class Preference(Base):
    """A preference of an account, as JSON."""

    __tablename__ = "preference"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class SavedView(Base):
    """A screen that an account saved under a name. address: relative, with its parameters."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60), info=TYPED)
    address: Mapped[str] = mapped_column(Text)


class Event(Base):
    """A known event that trends are marked with."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    zh: Mapped[str] = mapped_column(String(60), info=TYPED)
    en: Mapped[str] = mapped_column(String(60), info=TYPED)
    area: Mapped[int | None] = mapped_column(BigInteger)


class Identity(Base):
    """Link between an account and an identity of the provider."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(300))


class Grant(Base):
    """A role on an area and all below it, from the first day to the last, both included.

    unit: of the directory, whose part the account takes in work items; empty: any unit of the area.
    by_provider: not granted here but said by a provider of identities at the last login through it.
    """

    __tablename__ = "role_grant"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    area: Mapped[int | None] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(200), server_default="", default="", info=TYPED)
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    by_provider: Mapped[bool] = mapped_column(default=False)


class Session(Base):
    """A browser that is signed in; its token is known to the browser alone. by_provider: through one of identities.

    factor: a second factor was shown. demo: by a button of a demonstration, without a password. browser: its family.
    """

    __tablename__ = "session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    address: Mapped[str] = mapped_column(String(60), default="")
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    by_provider: Mapped[bool] = mapped_column(default=False)
    factor: Mapped[bool] = mapped_column(server_default=false(), default=False)
    demo: Mapped[bool] = mapped_column(server_default=false(), default=False)
    browser: Mapped[str] = mapped_column(String(60), server_default="", default="")


class RecoveryCode(Base):
    """Single-use recovery code. code: SHA-256 of 79 random bits."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    code: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class PendingRequest(Base):
    """An administrator's request on another administrator's account, waiting for a second one to confirm."""

    __tablename__ = "pending_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None]


class Failure(Base):
    """A try to sign in that has not proved right. account, address, place: hashes of the name, of where it came from.

    place: the browser if it is known to the account, else the address. known: to the account. code: the password was
    right.
    """

    __tablename__ = "failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    place: Mapped[str] = mapped_column(String(64))
    known: Mapped[bool]
    code: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)


class KnownPlace(Base):
    """A place that an account has signed in from. place: hash of an address or of a device token."""

    __tablename__ = "known_place"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    seen_at: Mapped[datetime]


class Token(Base):
    """API token. sources: names it may push to, comma-separated. reports: whether it may read those of its area."""

    __tablename__ = "token"
    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(60), info=TYPED)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sources: Mapped[str] = mapped_column(Text, default="")
    area: Mapped[int | None] = mapped_column(BigInteger)
    reports: Mapped[bool] = mapped_column(server_default=false(), default=False)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AuditRow(Base):
    """One audited action. `hash` covers all other fields, including `previous`, the hash of the row before."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(200))
    event: Mapped[str] = mapped_column(String(20))
    what: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(60))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The chain's two ends. One row: the last hash and id, and those of the last row that was purged.

    keyed_from: the first row whose hash takes the audit's key. seal: HMAC over this row by that key.
    """

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInteger, default=0)
    last_hash: Mapped[str] = mapped_column(String(64), default="")
    anchor_id: Mapped[int] = mapped_column(BigInteger, default=0)
    anchor_hash: Mapped[str] = mapped_column(String(64), default="")
    purging: Mapped[bool] = mapped_column(default=False)
    keyed_from: Mapped[int] = mapped_column(BigInteger, default=0)
    seal: Mapped[str] = mapped_column(String(64), default="")


class Report(Base):
    """A requested report, and its file. asked: the request as JSON; scope: codes of the requester, `first-end,…`.

    status: queued, running, draft, final, issued or failed. share: of the work done, 0 to 1; step: what is being done.
    worker, seen_at, tries: who makes it, when it last said so, how often it was begun. definitions: metric and
    version, as JSON.
    plan, slot: of a schedule, and which of its turns; mail: addresses it goes to, apart with commas.
    """

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("plan", "slot"),)
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    asked: Mapped[str] = mapped_column(Text)
    edition: Mapped[str] = mapped_column(String(40), index=True)
    scope: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(12), index=True)
    step: Mapped[str] = mapped_column(String(200), default="")
    share: Mapped[float] = mapped_column(default=0.0)
    worker: Mapped[str] = mapped_column(String(200), default="")
    tries: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str] = mapped_column(String(120), default="")
    file: Mapped[str] = mapped_column(String(300), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    definitions: Mapped[str] = mapped_column(Text, default="[]")
    fault: Mapped[str] = mapped_column(Text, default="")
    plan: Mapped[str | None] = mapped_column(String(60))
    slot: Mapped[str | None] = mapped_column(String(20))
    mail: Mapped[str] = mapped_column(Text, default="")
    mailed_at: Mapped[datetime | None]
    mail_fault: Mapped[str] = mapped_column(Text, default="")


class Finding(Base):
    """A decision on findings. at: district time; holds: days after `at` that it also applies to."""

    __tablename__ = "finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    asset: Mapped[str] = mapped_column(String(200), index=True)
    rule: Mapped[str] = mapped_column(String(60))
    decision: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, info=TYPED)
    at: Mapped[datetime]
    holds: Mapped[int] = mapped_column(default=0)
    who: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]


class Deduction(Base):
    """A rule that costs points. points: None until confirmed. columns: pattern of the columns it applies to."""

    __tablename__ = "deduction"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(60), info=TYPED)
    title: Mapped[str] = mapped_column(String(200), info=TYPED)
    rule: Mapped[str] = mapped_column(String(60))
    columns: Mapped[str] = mapped_column(String(120), default="")
    months: Mapped[int | None]
    points: Mapped[float | None] = mapped_column(Float)
    confirmed: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=False)


class Limit(Base):
    """A proposed limit of a metric for an area and what lies below, from a day on, up to but not including another.

    category: that it is limited to; empty for all. green, red: bounds such as ">= 95". state: proposed, approved,
    refused or ended. version: counts its changes.
    """

    __tablename__ = "metric_limit"
    id: Mapped[int] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(String(60), index=True)
    area: Mapped[int] = mapped_column(BigInteger)
    category: Mapped[str] = mapped_column(String(200), default="", info=TYPED)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    green: Mapped[str] = mapped_column(String(40), default="", info=TYPED)
    red: Mapped[str] = mapped_column(String(40), info=TYPED)
    source: Mapped[str] = mapped_column(String(200), info=TYPED)
    state: Mapped[str] = mapped_column(String(12), index=True)
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="", info=TYPED)
    version: Mapped[int] = mapped_column(default=0)


class AssessmentScheme(Base):
    """A proposed scheme of assessment for an area and what lies below, for periods that begin on a day or later.

    scheme: its id, which it replaces. lines: JSON, see `data.desk.assessing.schemes`. state: proposed, approved,
    refused or withdrawn.
    """

    __tablename__ = "assessment_scheme"
    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(60))
    zh: Mapped[str] = mapped_column(String(60), info=TYPED)
    en: Mapped[str] = mapped_column(String(60), info=TYPED)
    level: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(10))
    least: Mapped[int]
    lines: Mapped[str] = mapped_column(Text)
    area: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[date]
    source: Mapped[str] = mapped_column(String(200), info=TYPED)
    state: Mapped[str] = mapped_column(String(12))
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="", info=TYPED)


class Assessment(Base):
    """An assessment of the areas below `area` in [first, end). scheme, results: JSON, as they were when it was drafted.

    state: draft, open (to objections until open_until), approved, published or withdrawn.
    """

    __tablename__ = "assessment"
    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(Text)
    area: Mapped[int] = mapped_column(BigInteger)
    first: Mapped[date]
    end: Mapped[date]
    edition: Mapped[str] = mapped_column(String(40))
    results: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]
    open_until: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(String(120), default="")
    approved_at: Mapped[datetime | None]
    published_by: Mapped[str] = mapped_column(String(120), default="")
    published_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="", info=TYPED)


class Objection(Base):
    """An objection to a line of an area; metric: empty for the whole. accepted: NULL until it is answered."""

    __tablename__ = "objection"
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment: Mapped[int] = mapped_column(ForeignKey("assessment.id"), index=True)
    area: Mapped[int] = mapped_column(BigInteger)
    metric: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(Text, info=TYPED)
    who: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="", info=TYPED)
    accepted: Mapped[bool | None]
    answered_by: Mapped[str] = mapped_column(String(120), default="")
    answered_at: Mapped[datetime | None]


class AssetEdit(Base):
    """A correction of one column of a registered asset. value, loaded: as text; None for no value.

    loaded: what the source had delivered when it was corrected.
    """

    __tablename__ = "asset_edit"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200), index=True)
    field: Mapped[str] = mapped_column(String(60))
    value: Mapped[str | None] = mapped_column(Text, info=TYPED)
    loaded: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, info=TYPED)
    who: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    withdrawn_by: Mapped[str] = mapped_column(String(120), default="")
    withdrawn_at: Mapped[datetime | None]
