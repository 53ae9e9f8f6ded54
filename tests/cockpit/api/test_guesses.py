"""Wrong tokens are counted by address; a token that was valid before is always checked."""

import pytest

from cockpit.api import guesses
from cockpit.api.guesses import MOST, SPAN, Guesses


def test_an_address_that_guesses_waits_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(guesses.time, "monotonic", lambda: now)
    counted = Guesses()
    assert counted.wait("10.1.2.3", "ck_right") == 0
    counted.holds("10.1.2.3", "ck_right")
    assert {counted.wait("10.1.2.3", f"ck_{i}") for i in range(MOST)} == {0.0}
    assert counted.wait("10.1.2.3", "ck_x") == SPAN
    assert counted.wait("10.1.2.3", "ck_right") == 0
    assert counted.wait("10.9.9.9", "ck_x") == 0
    now += SPAN
    assert counted.wait("10.1.2.3", "ck_x") == 0


def test_memory_of_known_tokens_is_bounded() -> None:
    counted = Guesses()
    for i in range(guesses.REMEMBERED + 100):
        counted.wait(f"a{i}", "x")
        counted.holds(f"a{i}", f"t{i}")
    assert len(counted._wrong) == len(counted._held) == guesses.REMEMBERED
