"""Verify the audit: row chain, sealed head, and the anchors outside the desk."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data.desk import clock
from data.desk.auditing import audit, chain, custody
from data.desk.auditing.anchor import Anchor
from data.desk.auditing.chain import FIELDS
from data.desk.models import AuditHead, AuditRow
from data.desk.store import Desk
from data.errors import DataError
from data.keyring import KeyRing
from data.messages import Message
from data.system_errors import of_os

AHEAD = timedelta(minutes=5)
"""Tolerated clock difference of the verifying machine."""
LEAST_JUMP = timedelta(seconds=1)
"""Clocks of several machines differ by less."""
MOST_NOTES = 20
"""Of each kind."""


@dataclass(frozen=True)
class Verdict:
    """rows: how many were proved before the first fault. fault: what is wrong and where, None if nothing is.

    notes: what is to be looked at but is no fault of the chain: jumps of the clock, a restore.
    """

    rows: int
    fault: Message | None = None
    notes: tuple[Message, ...] = ()

    @property
    def ok(self) -> bool:
        return self.fault is None


@dataclass(frozen=True)
class Outside:
    """Heads of the audit that files outside the desk hold: hash by id; notes on restores; the first wrong line.

    gap: the last head of files that are missing, and which file says so; None if none is.
    """

    heads: Mapping[int, str]
    notes: tuple[Message, ...] = ()
    fault: Message | None = None
    gap: tuple[int, Message] | None = None


def verify(desk: Desk, against: Path | None = None, *, anchored: bool = True, now: datetime | None = None) -> Verdict:
    """Walk the whole chain, and compare it with the anchored heads and with a further file: an anchor, an export, or
    what a syslog collector wrote. Raises DataError for a file that cannot be read.

    anchored: False for a copy of a desk, whose anchor is elsewhere.
    """
    keys = desk.custody.audit
    verdict = _verify(desk, keys, against, anchored, now)
    if not verdict.ok and desk.custody.audit != keys:  # replaced meanwhile
        verdict = _verify(desk, desk.custody.audit, against, anchored, now)
    return verdict


def _verify(desk: Desk, keys: KeyRing, against: Path | None, anchored: bool, now: datetime | None) -> Verdict:
    anchor = desk.custody.anchor if anchored else None
    own = _read(Anchor(anchor).files(), keys, complete=True) if anchor else Outside({})
    outside = [own, *([_read_further(against, keys)] if against else [])]
    heads: dict[int, set[str]] = {}
    for copy in outside:
        for id, hash in copy.heads.items():
            heads.setdefault(id, set()).add(hash)
    notes = [note for copy in outside for note in copy.notes]
    with desk.read(snapshot=True) as session:
        head = session.get_one(AuditHead, 1)
        session.refresh(head)
        proved, fault = 0, None
        walk, clocks = _Walk(head, keys, heads), _Clocks(now or clock.now())
        for row in audit.rows(session):
            if fault := walk.fault_of(row):
                break
            clocks.read(row)
            proved += 1
        fault = fault or walk.fault_of_end()
        if anchor and not own.heads and head.last_id >= head.keyed_from:
            fault = fault or Message(
                "audit.no_head", "{file} holds no head of the chain: it was emptied or moved", file=anchor.name
            )
        if own.gap and own.gap[0] > head.anchor_id:  # a file that holds heads of purged rows alone may go as well
            fault = fault or own.gap[1]
    fault = fault or next((copy.fault for copy in outside if copy.fault), None)
    return Verdict(proved, fault, (*notes, *clocks.notes()))


def first_of_newest_key(desk: Desk) -> int | None:
    """The first row that the newest key of the audit hashes; None while there is none."""
    newest = KeyRing(desk.custody.audit.keys[:1])
    with desk.read(snapshot=True) as session:
        keyed_from = session.get_one(AuditHead, 1).keyed_from
        for row in audit.rows(session):
            entry = {name: getattr(row, name) for name in (*FIELDS, "hash")}
            if row.id >= keyed_from and chain.proves(entry, newest, keyed_from):
                return row.id
    return None


class _Walk:
    """Single pass over the rows, oldest first."""

    def __init__(self, head: AuditHead, keys: KeyRing, heads: Mapping[int, set[str]]) -> None:
        self.head, self.keys, self.heads = head, keys, heads
        self.expected, self.previous = head.anchor_id + 1, head.anchor_hash

    def fault_of(self, row: AuditRow) -> Message | None:
        """The fault of the next row, or None."""
        if row.id != self.expected:
            if row.id > self.expected:
                return Message("audit.removed", "row {n} was removed", n=self.expected)
            return Message("audit.added", "row {n} was added", n=row.id)
        if row.previous != self.previous:
            return Message(
                "audit.moved",
                "row {n} does not follow row {before}: one of them was moved",
                n=row.id,
                before=row.id - 1,
            )
        entry = {name: getattr(row, name) for name in (*FIELDS, "hash")}
        if not chain.proves(entry, self.keys, self.head.keyed_from):
            return Message(
                "audit.changed",
                "row {n} of {time} was changed, or the key of the audit was",
                n=row.id,
                time=f"{row.at:%Y-%m-%d %H:%M:%S}",
            )
        if row.id > self.head.last_id:
            return Message("audit.added", "row {n} was added", n=row.id)
        if self.heads.get(row.id, {row.hash}) != {row.hash}:
            return Message(
                "audit.rewritten", "row {n} is not the one that was anchored: the chain was rewritten", n=row.id
            )
        self.expected, self.previous = row.id + 1, row.hash
        return None

    def fault_of_end(self) -> Message | None:
        """The fault of the head after a valid chain, or None."""
        head = self.head
        if self.expected != head.last_id + 1:
            return Message(
                "audit.cut", "row {n} was removed: there were rows up to {last}", n=self.expected, last=head.last_id
            )
        if self.previous != head.last_hash:
            return Message("audit.replaced", "row {n} was replaced", n=head.last_id)
        if not chain.is_sealed(head, self.keys):
            return Message("audit.head_changed", "the head of the chain was changed, or the key of the audit was")
        newest = max(self.heads, default=0)
        if newest > head.last_id:
            return Message(
                "audit.cut_anchored",
                "row {n} was removed: rows up to {last} were anchored",
                n=head.last_id + 1,
                last=newest,
            )
        if head.anchor_id and self.heads.get(head.anchor_id, {head.anchor_hash}) != {head.anchor_hash}:
            return Message(
                "audit.purged_differs",
                "row {n}, the last that was purged, is not the one that was anchored",
                n=head.anchor_id,
            )
        return None


class _Clocks:
    """Finds rows whose times show a clock that was set back, or that ran ahead of the verifying machine."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.at: datetime | None = None
        self.jumps: list[tuple[int, timedelta]] = []
        self.ahead: list[tuple[int, int, timedelta]] = []
        """First and last row of each stretch, and by how much they are ahead at most."""

    def read(self, row: AuditRow) -> None:
        """Take the next row."""
        if self.at and self.at - row.at >= LEAST_JUMP:
            self.jumps.append((row.id, self.at - row.at))
        if row.at > self.now + AHEAD:
            first, last, most = self.ahead[-1] if self.ahead else (row.id, 0, timedelta())
            if last == row.id - 1:
                self.ahead.pop()
            else:
                first, most = row.id, timedelta()
            self.ahead.append((first, row.id, max(most, row.at - self.now)))
        self.at = row.at

    def notes(self) -> Iterator[Message]:
        """One line for each jump and stretch; beyond MOST_NOTES of a kind, one line with the number of the others."""
        for row, span in self.jumps[:MOST_NOTES]:
            yield Message(
                "audit.clock_back", "the clock was set back before row {n}, by {span}", n=row, span=span_text(span)
            )
        for first, last, span in self.ahead[:MOST_NOTES]:
            if first == last:
                yield Message(
                    "audit.row_ahead", "row {n} lies ahead of the clock, by {span}", n=first, span=span_text(span)
                )
                continue
            yield Message(
                "audit.ahead", "rows {first} to {last} lie ahead of the clock, by up to {span}", first=first,
                last=last, span=span_text(span),
            )  # fmt: skip
        if more := len(self.jumps[MOST_NOTES:]) + len(self.ahead[MOST_NOTES:]):
            yield Message("audit.more_notes", "{n} more such places of the clock", n=more)


