"""Every way of tampering with the audit that somebody with the database's own rights has is noticed, on both kinds."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from data import keyring
from data.desk.auditing import audit, chain, proof
from data.desk.auditing.custody import Custody
from data.desk.models import AuditHead
from data.desk.store import Desk, open_desk
from data.errors import DataError
from tests.data.desk.auditing.test_audit import NOW, fill, tamper

ROWS = 6


@pytest.fixture
def filled(desk: Desk) -> Desk:
    fill(desk, ROWS)
    assert proof.verify(desk) == proof.Verdict(ROWS)
    return desk


def rewritten(desk: Desk, upto: int, key: Callable[[str], str]) -> list[str]:
    """Statements that write the first rows anew with another text, and the head to match, hashed by `key`."""
    statements, previous = [], ""
    for row in reversed(audit.entries(desk, limit=upto, offset=ROWS - upto)):
        made = row | {"what": "harmless", "previous": previous}
        fields = [str(made[name]) for name in chain.FIELDS]
        previous = key(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
        statements.append(
            f"UPDATE audit SET what = 'harmless', previous = '{made['previous']}', hash = '{previous}' "
            f"WHERE id = {row['id']}"
        )
    statements.append(f"DELETE FROM audit WHERE id > {upto}")
    return [*statements, f"UPDATE audit_head SET last_id = {upto}, last_hash = '{previous}'"]


def plain(text_: str) -> str:
    return hashlib.sha256(text_.encode()).hexdigest()


def fault(desk: Desk, against: Path | None = None) -> str:
    return str(proof.verify(desk, against).fault or "")


def test_changed_row(filled: Desk) -> None:
    tamper(filled, "UPDATE audit SET who = 'li' WHERE id = 3")
    assert "row 3 of 2026-11-20 08:00:00 was changed" in fault(filled)


def test_removed_row(filled: Desk) -> None:
    tamper(filled, "DELETE FROM audit WHERE id = 3")
    assert fault(filled) == "row 3 was removed"


def test_moved_row(filled: Desk) -> None:
    swap = "UPDATE audit SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 ELSE id END"
    tamper(filled, swap, "UPDATE audit SET id = -id WHERE id < 0")
    assert "one of them was moved" in fault(filled)


def test_added_row(filled: Desk) -> None:
    columns = "at, who, role, scope, event, what, result, address, previous, hash"
    tamper(filled, f"INSERT INTO audit (id, {columns}) SELECT id + 1, {columns} FROM audit WHERE id = {ROWS}")
    assert f"row {ROWS + 1}" in fault(filled)


def test_cut_tail(filled: Desk) -> None:
    """The head of an earlier day was kept, seal and all, and is put back with the rows of that day."""
    with filled.read() as session:
        old = session.get_one(AuditHead, 1)
        head_values = f"last_id = {old.last_id}, last_hash = '{old.last_hash}', seal = '{old.seal}'"
    fill(filled, 2)
    tamper(filled, f"DELETE FROM audit WHERE id > {ROWS}", f"UPDATE audit_head SET {head_values}")
    assert fault(filled) == f"row {ROWS + 1} was removed: rows up to {ROWS + 2} were anchored"


def test_whole_chain_rewritten_without_the_key(filled: Desk) -> None:
    tamper(filled, *rewritten(filled, ROWS, plain), "UPDATE audit_head SET keyed_from = 1000")
    assert "was rewritten" in fault(filled) or "head of the chain was changed" in fault(filled)
    filled.custody.anchor.unlink()  # and without what lies outside it is noticed still
    assert fault(Desk(filled._engine, replace(filled.custody, anchor=None))).startswith("the head of the chain")


def test_whole_chain_rewritten_with_a_stolen_key(filled: Desk) -> None:
    keys = filled.custody.audit
    tamper(filled, *rewritten(filled, ROWS, keys.mac))
    with filled.begin() as session:
        head = session.get_one(AuditHead, 1)
        session.refresh(head)
        head.seal = chain.seal_of(head, keys)
    assert fault(filled) == "row 1 is not the one that was anchored: the chain was rewritten"


def test_moved_anchor(filled: Desk) -> None:
    hash = audit.entries(filled, limit=1, offset=ROWS - 3)[0]["hash"]
    moved = f"UPDATE audit_head SET anchor_id = 3, anchor_hash = '{hash}'"
    tamper(filled, "DELETE FROM audit WHERE id <= 3", moved)
    assert fault(filled) == "the head of the chain was changed, or the key of the audit was"


def test_forged_purge(filled: Desk) -> None:
    """All rows go as if they had been purged, and the chain restarts."""
    tamper(filled, "DELETE FROM audit", "UPDATE audit_head SET anchor_id = last_id, anchor_hash = last_hash")
    assert fault(filled) == "the head of the chain was changed, or the key of the audit was"


@pytest.mark.parametrize(
    "change", ["last_hash = 'x'", "last_id = 99", "anchor_hash = 'x'", "keyed_from = 4", "seal = ''"]
)
def test_edited_head(filled: Desk, change: str) -> None:
    tamper(filled, f"UPDATE audit_head SET {change}")
    assert fault(filled)
    fill(filled, 1)
    assert fault(filled), "going on does not seal it again"


def test_swapped_key(filled: Desk, address: str) -> None:
    file = filled.custody.keys / "audit.key"
    file.unlink()
    keyring.read_or_make(file)
    other = open_desk(address, Custody(filled.custody.keys, anchor=filled.custody.anchor))
    assert "the key of the audit was" in fault(other)
    other.close()


def test_emptied_desk(filled: Desk, address: str) -> None:
    tamper(filled, "DELETE FROM audit", "UPDATE audit_head SET last_id=0, last_hash='', keyed_from=0, seal=''")
    again = open_desk(address, replace(filled.custody))
    assert f"rows up to {ROWS} were anchored" in fault(again)
    again.close()


def test_emptied_anchor_file(filled: Desk) -> None:
    filled.custody.anchor.write_text("")
    assert "was emptied or moved" in fault(filled)


def test_edited_anchor_file(filled: Desk) -> None:
    file = filled.custody.anchor
    file.write_text(file.read_text().replace('"head": 3', '"head": 4'))
    assert fault(filled) == "anchor.jsonl: line 3 or the one before was changed, or the key of the audit was"


@pytest.mark.parametrize("line", range(ROWS + 1))
@pytest.mark.parametrize("way", ["changed", "removed", "moved"])
def test_edited_export(filled: Desk, tmp_path: Path, line: int, way: str) -> None:
    file = tmp_path / "audit.jsonl"
    assert audit.export(filled, file, NOW + timedelta(days=1)) == ROWS
    assert proof.verify(filled, file) == proof.Verdict(ROWS)
    lines = file.read_text("utf-8").splitlines()
    if way == "changed":
        lines[line] = lines[line].replace('"who": "w', '"who": "x').replace('"rows": 6', '"rows": 5')
    else:
        taken = lines.pop(line)
        if way == "moved":
            lines.insert(0 if line else 1, taken)
    file.write_text("\n".join(lines), "utf-8")
    assert fault(filled, file).startswith("audit.jsonl: ")


def test_an_export_proves_what_was_changed_since(filled: Desk, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit.export(filled, file, NOW + timedelta(days=1))
    open_book = Desk(filled._engine, replace(filled.custody, anchor=None))
    tamper(open_book, *rewritten(open_book, ROWS, filled.custody.audit.mac))
    audit.accept(open_book)
    assert proof.verify(open_book).ok, "with the key and without an anchor it cannot be detected"
    assert "row 1 is not the one that was anchored" in fault(open_book, file)


def test_a_purge_stays_provable_and_its_export_too(desk: Desk, tmp_path: Path) -> None:
    fill(desk, 3, at=NOW - timedelta(days=300))
    fill(desk, 2)
    file, until = tmp_path / "audit.jsonl", NOW - timedelta(days=200)
    audit.export(desk, file, until)
    audit.purge(desk, until, file, now=NOW)
    assert proof.verify(desk, file) == proof.Verdict(2)


def test_clock_jumps_are_noted(desk: Desk) -> None:
    for at in (NOW, NOW + timedelta(hours=1), NOW - timedelta(hours=25), NOW + timedelta(days=400)):
        fill(desk, 1, at=at)
    verdict = proof.verify(desk, now=NOW + timedelta(days=1))
    assert verdict.ok
    assert tuple(map(str, verdict.notes)) == (
        "the clock was set back before row 3, by 26 hours",
        "row 4 lies ahead of the clock, by 399 days",
    )


def test_a_stretch_ahead_of_the_clock_is_one_note(desk: Desk) -> None:
    days = (0, 3, 4, 5, 0, 9, 9)
    for day in days:
        fill(desk, 1, at=NOW + timedelta(days=day))
    assert tuple(map(str, proof.verify(desk, now=NOW + timedelta(days=1)).notes)) == (
        "the clock was set back before row 5, by 5 days",
        "rows 2 to 4 lie ahead of the clock, by up to 4 days",
        "rows 6 to 7 lie ahead of the clock, by up to 8 days",
    )


def test_many_jumps_are_counted(desk: Desk) -> None:
    for i in range(2 * (proof.MOST_NOTES + 4)):
        fill(desk, 1, at=NOW + timedelta(hours=3 * (i % 2)))
    notes = tuple(map(str, proof.verify(desk, now=NOW + timedelta(days=1)).notes))
    assert len(notes) == proof.MOST_NOTES + 1
    assert notes[-1] == "3 more such places of the clock"


def test_a_chain_of_before_the_key_is_sealed_by_its_first_keyed_row(address: str, custody: Custody) -> None:
    old = open_desk(address, custody)
    fill(old, ROWS)
    tamper(old, *rewritten(old, ROWS, plain), "UPDATE audit_head SET keyed_from = 0, seal = ''")
    old.close()
    (custody.keys / "audit.key").unlink()
    custody.anchor.unlink()
    desk = open_desk(address, replace(custody))
    fill(desk, 2, at=datetime(2026, 11, 21))
    assert proof.verify(desk) == proof.Verdict(ROWS + 2)
    with desk.begin() as session:
        session.execute(text("UPDATE audit SET result = 'failed' WHERE id = 2"))
    assert fault(desk).startswith("row 2 of")
    desk.close()


def test_a_restored_desk_says_which_rows_it_lacks(filled: Desk) -> None:
    with filled.read() as session:
        old = session.get_one(AuditHead, 1)
        head_values = f"last_id = {old.last_id}, last_hash = '{old.last_hash}', seal = '{old.seal}'"
    fill(filled, 3)
    tamper(filled, f"DELETE FROM audit WHERE id > {ROWS}", f"UPDATE audit_head SET {head_values}")
    audit.announce_restore(filled)
    fill(filled, 1)
    verdict = proof.verify(filled)
    assert verdict.ok
    assert "3 later rows are not in it" in str(verdict.notes[0])


def test_rolled_back_row_is_not_anchored(filled: Desk) -> None:
    with filled.begin():
        with pytest.raises(RuntimeError), filled.begin():
            fill(filled, 1)
            raise RuntimeError
        fill(filled, 1)
    assert len(filled.custody.anchor.read_text().splitlines()) == ROWS + 1
    assert proof.verify(filled) == proof.Verdict(ROWS + 1)


@pytest.mark.parametrize("content", ["", "no head\n", "{}\n", '{"of": "another program"}\n', "\0\xff"])
def test_a_file_without_heads_proves_nothing(filled: Desk, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.txt"
    file.write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"other.txt holds no row or head of this audit: name an anchor"):
        proof.verify(filled, file)


@pytest.mark.parametrize("id", ["one", None, [1], 1.5, True])
def test_an_export_whose_number_is_none_was_changed(filled: Desk, tmp_path: Path, id: object) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text(json.dumps(dict.fromkeys([*chain.FIELDS, "previous", "hash"], "") | {"id": id}), "utf-8")
    assert "line 1 or the one before was changed" in fault(filled, file)
