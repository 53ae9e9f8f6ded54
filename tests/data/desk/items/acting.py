"""A process in which many users act on items of a desk; each result is acknowledged in a file."""

import threading
import time
from pathlib import Path

from data.desk import clock
from data.desk.auditing import audit
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError
from data.desk.items import store
from data.desk.items.store import Beginning, Rules
from data.desk.notifications import store as notifications
from data.desk.notifications.store import Notice
from data.desk.store import Desk, open_desk
from data.messages import Message
from data.values.calendar import Calendar
from data.workflow.read import load
from tests.factory import TOWNS, VILLAGES

RULES = Rules(load(Path(__file__).parents[4] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
NEXT: list[tuple[str, dict[str, str]]] = [
    ("accept", {}),
    ("dispatch", {"unit": "执法队"}),
    ("sign", {}),
    ("handle", {"result": "完成"}),
    ("close", {}),
]
STEPS = 1 + len(NEXT)
"""Actions of a user: begin an event, then the others."""
THREADS = 8


def acknowledged(folder: Path) -> dict[str, str]:
    """The keys that were acknowledged, with the numbers of their items."""
    file = folder / "acknowledged"
    lines = file.read_text("utf-8").split("\n")[:-1] if file.exists() else []
    return dict(line.split(" ") for line in lines)


def run(url: str, folder: str, users: int) -> None:
    """Do all actions that are not acknowledged yet; every user does one after another, users act at once."""
    root = Path(folder)
    desk, done, lock = open_desk(url, Custody(root / "keys")), acknowledged(root), threading.Lock()
    with (root / "acknowledged").open("a", encoding="utf-8", buffering=1) as log:

        def work(first: int) -> None:
            for step in range(STEPS):
                for user in range(first, users, THREADS):
                    key = f"{user}-{step}"
                    if key not in done:
                        number = _again(desk, done.get(f"{user}-0", ""), user, step, key)
                        with lock:
                            done[key] = number
                            log.write(f"{key} {number}\n")

        threads = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _again(desk: Desk, number: str, user: int, step: int, key: str) -> str:
    """Act until the desk takes it: a busy desk is asked again with the same key."""
    while True:
        try:
            return act(desk, number, user, step, key)
        except DeskError:
            time.sleep(0.02)


def act(desk: Desk, number: str, user: int, step: int, key: str) -> str:
    """One action with its audit row in one transaction, as the actions of the product do it."""
    with desk.begin():
        if step == 0:
            fields = {"category": "lighting", "urgency": "normal"}
            begun = store.start(desk, RULES, Beginning("event", "题", VILLAGES[0], fields), key=key, actor=f"u{user}")
            if not begun.again:
                note(desk, f"u{user}", key)
            return begun.item.number
        name, fields = NEXT[step - 1]
        actor = "holder" if name in ("sign", "handle") else "leader"
        if store.repeated(desk, key, store.digest(actor, number, name, fields)):
            return number
        locked = store.lock(desk, RULES, number)
        store.append(desk, RULES, locked, name, fields, key=key, actor=actor, unit_area=TOWNS[0])
        note(desk, actor, key)
        return number


def note(desk: Desk, who: str, key: str) -> None:
    """The row of the audit, and the notification of an account."""
    message = Message("notification.begun", "begun")
    notifications.add(desk, [Notice(1, f"item/{key}", "item", message, key)], now=clock.now())
    audit.write(desk, who=who, role="leader", scope="", event="act", what=key, result="ok", address="")