def span_text(span: timedelta) -> Message:
    """A span in the largest unit of which it has two: `3 days`, `26 hours`."""
    if span >= timedelta(days=2):
        return Message("span.days", "{n} days", n=span // timedelta(days=1))
    if span >= timedelta(hours=2):
        return Message("span.hours", "{n} hours", n=span // timedelta(hours=1))
    if span >= timedelta(minutes=2):
        return Message("span.minutes", "{n} minutes", n=span // timedelta(minutes=1))
    return Message("span.seconds", "{n} seconds", n=int(span.total_seconds()))


def _read(files: Sequence[Path], keys: KeyRing, *, complete: bool = False) -> Outside:
    """The heads that files hold, the oldest first, each line proved by its key. An export's rows are heads as well.

    complete: they are all files of an anchor, each of which begins where the one before ends.
    """
    read = _Heads(keys)
    gap: tuple[int, Message] | None = None
    for i, file in enumerate(files):
        ended = max(read.heads, default=0)
        read.first, read.follows = 0, False
        if fault := read.fault_in(file):
            return Outside(read.heads, tuple(read.notes), fault, gap)
        if complete and not read.follows and (i or read.first):
            missing = Message(
                "audit.anchor_gap",
                "{file} does not begin where the file before it ends: one was removed or emptied",
                file=file.name,
            )
            gap = (max(ended, read.first), missing)
    return Outside(read.heads, tuple(read.notes), None, gap)


def _read_further(file: Path, keys: KeyRing) -> Outside:
    """The heads of a file that the operator named. Raises DataError if it holds none: nothing would be compared."""
    read = _read([file], keys)
    if not read.heads and not read.fault:
        raise DataError(
            "audit.nothing_to_compare",
            "{file} holds no row or head of this audit: name an anchor file, an export or the log of a collector",
            file=file,
        )
    return read


class _Heads:
    """Heads from the lines of one file after the other.

    first: the last head of the file before, as a file says, 0 if it says nothing. follows: whether that was read.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self.heads: dict[int, str] = {}
        self.notes: list[Message] = []
        self.first, self.follows = 0, False

    def fault_in(self, file: Path) -> Message | None:
        """Read the lines of a file; returns the first faulty one, or None."""
        export, name = _Export(self.keys), file.name
        for number, entry in _lines(file):
            if entry is None:
                return Message("audit.line_unreadable", "{file}: line {n} cannot be read", file=name, n=number)
            if entry.keys() & set(custody.KINDS):
                genuine = custody.is_genuine(self.keys, entry)
            elif "export" in entry or "previous" in entry:
                genuine = export.takes(entry)
            else:
                continue  # of another program, in the log of a collector
            if not genuine:
                return Message(
                    "audit.line_changed",
                    "{file}: line {n} or the one before was changed, or the key of the audit was",
                    file=name,
                    n=number,
                )
            self._take(entry)
        return (
            None
            if export.ended
            else Message("audit.export_cut", "{file}: the end of the export was removed", file=name)
        )

    def _take(self, entry: Mapping[str, Any]) -> None:
        if "continues" in entry:
            self.first = int(entry["continues"])
            self.follows = self.heads.get(self.first) == entry["hash"]
        elif "restored" in entry:
            self.notes.append(_restored(entry, self.heads))
        if id := entry.get("id") or entry.get("head") or entry.get("restored"):
            self.heads[int(id)] = str(entry["hash"])


def _restored(entry: Mapping[str, Any], heads: dict[int, str]) -> Message:
    """Drop the heads of rows that a restore discarded."""
    row, at = int(entry["restored"]), entry["at"]
    lost = [id for id in heads if id > row]
    for id in lost:
        del heads[id]
    return Message(
        "audit.restored",
        "the desk was restored to row {n} at {time}: {count} later rows are not in it",
        n=row,
        time=at,
        count=len(lost),
    )


class _Export:
    """The lines of an exported audit: a chain of their own, with an end that seals it."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self.first = self.last = self.count = 0
        self.hash, self.ended = "", True

    def takes(self, entry: Mapping[str, Any]) -> bool:
        """Whether a line is genuine and follows those before it."""
        if "export" in entry:
            self.ended = True
            end = (entry.get("export"), entry.get("rows"), entry.get("hash"))
            return end == ([self.first, self.last], self.count, self.hash) and chain.is_end(entry, self.keys)
        if not {*FIELDS, "hash"} <= entry.keys() or type(id := entry["id"]) is not int:
            return False
        # a file does not say which rows are of before the key: they are right by its end, which seals them all
        right = chain.proves(entry, self.keys, id) or chain.proves(entry, self.keys, id + 1)
        follows = not self.count or (id == self.last + 1 and entry["previous"] == self.hash)
        self.first, self.last, self.hash = self.first or id, id, entry["hash"]
        self.count, self.ended = self.count + 1, False
        return right and follows


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Number and object of each line that holds one, after whatever a collector wrote before it; None if damaged."""
    decoder = json.JSONDecoder()
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                start = line.find("{")
                if start < 0:
                    continue
                try:
                    entry, _end = decoder.raw_decode(line, start)
                    yield number, entry
                except (ValueError, RecursionError):
                    if not line[:start].strip():  # else another program's line in the log of a collector
                        yield number, None
    except OSError as error:
        raise DataError("file.unopenable", "{path} cannot be opened: {why}", path=file, why=of_os(error)) from None
