"""Help texts of every command."""

import subprocess
import sys
from typing import Any

import click
import pytest

from cockpit.commands import cli
from tests.cockpit.commands.cli.conftest import ROOT

COMMANDS = [
    (f"{name} {below}" if below else name, found)
    for name, command in cli.commands.items()
    for below, found in (command.commands.items() if isinstance(command, click.Group) else [("", command)])
]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_and_option_has_a_help_text(name: str, command: click.Command) -> None:
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []
    if name != "inventory":  # it lists what is installed, whatever the home
        assert "--home" in {option for p in command.params for option in p.opts}


@pytest.mark.parametrize("args", [["--help"], *([*name.split(), "--help"] for name, _ in COMMANDS)], ids=" ".join)
def test_help_is_printed(run: Any, args: list[str]) -> None:
    ran = run(*args)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: python -m cockpit")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from cockpit.commands import main; main(['--help']); "
        "heavy = {'duckdb', 'pandas', 'pydantic', 'sqlalchemy', 'streamlit', 'uvicorn'}; "
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
