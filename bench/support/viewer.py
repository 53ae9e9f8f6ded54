"""A viewer without a browser: one websocket that speaks Streamlit's protocol."""

import asyncio
import re
import ssl
import time
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from cockpit.access import cookies
from cockpit.access.visitors import COOKIE

COMPOSED = "cockpit_composed"
"""The component whose content, compressed, names further ones."""
SHELL = {"cockpit_nav", "cockpit_header"}
SHOWS = {
    "district": SHELL | {"cockpit_today", "cockpit_tiles", "cockpit_areamap", "cockpit_ranking", "cockpit_bars"},
    "town": SHELL | {"cockpit_today", "cockpit_tiles", "cockpit_areamap", "cockpit_ranking", "cockpit_bars"},
    "village": SHELL | {"cockpit_todo", "cockpit_tiles"},
}
"""The components that a cockpit must hold; the login and a page that says what went wrong hold none of them."""
CLOSING_SECONDS = 2.0
PATIENCE = 60.0
"""Seconds after which a run counts as failed."""


class BadRun(Exception):
    """A run that did not end, or whose screen is not the requested cockpit."""


@dataclass(frozen=True)
class Place:
    """What a viewer looks at."""

    level: str
    code: int
    name: str


@dataclass
class Viewer:
    """Somebody signed in who looks at one area.

    shows: the components that the screen must hold; by default those of a cockpit of the area's level.
    page: the page of an address, such as `sites`; the cockpit where it is empty.
    messages, size, said: how many of the server's messages there were in the last run, their bytes, and what they held.
    """

    address: str
    token: str
    place: Place
    shows: set[str] | None = None
    tls: ssl.SSLContext | None = None
    page: str = ""
    messages: int = 0
    size: int = 0
    said: bytes = b""
    _socket: ClientConnection | None = field(default=None, repr=False)
    _page: str = ""

    @property
    def cookie(self) -> str:
        """The session as a browser sends it."""
        prefix = cookies.PREFIX if self.address.startswith("https:") else ""
        return f"{prefix}{COOKIE}={self.token}"

    async def open(self) -> None:
        """Connect, or connect again, without a run yet."""
        await self.close()
        self._socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": self.cookie},
            origin=Origin(self.address),
            ssl=self.tls,
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
            close_timeout=CLOSING_SECONDS,
        )

    async def close(self) -> None:
        if self._socket:
            await self._socket.close()
            self._socket, self._page = None, ""

    async def __aenter__(self) -> "Viewer":
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def run(self, **parameters: object) -> float:
        """One run of the cockpit; the seconds from asking until it is complete. Raises BadRun.

        After a bad one the connection is a new one, as a browser would have it: what was left unread is no answer.
        """
        request = BackMsg()
        state = request.rerun_script
        state.query_string = urlencode({"area": self.place.code, **parameters})
        state.page_script_hash, state.page_name = self._page, "" if self._page else self.page
        state.context_info.timezone, state.context_info.locale = "Asia/Shanghai", "zh-CN"
        state.context_info.color_scheme = "light"
        started = time.perf_counter()
        try:
            if self._socket is None:
                await self.open()
            assert self._socket
            await self._socket.send(request.SerializeToString())
            async with asyncio.timeout(PATIENCE):
                await self._read()
        except TimeoutError:
            await self.close()
            raise BadRun(f"no answer within {PATIENCE:.0f} s") from None
        except WebSocketException as error:
            await self.close()
            raise BadRun(f"the connection failed: {error}") from None
        return time.perf_counter() - started

    async def _read(self) -> None:
        """Messages up to the end of the run."""
        assert self._socket
        self.messages = self.size = 0
        shown: set[str] = set()
        messages: list[bytes] = []
        named = False
        name = self.place.name.encode()
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            self.messages += 1
            self.size += len(raw)
            messages.append(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "bidi_component":
                component = message.delta.new_element.bidi_component
                shown.add(component.component_name)
                if component.component_name == COMPOSED:
                    content = zlib.decompress(component.bytes)
                    shown |= {f"cockpit_{part}" for part in re.findall(r'"component":"(\w+)"', content.decode())}
                    raw += content
                    messages.append(content)
                named = named or name in raw
            elif kind == "navigation":
                self._page = message.navigation.page_script_hash
            elif kind == "script_finished":
                break
        self.said = b"".join(messages)
        if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
            raise BadRun("the run did not end well")
        if missing := (SHOWS[self.place.level] if self.shows is None else self.shows) - shown:
            raise BadRun(f"the screen is not the cockpit of {self.place.name}: no {', '.join(sorted(missing))}")
        if not named:
            raise BadRun(f"the screen does not name {self.place.name}")


async def arrive(viewer: Viewer, client: httpx.AsyncClient) -> float:
    """What a browser does that holds the program's files already: the page, what it asks of the server, the first run.

    The seconds until the first screen is complete.
    """
    started = time.perf_counter()
    cookie = {"Cookie": viewer.cookie, "Accept": "text/html"}
    for path in ("/", "/_stcore/health", "/_stcore/host-config"):
        answer = await client.get(viewer.address + path, headers=cookie)
        if answer.status_code != httpx.codes.OK:
            raise BadRun(f"{path}: {answer.status_code}")
    await viewer.open()
    await viewer.run()
    return time.perf_counter() - started
