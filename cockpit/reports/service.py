"""Keeps the process that makes reports running beside the server."""

import asyncio
import contextlib
import logging
import sys
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from cockpit import settings
from cockpit.reports.worker import taken

log = logging.getLogger("cockpit.reports")

ROOT = Path(__file__).parents[2]
AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 10.0


async def run() -> None:
    """Start the worker, and start it again should it die; end it when cancelled."""
    while True:
        worker = None
        try:
            if not await run_in_threadpool(taken, settings.current()):  # else another server of this home has one
                worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "cockpit.reports.worker", cwd=ROOT)
        except OSError as error:  # a full disk, too many processes: it may be over soon
            log.warning("reports are not being made: %s", error)
        if worker:
            try:
                await worker.wait()
            except asyncio.CancelledError:
                await _end(worker)
                raise
        await asyncio.sleep(AGAIN_SECONDS)


async def _end(worker: asyncio.subprocess.Process) -> None:
    """Ask it to stop after what it is doing; do not wait for ever."""
    with contextlib.suppress(ProcessLookupError):
        worker.terminate()
        try:
            await asyncio.wait_for(worker.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            worker.kill()
            await worker.wait()
