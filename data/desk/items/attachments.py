"""Attachments of items: files by the hash of their content in a folder of the home, their rows at the desk."""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select

from data.desk import clock
from data.desk.errors import Refused
from data.desk.items import models
from data.desk.items.content import Content
from data.desk.store import Desk
from data.errors import Unavailable
from data.home import Home
from data.system_errors import of_os

FOLDER = "attachments"
MOST_OF_ITEM = 20


@dataclass(frozen=True)
class Attachment:
    """A file of an item. name: given by the product, since names of files tell of people. at: naive UTC."""

    id: int
    item_id: int
    sha256: str
    type: str
    name: str
    size: int
    who: str
    at: datetime


def add(desk: Desk, home: Home, item_id: int, number: str, content: Content, who: str) -> Attachment:
    """Store a file for an item; the same content of an item is stored once. Refused for more than MOST_OF_ITEM.

    The file is on disk before its row is stored: a row never names a file that is not there.
    """
    mark = sha256(content.data).hexdigest()
    _write(path(home, mark), content.data)
    of = models.ItemAttachment
    with desk.begin() as session:
        known = session.scalar(select(of).where(of.item_id == item_id, of.sha256 == mark))
        if known:
            return _attachment(known)
        count = session.scalar(select(func.count()).select_from(of).where(of.item_id == item_id)) or 0
        if count >= MOST_OF_ITEM:
            raise Refused("file.too_many", "an item has at most {n} files", n=MOST_OF_ITEM)
        row = of(
            item_id=item_id, sha256=mark, type=content.type, name=f"{number}-{count + 1}.{content.suffix}",
            size=len(content.data), who=who, at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return _attachment(row)


def listing(desk: Desk, item_id: int) -> list[Attachment]:
    """The files of an item in the order they came."""
    of = models.ItemAttachment
    with desk.read() as session:
        return [_attachment(row) for row in session.scalars(select(of).where(of.item_id == item_id).order_by(of.id))]


def find(desk: Desk, id: int) -> Attachment | None:
    with desk.read() as session:
        row = session.get(models.ItemAttachment, id)
        return _attachment(row) if row else None


def read(home: Home, attachment: Attachment) -> bytes:
    """The content. Raises Unavailable if the file is gone or is not the one that was stored."""
    try:
        data = path(home, attachment.sha256).read_bytes()
    except OSError as error:
        raise Unavailable(
            "file.gone", "{name} cannot be read: {why}", name=attachment.name, why=of_os(error)
        ) from error
    if sha256(data).hexdigest() != attachment.sha256:
        raise Unavailable("file.changed", "{name} is damaged: restore it from a backup", name=attachment.name)
    return data


def path(home: Home, mark: str) -> Path:
    """Where the file of a hash is."""
    return home.root / FOLDER / mark[:2] / mark


def _write(target: Path, data: bytes) -> None:
    if target.is_file() and target.stat().st_size == len(data):
        return
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=".coming-")
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable("file.unwritable", "the file cannot be stored: {why}", why=of_os(error)) from error


def _attachment(row: models.ItemAttachment) -> Attachment:
    return Attachment(**{name: getattr(row, name) for name in Attachment.__dataclass_fields__})
