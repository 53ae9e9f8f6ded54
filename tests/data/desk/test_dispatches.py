"""The queue of messages on SQLite and PostgreSQL: claimed once at a time, in order within a sequence, retried later."""

import threading
from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.notifications import dispatches
from data.desk.notifications.dispatches import FIRST_RETRY, LEASE, LONGEST_RETRY, MOST_AT_ONCE, MOST_TRIES, New
from data.desk.store import Desk
from data.messages import Message

NOW = datetime(2026, 11, 20, 8)
WHY = Message("a.b", "no answer")


def test_threads_claim_each_message_once_and_those_of_a_sequence_in_order(desk: Desk) -> None:
    dispatches.put(desk, [New(f"{n % 5}/{n}", "c", {}, sequence=f"s{n % 5}") for n in range(30)])
    sent: list[str] = []

    def work() -> None:
        while waits := dispatches.count(desk, "waiting"):
            for one in dispatches.claim(desk, "c"):
                sent.append(one.key)
                dispatches.sent(desk, [one.id])
            assert waits

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(sent) == len(set(sent)) == 30
    order: dict[str, list[int]] = defaultdict(list)
    for key in sent:
        sequence, _slash, n = key.partition("/")
        order[sequence].append(int(n))
    assert all(numbers == sorted(numbers) for numbers in order.values())


def test_what_is_leased_is_claimed_again_only_when_the_lease_is_over(desk: Desk) -> None:
    dispatches.put(desk, [New("k", "c", {"a": "中"})], now=NOW)
    (first,) = dispatches.claim(desk, "c", now=NOW)
    assert dispatches.claim(desk, "c", now=NOW + LEASE) == []
    (again,) = dispatches.claim(desk, "c", now=NOW + LEASE + timedelta(seconds=1))
    assert (again.id, again.batch, again.content) == (first.id, first.batch, {"a": "中"})


def test_messages_to_an_account_are_joined_and_stay_joined_after_a_failure(desk: Desk) -> None:
    li, wang = (accounts.add(desk, name, "Long enough 4 all").id for name in ("li", "wang"))
    dispatches.put(desk, [New(f"l{n}", "mail", {}, account_id=li) for n in range(MOST_AT_ONCE + 1)], now=NOW)
    dispatches.put(desk, [New("w", "mail", {}, account_id=wang)], now=NOW)
    first = dispatches.claim(desk, "mail", together=True, now=NOW)
    assert [one.key for one in first] == [f"l{n}" for n in range(MOST_AT_ONCE)]
    dispatches.failed(desk, [one.id for one in first], WHY, now=NOW)
    rest = {one.key for _two in range(2) for one in dispatches.claim(desk, "mail", together=True, now=NOW)}
    assert rest == {f"l{MOST_AT_ONCE}", "w"}
    again = dispatches.claim(desk, "mail", together=True, now=NOW + FIRST_RETRY)
    assert ([one.key for one in again], again[0].batch) == ([one.key for one in first], first[0].batch)


def test_what_fails_waits_longer_each_time_and_is_dead_in_the_end(desk: Desk) -> None:
    dispatches.put(desk, [New("k", "c", {}), New("next", "c", {}, sequence="s")], now=NOW)
    at, waits = NOW, []
    for _try in range(MOST_TRIES):
        (one,) = [one for one in dispatches.claim(desk, "c", now=at) if one.key == "k"]
        dispatches.failed(desk, [one.id], WHY, now=at)
        dispatch = dispatches.find(desk, one.id)
        assert dispatch
        waits.append(dispatch.due_at - at)
        at = dispatch.due_at
        if _try == 0:
            (other,) = dispatches.claim(desk, "c", now=NOW)
            dispatches.sent(desk, [other.id], now=NOW)
    assert (dispatches.count(desk, "dead"), waits[0], waits[-1]) == (1, FIRST_RETRY, LONGEST_RETRY)
    assert dispatches.claim(desk, "c", now=at + LONGEST_RETRY) == []
    with pytest.raises(Refused, match="waits to be sent"):
        dispatches.give_up(desk, other.id)
    dispatches.delete_old(desk, now=NOW + dispatches.KEPT + timedelta(days=1))
    assert (dispatches.count(desk, "sent"), dispatches.count(desk, "dead")) == (0, 1)
    with pytest.raises(Refused):
        dispatches.retry(desk, 10**6)
    dispatches.give_up(desk, dispatch.id)
    assert dispatches.count(desk, "dead") == 0


def test_the_same_key_is_queued_once(desk: Desk) -> None:
    for _twice in range(2):
        dispatches.put(desk, [New("k", "c", {"n": _twice})])
    (one,) = dispatches.listing(desk, "waiting")
    assert one.content == {"n": 0}


@given(st.integers(1, 10_000))
def test_the_wait_after_failures_never_shrinks_and_has_a_limit(tries: int) -> None:
    assert FIRST_RETRY <= dispatches.retry_after(tries) <= dispatches.retry_after(tries + 1) <= LONGEST_RETRY
