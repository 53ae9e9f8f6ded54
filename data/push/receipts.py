"""Receipts: a small file for each body in the spool with its metadata, from which the journal can be rebuilt."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import get_args

from data.push.metadata import PushFormat

log = logging.getLogger(__name__)

SUFFIX = ".json"
UNCLAIMED = "unclaimed"
"""Folder of accepted bodies without a readable receipt: their source is unknown."""
BODIES = tuple(f".{format}" for format in get_args(PushFormat))


@dataclass(frozen=True)
class Receipt:
    """Metadata of an accepted push; the fields are columns of the journal.

    token: number of the token. rows, size: of the body. received: seconds since 1970.
    """

    seq: int
    id: str
    token: int
    system: str
    area: int | None
    source: str
    key: str | None
    content: str
    format: PushFormat
    rows: int
    size: int
    received: float

    def write(self, folder: Path) -> None:
        """Write the receipt. Its content is synced on return, its name once the folder is synced."""
        draft = folder / f".coming-{self.id}"
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump(asdict(self), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path(folder, self.id))
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


def path(folder: Path, id: str) -> Path:
    return folder / f"{id}{SUFFIX}"


def read_all(folder: Path) -> list[Receipt]:
    """The readable receipts of a folder, in the order of acceptance."""
    return sorted(_read(folder), key=lambda receipt: (receipt.seq, receipt.received))


def set_unclaimed_aside(folder: Path) -> None:
    """Move bodies without a receipt to the folder UNCLAIMED, which is never swept."""
    for body in [file for file in folder.iterdir() if file.suffix in BODIES and not file.name.startswith(".")]:
        if not path(folder, body.stem).is_file():
            (folder / UNCLAIMED).mkdir(mode=0o700, exist_ok=True)
            body.replace(folder / UNCLAIMED / body.name)
            log.error("%s has no receipt: it lies in %s; load it with `load SOURCE.yaml --file`", body.name, UNCLAIMED)


def _read(folder: Path) -> Iterator[Receipt]:
    for file in folder.glob(f"*{SUFFIX}"):
        try:
            values = json.loads(file.read_text("utf-8"))
            receipt = Receipt(**{field.name: values[field.name] for field in fields(Receipt)})
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.error("the receipt %s cannot be read (%s): its push is set aside", file.name, error)
            file.rename(file.with_suffix(".damaged"))
            continue
        if receipt.id == file.stem:
            yield receipt
