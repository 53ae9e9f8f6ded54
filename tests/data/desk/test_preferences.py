"""What an account chooses for its own screens."""

import pytest

from data.desk import preferences
from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.store import Desk


@pytest.fixture
def both(desk: Desk) -> tuple[int, int]:
    for name in ("wang", "li"):
        accounts.add(desk, name, "Long-enough-words-7")
    return accounts.named(desk, "wang").id, accounts.named(desk, "li").id


def test_a_preference_is_kept_replaced_and_removed(desk: Desk, both: tuple[int, int]) -> None:
    wang, li = both
    assert preferences.read(desk, wang, "tiles.overview") is None
    preferences.write(desk, wang, "tiles.overview", ["backlog", "积压"])
    preferences.write(desk, wang, "tiles.overview", ["closed"])
    assert preferences.read(desk, wang, "tiles.overview") == ["closed"]
    assert preferences.read(desk, li, "tiles.overview") is None
    preferences.write(desk, wang, "tiles.overview", None)
    assert preferences.read(desk, wang, "tiles.overview") is None


def test_too_long_preference_is_refused_and_the_old_value_stays(desk: Desk, both: tuple[int, int]) -> None:
    preferences.write(desk, both[0], "tiles.overview", ["backlog"])
    with pytest.raises(Refused, match="choose less"):
        preferences.write(desk, both[0], "tiles.overview", "x" * preferences.LONGEST)
    assert preferences.read(desk, both[0], "tiles.overview") == ["backlog"]


def test_an_account_keeps_so_many_preferences_and_others_are_not_affected(desk: Desk, both: tuple[int, int]) -> None:
    wang, li = both
    for i in range(preferences.MOST):
        preferences.write(desk, wang, f"rows.columns.{i}", ["key"])
    with pytest.raises(Refused, match="kept already"):
        preferences.write(desk, wang, "rows.columns.more", ["key"])
    preferences.write(desk, wang, "rows.columns.0", ["title"])  # one that is there is replaced
    preferences.write(desk, wang, "rows.columns.1", None)
    preferences.write(desk, wang, "rows.columns.more", ["key"])
    preferences.write(desk, li, "tiles.overview", ["closed"])
