"""Saved views belong to one account, and their names and number are limited."""

import pytest

from data.desk import saved_views
from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.store import Desk

NAMES = ("晨会", "<b>&\"'", "a" * saved_views.LONGEST_NAME)


@pytest.fixture
def both(desk: Desk) -> tuple[int, int]:
    for name in ("wang", "li"):
        accounts.add(desk, name, "Long-enough-words-7")
    return accounts.named(desk, "wang").id, accounts.named(desk, "li").id


def test_views_are_saved_renamed_and_deleted_by_name(desk: Desk, both: tuple[int, int]) -> None:
    wang, li = both
    ids = {name: saved_views.add(desk, wang, f"  {name} ", f"/rows?q={i}") for i, name in enumerate(NAMES)}
    assert {view.name: view.id for view in saved_views.listing(desk, wang)} == ids
    assert saved_views.listing(desk, li) == ()
    saved_views.rename(desk, wang, ids["晨会"], "周会")
    saved_views.remove(desk, wang, ids[NAMES[1]])
    assert {view.name for view in saved_views.listing(desk, wang)} == {"周会", NAMES[2]}


def test_a_view_of_another_account_is_unknown(desk: Desk, both: tuple[int, int]) -> None:
    wang, li = both
    id = saved_views.add(desk, wang, "晨会", "/")
    for foreign in (id, 0, -1, 2**70):
        with pytest.raises(Refused):
            saved_views.rename(desk, li, foreign, "x")
        with pytest.raises(Refused):
            saved_views.remove(desk, li, foreign)
    assert [view.name for view in saved_views.listing(desk, wang)] == ["晨会"]


@pytest.mark.parametrize("name", ["", "  ", "a" * (saved_views.LONGEST_NAME + 1), "a\0b", "\u202eabc"])
def test_bad_names_are_refused(desk: Desk, both: tuple[int, int], name: str) -> None:
    with pytest.raises(Refused):
        saved_views.add(desk, both[0], name, "/")
    assert saved_views.listing(desk, both[0]) == ()


def test_used_names_long_addresses_and_too_many_views_are_refused(
    desk: Desk, both: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    wang, li = both
    first = saved_views.add(desk, wang, "a", "/")
    second = saved_views.add(desk, wang, "b", "/")
    saved_views.add(desk, li, "a", "/")
    for refused in (
        lambda: saved_views.add(desk, wang, "a", "/rows"),
        lambda: saved_views.rename(desk, wang, second, "a"),
        lambda: saved_views.add(desk, wang, "c", "/" + "x" * saved_views.LONGEST_ADDRESS),
    ):
        with pytest.raises(Refused):
            refused()
    saved_views.rename(desk, wang, first, "a")
    monkeypatch.setattr(saved_views, "MOST", 2)
    with pytest.raises(Refused):
        saved_views.add(desk, wang, "c", "/")
    assert [view.name for view in saved_views.listing(desk, wang)] == ["a", "b"]
