"""A small separate disk that tests fill up."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOUNT, UMOUNT = shutil.which("mount"), shutil.which("umount")


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    """The folder, made and mounted as a disk of this size. Skips where that is not allowed."""
    folder.mkdir()
    if os.geteuid() != 0 or not (MOUNT and UMOUNT):
        pytest.skip("only root mounts a disk; the limit on file sizes is tested in its place")
    command = [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk; the limit on file sizes is tested in its place")
    try:
        yield folder
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """A file that takes all room but so many bytes; remove it to have the room back."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)
    return filler
