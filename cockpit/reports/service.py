"""Keeps the process that makes reports running beside the server."""

import asyncio
import contextlib
import sys
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from cockpit import settings
from cockpit.reports.worker import taken

ROOT = Path(__file__).parents[2]
AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 10.0


async def run() -> None:
    """Start the worker, and start it again should it die; end it when cancelled."""
    while True:
        if await run_in_threadpool(taken, settings.current()):
            await asyncio.sleep(AGAIN_SECONDS)  # another process that serves this home has one
            continue
        worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "cockpit.reports.worker", cwd=ROOT)
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
