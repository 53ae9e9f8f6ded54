"""The anchor outside of the desk is put aside when it is full or a year ends, and all its files are verified."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from data.desk.auditing import anchor, audit, proof
from data.desk.auditing.anchor import Anchor
from data.desk.errors import DeskError
from data.desk.store import Desk, open_desk
from tests.data.desk.auditing.test_audit import NOW, fill


@pytest.fixture
def rotated(sqlite_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with an anchor of several files."""
    monkeypatch.setattr(anchor, "LARGEST", 1_000)
    desk = sqlite_desk()
    fill(desk, 20)
    assert len(files(desk)) > 3
    return desk


def files(desk: Desk) -> list[Path]:
    assert desk.custody.anchor
    return Anchor(desk.custody.anchor).files()


def test_all_files_are_verified(rotated: Desk) -> None:
    assert proof.verify(rotated) == proof.Verdict(20)
    heads = [json.loads(line).get("head") for file in files(rotated) for line in file.read_text().splitlines()]
    assert [head for head in heads if head] == list(range(1, 21))
    assert all(file.stat().st_size < 1_500 for file in files(rotated))
    assert {file.stat().st_mode & 0o777 for file in files(rotated)} == {0o600}


@pytest.mark.parametrize("which", [0, 1, -2])
def test_a_missing_file_is_noticed(rotated: Desk, which: int) -> None:
    files(rotated)[which].unlink()
    assert "does not begin where the file before it ends" in str(proof.verify(rotated).fault)


def test_emptied_newest_anchor_file_is_detected(rotated: Desk) -> None:
    files(rotated)[-1].write_text("")
    assert "does not begin where the file before it ends" in str(proof.verify(rotated).fault)


def test_a_changed_line_in_an_old_file_is_noticed(rotated: Desk) -> None:
    old = files(rotated)[0]
    old.write_text(old.read_text().replace('"head": 2,', '"head": 3,'))
    assert (
        str(proof.verify(rotated).fault)
        == f"{old.name}: line 2 or the one before was changed, or the key of the audit was"
    )


def test_anchor_file_with_only_purged_heads_may_be_removed(rotated: Desk, tmp_path: Path) -> None:
    until = NOW + timedelta(days=400)
    audit.export(rotated, tmp_path / "export.jsonl", until)
    audit.purge(rotated, until, tmp_path / "export.jsonl", now=NOW + timedelta(days=800))
    fill(rotated, 1)
    files(rotated)[0].unlink()
    assert proof.verify(rotated).ok


def test_anchor_file_rotates_after_a_year(sqlite_desk: Callable[[], Desk]) -> None:
    desk = sqlite_desk()
    fill(desk, 1)
    last_year = datetime.now().replace(year=datetime.now().year - 1).timestamp()
    os.utime(files(desk)[0], (last_year, last_year))
    fill(desk, 2)
    assert [file.name.split(".", 1)[1] for file in files(desk)] == ["0001.jsonl", "jsonl"]
    assert proof.verify(desk).ok


def test_kill_during_rotation_of_a_file_loses_nothing(rotated: Desk) -> None:
    """Between the two steps the newest number and the file itself are one."""
    current = files(rotated)[-1]
    os.link(current, current.with_name(f"{current.stem}.{len(files(rotated)):04}.jsonl"))
    current.with_name(f".{current.name}.new").write_text("{")
    fill(rotated, 10)
    assert proof.verify(rotated) == proof.Verdict(30)
    names = [file.name for file in files(rotated)]
    assert len({file.stat().st_ino for file in files(rotated)}) == len(names)


WRITER = """
import sys
from pathlib import Path
from data.desk.auditing import anchor
anchor.LARGEST = 2_000
for i in range(200):
    line = '{"head": %d, "hash": "%s"}' % (int(sys.argv[2]) * 1000 + i, "x" * 40)
    anchor.Anchor(Path(sys.argv[1])).append(line, lambda id, hash: '{"continues": %d, "hash": "%s"}' % (id, hash))
"""


def test_processes_that_write_at_once_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(n)]) for n in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    lines = [json.loads(line) for one in Anchor(file).files() for line in one.read_text().splitlines()]
    assert sorted(line["head"] for line in lines if "head" in line) == [
        n * 1000 + i for n in range(3) for i in range(200)
    ]
    assert len(Anchor(file).files()) > 10


def test_a_disk_without_links_keeps_one_file(sqlite_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file that may only be appended to (`chattr +a`)."""

    def refused(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(anchor, "LARGEST", 500)
    desk = sqlite_desk()
    monkeypatch.setattr(os, "link", refused)
    fill(desk, 10)
    assert len(files(desk)) == 1
    assert proof.verify(desk) == proof.Verdict(10)


def test_a_desk_whose_anchor_cannot_be_written_is_not_opened(sqlite_desk: Callable[[], Desk], tmp_path: Path) -> None:
    desk = sqlite_desk()
    (tmp_path / "file").write_text("")
    beyond = replace(desk.custody, anchor=tmp_path / "file" / "anchor.jsonl")
    with pytest.raises(DeskError, match=r"anchor .* cannot be written .*COCKPIT_AUDIT_ANCHOR"):
        open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}", beyond)
