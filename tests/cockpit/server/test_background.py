"""Background programs of a server, with real processes: start, watch, restart and stop."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cockpit.server import background, health, telemetry
from cockpit.server.background import Background, Program, Watch
from data.errors import DataError

ROOT = Path(__file__).parents[3]
SOON = 20.0
SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(600)"
)
SERVER = """
import sys, time
from cockpit.server.background import Program, Watch
child = "import time; from cockpit.server.background import end_with_parent; end_with_parent(); time.sleep(600)"
watch = Watch([Program("sleeper", (sys.executable, "-c", child))])
watch.start()
while not watch.processes[0].pid:
    time.sleep(0.05)
print(watch.processes[0].pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def run() -> Iterator[Callable[[Program], Background]]:
    """Makes the process of a program, and ends it in the end."""
    made: list[Background] = []

    def one(program: Program) -> Background:
        made.append(Background(program))
        return made[-1]

    yield one
    background.stop(made, 0.5)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def looked(process: Background, state: str) -> bool:
    process.look()
    return process.state == state


def test_a_killed_process_is_started_again_and_its_death_is_logged(
    run: Callable[[Program], Background], caplog: pytest.LogCaptureFixture
) -> None:
    process = run(Program("sleeper", SLEEP, retry=(0.3, 60)))
    process.look()
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: looked(process, "failing"))
    assert caplog.messages == ["the sleeper ended with signal 9: it is started again in 0.3 s"]
    until(lambda: looked(process, "running"))
    assert (process.pid != first, process.deaths) == (True, 1)


def test_long_lived_program_is_restarted_at_once(
    run: Callable[[Program], Background], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "LASTING_SECONDS", 0.0)
    process = run(Program("sleeper", SLEEP, retry=(60, 60)))
    process.look()
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: looked(process, "running") and process.pid != first)


def test_restarts_back_off_when_a_program_keeps_dying(
    run: Callable[[Program], Background], caplog: pytest.LogCaptureFixture
) -> None:
    process = run(Program("broken", (sys.executable, "-c", "raise SystemExit(3)"), retry=(0.1, 0.3)))
    until(lambda: looked(process, "failing") and process.deaths == 4)
    waits = [message.split("again in ")[1] for message in caplog.messages]
    assert waits == ["0.1 s", "0.2 s", "0.3 s", "0.3 s"]


