"""Evidence of failed checks: request record, body and picture, addressed by content hash.

A record is a small JSON file; a body or a picture is a compressed one that many records may share. Bounded in size and
in age.
"""

import gzip
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.home import Home
from data.probe.web.answer import Answer

KEPT_DAYS = 180
MOST_BYTES = 1_000_000_000
BODY_BYTES = 65_536
"""Maximum bytes stored of a body."""
HEADERS, HEADER_LENGTH = 40, 300
ID = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True)
class Evidence:
    """The store of a home."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> "Evidence":
        return cls(home.root / "probe" / "evidence")

    def keep(self, answer: Answer, faults: object = None) -> str:
        """Store the outcome of a request; returns its id. Equal content is stored once.

        faults: what was found in the page, as JSON takes it.
        """
        body = answer.body[:BODY_BYTES]
        record = {
            "at": answer.at.isoformat(timespec="seconds"), "url": answer.url, "final": answer.final,
            "redirects": list(answer.redirects), "address": answer.address, "failure": answer.failure,
            "detail": answer.detail, "status": answer.status, "seconds": round(answer.seconds, 3),
            "phases": dict(answer.phases),
            "headers": [[k, v[:HEADER_LENGTH]] for k, v in answer.headers[:HEADERS]],
            "body_sha256": hashlib.sha256(answer.body).hexdigest() if answer.body else "",
            "body_bytes": len(answer.body), "body": self._put("bodies", body) if body else "",
            "picture": self._put("pictures", answer.picture) if answer.picture else "",
            **({} if faults is None else {"faults": faults}),
        }  # fmt: skip
        return self._put("records", json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode())

    def record(self, id: str) -> dict[str, Any] | None:
        """The record of an id; None if unknown or deleted."""
        content = self._get("records", id)
        return json.loads(content) if content else None

    def body(self, record: Mapping[str, Any]) -> bytes:
        """The stored body of a record."""
        return self._get("bodies", str(record.get("body") or "")) or b""

    def picture(self, record: Mapping[str, Any]) -> bytes:
        """Screenshot as WebP; empty if no browser was needed."""
        return self._get("pictures", str(record.get("picture") or "")) or b""

    def sweep(self, *, now: float | None = None, days: int = KEPT_DAYS, most: int = MOST_BYTES) -> int:
        """Remove expired files, then the oldest until the rest fits `most` bytes. Returns the number removed."""
        now = now or time.time()
        files = sorted((f.stat().st_mtime, f.stat().st_size, f) for f in self.folder.rglob("*.gz"))
        total, removed = sum(size for _at, size, _file in files), 0
        for at, size, file in files:
            if at >= now - days * 86400 and total <= most:
                break
            file.unlink(missing_ok=True)
            total, removed = total - size, removed + 1
        return removed

    def _put(self, kind: str, content: bytes) -> str:
        id = hashlib.sha256(content).hexdigest()[:32]
        file = self._file(kind, id)
        if file.exists():
            file.touch()  # in use: keep it longer
            return id
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half")
        half.write_bytes(gzip.compress(content, 6, mtime=0))
        half.rename(file)
        return id

    def _get(self, kind: str, id: str) -> bytes | None:
        if not ID.fullmatch(id):
            return None
        try:
            return gzip.decompress(self._file(kind, id).read_bytes())
        except (OSError, EOFError, gzip.BadGzipFile):
            return None

    def _file(self, kind: str, id: str) -> Path:
        return self.folder / kind / id[:2] / f"{id[2:]}.gz"
