"""The clock of a serving machine is set back 26 hours and forward again: nobody is locked out."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cockpit.access.visitors import COOKIE
from tests.serving.conftest import PASSWORD, ROOT, Server

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
HOURS = 26
FELT = 4.0
"""Seconds within which a session that has ended is turned away."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not here: apt-get install faketime"),
]


SLEEP = "import threading, time\ntime.sleep = lambda seconds: threading.Event().wait(seconds)\n"
"""libfaketime 0.9.10 fails the absolute clock_nanosleep of `time.sleep`; a wait for an event it leaves alone."""


class Clock:
    """The clock of every process that was started with `variables`; the monotonic one goes on as it is."""

    def __init__(self, folder: Path) -> None:
        self.file, self.folder = folder / "clock", folder
        (folder / "sitecustomize.py").write_text(SLEEP)
        self.set(timedelta())

    @property
    def variables(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(self.folder),
        }  # fmt: skip

    def set(self, ahead: timedelta) -> None:
        seconds = round(ahead.total_seconds())
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}s\n")
        draft.replace(self.file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def server(start: Callable[..., Server], own: Callable[[], Path], clock: Clock) -> Server:
    server = start(own(), COCKPIT_SESSION_IDLE="60", **clock.variables)
    server.token()  # makes the account
    return server


def sign_in(server: Server, password: str = PASSWORD) -> httpx.Response:
    form = {"name": "wang", "password": password}
    return httpx.post(f"{server.address}/login", data=form, headers=FORM, timeout=60)


def look(server: Server, token: str) -> int:
    return httpx.get(f"{server.address}/session", headers={"Cookie": f"{COOKIE}={token}"}, timeout=20).status_code


def verified(server: Server, clock: Clock) -> str:
    command = [sys.executable, "-m", "cockpit", "audit", "verify"]
    environment = os.environ | clock.variables | {"COCKPIT_HOME": str(server.home), "COCKPIT_LANGUAGE": "en"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_clock_jumps_keep_sessions_and_lockouts_valid(server: Server, clock: Clock) -> None:
    token = sign_in(server).cookies[COOKIE]
    assert look(server, token) == 204
    for _ in range(3):
        assert sign_in(server, "wrong").status_code == 401

    clock.set(-timedelta(hours=HOURS))
    time.sleep(FELT)
    assert look(server, token) == 204, "a session goes on"
    assert sign_in(server).status_code == 303, "failures of the future lock nobody out"
    for _ in range(5):
        assert sign_in(server, "wrong").status_code == 401
    assert sign_in(server).status_code == 401, "limits hold as before"

    clock.set(-timedelta(hours=HOURS) + timedelta(minutes=16))
    assert sign_in(server).status_code == 303, "the lock ends in its time by the new clock"

    clock.set(-timedelta(hours=HOURS) + timedelta(hours=2))
    time.sleep(FELT)
    assert look(server, token) != 204, "no session became immortal: this one idled for an hour"

    clock.set(timedelta())
    fresh = sign_in(server)
    assert fresh.status_code == 303
    assert look(server, fresh.cookies[COOKIE]) == 204
    assert server.get("/readyz").status_code == 200
    assert "Traceback" not in server.log, server.log

    verification = verified(server, clock)
    assert "the clock was set back" in verification
    hours = re.search(r"set back before row [\d,]+, by (\d+) hours", verification)
    assert hours, verification
    assert int(hours[1]) in (HOURS - 1, HOURS), "measured from row to row"


def test_a_clock_set_forward_ends_sessions_and_nothing_else(server: Server, clock: Clock) -> None:
    token = sign_in(server).cookies[COOKIE]
    clock.set(timedelta(hours=HOURS))
    time.sleep(FELT)
    assert look(server, token) != 204
    assert sign_in(server).status_code == 303
    clock.set(timedelta())
    time.sleep(FELT)
    assert sign_in(server).status_code == 303
    assert "Traceback" not in server.log, server.log
