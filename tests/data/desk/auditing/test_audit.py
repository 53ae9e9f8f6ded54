"""The audit's chain: whole when left alone, and every way of touching it is found and named."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.desk.auditing import audit, proof
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError, Refused
from data.desk.store import Desk, open_desk
from tests.data.runs import fresh

NOW = datetime(2026, 11, 20, 8)
UNTIE = {
    "sqlite": ["DROP TRIGGER audit_kept", "DROP TRIGGER audit_whole"],
    "postgresql": ["DROP TRIGGER audit_kept ON audit"],
}


def fill(desk: Desk, rows: int, *, at: datetime = NOW) -> None:
    for i in range(rows):
        audit.write(
            desk,
            who=f"w{i}",
            role="leader",
            scope="990101000000",
            event="drill",
            what=f"积压 {i}",
            address="10.1.2.3",
            at=at,
        )


def tamper(desk: Desk, *statements: str) -> None:
    """Past the triggers, as somebody with the database's own rights would."""
    with desk.begin() as session:
        for statement in (*UNTIE[desk.dialect], *statements):
            session.execute(text(statement))


def test_untouched_chain_verifies(desk: Desk) -> None:
    assert proof.verify(desk) == proof.Verdict(0)
    fill(desk, 5)
    assert proof.verify(desk) == proof.Verdict(5)
    assert [row["who"] for row in audit.entries(desk, limit=2)] == ["w4", "w3"]
    assert {row["address"] for row in audit.entries(desk)} == {"10.1.2.3"}, "kept whole; screens mask it"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET what = 'nothing' WHERE id = 3", "row 3 of 2026-11-20 08:00:00 was changed"),
        ("UPDATE audit SET at = '2026-11-19 08:00:00' WHERE id = 1", "row 1 of 2026-11-19 08:00:00 was changed"),
        ("DELETE FROM audit WHERE id = 3", "row 3 was removed"),
        ("DELETE FROM audit WHERE id = 1", "row 1 was removed"),
        ("DELETE FROM audit WHERE id = 5", "row 5 was removed: there were rows up to 5"),
        ("UPDATE audit SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE id END", "row 2 does not follow row 1"),
    ],
)
def test_tampering_with_the_chain_is_detected(desk: Desk, statement: str, fault: str) -> None:
    fill(desk, 5)
    swap = ["UPDATE audit SET id = -id WHERE id < 0"] if "-3" in statement else []
    tamper(desk, statement, *swap)
    proof_result = proof.verify(desk)
    assert not proof_result.ok
    assert fault in str(proof_result.fault)


@pytest.mark.parametrize("statement", ["UPDATE audit SET what = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_it(desk: Desk, statement: str) -> None:
    fill(desk, 2)
    with pytest.raises((DeskError, DBAPIError), match="append-only"), desk.begin() as session:
        session.execute(text(statement))
    assert proof.verify(desk) == proof.Verdict(2)


def _append(address: str, custody: Custody, rows: int) -> None:
    desk = open_desk(address, custody)
    fill(desk, rows)
    desk.close()


@pytest.mark.slow  # starts four processes on each database
def test_processes_that_write_at_once_make_one_chain(address: str, custody: Custody) -> None:
    writers = [fresh(_append, address, custody, 10) for _ in range(4)]
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    desk = open_desk(address, custody)
    assert proof.verify(desk) == proof.Verdict(40)
    desk.close()


def test_old_rows_leave_only_once_they_are_in_a_file(desk: Desk, tmp_path: Path) -> None:
    fill(desk, 3, at=NOW - timedelta(days=300))
    fill(desk, 2)
    file, until = tmp_path / "audit.jsonl", NOW - timedelta(days=200)
    with pytest.raises(Refused, match="180 days"):
        audit.purge(desk, NOW - timedelta(days=10), file, now=NOW)
    assert audit.export(desk, file, until) == 3
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(lines[:-2]), "utf-8")
    with pytest.raises(Refused, match="row 3"):
        audit.purge(desk, until, file, now=NOW)
    file.write_text("\n".join(lines), "utf-8")
    assert audit.purge(desk, until, file, now=NOW) == 3
    assert proof.verify(desk) == proof.Verdict(2)
    fill(desk, 1)
    assert proof.verify(desk) == proof.Verdict(3)


def test_export_includes_rows_dated_by_a_fast_clock(desk: Desk, tmp_path: Path) -> None:
    file, ahead = tmp_path / "audit.jsonl", NOW + timedelta(days=3)
    fill(desk, 2)
    fill(desk, 2, at=ahead)
    fill(desk, 2)
    assert audit.export(desk, file, NOW + timedelta(days=1)) == 6
    assert proof.verify(desk, file).ok
    fill(desk, 1, at=ahead)
    assert audit.export(desk, file, NOW + timedelta(days=1)) == 6, "the last of them is not before that day"
    assert audit.export(desk, file, NOW - timedelta(days=1)) == 0
    assert len(list(audit.lines(desk))) == 7 + 1, "every row without a day, and the end"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.1.2.3", "10.1.2.*"), ("10.1.2.*", "10.1.2.*"), ("2001:db8:1::5", "2001:db8:*"), ("", ""), ("testclient", "")],
)
def test_an_address_is_masked(address: str, expected: str) -> None:
    assert audit.masked(address) == expected
