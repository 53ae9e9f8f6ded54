"""Verifying a malicious file takes little time and memory."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cockpit.reports.delivery import prove
from cockpit.reports.delivery.prove import named_in

ID = "R20261126-3fa2c1aa"


def pack(file: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file


@pytest.mark.parametrize("name", ["provenance.json", "docProps/core.xml"])
def test_the_id_is_found_in_either_kind_of_pack(tmp_path: Path, name: str) -> None:
    assert named_in(pack(tmp_path / "x", name, f'{{"report": "{ID}"}}'.encode())) == ID
    assert named_in(pack(tmp_path / "y", name, b"nothing")) is None
    assert named_in(pack(tmp_path / "z", "other", ID.encode())) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\0" * 100])
def test_file_that_is_no_archive_has_no_names(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert named_in(tmp_path / "x") is None


def test_a_damaged_pack_names_nothing(tmp_path: Path) -> None:
    file = pack(tmp_path / "x", "provenance.json", bytes(range(256)) * 100)
    raw = bytearray(file.read_bytes())
    raw[60:90] = b"\xff" * 30
    file.write_bytes(raw)
    assert named_in(file) is None


def test_a_pack_of_too_many_entries_is_not_read(tmp_path: Path) -> None:
    """A list of entries takes ten times its size in memory."""
    with zipfile.ZipFile(tmp_path / "many", "w") as made:
        made.writestr("provenance.json", ID)
        for i in range(12_000):
            made.writestr(f"{i}-{'x' * 60}", b"")
    assert named_in(tmp_path / "many") is None
    pack(tmp_path / "few", "provenance.json", ID.encode())
    whole = (tmp_path / "few").read_bytes()
    end = whole.rfind(prove.END)
    (tmp_path / "big").write_bytes(whole[:end] + prove.BIG_END + b"\0" * 16 + whole[end:])
    assert named_in(tmp_path / "big") is None
    assert named_in(tmp_path / "few") == ID


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    for packed in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with (
            zipfile.ZipFile(tmp_path / f"bomb{packed}", "w", packed, compresslevel=9) as made,
            made.open("provenance.json", "w") as entry,
        ):
            for _ in range(8):
                entry.write(b"\0" * (16 << 20))
    # one process: its peak never falls, so a bomb that is unpacked also shows in the figures of those after it
    script = (
        "import resource, sys; from pathlib import Path; from cockpit.reports.delivery.prove import named_in\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for name in sys.argv[1:]:\n"
        "    named_in(Path(name)); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    bombs = [str(bomb) for bomb in sorted(tmp_path.iterdir())]
    ran = subprocess.run([sys.executable, "-c", script, *bombs], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    grown = [int(line) for line in ran.stdout.splitlines()]
    assert len(grown) == len(bombs)
    assert max(grown) < 50_000, f"KB: {grown}"
