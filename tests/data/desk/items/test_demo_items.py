"""The demo's items: every kind in every state, each as its own events make it, none long forgotten."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from data.demo import items as demo
from data.demo.casework import planned_works
from data.desk.auditing.custody import Custody
from data.desk.items import models, store
from data.desk.items.item import Item, to_item
from data.desk.store import Desk, open_desk
from tests.data.desk.items.acting import RULES
from tests.desks import sqlite_tables

AS_OF = datetime(2026, 11, 20, 8)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with few random items: the others are those of the states that none of them is in."""
    folder = tmp_path_factory.mktemp("demo-items")
    desk = open_desk(sqlite_tables(folder / "desk.sqlite"), Custody(folder / "keys"))
    assert demo.build(desk, RULES, as_of=AS_OF, seed=3, cases=0) == store.count(desk)
    yield desk
    desk.close()


def all_items(desk: Desk) -> list[Item]:
    with desk.read() as session:
        return [to_item(row) for row in session.scalars(select(models.Item))]


def test_every_kind_is_there_in_every_state(desk: Desk) -> None:
    states = {(item.kind, item.state) for item in all_items(desk)}
    assert states == {(kind, state) for kind, flow in RULES.flows.items() for state in flow.states}


def test_each_item_is_what_its_events_make_it(desk: Desk) -> None:
    for item in all_items(desk):
        assert store.derived(RULES, item, store.events(desk, RULES, item.id)) == item


def test_some_items_are_overdue_and_some_orders_red(desk: Desk) -> None:
    now = RULES.utc(AS_OF)
    late = [item for item in all_items(desk) if item.is_open and item.due_at and item.due_at < now]
    assert {"order", "problem"} <= {item.kind for item in late}
    assert "red" in {item.colour(now) for item in late if item.kind == "order"}
    assert len({item.unit for item in all_items(desk) if item.unit}) > 1


def test_events_are_called_by_their_category(desk: Desk) -> None:
    for item in all_items(desk):
        if item.kind == "event":
            category = store.events(desk, RULES, item.id)[0].fields["category"]
            assert item.title in demo.EVENT_TITLES[category]


def test_projects_and_tasks_are_of_a_kind_and_called_by_it(desk: Desk) -> None:
    kinds = RULES.flows["project"].fields["kind"].choices
    assert {*demo.PROJECT_TITLES} == {*kinds}
    assert {*planned_works.PROJECTS} <= {choice.zh for choice in kinds.values()}, "the ledger's words are theirs"
    for item in all_items(desk):
        begun = store.events(desk, RULES, item.id)[0].fields
        if item.kind == "project":
            assert item.title in demo.PROJECT_TITLES[begun["kind"]]
        if item.kind == "topic":
            assert item.title == begun["topic"]


@pytest.mark.parametrize("kind", ["project", "topic"])
def test_a_workflow_of_a_district_without_the_field_of_ours_has_titles_too(kind: str) -> None:
    assert demo._title(kind, {}, random.Random(1)) in demo.TITLES[kind]


def test_nothing_happens_after_the_demos_day_and_nothing_is_left_for_months(desk: Desk) -> None:
    for item in all_items(desk):
        assert item.changed_at <= RULES.utc(AS_OF)
        if item.is_open and item.due_at:
            assert item.due_at > RULES.utc(AS_OF) - timedelta(days=45), item
    assert demo.build(desk, RULES, as_of=AS_OF, seed=3, cases=0) == 0, "a desk with items stays as it is"
