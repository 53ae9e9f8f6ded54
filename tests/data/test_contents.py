from pathlib import Path

import blake3
import pytest

from data import contents
from data.contents import Stamp, content_hash


@pytest.mark.parametrize("size", [0, 1, 4096, 10_000, 8192])
def test_hash_covers_whole_file_in_any_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(contents, "WINDOW", 4096)
    content = bytes(i % 251 for i in range(size))
    path = tmp_path / "a"
    path.write_bytes(content)
    assert content_hash(path) == blake3.blake3(content).hexdigest()


def test_stamp_changes_with_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    stamp = Stamp.of(path)
    assert Stamp.of(path) == stamp
    (tmp_path / "b").write_text("2")
    (tmp_path / "b").replace(path)
    assert Stamp.of(path) != stamp
