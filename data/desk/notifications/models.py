"""The tables of notifications and their delivery. A change needs a migration."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.desk.base import Base


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
