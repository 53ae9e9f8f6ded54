"""Server time of the inbox and of actions with many open items, also of many users at once.

python -m bench.items [ITEMS] [--users 100] [--rate 50] [--seconds 20] [--desk URL]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from cockpit.access.policy import Held
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing import audit
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError
from data.desk.items import lists, models, store
from data.desk.items.lists import VIEWS, Reader
from data.desk.items.store import Beginning, Rules
from data.desk.store import Desk, open_desk
from data.values.calendar import Calendar
from data.workflow.read import load

DISTRICT, TOWN, VILLAGE = 990101000000, 990101001000, 990101001201
TURNS = ("unit", "holder", "supervisor", "author", "anyone")
ROUNDS = 30


def fill(desk: Desk, count: int) -> None:
    """Rows of open items over 22 towns, without events: lists do not read these."""
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for n in range(count):
        area = DISTRICT + (n % 22 + 1) * 1000 + 201 + n % 25
        rows.append(
            {
                "kind": "order", "number": f"X{n}", "title": f"第 {n} 件", "area": area, "unit": "区住建局",
                "unit_area": area // 1000 * 1000, "state": "signed", "is_open": True, "turn": TURNS[n % 5],
                "origin": "free", "author": f"a{n % 600}", "holder": f"h{n % 600}", "opened_at": now,
                "changed_at": now, "due_at": now + timedelta(hours=n % 2000 - 400), "version": 1,
            }
        )  # fmt: skip
    with desk.begin() as session:
        session.execute(insert(models.Item), rows)


def timed(work: Callable[[], object]) -> float:
    """Median milliseconds."""
    spent = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begun))
    return statistics.median(spent)


def action(desk: Desk, rules: Rules) -> Callable[[], None]:
    """Urge one order again and again: lock, replay, event, row and audit row."""
    item = store.start(desk, rules, Beginning("order", "题", VILLAGE, {"matter": "x"}), key="s", actor="a").item
    due = (clock.now() + timedelta(days=9)).date()
    steps = iter([("issue", {"unit": "区住建局", "due": due}), *[("urge", {})] * ROUNDS])

    def run() -> None:
        step, fields = next(steps)
        with desk.begin():
            locked = store.lock(desk, rules, item.number)
            store.append(desk, rules, locked, step, fields, key=f"{time.time_ns()}", actor="b", unit_area=TOWN)
            audit.write(desk, who="b", role="leader", scope="", event="act", what=item.number)

    return run


@dataclass(frozen=True)
class Storm:
    """What many users at once were given. rate: actions a second. times: milliseconds of each action, sorted.

    busy: requests that the desk refused because it was busy; they were repeated.
    """

    rate: float
    times: list[float]
    stored: int
    done: int
    busy: int

    def at(self, share: float) -> float:
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def storm(desk: Desk, rules: Rules, *, users: int, rate: float, seconds: float) -> Storm:
    """Users who urge an item of their own at a common rate, each in a thread, with the audit row of every action."""
    due = (clock.now() + timedelta(days=9)).date()
    items = []
    for user in range(users):
        item = store.start(
            desk, rules, Beginning("order", "题", VILLAGE, {"matter": "x"}), key=f"u{user}", actor="a"
        ).item
        with desk.begin():
            locked = store.lock(desk, rules, item.number)
            fields = {"unit": "区住建局", "due": due}
            store.append(desk, rules, locked, "issue", fields, key=f"i{user}", actor="b", unit_area=TOWN)
        items.append(item)
    before = _events(desk)
    begun, times, busy = time.perf_counter(), list[float](), list[int]()

    def act(n: int) -> None:
        wait = begun + n / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        at, number = time.perf_counter(), items[n % users].number
        while not _urged(desk, rules, number, n):  # a desk that is busy is asked again with the same key
            busy.append(n)
        times.append(1000 * (time.perf_counter() - at))

    count = int(rate * seconds)
    with ThreadPoolExecutor(users) as pool:
        for done in [pool.submit(act, n) for n in range(count)]:
            done.result()
    spent = time.perf_counter() - begun
    return Storm(count / spent, sorted(times), _events(desk) - before, count, len(busy))


def _urged(desk: Desk, rules: Rules, number: str, n: int) -> bool:
    try:
        with desk.begin():
            key, actor = f"n{n}", "s"
            if not store.repeated(desk, key, store.digest(actor, number, "urge", {})):
                store.append(desk, rules, store.lock(desk, rules, number), "urge", {}, key=key, actor=actor)
                audit.write(desk, who=actor, role="leader", scope="", event="act", what=number)
    except DeskError:
        return False
    return True


def _events(desk: Desk) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(models.ItemEvent)) or 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=100_000)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50, help="actions a second of all users")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--desk", default="", help="URL of an empty database; a SQLite file by default")
    given = parser.parse_args()
    rules = Rules(load(Path("cockpit/workflows")), Calendar(), "Asia/Shanghai")
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(given.desk or f"sqlite:///{folder}/desk.sqlite", Custody(Path(folder) / "keys"))
        try:
            measure(desk, rules, given)
        finally:
            desk.close()


def measure(desk: Desk, rules: Rules, given: argparse.Namespace) -> None:
    fill(desk, given.items)
    readers = {
        "leader of the district": Reader("a1", (Held("leader", DISTRICT, end_of(DISTRICT)),)),
        "official of a town": Reader("h2", (Held("official", TOWN, end_of(TOWN)),)),
        "cadre of a village": Reader("h3", (Held("cadre", VILLAGE, end_of(VILLAGE)),)),
    }

    def inbox(reader: Reader) -> None:
        lists.items(desk, reader, "mine", clock.now())
        for view in VIEWS:
            lists.count(desk, reader, view, clock.now())

    print(f"{given.items:,} open items, {desk.dialect}, median of {ROUNDS}")
    for name, reader in readers.items():
        spent = timed(lambda reader=reader: inbox(reader))  # type: ignore[misc]
        print(f"inbox with its {len(VIEWS)} counts, {name}: {spent:.1f} ms")
    print(f"one action: {timed(action(desk, rules)):.1f} ms")
    outcome = storm(desk, rules, users=given.users, rate=given.rate, seconds=given.seconds)
    print(
        f"{given.users} users, {given.rate:g} actions a second wanted: {outcome.rate:.1f} a second, median "
        f"{outcome.at(0.5):.1f} ms, 95 % within {outcome.at(0.95):.1f} ms, {outcome.done} done, "
        f"{outcome.stored} stored, {outcome.busy} repeated"
    )
    if outcome.stored != outcome.done:
        raise SystemExit("events are lost or stored twice")


if __name__ == "__main__":
    main()
