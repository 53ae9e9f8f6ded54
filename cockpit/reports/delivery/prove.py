"""Verifies that a file is an issued report: the id is in the file, the hash at the desk."""

import os
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cockpit.reports import make
from cockpit.reports.request import ID
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk

MOST_BYTES = 64_000_000
"""Of a PDF that is searched for an id."""
OURS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Allowed compression of a report's entries: Python unpacks others, such as LZMA, into memory at once."""
END, BIG_END, END_BYTES = b"PK\x05\x06", b"PK\x06\x07", 65_557
"""End markers of the list of entries, also in archives above 4 GB; and the most bytes that may follow."""
MOST_LISTED = 1_000_000
"""Bytes of the list of entries of a pack."""
MOST_OF_ENTRY = 1_000_000
"""Bytes of an entry of a pack that are unpacked: a small file may unpack to gigabytes."""


@dataclass(frozen=True)
class Verdict:
    """same: it is the file that was made. changed: it names a report but is not its file. unknown: neither."""

    kind: Literal["same", "changed", "unknown"]
    sha256: str
    id: str | None = None
    report: Report | None = None


def verify(desk: Desk, file: Path) -> Verdict:
    """Hold a file against the desk."""
    digest = make.sha256(file)
    if report := reports.by_hash(desk, digest):
        return Verdict("same", digest, report.id, report)
    id = named_in(file)
    report = reports.find(desk, id) if id else None
    return Verdict("changed" if report else "unknown", digest, id, report)


def named_in(file: Path) -> str | None:
    """The id of the report that a file says it is, whatever its format; None where it says none."""
    if not _is_small_pack(file):
        return None
    try:
        with zipfile.ZipFile(file) as pack:
            for name in ("provenance.json", "docProps/core.xml"):
                if name in pack.NameToInfo:
                    if pack.NameToInfo[name].compress_type not in OURS:
                        return None
                    with pack.open(name) as entry:
                        return _id(entry.read(MOST_OF_ENTRY).decode("utf-8", "replace"))
            return None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError, zlib.error):
        pass  # no pack, an encrypted or a broken one
    with file.open("rb") as raw:
        return _id(raw.read(MOST_BYTES).decode("latin-1"))


def _is_small_pack(file: Path) -> bool:
    """Whether the list of entries of a pack is of a size that ours have; Python reads all of it. True for no pack."""
    with file.open("rb") as raw:
        size = raw.seek(0, os.SEEK_END)
        raw.seek(max(0, size - END_BYTES))
        tail = raw.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 16:
        return True
    listed = int.from_bytes(tail[at + 12 : at + 16], "little")
    return listed <= MOST_LISTED and BIG_END not in tail[max(0, at - 20) : at]


def _id(text: str) -> str | None:
    match = re.search(ID, text)
    return match[0] if match else None
