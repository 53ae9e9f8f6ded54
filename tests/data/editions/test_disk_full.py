"""No room left: loading and publishing fail in one clear line, the old edition is served, nothing half-made stays."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from data.editions.edition import current
from data.editions.publish import publish
from data.errors import DataError
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import Source, read_source
from data.store import read_store
from tests.data.runs import AS_OF, fresh, within
from tests.data.stock import ROLLUPS, VILLAGE, a_case, put, put_areas
from tests.disk import fill, mounted

pytestmark = pytest.mark.slow

DISK_MB = 48


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", DISK_MB) as folder:
        yield folder


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A delivery of 40,000 cases."""
    rows = (f"{i},{VILLAGE},2026-05-{1 + i % 28:02} 0{i % 9}:00,路口{i * 7919 % 40_000}" for i in range(40_000))
    (tmp_path / "big.csv").write_text("\n".join(["key,area,registered,place", *rows]), "utf-8")
    definition = {
        "source": "grid",
        "name": {"zh": "网格", "en": "Grid"},
        "fact": "cases",
        "file": "big.csv",
        "zone": "Asia/Shanghai",
        "key": "key",
        "area": "area",
        "columns": {"kind": "'event'", "registered_at": "registered", "place": "place"},
    }
    (tmp_path / "big.yaml").write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    return read_source(tmp_path / "big.yaml")


def stocked(root: Path) -> tuple[Home, str]:
    home = Home(root, memory="1GB")
    put_areas(home)
    put(home, "cases", [a_case(i, datetime(2026, 5, 1), place=f"路口{i}") for i in range(300)])
    return home, publish(home, ROLLUPS, as_of=AS_OF[0]).edition


def served(home: Home) -> tuple[str, int]:
    edition = current(home)
    assert edition is not None
    return edition.id, edition.cursor().execute("SELECT count(*) FROM cases").fetchone()[0]


def names(home: Home) -> set[str]:
    return {file.name for file in home.editions.iterdir()} - {".lock"}


def loaded(home: Home) -> list[tuple[int, ...]]:
    with read_store(home) as store:
        sql = "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM batches), (SELECT count(*) FROM rejects)"
        return store.execute(sql).fetchall()


@pytest.mark.parametrize("leave", [0, 200_000, 900_000])
def test_publishing_on_a_full_disk(disk: Path, leave: int) -> None:
    home, id = stocked(disk / "var")
    filler = fill(disk, leave)
    with pytest.raises(DataError) as caught:
        publish(home, ROLLUPS, as_of=AS_OF[1])
    assert str(caught.value) == (
        f"publishing failed: no room on the disk of {home.root}: make room, then publish again; "
        f"edition {id} is still served"
    )
    assert served(home) == (id, 300)
    assert names(home) == {"CURRENT", f"edition-{id}.duckdb"}
    filler.unlink()
    assert served(home)[0] < publish(home, ROLLUPS, as_of=AS_OF[1]).edition == served(home)[0]


@pytest.mark.parametrize("leave", [0, 300_000, 2_000_000])
def test_loading_on_a_full_disk(disk: Path, source: Source, leave: int) -> None:
    home, id = stocked(disk / "var")
    filler = fill(disk, leave)
    with pytest.raises(DataError) as caught:
        load(home, source)
    assert "\n" not in str(caught.value)
    assert f"the disk of {home.root} is full; nothing was loaded" in str(caught.value)
    assert served(home) == (id, 300)
    filler.unlink()
    assert loaded(home) == [(300, 1, 0)]
    assert load(home, source).accepted == 40_000
    publish(home, ROLLUPS, as_of=AS_OF[1])
    assert served(home)[1] == 40_300


def failed(home: Home, tmp_path: Path, limit: int, task: str, *arguments: object) -> str:
    """What a process says whose files may not grow beyond the limit."""
    log = tmp_path / "faults.txt"
    process = fresh(within, limit, task, home.root, log, *arguments)
    process.join(60)
    assert process.exitcode == 0
    return log.read_text("utf-8")


@pytest.mark.parametrize("limit", [8_192, 400_000, 900_000])
def test_publishing_with_files_limited_in_size(tmp_path: Path, limit: int) -> None:
    home, id = stocked(tmp_path / "var")
    message = failed(home, tmp_path, limit, "publish")
    assert message.startswith("DataError: publishing failed: no room on the disk")
    assert served(home) == (id, 300)
    assert publish(home, ROLLUPS, as_of=AS_OF[1]).edition == served(home)[0] > id
    assert names(home) == {"CURRENT", *(f"edition-{edition}.duckdb" for edition in (id, served(home)[0]))}


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_loading_with_files_limited_in_size(tmp_path: Path, source: Source, share: float) -> None:
    home, id = stocked(tmp_path / "var")
    limit = int(home.store.stat().st_size * share)
    message = failed(home, tmp_path, limit, "load", source.path)
    assert message.startswith("Unavailable: ")
    assert "nothing was loaded" in message
    assert "\n" not in message
    assert served(home) == (id, 300)
    assert loaded(home) == [(300, 1, 0)]
    assert load(home, source).accepted == 40_000


def gone(file: Path) -> None:
    file.unlink()


def dangling(file: Path) -> None:
    file.rename(file.with_suffix(".kept"))
    file.symlink_to("nowhere.csv")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def forbidden(file: Path) -> None:
    file.chmod(0)


# root reads whatever its mode
SPOILS: tuple[Callable[[Path], None], ...] = (gone, dangling, a_folder, *([forbidden] if os.geteuid() else []))


@pytest.mark.parametrize("spoil", SPOILS)
def test_unreadable_delivery(tmp_path: Path, source: Source, spoil: Callable[[Path], None]) -> None:
    home, id = stocked(tmp_path / "var")
    spoil(source.path.with_name("big.csv"))
    with pytest.raises(DataError, match=r"big\.csv") as caught:
        load(home, source)
    assert "\n" not in str(caught.value)
    assert served(home) == (id, 300)
    assert loaded(home) == [(300, 1, 0)]
