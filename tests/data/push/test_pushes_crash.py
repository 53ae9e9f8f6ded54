"""A server or publisher killed at any time: acknowledged pushes are loaded once, others leave nothing."""

import random
import signal
import sys
import time
from pathlib import Path

import pytest
import yaml

from data.editions.edition import Edition
from data.editions.files import pointed
from data.home import Home
from data.push.spool import Spool
from data.store import read_store
from tests.data.hotline import settle
from tests.data.runs import accepting, fresh, publishing, pushed_rows

pytestmark = pytest.mark.slow

PUSHES, KILLS = 12, 20
SEED = 20261126


def prepared(root: Path) -> Home:
    home = Home(root, memory="1GB")
    home.prepare()
    settle(home)
    source = {
        "source": "hotline", "name": "热线", "fact": "cases", "push": True, "zone": home.zone, "key": "key",
        "area": "area",
        "columns": {"kind": "'hotline'", **{c: c for c in ("registered_at", "title", "updated_at")}},
    }  # fmt: skip
    (root / "sources").mkdir()
    (root / "sources" / "hotline.yaml").write_text(yaml.safe_dump(source, allow_unicode=True), "utf-8")
    return home


def promises(acknowledged: Path) -> list[tuple[int, str]]:
    """The number and the id of each push that was acknowledged, in order."""
    lines = acknowledged.read_text().splitlines() if acknowledged.exists() else []
    return [(int(i), id) for i, id in map(str.split, lines)]


def test_acknowledged_push_is_complete_after_kill(tmp_path: Path) -> None:
    """Each process accepts without end until it is killed; the next begins with the last keys of the one before."""
    home, acknowledged, chance = prepared(tmp_path / "var"), tmp_path / "acknowledged", random.Random(SEED)
    spool, last = Spool(home), 0
    for _ in range(KILLS):
        count = len(promises(acknowledged))
        process = fresh(accepting, home.root, acknowledged, sys.maxsize, max(0, last - 2))
        process.join(chance.uniform(0.02, 0.25))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        for i, id in promises(acknowledged)[count:]:
            push = spool.find(id)
            assert push
            assert spool.file(push).read_text() == pushed_rows(i)
            last = max(last, i)
    process = fresh(accepting, home.root, acknowledged, last + PUSHES)
    process.join()
    assert (process.exitcode, spool.waiting()[0]) == (0, last + PUSHES)
    ids = dict(promises(acknowledged))
    assert len(set(ids.values())) == last + PUSHES, "a key was answered with another push after a kill"


def test_kills_and_lost_journals_together_lose_nothing(tmp_path: Path) -> None:
    """Both processes are killed again and again, and now and then the journal is deleted or overwritten."""
    home, acknowledged, chance = prepared(tmp_path / "var"), tmp_path / "acknowledged", random.Random(SEED)
    process = fresh(accepting, home.root, acknowledged, PUSHES)
    process.join()
    spool, until, killed = Spool(home), time.monotonic() + 60, 0
    while (spool.next() or spool.loaded()) and time.monotonic() < until and killed < KILLS:
        process = fresh(publishing, home.root, 0.5)
        process.join(chance.uniform(0.1, 0.8))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if killed % 3 == 1:
            spool.journal.unlink(missing_ok=True)
        elif killed % 3 == 2:
            spool.journal.write_bytes(b"no journal" * 2000)
    assert killed >= 3
    process = fresh(publishing, home.root, 0.5)
    process.join()
    assert process.exitcode == 0
    assert [spool.counts()[state] for state in ("queued", "loaded", "held", "failed")] == [0, 0, 0, 0]
    edition = Edition(home, pointed(home) or "none")
    keys = edition.cursor().execute(
        "SELECT count(*), count(DISTINCT key), max(title) FILTER (key = 'shared') FROM cases"
    )
    assert keys.fetchone() == (PUSHES * 10 + 1, PUSHES * 10 + 1, f"push {PUSHES - 1}")
    with read_store(home) as store:
        assert store.execute("SELECT count(*), count(DISTINCT identity) FROM batches").fetchone() == (PUSHES, PUSHES)


def test_a_publisher_killed_at_any_instant_counts_nothing_twice(tmp_path: Path) -> None:
    home, chance = prepared(tmp_path / "var"), random.Random(SEED)
    process = fresh(accepting, home.root, tmp_path / "acknowledged", PUSHES)
    process.join()
    spool, killed, until = Spool(home), 0, time.monotonic() + 60
    while killed < KILLS and (spool.next() or spool.loaded()) and time.monotonic() < until:
        process = fresh(publishing, home.root, 0.5)
        process.join(chance.uniform(0.05, 0.8))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if id := pointed(home):
            edition = Edition(home, id)
            assert edition.cursor().execute("SELECT count(*) FROM cases").fetchone() == (int(edition.meta["cases"]),)
    assert killed >= 3
    process = fresh(publishing, home.root, 0.5)
    process.join()
    assert process.exitcode == 0
    assert spool.counts() == {"queued": 0, "loaded": 0, "held": 0, "failed": 0, "published": PUSHES}
    with read_store(home) as store:
        batches = store.execute("SELECT identity, rows_read, accepted, rejected FROM batches").fetchall()
        rejects = store.execute("SELECT count(*), count(DISTINCT key) FROM rejects").fetchall()
    assert sorted(row[1:] for row in batches) == [(12, 11, 1)] * PUSHES
    assert len({identity for identity, *_ in batches}) == PUSHES
    assert rejects == [(PUSHES, PUSHES)]
    edition = Edition(home, pointed(home) or "none")
    assert edition.cursor().execute("SELECT count(*), count(DISTINCT key) FROM cases").fetchone() == (
        PUSHES * 10 + 1, PUSHES * 10 + 1,
    )  # fmt: skip
    newest = edition.cursor().execute("SELECT title FROM cases WHERE key = 'shared'").fetchone()
    assert newest == (f"push {PUSHES - 1}",)
    refused = [(r.row, r.key, r.reasons) for r in spool.rejects(spool.newest(1)[0], 10)]
    assert refused == [(4, f"{PUSHES - 1}-3", ["unknown area: 5"])]
    assert [file.name for file in spool.folder.glob("*.ndjson")] == []
