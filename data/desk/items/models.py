"""The tables of work items. A change needs a migration."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.desk.base import Base
from data.desk.typed import TYPED


class Item(Base):
    """A work item as its newest event left it. turn: the party that acts next. origin: how it began.

    due_at, clock: the running deadline that runs out first; year 9999 if there is none.
    blue_at, yellow_at, red_at: from when it has the colour.
    version: number of its newest event. Times are naive UTC.
    """

    __tablename__ = "item"
    __table_args__ = (
        Index("ix_item_holder", "is_open", "turn", "holder", "due_at"),
        Index("ix_item_own", "is_open", "turn", "author", "due_at"),
        Index("ix_item_author", "is_open", "author", "due_at"),
        Index("ix_item_unit", "is_open", "turn", "unit_area", "due_at"),
        Index("ix_item_turn", "is_open", "turn", "due_at", "area"),
        Index("ix_item_area", "is_open", "area", "due_at"),
        Index("ix_item_due", "is_open", "due_at", "area"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200), info=TYPED)
    area: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str | None] = mapped_column(String(200))
    unit_area: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(40))
    is_open: Mapped[bool]
    turn: Mapped[str] = mapped_column(String(12), default="")
    origin: Mapped[str] = mapped_column(String(12), default="free")
    author: Mapped[str] = mapped_column(String(60))
    holder: Mapped[str | None] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    clock: Mapped[str | None] = mapped_column(String(40))
    blue_at: Mapped[datetime | None]
    yellow_at: Mapped[datetime | None]
    red_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    asked: Mapped[list["ItemAsked"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="ItemAsked.position"
    )


class ItemAsked(Base):
    """One of several units that an item asks at once, and whether it has answered."""

    __tablename__ = "item_asked"
    __table_args__ = (Index("ix_item_asked_unit", "unit_area", "answered", "unit"),)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(200), primary_key=True)
    unit_area: Mapped[int] = mapped_column(BigInteger)
    answered: Mapped[bool]
    position: Mapped[int]


class ItemLink(Base):
    """Something that an item is about; see `data.desk.items.links`."""

    __tablename__ = "item_link"
    __table_args__ = (Index("ix_item_link_reference", "kind", "reference"),)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    reference: Mapped[str] = mapped_column(String(300), primary_key=True)
    address: Mapped[str] = mapped_column(Text, default="")


class ItemAttachment(Base):
    """A file of an item; see `data.desk.items.attachments`."""

    __tablename__ = "item_attachment"
    __table_args__ = (UniqueConstraint("item_id", "sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    who: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class ItemEvent(Base):
    """An event of an item; rows are never changed or deleted. fields: JSON. digest: SHA-256 of what was requested.

    key: given by who acts; the same key again is the same event. state: the state that it led to.
    """

    __tablename__ = "item_event"
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    transition: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20))
    fields: Mapped[str] = mapped_column(Text, default="{}")
    unit_area: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
