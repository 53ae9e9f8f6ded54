"""What the tests run in processes of their own: load everything and publish, as a nightly job does.

`fresh` forks such a process from a server that has imported all it needs, so that it starts at once.
"""

import json
import multiprocessing
import resource
import signal
import traceback
from collections.abc import Callable
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from data.editions.publish import publish
from data.home import Home
from data.ingest.loading import load
from data.push.intake import Intake, Limits
from data.push.publisher import Publisher
from data.push.spool import Sender, Spool
from data.sources.definition import read_source
from tests.data.stock import ROLLUPS

AS_OF = (datetime(2026, 6, 1, 8), datetime(2026, 6, 2, 8), datetime(2026, 6, 3, 8))

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.data.runs"])


def fresh(task: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A started process; its exit code is 0 if the task came to its end."""
    process = _context.Process(target=task, args=arguments, daemon=True)
    process.start()
    return process


def nightly(root: Path, deliveries: Path) -> None:
    """Loads every delivery in turn and publishes after each third of them."""
    home = Home(root, memory="1GB")
    sources = sorted(deliveries.glob("*.yaml"))
    third = -(-len(sources) // len(AS_OF))
    for i, as_of in enumerate(AS_OF):
        for path in sources[i * third : (i + 1) * third]:
            load(home, read_source(path), reject_limit=1)
        publish(home, ROLLUPS, as_of=as_of)


def within(limit: int, task: str, root: Path, log: Path, *arguments: Any) -> None:
    """Loads or publishes while no file may grow beyond `limit` bytes; writes faults to `log`."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    home = Home(root, memory="1GB")
    try:
        if task == "publish":
            publish(home, ROLLUPS, as_of=AS_OF[1])
        else:
            load(home, read_source(*arguments))
    except Exception as error:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        log.write_text(f"{type(error).__name__}: {error}" if len(str(error)) else traceback.format_exc())


def accepting(root: Path, acknowledged: Path, count: int, first: int = 0) -> None:
    """Takes pushes `first` to `count` into the spool, and writes down each that its sender would now be promised."""
    spool = Spool(Home(root, memory="1GB"))
    with acknowledged.open("a") as out:
        for i in range(first, count):
            body = Intake(spool.incoming_path(), "ndjson", Limits(10**6, 1000))
            body.feed(pushed_rows(i).encode())
            body.close()
            push, _ = spool.accept(body, Sender(1, "system", None), "hotline", f"key-{i}")
            out.write(f"{i} {push.id}\n")
            out.flush()


def pushed_rows(i: int) -> str:
    """A push of cases as NDJSON: ten of its own, one to reject, and one that every push repeats."""
    rows = [
        {"key": key, "area": 5 if key.endswith("-3") else 990101001201, "registered_at": "2026-05-01 08:00",
         "title": f"push {i}", "updated_at": f"2026-05-02 08:{i:02}"}
        for key in (*(f"{i}-{n}" for n in range(11)), "shared")
    ]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows)


def publishing(root: Path, seconds: float) -> None:
    """Loads and publishes until nothing waits."""
    publisher = Publisher(Home(root, memory="1GB"), root / "sources", ROLLUPS, seconds=seconds)
    while publisher.turn() or publisher.spool.next() or publisher.spool.loaded():
        pass
