"""A headless Chromium for one page that reaches the addresses given alone, spoken to over a pipe: it opens no port."""

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import re
import shlex
import signal
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from typing import Any

log = logging.getLogger(__name__)

FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--disable-sync", "--mute-audio", "--disable-dev-shm-usage", "--disable-breakpad", "--window-size=1280,900",
    "--hide-scrollbars", "--js-flags=--max-old-space-size=256", "--remote-debugging-pipe",
)  # fmt: skip
START = 'exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null'
"""Chromium reads commands from descriptor 3 and answers on 4."""
NOT_STARTED = (126, 127)
EXIT_SECONDS = 1.0
HOST = re.compile(r"[A-Za-z0-9._:-]+")
MOST_MESSAGE = 40_000_000
OURS = ("net::ERR_NAME_NOT_RESOLVED", "net::ERR_ABORTED", "net::ERR_BLOCKED_BY_CLIENT")
"""Errors of the browser without meaning: hosts that it may not reach, and what is a download."""
STATE = """(() => {
    const error = location.protocol === 'chrome-error:'
    const text = document.body?.innerText?.trim() ?? ''
    const shows = element => { const r = element.getBoundingClientRect(); return r.width > 1 && r.height > 1 }
    const media = 'img, svg, canvas, video, iframe, frame, object, embed, button, select, textarea, '
        + 'input:not([type=hidden])'
    const painted = [...document.querySelectorAll('html, body, body *')].slice(0, 3000)
    return {
        status: performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0,
        failed: error ? (text.match(/ERR_[A-Z0-9_]+/) ?? ['ERR_FAILED'])[0] : '',
        visible: text !== '' || [...document.querySelectorAll(media)].some(shows)
            || painted.some(element => getComputedStyle(element).backgroundImage !== 'none' && shows(element)),
    }
})()"""
"""Properties of a page, as its own script reports them."""
HIDDEN = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) delete globalThis[name]"
"""Browser features that could reach other addresses without name resolution."""


class Unseen(Exception):
    """The browser does not show the page, for a reason that may be ours."""


class NotOpened(Exception):
    """The browser opens the page as little as the prober does. Its text is the browser's reason."""


class Tab:
    """The one tab of a browser. Raises Unseen, NotOpened, or TimeoutError of who waits."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._number, self._session, self._frame, self._world, self._quiet = 0, "", "", 0, False

    async def open(self, url: str, seconds: float) -> None:
        """Go to an address and wait until the page asks for nothing more, but no longer than so many seconds."""
        targets = (await self._call("Target.getTargets"))["targetInfos"]
        page = next((target["targetId"] for target in targets if target["type"] == "page"), None)
        if page is None:
            page = (await self._call("Target.createTarget", url="about:blank"))["targetId"]
        self._session = (await self._call("Target.attachToTarget", targetId=page, flatten=True))["sessionId"]
        await self._call("Page.enable")
        await self._call("Page.setLifecycleEventsEnabled", enabled=True)
        await self._call("Page.addScriptToEvaluateOnNewDocument", source=HIDDEN)
        # The prober has requested this address before and checked its certificate against its own authorities.
        await self._call("Security.setIgnoreCertificateErrors", ignore=True)
        self._quiet = False
        came = await self._call("Page.navigate", url=url)
        if "errorText" in came:
            raise _of_net(str(came["errorText"]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._quiet:
                    await self._next()
        self._frame, self._world = came["frameId"], 0

    async def state(self) -> Mapping[str, Any]:
        """status: of the page, 0 if unknown. visible: whether there is something to see. Raises NotOpened."""
        state: Mapping[str, Any] = await self.says(STATE)
        if state["failed"]:
            raise _of_net(f"net::{state['failed']}")
        return state

    async def says(self, script: str) -> Any:
        """Result of a script in an isolated world, which the page can neither see nor change."""
        if not self._world:
            made = await self._call("Page.createIsolatedWorld", frameId=self._frame, worldName="prober")
            self._world = made["executionContextId"]
        reply = await self._call(
            "Runtime.evaluate", expression=script, contextId=self._world, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in reply:
            raise Unseen(
                str(reply["exceptionDetails"].get("exception", {}).get("description", "a script failed"))[:300]
            )
        return reply["result"].get("value")

    async def picture(self, quality: int) -> bytes:
        """A screenshot of the window, as WebP."""
        reply = await self._call("Page.captureScreenshot", format="webp", quality=quality)
        return b64decode(reply["data"])

    async def _call(self, method: str, **parameters: object) -> Mapping[str, Any]:
        number = self._send(method, parameters)
        while True:
            reply = await self._next()
            if reply.get("id") == number:
                if "error" in reply:
                    raise Unseen(f"{method}: {reply['error'].get('message')}")
                result: Mapping[str, Any] = reply["result"]
                return result

    def _send(self, method: str, parameters: Mapping[str, object]) -> int:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._number, "method": method, "params": parameters, **session}
        self._writer.write(json.dumps(message).encode() + b"\0")
        return self._number

    async def _next(self) -> Mapping[str, Any]:
        try:
            message: Mapping[str, Any] = json.loads((await self._reader.readuntil(b"\0"))[:-1])
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError) as error:
            raise Unseen(f"Chromium ended or said too much: {type(error).__name__}") from None
        method, about = message.get("method"), message.get("params", {})
        if method == "Page.javascriptDialogOpening":
            self._send("Page.handleJavaScriptDialog", {"accept": False})  # the page would wait for it for ever
        elif method == "Page.lifecycleEvent" and about["name"] in ("init", "networkIdle"):
            self._quiet = about["name"] == "networkIdle"
            self._world = self._world if self._quiet else 0  # a page that leads on is another one
        elif method == "Inspector.targetCrashed":
            raise Unseen("the page crashed its browser")
        return message


@contextlib.asynccontextmanager
async def tab(chromium: str, addresses: Mapping[str, str]) -> AsyncIterator[Tab]:
    """A tab of a new browser, in which these hosts are at these addresses and no other host is anywhere.

    chromium: the program, and flags of its own behind it. Raises Unseen where it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="probe-", ignore_cleanup_errors=True) as profile:
        command = (*shlex.split(chromium), *FLAGS, f"--user-data-dir={profile}", pinned(addresses), "about:blank")
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", START, *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, process_group=0, limit=MOST_MESSAGE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Tab(process.stdout, process.stdin)
        except Unseen:
            if await _exit_status(process) in NOT_STARTED:
                log.warning("%s cannot be started: pages that need scripts are not judged", command[0])
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdin.close()
            await process.wait()


async def _exit_status(process: asyncio.subprocess.Process) -> int | None:
    """Its exit status; None if it still runs. Its pipes close before the loop hears of its end."""
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(process.wait(), EXIT_SECONDS)
    return None


def _of_net(error: str) -> Exception:
    return Unseen(error) if error in OURS else NotOpened(error)


def pinned(addresses: Mapping[str, str]) -> str:
    """The flag by which each host is the address that was checked, and no other is any. Unseen for a strange one."""
    rules = []
    for host, address in addresses.items():
        try:
            name = host if ":" in host else host.encode("idna").decode()
            literal = f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
        except ValueError:
            raise Unseen(f"{host} at {address}") from None
        if not HOST.fullmatch(name):
            raise Unseen(f"{host} is no name of a host")
        rules.append(f"MAP {name} {literal}")
    return "--host-resolver-rules=" + ", ".join([*rules, "MAP * ~NOTFOUND"])
