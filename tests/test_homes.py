"""Test homes are made once and copied."""

import re
from pathlib import Path

from tests.homes import Homes

ROOT = Path(__file__).parents[1]


def make(folder: Path, name: str = "first") -> None:
    folder.mkdir()
    (folder / "made").write_text(name)
    with (folder.parent / "times").open("a") as times:
        times.write(name)


def test_a_home_is_made_once_for_equal_arguments_and_copied_each_time(tmp_path: Path) -> None:
    numbers = iter(range(10))

    def folder(_name: str) -> Path:
        path = tmp_path / f"copy{next(numbers)}"
        path.mkdir()
        return path

    # another worker has a `Homes` of its own on the same folder
    copies = [Homes(tmp_path / "homes", folder).copy(make, "one") for _ in range(2)]
    other = Homes(tmp_path / "homes", folder).copy(make, name="two")
    (copies[0] / "made").write_text("changed")
    assert [(copy / "made").read_text() for copy in (*copies, other)] == ["changed", "one", "two"]
    assert (tmp_path / "homes" / "times").read_text() == "onetwo"


def test_every_test_is_run_by_one_of_the_two_commands() -> None:
    recipes = (ROOT / "Makefile").read_text("utf-8")
    assert re.findall(r"-m '(.+?)'", recipes) == ["not slow", "slow or hypothesis"]
