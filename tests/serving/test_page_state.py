"""The state of a page continues over a new websocket of its own session only."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from cockpit.access.gate import OWNER
from cockpit.access.visitors import COOKIE
from tests.serving.conftest import Server


@pytest.fixture(scope="module")
def server(plain_server: Server) -> Server:
    return plain_server


async def state_of(socket: ClientConnection) -> str:
    """The id of the state that a run of the page begins with."""
    request = BackMsg()
    request.rerun_script.query_string = ""
    await socket.send(request.SerializeToString())
    async with asyncio.timeout(60):
        while True:
            raw = await socket.recv()
            assert isinstance(raw, bytes)
            message = ForwardMsg.FromString(raw)
            if message.WhichOneof("type") == "new_session":
                return message.new_session.initialize.session_id


def opened(server: Server, token: str, state: str = "", **headers: str) -> connect:
    """A websocket as a browser opens it that goes on with a state."""
    arguments = ["streamlit", "x", *([state] if state else [])]
    return connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream", subprotocols=[Subprotocol(name) for name in arguments],
        additional_headers={"Cookie": f"{COOKIE}={token}", **headers}, origin=Origin(server.address), max_size=None,
    )  # fmt: skip


def test_another_session_does_not_take_over_the_state_of_a_page(server: Server) -> None:
    owner, other = server.token(), server.token()

    async def run() -> tuple[str, str, str, str]:
        async with opened(server, owner) as socket:
            first = await state_of(socket)
            async with opened(server, other, first) as foreign:
                live = await state_of(foreign)
        async with opened(server, other, first, **{OWNER.decode(): "x"}) as foreign:
            forged = await state_of(foreign)
        async with opened(server, owner, first) as socket:
            return first, live, forged, await state_of(socket)

    first, live, forged, again = asyncio.run(run())
    assert len({first, live, forged}) == 3, "a live page and one that lost its connection stay their owner's"
    assert again == first
