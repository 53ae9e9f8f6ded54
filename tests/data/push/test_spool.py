"""The spool: pushes are atomic, an Idempotency-Key belongs to one body, and old entries are removed."""

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from data.errors import DataError, Unavailable
from data.home import Home
from data.ingest.merge import LoadReport
from data.messages import Message
from data.push.intake import Intake, Limits
from data.push.rate_limit import take
from data.push.spool import KEPT_DAYS, STALE_SECONDS, SUSPECT, Conflict, Push, Sender, Spool

SENDER = Sender(1, "hotline", None)


def body(spool: Spool, content: bytes = b'[{"a": 1}]') -> Intake:
    intake = Intake(spool.incoming_path(), "json", Limits(1000, 10))
    intake.feed(content)
    intake.close()
    return intake


def pushed(spool: Spool, content: bytes = b'[{"a": 1}]', key: str | None = None, sender: Sender = SENDER) -> Push:
    return spool.accept(body(spool, content), sender, "hotline", key)[0]


def report(status: str = "accepted") -> LoadReport:
    return LoadReport("hotline", 7, 3, 2, 1, 0, 1, 0.1, status)  # type: ignore[arg-type]


@pytest.fixture
def spool(home: Home) -> Spool:
    return Spool(home)


def test_reading_creates_no_files(spool: Spool, home: Home) -> None:
    assert (spool.next(), spool.loaded(), spool.find("x"), spool.waiting(), spool.newest()) == (
        None,
        [],
        None,
        (0, 0),
        [],
    )
    assert spool.counts() == {"queued": 0, "loaded": 0, "held": 0, "failed": 0, "published": 0}
    assert not spool.folder.exists()


def test_spool_files_are_private(spool: Spool) -> None:
    push = pushed(spool)
    assert spool.file(push).read_text() == '{"a": 1}\n'
    assert (push.state, push.rows, push.size, push.format) == ("queued", 1, 10, "ndjson")
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert spool.find(push.id) == spool.next() == push
    assert spool.waiting() == (1, 10)


def test_pushes_are_loaded_in_order_and_suspects_last(spool: Spool) -> None:
    first, second = pushed(spool), pushed(spool)
    assert spool.next() == first
    for _ in range(SUSPECT):
        spool.begin(spool.find(first.id) or first)
    assert spool.next() == second
    spool.record_result(second, report(), [])
    assert spool.next() == spool.find(first.id)


def test_idempotency_key_is_bound_to_body_and_token(spool: Spool) -> None:
    first = pushed(spool, key="k")
    repeated, existed = spool.accept(body(spool), SENDER, "hotline", "k")
    assert (repeated, existed) == (first, True)
    with pytest.raises(Conflict, match=first.id):
        pushed(spool, b'[{"a": 2}]', "k")
    with pytest.raises(Conflict):
        spool.accept(body(spool), SENDER, "grid", "k")
    assert pushed(spool, b'[{"a": 2}]', "k", Sender(2, "other", None)).id != first.id
    assert pushed(Spool(Home(spool.folder.parent)), key="k") == first, "another process, or after a restart"
    assert pushed(spool).id != pushed(spool).id, "without a key each is one of its own"


def test_concurrent_requests_with_one_key_are_one_push(spool: Spool) -> None:
    bodies = [body(spool) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda b: spool.accept(b, SENDER, "hotline", "k"), bodies))
    assert len({push.id for push, _ in results}) == 1
    assert [existed for _, existed in results].count(False) == 1
    assert spool.waiting()[0] == 1


def test_concurrent_pushes_are_all_stored(home: Home) -> None:
    def one(i: int) -> str:
        return pushed(Spool(home), key=str(i)).id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(one, range(24)))
    assert len(ids) == 24
    assert Spool(home).waiting()[0] == 24


def test_every_rejected_row_is_listed(spool: Spool) -> None:
    push = pushed(spool)
    spool.record_result(
        push, report(), [(3, "C", ["missing area", "unknown value: urgency"]), (1, None, ["unreadable row"])]
    )
    stored = spool.find(push.id)
    assert stored
    assert (stored.state, stored.batch, stored.read, stored.accepted, stored.rejected) == ("loaded", 7, 3, 2, 1)
    assert [(r.row, r.key, r.reasons) for r in spool.rejects(stored, 10)] == [
        (1, None, ["unreadable row"]), (3, "C", ["missing area", "unknown value: urgency"]),
    ]  # fmt: skip
    assert [r.row for r in spool.rejects(stored, 1, 1)] == [3]
    assert spool.refused_rows() == 1
    assert not spool.file(push).exists()
    spool.mark_published([stored], "e1")
    assert spool.counts()["published"] == 1


def test_only_held_or_failed_push_can_be_requeued(spool: Spool) -> None:
    push = pushed(spool)
    with pytest.raises(DataError, match="is queued"):
        spool.again(push)
    spool.record_result(push, report("held"), [])
    held = spool.find(push.id)
    assert held
    assert (held.state, spool.next()) == ("held", None)
    spool.again(held)
    requeued = spool.next()
    assert requeued
    assert (requeued.id, requeued.forced) == (push.id, True)


