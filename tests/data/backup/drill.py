"""A home that is in use, and what the drills run in processes of their own."""

import os
import resource
import signal
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from data.backup.restore import restore
from data.backup.take import take
from data.desk.auditing import audit
from data.desk.auditing.custody import Custody
from data.desk.identity import accounts
from data.desk.store import open_desk
from data.editions.publish import publish
from data.home import Home
from data.push.spool import Spool
from tests.data.push.test_pushes_crash import prepared
from tests.data.runs import accepting, publishing
from tests.data.stock import ROLLUPS, VILLAGE, a_case, put

AS_OF = datetime(2026, 6, 1, 8)
PASSWORD = "Hongqi+2026+x"
CASES, AUDITED, PUSHES = 300, 40, 4


def desk_url(home: Home) -> str:
    return f"sqlite:///{home.root / 'desk.sqlite'}"


def fill_desk(url: str, custody: Custody | None = None) -> None:
    """Two accounts, and rows of the audit."""
    with closing(open_desk(url, custody)) as desk:
        for name in ("li", "wang"):
            accounts.add(desk, name, PASSWORD)
        for i in range(AUDITED):
            audit.write(desk, who=f"w{i}", role="leader", scope="", event="drill", what=f"积压 {i}")


def used(root: Path) -> Home:
    """A home with facts, an edition, pushes that wait, a desk, a report and what the prober keeps."""
    home = prepared(root)
    put(home, "cases", [a_case(key=str(i), area=VILLAGE, registered_at=datetime(2026, 5, 1)) for i in range(CASES)])
    publish(home, ROLLUPS, as_of=AS_OF)
    accepting(root, root.parent / f"{root.name}.acknowledged", PUSHES)
    fill_desk(desk_url(home))
    (root / "reports").mkdir()
    (root / "reports" / "monthly.pdf").write_bytes(b"%PDF-1.7 report")
    (root / "probe" / "evidence").mkdir(parents=True)
    (root / "probe" / "evidence" / "a.gz").write_bytes(os.urandom(200_000))
    (root / "scratch" / "spill.tmp").write_bytes(b"passing")
    (root / "tiles").mkdir()
    (root / "tiles" / "1-1").write_bytes(b"fetched again")
    return home


def taking(root: Path, target: Path) -> None:
    home = Home(root, memory="1GB")
    take(home, desk_url(home), target)


def restoring(file: Path, root: Path, kill_at: int = 0) -> None:
    """Restore; kill_at: the process kills itself at that rename, as if the power failed."""
    count = 0
    rename = os.rename

    def counted(*paths: Any, **more: Any) -> None:
        nonlocal count
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*paths, **more)

    os.rename = counted  # pathlib asks os for it at each call
    home = Home(root, memory="1GB")
    restore(file, home, desk_url(home))


def limited(limit: int, task: str, root: Path, file: Path, log: Path) -> None:
    """Back up or restore where no file may grow beyond `limit` bytes, as on a full disk; writes what went wrong."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        taking(root, file) if task == "backup" else restoring(file, root)
    except Exception as error:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        log.write_text(f"{type(error).__name__}: {error}")


def pushing(root: Path, acknowledged: Path, count: int) -> None:
    """Take pushes in and load them, again and again."""
    for _ in range(count):
        accepting(root, acknowledged, PUSHES)
        publishing(root, 0.2)
        Spool(Home(root)).sweep()
