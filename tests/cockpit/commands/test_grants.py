"""`user grant` and `token issue`: an area that would reach nothing is refused, by code and by name."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit.commands import cli
from cockpit.errors import UsageError
from data.home import Home
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, published


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("grants"), memory="1GB")
    areas(home)
    published(home, datetime(2026, 11, 22, 8))
    add_account(home.root)
    return home.root


def add_account(home: Path) -> None:
    made = CliRunner().invoke(cli, ["user", "add", "wang", "--home", str(home)], input="Hongqi+2026+x\nHongqi+2026+x\n")
    assert made.exit_code == 0, made.output


def run(home: Path, command: str, area: str) -> tuple[int, str]:
    words = {"grant": ["user", "grant", "wang", "cadre"], "token": ["token", "issue", "tickets"]}[command]
    done = CliRunner().invoke(cli, [*words, "--area", area, "--home", str(home)])
    if isinstance(done.exception, UsageError):  # which the command line prints, and exits with 2
        return 2, str(done.exception)
    return done.exit_code, done.output


@pytest.mark.parametrize("command", ["grant", "token"])
@pytest.mark.parametrize("area", ["1", "990101001999", "990201000000", "没有的镇", "", "-1", "9" * 40])
def test_unknown_area_is_refused_in_one_line(home: Path, command: str, area: str) -> None:
    status, said = run(home, command, area)
    assert status == 2
    assert "area" in said


@pytest.mark.parametrize("command", ["grant", "token"])
@pytest.mark.parametrize(
    "area", [str(DISTRICT), str(TOWNS[0]), str(VILLAGES[0]), "990100000000", "990000000000", "北塘街道"]
)
def test_an_area_of_the_tree_or_above_it_is_taken(home: Path, command: str, area: str) -> None:
    status, said = run(home, command, area)
    assert status == 0, said


def test_full_code_is_accepted_before_the_first_publication(tmp_path: Path) -> None:
    add_account(tmp_path)
    assert run(tmp_path, "grant", str(DISTRICT))[0] == 0
    assert run(tmp_path, "grant", "9901")[0] == 2
