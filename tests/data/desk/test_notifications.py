"""Notifications: one per account and occasion, read by their own account alone, sent to who is responsible."""

import threading
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.areas.levels import end_of
from data.desk.identity import accounts
from data.desk.items.item import Item
from data.desk.notifications import recipients, store
from data.desk.notifications.store import KEPT, Notice
from data.desk.store import Desk
from data.messages import Message, Name
from data.workflow.model import Party

NOW, TODAY = datetime(2026, 11, 20, 8), date(2026, 11, 20)
DISTRICT, TOWN, VILLAGE, OTHER = 990101000000, 990101001000, 990101001201, 990101002000
TEXT = Message("a.b", "{kind} {n}", kind=Name("item_kind", "order", "督办", "Order"), n=3)


def person(desk: Desk, name: str, role: str = "", area: int | None = None, **days: date) -> int:
    account = accounts.add(desk, name, "Long enough 4 all")
    if role:
        accounts.grant(desk, name, role, area, **days)
    return account.id


def notice(account: int, key: str = "item/1/1", message: Message = TEXT) -> Notice:
    return Notice(account, key, "item", message, "/item?item=1", "yellow")


def test_an_occasion_gives_one_notification_however_often_it_is_added(desk: Desk) -> None:
    li, wang = person(desk, "li"), person(desk, "wang")
    assert set(store.add(desk, [notice(li), notice(wang), notice(li)], now=NOW)) == {
        (li, "item/1/1"),
        (wang, "item/1/1"),
    }
    assert store.add(desk, [notice(li)], now=NOW + timedelta(hours=1)) == {}
    (stored,) = store.listing(desk, li)
    assert (stored.message, stored.link, stored.severity, stored.made_at) == (TEXT, "/item?item=1", "yellow", NOW)
    assert str(stored.message) == "Order 3"


def test_threads_that_add_the_same_occasion_store_it_once(desk: Desk) -> None:
    li, added = person(desk, "li"), list[dict[tuple[int, str], int]]()
    threads = [threading.Thread(target=lambda: added.append(store.add(desk, [notice(li)]))) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(one) for one in added) == len(store.listing(desk, li)) == 1


def test_an_account_lists_marks_and_finds_its_own_alone(desk: Desk) -> None:
    li, wang = person(desk, "li"), person(desk, "wang")
    ids = store.add(desk, [notice(li, f"item/{n}/1") for n in range(3)] + [notice(wang)], now=NOW)
    mine = ids[li, "item/0/1"]
    store.mark_read(desk, wang, [mine])
    assert (store.count_unread(desk, li), store.find(desk, wang, mine)) == (3, None)
    store.mark_read(desk, li, [mine])
    assert [one.id for one in store.listing(desk, li, unread=True)] == [ids[li, "item/2/1"], ids[li, "item/1/1"]]
    store.mark_read(desk, li)
    assert (store.count_unread(desk, li), store.count_unread(desk, wang)) == (0, 1)
    assert [one.is_read for one in store.listing(desk, li, kind="item", most=2, skip=1)] == [True, True]
    assert store.listing(desk, li, kind="alert") == []


def test_the_count_of_unread_stops_at_its_limit_and_old_ones_are_deleted(desk: Desk) -> None:
    li = person(desk, "li")
    store.add(desk, [notice(li, f"item/{n}/1") for n in range(store.MOST_COUNTED + 20)], now=NOW)
    assert store.count_unread(desk, li) == store.MOST_COUNTED
    store.delete_old(desk, now=NOW + KEPT - timedelta(seconds=1))
    assert store.count_unread(desk, li) == store.MOST_COUNTED
    store.delete_old(desk, now=NOW + KEPT + timedelta(seconds=1))
    assert store.listing(desk, li) == []


def test_recipients_are_the_nearest_role_holders(desk: Desk) -> None:
    district, town = person(desk, "wang", "leader", DISTRICT), person(desk, "zhang", "official", TOWN)
    person(desk, "past", "official", TOWN, last_day=date(2026, 11, 19))
    person(desk, "locked", "official", TOWN)
    accounts.lock(desk, "locked")
    roles = ("leader", "official", "cadre")
    for area, expected in ((VILLAGE, town), (TOWN, town), (OTHER, district), (DISTRICT, district)):
        assert [one.account_id for one in recipients.responsible(desk, area, TODAY, roles)] == [expected]
    assert recipients.responsible(desk, VILLAGE, TODAY, ("inspector",)) == []


def item(**changes: object) -> Item:
    values: dict[str, object] = dict.fromkeys(Item.__dataclass_fields__, "")
    return Item(**values | {"area": VILLAGE, "unit_area": TOWN, "author": "li", "holder": "zhang"} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parties", "actors", "expected"),
    [
        (["author"], [], {"li"}),
        (["holder"], [], {"zhang"}),
        (["unit"], [], {"zhang", "chen"}),
        (["anyone"], [], {"li"}),
        (["supervisor"], [], {"chen"}),
        (["supervisor"], ["wang"], {"wang"}),
        (["author", "unit"], ["wang"], {"li", "zhang", "chen"}),
        ([], ["wang"], set()),
    ],
)
def test_the_parties_of_an_item_are_accounts(
    desk: Desk, parties: list[Party], actors: list[str], expected: set[str]
) -> None:
    ids = {
        "li": person(desk, "li", "cadre", VILLAGE), "zhang": person(desk, "zhang", "official", TOWN),
        "chen": person(desk, "chen", "leader", TOWN), "wang": person(desk, "wang", "leader", DISTRICT),
    }  # fmt: skip
    person(desk, "sun", "official", OTHER)
    accounts = recipients.of_item(desk, item(), parties, actors, TODAY)
    assert {name for name, id in ids.items() if id in accounts} == expected
    assert len(accounts) == len(expected)


@given(st.integers(0, 10**12 - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_areas_above_cover_the_area_and_widen(code: int) -> None:
    above = recipients.areas_above(code)
    assert above[0] == code
    assert all(one <= code < end_of(one) for one in above)
    spans = [end_of(one) - one for one in above]
    assert spans == sorted(spans)
