"""Items at the desk, on both databases: events, keys, versions, two users at once, masking, lists."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from data.desk import clock
from data.desk.errors import DeskError, Refused
from data.desk.items import lists, store
from data.desk.items.item import Item
from data.desk.items.lists import Reader
from data.desk.items.store import Beginning, Rules, Written
from data.desk.store import Desk
from data.values.calendar import Calendar
from data.workflow.read import load
from tests.factory import DISTRICT, TOWNS, VILLAGES

RULES = Rules(load(Path(__file__).parents[4] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
NOW = datetime(2026, 11, 20, 2)
DUE = date(2026, 12, 1)
TOWN = (TOWNS[0], TOWNS[0] + 100_000)


class Held:
    """A role on a range of areas."""

    def __init__(self, role: str, first: int, end: int, unit: str = "") -> None:
        self.role, self.first, self.end, self.unit = role, first, end, unit


def begin(desk: Desk, key: str = "k1", title: str = "路灯不亮", **more: Any) -> Written:
    beginning = Beginning("order", title, VILLAGES[0], {"matter": "修好路灯", **more.pop("fields", {})})
    return store.start(desk, RULES, beginning, key=key, actor=more.pop("actor", "li"), now=more.pop("now", NOW), **more)


def act(desk: Desk, number: str, transition: str, key: str, actor: str = "wang", **fields: Any) -> Written:
    with desk.begin():
        locked = store.lock(desk, RULES, number)
        area = TOWNS[0] if "unit" in fields else None
        return store.append(
            desk,
            RULES,
            locked,
            transition,
            fields,
            key=key,
            actor=actor,
            unit_area=area,
            now=NOW + timedelta(minutes=5),
        )


def signed(desk: Desk) -> Item:
    number = begin(desk).item.number
    act(desk, number, "issue", "k2", unit="镇街综合执法队", due=DUE)
    return act(desk, number, "sign", "k3", "zhang").item


def test_state_unit_holder_and_deadline_follow_from_the_events(desk: Desk) -> None:
    item = signed(desk)
    assert (item.state, item.unit, item.unit_area, item.holder) == ("signed", "镇街综合执法队", TOWNS[0], "zhang")
    assert (item.clock, RULES.local(item.due_at or NOW)) == ("due", datetime(2026, 12, 1, 23, 59, 59))
    events = store.events(desk, RULES, item.id)
    assert [(event.seq, event.transition) for event in events] == [(1, "start"), (2, "issue"), (3, "sign")]
    assert store.derived(RULES, item, events) == item == store.find(desk, item.number)


def test_numbers_are_those_of_kind_day_and_item(desk: Desk) -> None:
    assert begin(desk).item.number == "DB20261120-1"


def test_the_same_key_again_is_the_same_event(desk: Desk) -> None:
    first, again = begin(desk), begin(desk)
    assert (first.item, first.seq, again.again) == (again.item, again.seq, True)
    act(desk, first.item.number, "issue", "k2", unit="区住建局", due=DUE)
    mark = store.digest("wang", first.item.number, "issue", {"unit": "区住建局", "due": DUE})
    repeat = store.repeated(desk, "k2", mark)
    assert repeat is not None
    assert (repeat.seq, repeat.again) == (2, True)
    assert store.count(desk) == 1


def test_a_key_with_other_content_is_refused(desk: Desk) -> None:
    begin(desk)
    with pytest.raises(Refused, match="key was used"):
        begin(desk, title="另一件")
    with pytest.raises(Refused, match="key was used"):
        begin(desk, actor="another")
    assert store.count(desk) == 1


@pytest.mark.parametrize("key", ["", "x" * 65, "a\nb"])
def test_a_key_has_limits(desk: Desk, key: str) -> None:
    with pytest.raises(Refused, match="1 to 64"):
        begin(desk, key)


@pytest.mark.parametrize("sql", ["UPDATE item_event SET actor = 'x'", "DELETE FROM item_event"])
def test_events_are_append_only_for_the_database_itself(desk: Desk, sql: str) -> None:
    begin(desk)
    with pytest.raises(DeskError, match="append-only"), desk.begin() as session:
        session.execute(text(sql))


def test_a_step_of_a_version_that_has_passed_is_refused(desk: Desk) -> None:
    number = begin(desk).item.number
    act(desk, number, "issue", "k2", unit="区住建局", due=DUE)
    with desk.begin(), pytest.raises(Refused, match="changed the item"):
        store.append(desk, RULES, store.lock(desk, RULES, number), "urge", {}, key="k3", actor="li", version=1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Matter is missing"),
        ({"matter": " "}, "Matter is missing"),
        ({"matter": "x" * 1001}, "more than 1000 characters"),
        ({"matter": "x", "due": "2026-11-01"}, "lies in the past"),
        ({"matter": "x", "due": "soon"}, "a day such as"),
        ({"matter": "x", "reply": "y"}, "no field reply"),
        ({"matter": 5}, "is a text"),
        ({"matter": "a\0b"}, "is a text"),
    ],
)
def test_unfit_fields_are_refused_and_nothing_is_stored(desk: Desk, fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(Refused, match=expected):
        store.start(desk, RULES, Beginning("order", "题", VILLAGES[0], fields), key="k", actor="li", now=NOW)
    assert store.count(desk) == 0


@pytest.mark.parametrize("title", ["", "  ", "x" * 101, "a\nb"])
def test_a_title_has_limits(desk: Desk, title: str) -> None:
    with pytest.raises(Refused, match="title"):
        begin(desk, title=title)


def test_numbers_of_persons_in_free_text_are_masked(desk: Desk) -> None:
    item = begin(desk, title="请回电 13812345678", fields={"matter": "身份证 330106199001011234"}).item
    assert item.title == "请回电 138****5678"
    assert "330106199001011234" not in str(store.events(desk, RULES, item.id)[0].fields)


def test_a_clock_that_was_set_back_does_not_reorder_events(desk: Desk) -> None:
    number = begin(desk).item.number
    with desk.begin():
        written = store.append(
            desk, RULES, store.lock(desk, RULES, number), "cancel", {"reason": "误报"}, key="k2", actor="li",
            now=NOW - timedelta(days=1),
        )  # fmt: skip
    assert written.item.changed_at == NOW


def at_once(*works: Callable[[], Written]) -> list[Written | Exception]:
    """Run functions in threads that begin together."""
    ready, results = threading.Barrier(len(works)), list[Written | Exception]()

    def run(work: Callable[[], Written]) -> None:
        ready.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_concurrent_sign_for_succeeds_once(desk: Desk) -> None:
    number = begin(desk).item.number
    act(desk, number, "issue", "k2", unit="区住建局", due=DUE)
    results = at_once(
        lambda: act(desk, number, "sign", "a", "zhang"),
        lambda: act(desk, number, "sign", "b", "zhao"),
        lambda: act(desk, number, "refuse", "c", "qian", reason="不属本单位"),
    )
    done = [one for one in results if isinstance(one, Written)]
    assert len(done) == 1, results
    assert all(isinstance(one, Refused) for one in results if one not in done)
    item = store.find(desk, number)
    assert item is not None
    assert store.derived(RULES, item, store.events(desk, RULES, item.id)) == item


def test_one_key_sent_twice_at_once_is_stored_once(desk: Desk) -> None:
    results = at_once(*(lambda: begin(desk, "same"),) * 4)
    stored = [one for one in results if isinstance(one, Written)]
    assert stored, results
    assert {one.item.number for one in stored} == {stored[0].item.number}
    assert all(isinstance(one, (Written, Refused)) for one in results), results
    assert store.count(desk) == 1


def test_many_users_lose_no_event(desk: Desk) -> None:
    number = signed(desk).number
    results = at_once(*(lambda i=i: act(desk, number, "urge", f"u{i}", "li") for i in range(12)))
    assert all(isinstance(one, Written) for one in results), results
    item = store.find(desk, number)
    assert item is not None
    assert [event.seq for event in store.events(desk, RULES, item.id)] == list(range(1, 16))


def test_lists_hold_what_waits_for_an_account_and_what_is_overdue(desk: Desk) -> None:
    number = begin(desk).item.number
    official = Reader("zhang", (Held("official", *TOWN),))
    leader = Reader("wang", (Held("leader", DISTRICT, DISTRICT + 1_000_000),))
    author = Reader("li", (Held("cadre", VILLAGES[0], VILLAGES[0] + 1),))
    stranger = Reader("sun", (Held("official", TOWNS[1], TOWNS[1] + 100_000),))

    def of(reader: Reader, view: lists.View, now: datetime = NOW) -> list[str]:
        numbers = [item.number for item in lists.items(desk, reader, view, now)]
        assert lists.count(desk, reader, view, now) == len(numbers)
        return numbers

    assert (of(leader, "mine"), of(official, "mine"), of(author, "waiting")) == ([number], [], [number])
    act(desk, number, "issue", "k2", unit="镇街综合执法队", due=DUE)
    assert (of(leader, "mine"), of(official, "mine"), of(stranger, "mine")) == ([], [number], [])
    act(desk, number, "sign", "k3", "zhang")
    assert of(official, "mine") == [number]
    late = NOW + timedelta(days=30)
    assert (of(leader, "overdue"), of(leader, "overdue", late), of(stranger, "overdue", late)) == ([], [number], [])
    assert lists.may_see(author, lists.items(desk, leader, "all", NOW)[0])
    assert not lists.may_see(stranger, lists.items(desk, leader, "all", NOW)[0])
    assert (of(Reader("zhang", ()), "mine"), of(Reader("li", ()), "all")) == ([], [])


def test_colours_begin_when_their_rule_says(desk: Desk) -> None:
    item = signed(desk)
    assert item.colour(NOW) is None
    assert item.colour(RULES.utc(datetime(2026, 11, 30, 12))) == "blue"
    assert item.colour(RULES.utc(datetime(2026, 12, 2))) == "yellow"
    assert item.colour(RULES.utc(datetime(2026, 12, 20))) == "red"


def test_the_present_is_the_default(desk: Desk) -> None:
    written = store.start(desk, RULES, Beginning("wish", "读书角", VILLAGES[0], {"matter": "书"}), key="k", actor="li")
    assert abs(written.item.opened_at - clock.now()) < timedelta(minutes=1)