def test_finished_program_is_no_failure(run: Callable[[Program], Background]) -> None:
    process = run(Program("done", (sys.executable, "-c", ""), rest=600))
    process.look()
    until(lambda: looked(process, "idle"))
    process.look()
    assert (process.state, process.deaths) == ("idle", 0)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), DataError("desk.silent", "no desk")]
)
def test_temporary_start_failure_is_retried(
    run: Callable[[Program], Background], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    looks: list[int] = []

    def wanted() -> bool:
        looks.append(1)
        if len(looks) < 3:
            raise error
        return True

    process = run(Program("sleeper", SLEEP, wanted, retry=(0.05, 1)))
    process.look()
    assert process.state == "failing"
    until(lambda: looked(process, "running"))
    assert process.deaths == 2
    assert all(record.levelno == logging.WARNING and str(error) in record.message for record in caplog.records)


def test_unwanted_program_is_not_started(run: Callable[[Program], Background]) -> None:
    process = run(Program("sleeper", SLEEP, lambda: False))
    process.look()
    assert (process.state, process.pid) == ("idle", None)


def test_dead_program_that_is_no_longer_wanted_is_no_failure(run: Callable[[Program], Background]) -> None:
    wanted = [True, False]
    process = run(Program("broken", (sys.executable, "-c", "raise SystemExit(3)"), lambda: wanted.pop(0), retry=(0, 0)))
    process.look()
    until(lambda: process.has_died)
    assert looked(process, "idle")
    assert process.deaths == 1


def test_a_program_that_does_not_exist_fails_without_an_end_of_the_others(tmp_path: Path) -> None:
    watch = Watch([Program("missing", (str(tmp_path / "missing"),)), Program("sleeper", SLEEP)])
    watch.start()
    try:
        until(lambda: [process.state for process in watch.processes] == ["failing", "running"])
    finally:
        watch.stop()
    assert not watch.processes[1].pid


def test_second_server_of_a_home_takes_over_the_program(run: Callable[[Program], Background], tmp_path: Path) -> None:
    program = Program("sleeper", SLEEP, lock=tmp_path / "lock")
    first, second = run(program), run(program)
    first.look()
    second.look()
    assert (first.state, second.state) == ("running", "idle")
    background.stop([first])
    second.look()
    assert second.state == "running"


def test_the_lock_is_held_by_the_process_even_without_its_server(
    run: Callable[[Program], Background], tmp_path: Path
) -> None:
    program = Program("sleeper", SLEEP, lock=tmp_path / "lock")
    first, second = run(program), run(program)
    first.look()
    first._unlock()  # as the end of the server does
    second.look()
    assert second.state == "idle"


def test_it_gives_way_to_the_server(run: Callable[[Program], Background]) -> None:
    process, equal = run(Program("sleeper", SLEEP)), run(Program("sleeper", SLEEP, nice=0))
    for each in (process, equal):
        each.look()
    assert process.pid
    assert equal.pid
    assert psutil.Process(process.pid).nice() == max(background.NICENESS, psutil.Process().nice())
    assert os.sched_getscheduler(process.pid) == os.SCHED_BATCH
    assert psutil.Process(equal.pid).nice() == psutil.Process().nice()
    assert {os.getsid(each) for each in (process.pid, equal.pid)} == {os.getsid(0)}, "it counts within a session"
    assert os.getpgid(0) not in {os.getpgid(each) for each in (process.pid, equal.pid)}, (
        "Ctrl-C reaches the server alone"
    )


def test_no_process_of_ours_has_a_session_of_its_own() -> None:
    """Linux would give it as much of the processor as the server, whatever its priority."""
    folders = ("cockpit", "data", "metrics")
    files = [file for folder in folders for file in (background.ROOT / folder).rglob("*.py")]
    assert files
    assert not [str(file) for file in files if "start_new_session=True" in file.read_text("utf-8")]


def test_stop_ends_all_at_once_and_kills_what_does_not_end(
    run: Callable[[Program], Background], tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    stubborn = run(Program("stubborn", (sys.executable, "-c", STUBBORN, str(begun))))
    willing = run(Program("sleeper", SLEEP))
    for process in (stubborn, willing):
        process.look()
    until(begun.exists)
    pids = [process.pid for process in (stubborn, willing)]
    started = time.monotonic()
    background.stop([stubborn, willing], 1)
    assert 1 <= time.monotonic() - started < SOON
    assert not [pid for pid in pids if pid and psutil.pid_exists(pid)]


def test_it_ends_when_its_server_is_killed() -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE)
    assert server.stdout
    with server.stdout:
        child = psutil.Process(int(server.stdout.readline()))
        server.kill()
        server.wait()
    _gone, alive = psutil.wait_procs([child], timeout=SOON)
    assert alive == [] or child.status() == psutil.STATUS_ZOMBIE


def test_ready_state_and_prometheus_list_each_process(run: Callable[[Program], Background]) -> None:
    watch = Watch([Program("broken", (sys.executable, "-c", "raise SystemExit(3)")), Program("sleeper", SLEEP)])
    watch.start()
    try:
        until(lambda: watch.processes[0].deaths and watch.processes[1].pid)
        assert health._state()["background"] == {"broken": "failing", "sleeper": "running"}
        samples = {(s.name, *s.labels.values()): s.value for metric in telemetry._background() for s in metric.samples}
    finally:
        watch.stop()
    assert samples == {
        ("cockpit_background_deaths_total", "broken"): 1, ("cockpit_background_deaths_total", "sleeper"): 0,
        ("cockpit_background_state", "broken", "failing"): 1, ("cockpit_background_state", "sleeper", "running"): 1,
    }  # fmt: skip
    assert background.watched() == []
