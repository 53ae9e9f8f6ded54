"""Slots and name look-ups: order, release, and a silent name server that delays nobody."""

import asyncio
import socket
import subprocess
import sys
import time

import pytest

from data.probe import runner
from data.probe.network.connect import RESOLVING
from data.probe.network.resolver import Names
from data.probe.slots import Places

SILENT = 300
"""Names that nobody answers for."""


def test_slots_are_served_by_rank_then_arrival() -> None:
    async def run() -> list[str]:
        places, came = Places(1), []
        await places.take()

        async def want(name: str, rank: int) -> None:
            await places.take(rank)
            came.append(name)
            places.give()

        waiting = [asyncio.create_task(want(*one)) for one in (("slow", 2), ("new", 1), ("met", 0), ("met too", 0))]
        await asyncio.sleep(0)
        places.give()
        await asyncio.gather(*waiting)
        assert places.free == 1
        return came

    assert asyncio.run(run()) == ["met", "met too", "new", "slow"]


def test_cancelled_wait_frees_its_slot() -> None:
    async def run() -> None:
        places = Places(1)
        await places.take()
        waits, next_one = (asyncio.create_task(places.take()) for _ in range(2))
        await asyncio.sleep(0)
        places.give()
        waits.cancel()  # it was its turn, and it gives up before it knows
        await asyncio.gather(waits, return_exceptions=True)
        await asyncio.wait_for(next_one, 1)
        places.give()
        assert places.free == 1

    asyncio.run(run())


@pytest.mark.parametrize(("files", "most"), [(8192, 5844), (4096, 2772), (1024, 468), (256, 64)])
def test_no_more_connections_are_opened_than_the_system_lets_us(files: int, most: int) -> None:
    assert runner.connections(files) == most
    assert most + min(RESOLVING, files // 4) < files


def test_hundreds_of_silent_name_servers_hold_up_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolver(name: str, *args: object, **named: object) -> list:
        if name.startswith("silent"):
            time.sleep(2)
        return real("127.0.0.1", *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    async def run() -> float:
        names = Names(RESOLVING)
        silent = [asyncio.create_task(names.ask(f"silent{i}", 80, 0)) for i in range(SILENT)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        assert await names.ask("quick", 80, 0)
        took = time.monotonic() - began
        await asyncio.gather(*silent)
        return took

    assert asyncio.run(run()) < 1


def test_a_name_that_is_still_looked_up_does_not_keep_the_process(tmp_path: object) -> None:
    program = """
import asyncio, socket, time
socket.getaddrinfo = lambda *a: time.sleep(60)
from data.probe.network.resolver import Names
async def run():
    try:
        await asyncio.wait_for(Names(9).ask("silent", 80, 0), 0.1)
    except TimeoutError:
        print("given up")
asyncio.run(run())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert ran.stdout == "given up\n"
