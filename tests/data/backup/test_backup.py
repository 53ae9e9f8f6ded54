"""The restore drill: what is backed up while in use comes back whole, or nothing happens and one line says why."""

import io
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.backup import archive, totals
from data.backup.restore import REPLACED, STAGING, restore
from data.backup.take import take
from data.desk.auditing import audit, proof
from data.desk.auditing.custody import Custody
from data.desk.identity import accounts
from data.desk.store import open_desk
from data.editions.edition import look
from data.editions.files import pointed
from data.editions.publish import publish
from data.errors import DataError
from data.home import Home
from data.push.spool import Spool
from data.store import read_store
from tests.data.backup import drill
from tests.data.backup.drill import CASES, PUSHES, desk_url, used
from tests.data.runs import fresh, publishing
from tests.data.stock import ROLLUPS, VILLAGE, a_case, put
from tests.homes import Homes
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow

SEED = 20261128


def in_use(homes: Homes) -> Home:
    """A copy of a home that is in use."""
    return Home(homes.copy(used), memory="1GB")


@pytest.fixture(scope="module")
def home(homes: Homes) -> Home:
    return in_use(homes)


@pytest.fixture(scope="module")
def backup(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "backup.tar"
    take(home, desk_url(home), file)
    return file


def everything(home: Home) -> dict[str, object]:
    """What a home holds in numbers, its audit walked."""
    with read_store(home) as store:
        of_store = totals.of_store(store)
    with closing(open_desk(desk_url(home))) as desk:
        of_desk = totals.of_desk(desk)
    return {
        "store": of_store, "desk": of_desk, "editions": totals.of_editions(home),
        "pushes": totals.of_journal(home.root / "spool" / "journal.sqlite"),
        "report": (home.root / "reports" / "monthly.pdf").read_bytes(),
        "evidence": (home.root / "probe" / "evidence" / "a.gz").read_bytes(),
        "pepper": (home.root / "pepper").read_text() if (home.root / "pepper").exists() else None,
    }  # fmt: skip


def test_restore_equals_backup(home: Home, backup: Path, tmp_path: Path) -> None:
    copy = Home(tmp_path / "var", memory="1GB")
    restore(backup, copy, desk_url(copy))
    assert everything(copy) == everything(home)
    assert not (copy.root / "scratch" / "spill.tmp").exists()
    assert not (copy.root / "tiles").exists()
    assert not [path for path in copy.root.iterdir() if path.name.startswith((STAGING, REPLACED))]
    id = pointed(copy)
    assert id
    assert look(copy, id).cursor().execute("SELECT count(*) FROM cases").fetchone() == (CASES,)
    publishing(copy.root, 0.2)
    assert Spool(copy).counts()["published"] == PUSHES, "what waited is loaded after the restore"


def test_backup_and_restored_files_are_private(backup: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        copy = Home(tmp_path / "var", memory="1GB")
        restore(backup, copy, desk_url(copy))
    finally:
        os.umask(before)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (copy.root, *copy.root.rglob("*"))}
    assert modes <= {0o600, 0o700}


def test_non_empty_home_is_refused_or_moved_aside(homes: Homes, home: Home, backup: Path, tmp_path: Path) -> None:
    other_home = in_use(homes)
    with closing(open_desk(desk_url(other_home))) as desk:
        accounts.add(desk, "zhao", drill.PASSWORD)
    before = everything(other_home)
    with pytest.raises(DataError, match=r"is not empty: .* --replace"):
        restore(backup, other_home, desk_url(other_home))
    assert everything(other_home) == before
    restore(backup, other_home, desk_url(other_home), replace=True)
    assert everything(other_home) == everything(home)
    (aside,) = other_home.root.glob(f"{REPLACED}*")
    assert everything(Home(aside)) == before, "moved, and not removed"


def test_check_only_restores_nothing(backup: Path, tmp_path: Path) -> None:
    copy = Home(tmp_path / "var", memory="1GB")
    assert restore(backup, copy, desk_url(copy), check=True).totals["store"]["cases"] == CASES
    assert not copy.root.exists()


# --- while it is in use -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_backup_during_loads_and_pushes_is_consistent(homes: Homes, tmp_path: Path) -> None:
    """What the journal counts as loaded is in the store once; what is queued is loaded once after the restore."""
    home = in_use(homes)
    acknowledged = tmp_path / "acknowledged"
    process = fresh(drill.pushing, home.root, acknowledged, 6)
    backups, number = [], 0
    while process.is_alive():
        promised = (
            len(set(acknowledged.read_text().splitlines())) if acknowledged.exists() else 0
        )  # sent again: one push
        file = tmp_path / f"{number}.tar"
        take(home, desk_url(home), file)
        backups.append((file, promised))
        number += 1
    process.join()
    assert process.exitcode == 0
    assert len(backups) >= 3
    for file, promised in backups[-6:]:
        copy = Home(tmp_path / f"restored-{file.stem}", memory="1GB")
        restore(file, copy, desk_url(copy))
        publishing(copy.root, 0.2)
        counts = Spool(copy).counts()
        assert counts["published"] == sum(counts.values()) >= promised
        with read_store(copy) as store:
            batches = store.execute("SELECT identity FROM batches WHERE file LIKE 'push%'").fetchall()
        assert len(set(batches)) == len(batches) == counts["published"]
        shutil.rmtree(copy.root)


@pytest.mark.slow
def test_backup_during_publish_has_complete_editions(homes: Homes, tmp_path: Path) -> None:
    home = in_use(homes)
    for day in range(2, 6):
        put(home, "cases", [a_case(key=f"{day}-{i}", area=VILLAGE, registered_at=drill.AS_OF) for i in range(20)])
        publish(home, ROLLUPS, as_of=drill.AS_OF.replace(day=day), keep=1)
        file = tmp_path / f"{day}.tar"
        take(home, desk_url(home), file)
        copy = Home(tmp_path / f"copy-{day}", memory="1GB")
        assert restore(file, copy, desk_url(copy)).totals["editions"]["current"] == pointed(home) == pointed(copy)


# --- kill -9, a full disk, a damaged file -------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_backup_leaves_no_partial_file(homes: Homes, tmp_path: Path) -> None:
    home, chance, killed = in_use(homes), random.Random(SEED), 0
    target = tmp_path / "backups" / "backup.tar"
    target.parent.mkdir()
    for _ in range(12):
        process = fresh(drill.taking, home.root, target)
        process.join(chance.uniform(0.05, 1.2))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if target.exists():
            restore(target, Home(tmp_path / "check"), desk_url(Home(tmp_path / "check")), check=True)
            target.unlink()
    assert killed
    take(home, desk_url(home), target)
    assert list(target.parent.iterdir()) == [target], "what killed runs left is swept"


@pytest.mark.slow
@pytest.mark.parametrize("rename", [1, 2, 3, 5, 7, 9])
def test_a_restore_killed_at_a_rename_is_completed(home: Home, backup: Path, tmp_path: Path, rename: int) -> None:
    copy = Home(tmp_path / "var", memory="1GB")
    process = fresh(drill.restoring, backup, copy.root, rename)
    process.join()
    if process.exitcode == -signal.SIGKILL:
        assert pointed(copy) is None, "half a home is not served"
        restore(backup, copy, desk_url(copy))
    assert everything(copy) == everything(home)
    assert not list(copy.root.glob(f"{STAGING}*"))


@pytest.mark.slow
def test_killed_restore_is_restarted(home: Home, backup: Path, tmp_path: Path) -> None:
    chance, killed = random.Random(SEED), 0
    for n in range(6):
        copy = Home(tmp_path / f"var{n}", memory="1GB")
        process = fresh(drill.restoring, backup, copy.root)
        process.join(chance.uniform(0.02, 0.6))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if process.exitcode:
            restore(backup, copy, desk_url(copy))
        assert everything(copy) == everything(home)
    assert killed


@pytest.mark.parametrize("limit", [10_000, 100_000, 1_000_000])
def test_a_full_disk_leaves_nothing(home: Home, backup: Path, tmp_path: Path, limit: int) -> None:
    log, target, empty = tmp_path / "faults", tmp_path / "backup.tar", tmp_path / "var"
    for task, root, file in (("backup", home.root, target), ("restore", empty, backup)):
        log.unlink(missing_ok=True)
        process = fresh(drill.limited, limit, task, root, file, log)
        process.join()
        assert log.exists(), f"{task} did not notice"
        assert "DataError: the disk of " in log.read_text()
        assert "is full" in log.read_text()
    assert not target.exists()
    assert not empty.exists() or not any(empty.iterdir())
    assert not list(tmp_path.glob(f"{archive.WORK}*"))


def cut(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Ways in which a file comes back from a bad disk."""
    chance = random.Random(SEED)
    for share in (0.0, 0.01, 0.5, 0.99):
        yield f"cut at {share}", content[: int(len(content) * share)]
    for _ in range(12):
        at = chance.randrange(len(content))
        yield f"changed at {at}", content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def test_a_damaged_backup_is_refused_and_the_home_stays_empty(backup: Path, tmp_path: Path) -> None:
    content, refused = backup.read_bytes(), 0
    for case, damaged in cut(content):
        file, copy = tmp_path / "damaged.tar", Home(tmp_path / "var", memory="1GB")
        file.write_bytes(damaged)
        try:
            restore(file, copy, desk_url(copy))
        except DataError:
            refused += 1
            assert not copy.root.exists() or not any(copy.root.iterdir()), case
        else:  # only what fills up the blocks of a tar, or dates its files, may change unseen
            assert len(damaged) == len(content), case
            shutil.rmtree(copy.root)
    assert refused >= 14


@pytest.mark.parametrize("name", ["../outside", "home/../../outside", "/outside", "home/x/../../../outside", "other/x"])
def test_backup_with_path_traversal_is_refused(tmp_path: Path, name: str) -> None:
    file, copy = tmp_path / "evil.tar", Home(tmp_path / "deep" / "var")
    manifest = archive.Manifest("2026-11-28T08:00:00", "Asia/Shanghai", "", files={name: (4, "0" * 64)})
    with tarfile.open(file, "w") as tar:
        for member, body in ((name, b"evil"), (archive.MANIFEST, json.dumps(manifest.__dict__).encode())):
            info = tarfile.TarInfo(member)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    with pytest.raises(DataError, match="is not what the list of files says"):
        restore(file, copy, desk_url(copy))
    assert not list(tmp_path.rglob("outside"))


def test_an_existing_file_is_not_overwritten(home: Home, backup: Path) -> None:
    before = backup.stat()
    with pytest.raises(DataError, match="exists already: name a new file"):
        take(home, desk_url(home), backup)
    assert backup.stat().st_mtime == before.st_mtime


def test_broken_audit_chain_is_kept_and_reported(homes: Homes, tmp_path: Path) -> None:
    home = in_use(homes)
    with closing(sqlite3.connect(home.root / "desk.sqlite")) as connection:
        connection.executescript("DROP TRIGGER audit_kept; UPDATE audit SET what = 'other' WHERE id = 7")
    assert "row 7 " in take(home, desk_url(home), tmp_path / "b.tar").totals["desk"]["fault"]
    copy = Home(tmp_path / "copy")
    assert "row 7 " in restore(tmp_path / "b.tar", copy, desk_url(copy)).totals["desk"]["fault"]


def test_a_backup_of_another_kind_of_desk_or_zone_is_refused(backup: Path, tmp_path: Path) -> None:
    copy = Home(tmp_path / "var")
    with pytest.raises(DataError, match="holds a SQLite desk"):
        restore(backup, copy, "postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(DataError, match="zone Asia/Shanghai"):
        restore(backup, Home(tmp_path / "var", zone="Europe/Berlin"), desk_url(copy))
    assert not copy.root.exists()


# --- a desk in PostgreSQL -----------------------------------------------------------------------------------------


def test_postgresql_desk_is_restored_and_usable(homes: Homes, postgres: Postgres, tmp_path: Path) -> None:
    stamp = time.time_ns()
    source, target = (postgres.database(f"backup{stamp}{i}") for i in range(2))
    home, copy, file = in_use(homes), Home(tmp_path / "copy", memory="1GB"), tmp_path / "backup.tar"
    drill.fill_desk(source, Custody.of_home(home.root))
    manifest = take(home, source, file)
    assert manifest.totals["desk"]["audit"] == drill.AUDITED
    restore(file, copy, target)
    with closing(open_desk(target, Custody.of_home(copy.root))) as desk:
        assert totals.of_desk(desk) == manifest.totals["desk"]
        accounts.add(desk, "zhao", drill.PASSWORD)
        audit.write(desk, who="w", role="", scope="", event="act", what="goes on")
        assert proof.verify(desk).rows == drill.AUDITED + 1
    other_home = Home(tmp_path / "other", memory="1GB")
    with pytest.raises(DataError, match="database is not empty"):
        restore(file, other_home, target)
    assert not other_home.root.exists() or not any(other_home.root.iterdir())
    restore(file, other_home, target, replace=True)
    with closing(open_desk(target, Custody.of_home(other_home.root))) as desk:
        assert totals.of_desk(desk) == manifest.totals["desk"]


def test_a_desk_that_was_filled_before_a_kill_is_not_filled_twice(
    homes: Homes, postgres: Postgres, tmp_path: Path
) -> None:
    source, target = (postgres.database(f"backup{time.time_ns()}{i}") for i in range(2))
    home, file = in_use(homes), tmp_path / "backup.tar"
    drill.fill_desk(source, Custody.of_home(home.root))
    take(home, source, file)
    restore(file, Home(tmp_path / "killed", memory="1GB"), target)
    copy = Home(tmp_path / "copy", memory="1GB")
    restore(file, copy, target)
    assert pointed(copy) == pointed(home)
