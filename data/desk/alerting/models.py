"""The tables of alerts and silences. A change needs a migration."""

from datetime import datetime

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.desk.base import Base
from data.desk.typed import TYPED


class Alert(Base):
    """A rule that was true of a subject, from when it fired until it was over.

    area, metric, name, source, key: the subject, see `metrics.alerting.signals.Subject`; subject: a hash of these.
    state: firing, acknowledged, ordered, false_alarm or resolved. absent_since: since when it was not true any more.
    over_at: when it was over; an alert without it is current. due_at: when it goes to the area above; escalated: it
    did.
    first_at, last_at: times of the editions it was first and last true in, on the district's clock.
    """

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_current", "over_at", "area"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    area: Mapped[int] = mapped_column(BigInteger)
    metric: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(40), default="")
    key: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12))
    value: Mapped[float | None] = mapped_column(Float)
    affected: Mapped[int] = mapped_column(default=1)
    severity: Mapped[float] = mapped_column(Float, default=0.0)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    escalated: Mapped[bool] = mapped_column(default=False)
    absent_since: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)


class AlertEvent(Base):
    """One change of an alert; rows are only added. who: empty where the product itself did it."""

    __tablename__ = "alert_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    what: Mapped[str] = mapped_column(String(12))
    who: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(Text, default="", info=TYPED)
    value: Mapped[float | None] = mapped_column(Float)
    at: Mapped[datetime]


class Silence(Base):
    """Alerts that do not fire until a time: of a rule (all if empty) in the area codes [first_code, end_code)."""

    __tablename__ = "silence"
    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(60), default="")
    first_code: Mapped[int] = mapped_column(BigInteger)
    end_code: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, info=TYPED)
    who: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]
    until: Mapped[datetime]


class AlertPending(Base):
    """Something that a rule is true of, but not for long enough yet. since: time of the first edition, local."""

    __tablename__ = "alert_pending"
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    rule: Mapped[str] = mapped_column(String(60), index=True)
    since: Mapped[datetime]


class AlertRun(Base):
    """The edition that the rules were last evaluated of; one row."""

    __tablename__ = "alert_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    edition: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
