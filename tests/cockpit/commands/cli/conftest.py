"""A district of two towns, and the command line in this process."""

import csv
import io
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from cockpit.commands import main

ROOT = Path(__file__).parents[4]
DISTRICT = "990200000000"
QUERY = ("--area", DISTRICT, "--from", "2026-03-01", "--to", "2026-04-01")
AREAS = """\
code,name,level
990200000000,试验区,district
990200001000,东镇,town
990200001201,河村,village
990200002000,西镇,town
990200002201,山村,village
"""
SOURCE = """\
source: hotline
name: {zh: 热线, en: Hotline}
fact: cases
file: cases.csv
zone: Asia/Shanghai
key: number
area: place
columns:
  kind: "'hotline'"
  category: topic
  registered_at: opened
  due_at: due
  closed_at: closed
  updated_at: greatest(opened, closed)
"""
CASES = """\
number,place,topic,opened,due,closed
1,990200001201,路灯,2026-03-02 09:00,2026-03-09 09:00,2026-03-05 10:00
2,990200001201,路灯,2026-03-03 09:00,2026-03-10 09:00,2026-03-12 10:00
3,990200001000,道路,2026-03-04 09:00,2026-03-11 09:00,
4,990200002201,道路,2026-03-05 09:00,2026-03-12 09:00,2026-03-06 10:00
5,990200000000,其他,2026-03-06 09:00,2026-03-13 09:00,2026-03-13 09:00
"""
LATE = """\
number,place,topic,opened,due,closed
3,990200001000,道路,2026-03-04 09:00,2026-03-11 09:00,2026-03-20 10:00
6,990200009999,道路,2026-03-07 09:00,,
7,990200001000,道路,soon,,
"""


class Ran:
    """What a command did: exit code, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def records(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))

    def fails(self, code: int, *parts: str) -> None:
        """One line on stderr that begins with `error:` and holds every part; nothing on stdout."""
        assert (self.code, self.out) == (code, "")
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert [part for part in parts if part not in self.err] == []


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*args: object) -> Ran:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with areas, a source and two deliveries; its home is empty."""
    monkeypatch.chdir(tmp_path)
    return write_files(tmp_path)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the district's first delivery, published as of the end of March."""
    folder = write_files(tmp_path_factory.mktemp("model"))
    home = ["--home", str(folder / "var")]
    assert main(["areas", str(folder / "areas.csv"), *home]) == 0
    assert main(["load", str(folder / "hotline.yaml"), *home]) == 0
    assert main(["publish", "--as-of", "2026-04-01", *home]) == 0
    return folder / "var"


@pytest.fixture
def published(model: Path, folder: Path) -> Path:
    """The working folder, its home a copy of the model's."""
    shutil.copytree(model, folder / "var")
    return folder


def write_files(folder: Path) -> Path:
    for name, text in {"areas.csv": AREAS, "hotline.yaml": SOURCE, "cases.csv": CASES, "late.csv": LATE}.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
