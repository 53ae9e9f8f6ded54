"""Server time of the inbox and of one action with many open items: `python -m bench.items [ITEMS]`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from cockpit.access.policy import Held
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing import audit
from data.desk.auditing.custody import Custody
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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rules = Rules(load(Path("cockpit/workflows")), Calendar(), "Asia/Shanghai")
    with tempfile.TemporaryDirectory() as folder:
        desk = open_desk(f"sqlite:///{folder}/desk.sqlite", Custody(Path(folder) / "keys"))
        fill(desk, count)
        readers = {
            "leader of the district": Reader("a1", (Held("leader", DISTRICT, end_of(DISTRICT)),)),
            "official of a town": Reader("h2", (Held("official", TOWN, end_of(TOWN)),)),
            "cadre of a village": Reader("h3", (Held("cadre", VILLAGE, end_of(VILLAGE)),)),
        }

        def inbox(reader: Reader) -> None:
            lists.items(desk, reader, "mine", clock.now())
            for view in VIEWS:
                lists.count(desk, reader, view, clock.now())

        print(f"{count:,} open items, SQLite, median of {ROUNDS}")
        for name, reader in readers.items():
            print(f"inbox with its four counts, {name}: {timed(lambda reader=reader: inbox(reader)):.1f} ms")  # type: ignore[misc]
        print(f"one action: {timed(action(desk, rules)):.1f} ms")
        desk.close()


if __name__ == "__main__":
    main()
