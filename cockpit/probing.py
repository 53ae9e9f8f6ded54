"""The prober beside the screens: a process of its own, kept alive by the server.

Probing takes processor time that readers need, so it is no part of the server's process. Of all servers of a home one
keeps it: the process itself holds the home's lock, and one that finds it taken ends and is tried again later.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from cockpit import settings
from cockpit.settings import Settings
from data.errors import DataError

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
AGAIN_SECONDS = 60.0
STOP_SECONDS = 10.0
NICENESS = 10


async def run() -> None:
    """For as long as the server runs: the prober alive, if it is wanted."""
    config = settings.current()
    if config.probe:
        await _kept(config)


async def _kept(config: Settings) -> None:
    """The prober's process, started again when it ends."""
    paths = {"HOME": config.home, "CATALOG": config.catalog}
    paths |= {"PROBE_EXTRAS": config.probe_extras, "PROBE_AUTHORITIES": config.probe_authorities}
    named = {f"{settings.PREFIX}{name}": str(path.resolve()) for name, path in paths.items() if path}
    while True:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cockpit.probing", cwd=ROOT, env=os.environ | named,
            stdin=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            if code := await child.wait():
                log.warning("the prober ended with %s: it is started again in %g s", code, AGAIN_SECONDS)
            await asyncio.sleep(AGAIN_SECONDS)
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
                try:
                    await asyncio.wait_for(child.wait(), STOP_SECONDS)
                except TimeoutError:
                    child.kill()


def _end_with_the_server() -> None:
    """End when the server that started this process is gone: the pipe to it closes."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    from cockpit.commands.probe import always
    from data.probe import service

    logging.basicConfig(level=logging.WARNING, format="prober: %(message)s")
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    os.nice(NICENESS)
    config = settings.load()
    try:
        with service.alone(config.data):
            asyncio.run(always(config, "", config.probe_every))
    except DataError as error:
        log.info("%s", error)  # another server keeps it


if __name__ == "__main__":
    main()
