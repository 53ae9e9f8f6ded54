"""At a terminal, in a pipe and while serving."""

import io
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from cockpit.commands.common import progress
from cockpit.commands.serve import address
from tests.cockpit.commands.cli.conftest import QUERY, ROOT, free_port


def test_port_in_use_is_reported(published: Path, run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run("serve", "--port", taken.getsockname()[1]).fails(1, "port", "--port", "COCKPIT_PORT")


def test_printed_address_can_be_typed() -> None:
    addresses = [address(host, 80) for host in ("0.0.0.0", "::", "::1", "10.0.0.5")]
    assert addresses == ["http://localhost:80", "http://localhost:80", "http://[::1]:80", "http://10.0.0.5:80"]


def test_serve_prints_the_address_when_it_can_be_opened_and_ends_on_an_interrupt(published: Path) -> None:
    port = free_port()
    home = ["--home", str(published / "var")]
    serve = [sys.executable, "-m", "cockpit", "serve", "--port", str(port), *home]
    completed = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 2
    assert "nobody could sign in: make an account with" in completed.stderr
    make = [sys.executable, "-m", "cockpit", "user", "add", "wang", "--password", "Hongqi+2026+x", *home]
    subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    command = serve
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == f"the cockpits are at http://127.0.0.1:{port}\n"
        with urlopen(f"http://127.0.0.1:{port}/login") as page:
            assert page.status == 200
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=20) == ("", "")
        assert server.returncode == 0
    finally:
        server.kill()


def test_progress_is_one_line_of_a_terminal_and_silent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for tty in (True, False):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda tty=tty: tty)
        monkeypatch.setattr(sys, "stderr", stream)
        with progress() as show:
            show("checking rows", 0.45)
        assert ("45%  checking rows" in stream.getvalue()) is tty
        assert stream.getvalue().endswith("\r\033[K") is tty


def test_closed_output_pipe_is_no_error(published: Path) -> None:
    command = (
        f"{sys.executable} -m cockpit rows intake {' '.join(QUERY)} --home {published / 'var'} --format csv | head -c 1"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("s", "")


def test_exit_codes_reach_the_shell_and_stderr_is_clean(published: Path) -> None:
    def shell(*args: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", *args, "--home", str(published / "var")],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    assert shell("query", "intake", *QUERY) == (0, "")
    code, message = shell("query", "intak", *QUERY)
    assert (code, message.count("\n")) == (2, 1)
    code, message = shell("rollback", "nowhere")
    assert (code, message.count("\n")) == (2, 1)
