"""The tables of notifications and their delivery. A change needs a migration."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from data.desk.base import Base
from data.desk.typed import TYPED


class Notification(Base):
    """A notification of an account: one row per occasion, which `key` identifies.

    message: JSON of `Message.stored`. link: relative address. severity: red, yellow, blue or none.
    read_at: None while it is unread.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notification_unread", "account_id", "read_at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(500), default="")
    severity: Mapped[str] = mapped_column(String(8), default="none")
    made_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]


class NotificationRun(Base):
    """How far a producer that looks at clocks has come: the instant up to which it has produced notifications."""

    __tablename__ = "notification_run"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


class Dispatch(Base):
    """A message to be sent outside by a channel, until it is sent or given up. Times are naive UTC.

    key: identifies the message at every attempt. account_id: of a message to one person. content: JSON.
    sequence: messages of one sequence are sent in order. batch: messages that are sent as one; set when first claimed.
    state: waiting, sent or dead. due_at: not sent before. leased_until: a process is sending it.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        Index("ix_dispatch_due", "state", "channel", "due_at"),
        Index("ix_dispatch_sequence", "sequence", "state", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    channel: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    sequence: Mapped[str] = mapped_column(String(300), default="")
    batch: Mapped[str] = mapped_column(String(64), default="")
    content: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class Subscription(Base):
    """An account that wants to be notified when a metric of an area turns red. was_red: as of the last edition.

    by_mail: also by mail, if the account gets mails.
    """

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("account_id", "metric", "area"), Index("ix_subscription_metric", "metric"))
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    metric: Mapped[str] = mapped_column(String(60))
    area: Mapped[int] = mapped_column(BigInteger)
    was_red: Mapped[bool] = mapped_column(default=False)
    by_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    made_at: Mapped[datetime]


class ItemSubscription(Base):
    """An account that wants to be notified of the steps and deadlines of an item. by_mail: as of `Subscription`."""

    __tablename__ = "item_subscription"
    __table_args__ = (Index("ix_item_subscription_item", "item_id"),)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    by_mail: Mapped[bool]
    made_at: Mapped[datetime]


class CaseAnswer(Base):
    """An answer to a case of another system. key: that of its message in `dispatch`. batch: delivery it was given on.

    step: acknowledge, reply or return. confirmed_at: a later delivery has brought the case again.
    """

    __tablename__ = "case_answer"
    __table_args__ = (
        Index("ix_case_answer_case", "source", "case_key"),
        Index("ix_case_answer_confirmed", "confirmed_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(40))
    case_key: Mapped[str] = mapped_column(String(200))
    area: Mapped[int] = mapped_column(BigInteger)
    step: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text, default="", info=TYPED)
    who: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    batch: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
