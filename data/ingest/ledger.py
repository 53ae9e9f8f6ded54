"""Read-only queries on batches and rejects. Each query opens the store for milliseconds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

import duckdb

from data.editions.edition import AnyEdition
from data.home import Home
from data.push.metadata import PUSH
from data.sources.masking import mask, mask_key
from data.store import read_store

FIELDS = (
    "batch", "source", "fact", "file", "rows_read", "accepted", "updated", "unchanged", "rejected", "status",
    "started_at", "finished_at", "seconds", "forced",
)  # fmt: skip

WAIT_SECONDS = 0.5
"""Screens report a running load instead of waiting for its end."""


@dataclass(frozen=True)
class Batch:
    """One delivery. `accepted + rejected == rows_read` unless it was held; `status` is accepted or held.

    skipped: ignored rows by reason (`validation_sql.SKIPS`); None if they were not counted.
    """

    batch: int
    source: str
    fact: str
    file: str | None
    rows_read: int
    accepted: int
    updated: int
    unchanged: int
    rejected: int
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    forced: bool
    skipped: Mapping[str, int] | None = None

    @property
    def name(self) -> str:
        """The file name without its folder; – if the batch has none."""
        return PurePath(self.file).name if self.file else "–"

    @property
    def push(self) -> str | None:
        """The push id; None for a delivery that was not pushed."""
        return self.file.removeprefix(PUSH) if self.file and self.file.startswith(PUSH) else None

    @property
    def held(self) -> bool:
        return self.status == "held"


@dataclass(frozen=True)
class Reject:
    """One rejected row: row number in the file, reasons, key, and the row as it came. Phone and ID numbers are masked.

    fixed_by: the later batch that delivered its key, else None.
    """

    batch: int
    source: str
    row: int
    key: str | None
    reasons: list[str]
    raw: str
    fixed_by: int | None = None


def batches(home: Home, limit: int = 50) -> list[Batch]:
    """The latest batches, newest first. Raises DataError while another process has locked the store."""
    with _reading(home) as store:
        if store is None:
            return []
        sql = f"SELECT {', '.join(FIELDS)}, skipped FROM batches ORDER BY batch DESC LIMIT {int(limit)}"
        return [Batch(*row) for row in store.execute(sql).fetchall()]


def reasons(home: Home, batch: int) -> list[tuple[str, int]]:
    """Reject reasons of a batch with row counts, most frequent first. A row counts under each of its reasons.

    All unknown areas are one reason, and so are all ambiguous areas.
    """
    with _reading(home) as store:
        if store is None:
            return []
        sql = (
            r"SELECT regexp_replace(reason, '^(unknown area|ambiguous area): .*', '\1', 's') AS summary, "
            "count(*) AS n FROM (SELECT unnest(reasons) AS reason FROM rejects WHERE batch = $1) "
            "GROUP BY ALL ORDER BY n DESC, summary"
        )
        return store.execute(sql, [batch]).fetchall()


def rejects(home: Home, batch: int, limit: int = 20, first: int = 0) -> list[Reject]:
    """`limit` rejected rows of a batch in file order, after the `first` ones."""
    with _reading(home) as store:
        if store is None:
            return []
        sql = (
            f"SELECT batch, source, row, {mask_key('key')}, reasons, {mask('raw')}, fixed_by FROM rejects "
            f"WHERE batch = $1 ORDER BY row LIMIT {int(limit)} OFFSET {int(first)}"
        )
        return [Reject(*row) for row in store.execute(sql, [batch]).fetchall()]


def batch_of(edition: AnyEdition, number: object) -> Batch | None:
    """The batch with this number in an edition, else None."""
    sql = f"SELECT {', '.join(FIELDS)} FROM batches WHERE batch = $1"
    row = edition.unscoped.cursor().execute(sql, [number]).fetchone()
    return Batch(*row) if row else None


@contextmanager
def _reading(home: Home) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The store opened for reading; None before the first load, so that no file is created."""
    if not home.store.exists():
        yield None
        return
    with read_store(home, WAIT_SECONDS) as store:
        yield store
