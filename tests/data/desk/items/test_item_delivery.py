"""Items become cases and steps of the next edition, once each, by the ordinary way of loading."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.desk.auditing.custody import Custody
from data.desk.items import deliver as delivery
from data.desk.items import store
from data.desk.items.deliver import deliver
from data.desk.items.store import Beginning, Rules
from data.desk.store import Desk, open_desk
from data.editions.edition import Edition
from data.home import Home
from data.ingest.unload import unload
from data.store import read_store
from data.values.calendar import Calendar
from data.workflow.read import load
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, published

RULES = Rules(load(Path(__file__).parents[4] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
NOW = datetime(2026, 11, 2, 2)
CATALOG = load_catalog()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    return home


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}", Custody(tmp_path / "keys"))
    yield desk
    desk.close()


def begin(desk: Desk, n: int, area: int = VILLAGES[0]) -> str:
    beginning = Beginning("order", f"第 {n} 件", area, {"matter": "修好"})
    return store.start(desk, RULES, beginning, key=f"s{n}", actor="li", now=NOW + timedelta(hours=n)).item.number


def act(desk: Desk, number: str, transition: str, at: datetime, **fields: Any) -> None:
    with desk.begin():
        locked = store.lock(desk, RULES, number)
        store.append(
            desk, RULES, locked, transition, fields, key=f"{number}{transition}{at}", actor=transition, now=at,
            unit_area=TOWNS[0] if "unit" in fields else None,
        )  # fmt: skip


def closed(desk: Desk, number: str) -> None:
    act(desk, number, "issue", NOW + timedelta(days=1), unit="镇街综合执法队", due=date(2026, 11, 10))
    act(desk, number, "sign", NOW + timedelta(days=1, hours=1))
    act(desk, number, "reply", NOW + timedelta(days=2), reply="已修好，电话 13812345678")
    act(desk, number, "close", NOW + timedelta(days=3), score=4)


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with read_store(home) as opened:
        return opened.execute(sql).fetchall()


def test_an_item_is_a_case_and_its_events_are_steps(home: Home, desk: Desk) -> None:
    number = begin(desk, 1)
    closed(desk, number)
    assert [(report.status, report.accepted) for report in deliver(home, desk, RULES)] == [
        ("accepted", 1),
        ("accepted", 5),
    ]
    columns = "key, kind, area, unit, signed_at, due_at, closed_at, close_kind, rating"
    sql = f"SELECT {columns} FROM cases WHERE source = 'desk'"
    assert rows(home, sql) == [
        (number, "order", VILLAGES[0], "镇街综合执法队", datetime(2026, 11, 3, 11), datetime(2026, 11, 10, 23, 59, 59),
         datetime(2026, 11, 5, 10), "done", 4)
    ]  # fmt: skip
    steps = rows(home, "SELECT action, case_key, result FROM steps WHERE case_source = 'desk' ORDER BY started_at")
    assert [step for step, *_ in steps] == ["report", "dispatch", "sign", "reply", "cancel"]
    assert {key for _step, key, _result in steps} == {number}
    assert steps[3][2] == "已修好，电话 138****5678"


def test_delivering_again_changes_nothing_and_a_change_comes_alone(home: Home, desk: Desk) -> None:
    first, second = begin(desk, 1), begin(desk, 2)
    deliver(home, desk, RULES)
    assert {report.accepted for report in deliver(home, desk, RULES)} == {0} or not rows(
        home, "SELECT key FROM cases WHERE source = 'desk' GROUP BY key HAVING count(*) > 1"
    )
    closed(desk, first)
    deliver(home, desk, RULES)
    delivered = rows(home, "SELECT key, closed_at IS NULL FROM cases WHERE source = 'desk' ORDER BY key")
    assert delivered == [(first, False), (second, True)]


def test_an_item_of_a_clock_that_went_back_is_delivered(home: Home, desk: Desk) -> None:
    """Such as one begun on a second server, or while the clock was set; and a change of an older item then."""
    ahead, behind = begin(desk, 900), begin(desk, 1)
    deliver(home, desk, RULES)
    late = begin(desk, 2)
    act(desk, behind, "issue", NOW + timedelta(hours=3), unit="镇街综合执法队", due=date(2026, 11, 10))
    deliver(home, desk, RULES)
    delivered = rows(home, "SELECT key, unit IS NULL FROM cases WHERE source = 'desk' ORDER BY key")
    assert sorted(delivered) == sorted([(ahead, True), (behind, False), (late, True)])
    assert deliver(home, desk, RULES) == []


def test_a_delivery_that_ended_before_its_steps_is_made_again(
    home: Home, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = begin(desk, 1)
    closed(desk, number)
    load_one = delivery._load

    def until_steps(home: Home, name: str, *others: Any) -> Any:
        if name == delivery.STEPS:
            raise KeyboardInterrupt
        return load_one(home, name, *others)

    with monkeypatch.context() as killed:
        killed.setattr(delivery, "_load", until_steps)
        with pytest.raises(KeyboardInterrupt):
            deliver(home, desk, RULES)
    deliver(home, desk, RULES)
    assert rows(home, "SELECT count(*) FROM steps WHERE case_source = 'desk'") == [(5,)]
    assert deliver(home, desk, RULES) == []


def test_what_was_taken_back_is_delivered_again(home: Home, desk: Desk) -> None:
    number = begin(desk, 1)
    for report in deliver(home, desk, RULES):
        unload(home, report.batch)
    assert rows(home, "SELECT key FROM cases WHERE source = 'desk'") == []
    deliver(home, desk, RULES)
    assert rows(home, "SELECT key FROM cases WHERE source = 'desk'") == [(number,)]


def test_an_area_that_does_not_exist_is_a_reject(home: Home, desk: Desk) -> None:
    begin(desk, 1, VILLAGES[0] + 77)
    begin(desk, 2)
    report = deliver(home, desk, RULES)[0]
    assert (report.accepted, report.rejected, report.status) == (1, 1, "accepted")


def test_metrics_count_the_items(home: Home, desk: Desk) -> None:
    numbers = [begin(desk, n, VILLAGES[n % 2]) for n in range(4)]
    closed(desk, numbers[0])
    deliver(home, desk, RULES)
    edition: Edition = published(home, datetime(2026, 11, 22, 8))
    period = Period(date(2026, 11, 1), date(2026, 11, 22))
    by_role = {role: CATALOG.id_of(role) for role in ("intake", "open")}
    frame = answer(edition, list(by_role.values()), DISTRICT, period)
    values = dict(zip(frame["metric"], frame["value"], strict=True))
    edition.close()
    assert (values[by_role["intake"]], values[by_role["open"]]) == (4, 3)
