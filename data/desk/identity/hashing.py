"""Check passwords in a low-priority process, so that a flood of sign-ins does not slow the screens down.

A thread of low priority would hold the interpreter's lock when it is paused, and everybody would wait for it.
"""

import base64
import json
import subprocess
import sys
import threading
import time

BURST, PER_SECOND = 20, 1.5
"""Checks without a pause, and how many a second after that. Priority alone does not protect the screens: each hash
fills 64 MB, which pushes what they use out of the processor's cache."""
NICE = 5
"""Steps of priority below the server: a quarter of a processor where all are busy. At 12 steps somebody at a new device
waited 8 s for one password on a machine with three busy programs a processor.

It stays in the server's session: Linux shares the processor between sessions first, whatever the priorities in them."""
PROGRAM = f"""
import base64, json, os, sys
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
os.nice({NICE})
hasher = PasswordHasher(parallelism=1)
for line in sys.stdin:
    kept, password = json.loads(line)
    try:
        right = hasher.verify(kept, base64.b64decode(password))
    except (Argon2Error, InvalidHashError):
        right = False
    print(int(right), flush=True)
"""
"""Imports nothing of ours: it stays small. It ends when its input does, so it never outlives the server."""


class HashingProcess:
    """Process that checks passwords one at a time; started on first use and restarted if killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._next = 0.0

    def verify(self, stored: str, password: bytes) -> bool:
        """Whether `password` has the hash `stored`; waits for its turn in a flood (PER_SECOND).

        Raises OSError if the process cannot start.
        """
        line = json.dumps([stored, base64.b64encode(password).decode()])
        with self._lock:
            self._pause()
            for _attempt in range(2):
                if answer := self._ask(line):
                    return answer == "1"
                self.close()
        raise OSError("the process that checks passwords does not answer")

    def _pause(self) -> None:
        now = time.monotonic()
        self._next = max(self._next, now - BURST / PER_SECOND) + 1 / PER_SECOND
        time.sleep(max(0.0, self._next - now))

    def _ask(self, line: str) -> str:
        """The process's reply; empty if it has ended."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", PROGRAM], text=True, process_group=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().strip()
        except OSError:
            return ""

    def close(self) -> None:
        """End the process; the next check starts a new one."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()