def test_old_pushes_and_unacknowledged_files_are_removed(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    expired, held, waits = pushed(spool, key="k"), pushed(spool), pushed(spool)
    spool.record_result(expired, report(), [])
    spool.mark_published([expired], "e1")
    spool.record_result(held, report("held"), [(1, None, ["x"])])
    orphan, coming = spool.folder / "20261122-080000-00000000.csv", spool.incoming_path()
    for file in (orphan, coming):
        file.touch()
        os.utime(file, (time.time() - STALE_SECONDS - 1,) * 2)
    young = spool.incoming_path()
    young.touch()
    spool.sweep()
    assert [file.exists() for file in (orphan, coming, young, spool.file(held), spool.file(waits))] == [
        False, False, True, True, True,
    ]  # fmt: skip
    assert spool.find(expired.id)
    later = time.time() + KEPT_DAYS * 86400 + STALE_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)
    spool.sweep()
    assert [spool.find(push.id) is None for push in (expired, held, waits)] == [True, True, False]
    assert not spool.file(held).exists()


def test_unwritable_disk_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be made"):
        Spool(Home(tmp_path / "file")).incoming_path()
    spool = Spool(Home(tmp_path / "var"))
    intake = body(spool)
    intake.path.unlink()
    with pytest.raises(Unavailable, match="cannot be written to: No such file"):
        spool.accept(intake, SENDER, "hotline", None)
    assert spool.waiting() == (0, 0)
    with pytest.raises(Unavailable, match="cannot be written"):
        take(tmp_path / "file", "1", 1, 1)


def receipts_of(spool: Spool) -> set[str]:
    return {file.stem for file in spool.folder.glob("*.json")}


@pytest.mark.parametrize("harm", ["deleted", "emptied", "overwritten", "tables dropped", "first page zeroed"])
def test_lost_or_damaged_journal_is_rebuilt_from_receipts(spool: Spool, harm: str) -> None:
    far = Sender(7, "grid", 990101001000)
    published, first, second = pushed(spool), pushed(spool, key="k"), pushed(spool, b'[{"a": 2}]', sender=far)
    spool.record_result(published, report(), [])
    spool.mark_published([published], "e1")
    spool.begin(first)
    with closing(sqlite3.connect(spool.journal)) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = spool.journal.read_bytes()
    match harm:
        case "deleted":
            spool.journal.unlink()
        case "emptied":
            spool.journal.write_bytes(b"")
        case "overwritten":
            spool.journal.write_bytes(b"no database at all" * 1000)
        case "tables dropped":
            with closing(sqlite3.connect(spool.journal)) as journal:
                journal.execute("DROP TABLE push")
        case _:
            spool.journal.write_bytes(bytes(4096) + content[4096:])
    assert spool.waiting() == (2, first.size + second.size)
    assert [spool.find(push.id) for push in (first, second)] == [first, second], "all that was known is known again"
    assert spool.accept(body(spool), SENDER, "hotline", "k") == (first, True)
    spool.sweep()
    assert all(spool.file(push).is_file() for push in (first, second))
    assert pushed(spool).seq > second.seq
    assert pushed(Spool(Home(spool.folder.parent))).id


def test_damaged_page_fails_once_then_journal_is_rebuilt(spool: Spool) -> None:
    sent = [pushed(spool, key=str(n)) for n in range(200)]
    with closing(sqlite3.connect(spool.journal)) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = spool.journal.read_bytes()
    spool.journal.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    for _ in range(2):
        with suppress(Unavailable):
            spool.newest(1000)
    assert [push.id for push in spool.newest(1000)] == [push.id for push in reversed(sent)]
    assert len(list(spool.folder.glob("journal.sqlite.damaged-*Z"))) <= 1


def test_a_body_without_a_receipt_is_set_aside_not_swept(spool: Spool) -> None:
    torn, lost = pushed(spool), pushed(spool)
    (spool.folder / f"{torn.id}.json").write_text("{")
    (spool.folder / f"{lost.id}.json").unlink()
    spool.journal.unlink()
    assert spool.waiting() == (0, 0)
    for file in spool.folder.rglob("*"):
        os.utime(file, (time.time() - STALE_SECONDS - 1,) * 2)
    spool.sweep()
    assert {file.stem for file in (spool.folder / "unclaimed").iterdir()} == {torn.id, lost.id}


def test_receipts_of_an_older_release_are_made_and_leave_with_their_push(spool: Spool) -> None:
    push = pushed(spool)
    (spool.folder / f"{push.id}.json").unlink()
    spool.sweep()
    assert receipts_of(spool) == {push.id}
    spool.record_result(push, report(), [])
    assert receipts_of(spool) == {push.id}, "until it is in an edition"
    spool.mark_published([push], "e1")
    assert receipts_of(spool) == set()


def test_end_time_in_future_is_corrected(spool: Spool) -> None:
    push = pushed(spool)
    with pytest.MonkeyPatch.context() as patched:
        ahead = time.time() + 400 * 86400
        patched.setattr(time, "time", lambda: ahead)
        spool.mark_failed(push, Message("push.failed", "x"))
    spool.sweep()
    stored = spool.find(push.id)
    assert stored
    assert stored.ended == pytest.approx(time.time(), abs=60)


def test_bucket_refills_up_to_capacity(tmp_path: Path) -> None:
    assert [take(tmp_path, "1", 0.5, 3, now=100) for _ in range(4)] == [0, 0, 0, 2]
    assert take(tmp_path, "2", 0.5, 3, now=100) == 0, "another's is its own"
    assert take(tmp_path, "1", 0.5, 3, now=102) == 0
    assert take(tmp_path, "1", 0.5, 3, now=103) == 1
    assert [take(tmp_path, "1", 0.5, 3, now=9999) for _ in range(4)] == [0, 0, 0, 2]
    assert take(tmp_path, "1", 0.5, 3, now=50) == 2, "a clock that went back gives nothing and takes nothing"
    (tmp_path / "bucket-1").write_text("12.")
    assert take(tmp_path, "1", 0.5, 3, now=60) == 0
