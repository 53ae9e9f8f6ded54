"""The HTML of a page after its scripts ran, by a headless Chromium that can reach one address alone."""

import asyncio
import contextlib
import ipaddress
import logging
import tempfile
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

SECONDS = 12.0
BUDGET_MS = 5_000
"""Of the page's own time, which Chromium runs ahead of ours."""
MOST_BYTES = 5_000_000
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--disable-sync", "--mute-audio", "--blink-settings=imagesEnabled=false", "--disable-dev-shm-usage",
    f"--virtual-time-budget={BUDGET_MS}", "--dump-dom",
)  # fmt: skip


def renderer(chromium: str, *flags: str) -> Callable[[str, str], Awaitable[bytes | None]]:
    """Renders one page at a time: a browser is heavy. flags: further ones of Chromium's."""
    one = asyncio.Lock()

    async def render(url: str, address: str) -> bytes | None:
        """The page's HTML, None where Chromium fails. Every name but the page's own host leads nowhere."""
        async with one:
            with tempfile.TemporaryDirectory(prefix="probe-") as profile:
                command = (chromium, *FLAGS, *flags, f"--user-data-dir={profile}", _pinned(url, address), url)
                return await _output(command)

    return render


def _pinned(url: str, address: str) -> str:
    """The flag by which the host is the address that was checked, and no other host is any."""
    host = urlsplit(url).hostname or ""
    literal = f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    return f"--host-resolver-rules=MAP {host} {literal}, MAP * ~NOTFOUND"


async def _output(command: tuple[str, ...]) -> bytes | None:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        log.warning("%s cannot be started: %s; pages that need scripts are not judged", command[0], error)
        return None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            came = bytearray()
            while len(came) < MOST_BYTES and (chunk := await process.stdout.read(MOST_BYTES)):
                came += chunk
            return bytes(came) or None
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
