"""SU01 to SU12, worked out by hand: from cases and readings, and from items and alerts of the desk."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.desk.alerting import alerts
from data.desk.alerting.alerts import Observed
from data.desk.auditing.custody import Custody
from data.desk.items import store
from data.desk.items.deliver import deliver as deliver_desk
from data.desk.items.store import Beginning, Rules
from data.desk.store import Desk, open_desk
from data.home import Home
from data.values.calendar import Calendar
from data.workflow.read import load
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

RULES = Rules(load(Path(__file__).parents[2] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
AS_OF = datetime(2026, 11, 25, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
DUE, BEFORE, AFTER = (datetime(2026, 11, day, 12) for day in (10, 9, 11))
CASES: list[dict[str, Any]] = [
    # orders: replied in time; late; not at all; not due yet; cancelled
    {"kind": "order", "due_at": DUE, "responded_at": BEFORE, "closed_at": AFTER},
    {"kind": "order", "due_at": DUE, "responded_at": AFTER, "red_at": datetime(2026, 11, 20)},
    {"kind": "order", "due_at": DUE, "red_at": datetime(2026, 11, 12), "closed_at": datetime(2026, 11, 14)},
    {"kind": "order", "due_at": datetime(2026, 11, 28), "red_at": datetime(2026, 11, 30)},
    {"kind": "order", "due_at": DUE, "closed_at": BEFORE, "close_kind": "void"},
    # of six accepted cases two are escalated, of four proposed; one of them is closed in time
    {"kind": "escalation", "accepted_at": BEFORE, "due_at": DUE, "closed_at": BEFORE},
    {"kind": "escalation", "accepted_at": BEFORE, "due_at": DUE, "closed_at": AFTER},
    {"kind": "escalation", "due_at": DUE, "closed_at": BEFORE, "close_kind": "refused"},
    {"kind": "escalation"},
    {"kind": "escalation", "closed_at": BEFORE, "close_kind": "void"},
    *[{"kind": "hotline", "accepted_at": BEFORE, "due_at": DUE, "closed_at": BEFORE}] * 4,
    {"kind": "problem", "due_at": DUE, "closed_at": AFTER, "published_at": BEFORE},
    {"kind": "problem", "due_at": DUE, "closed_at": AFTER},
    {"kind": "problem", "due_at": DUE},
    {"kind": "whistle", "due_at": DUE, "handled_at": BEFORE, "closed_at": AFTER, "rating": 4},
    {"kind": "whistle", "due_at": DUE, "handled_at": AFTER, "closed_at": AFTER, "rating": 1, "rating_default": False},
    # rated by default; not rated; withdrawn
    {"kind": "whistle", "closed_at": AFTER, "rating": 5, "rating_default": True},
    {"kind": "whistle", "closed_at": AFTER},
    {"kind": "whistle", "closed_at": AFTER, "close_kind": "void", "rating": 5},
    {"kind": "wish", "published_at": BEFORE, "signed_at": BEFORE, "due_at": DUE, "closed_at": BEFORE},
    {"kind": "wish", "published_at": BEFORE, "signed_at": BEFORE, "due_at": DUE},
    {"kind": "wish", "published_at": BEFORE},
]
EXPECTED = {
    "order_reply_rate": (1, 3), "red_orders": (1, None), "escalation_rate": (2, 6), "escalation_on_time_rate": (1, 2),
    "escalation_accepted_rate": (2, 4),
    "problem_clearing_rate": (2, 3), "publication_rate": (1, 2), "whistle_arrival_rate": (1, 2),
    "whistle_rating": (5, 2),
    "wish_claim_rate": (2, 3), "wish_done_rate": (1, 2),
}  # fmt: skip


def numbers(home: Home, *names: str) -> dict[str, tuple[float, float | None]]:
    """Numerator and denominator of ratios, the value of others."""
    edition = published(home, AS_OF)
    frame = answer(edition, list(names), DISTRICT, NOVEMBER)
    edition.close()
    return {
        row.metric: (row.numerator, row.denominator) if row.denominator == row.denominator else (row.value, None)
        for row in frame.itertuples()
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", memory="1GB")
    areas(home)
    return home


def test_cases_count_as_worked_out_by_hand(home: Home) -> None:
    first = {"area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}
    deliver(home, "cases", [{"key": f"{n}", **first, **case} for n, case in enumerate(CASES)])
    assert numbers(home, *EXPECTED) == EXPECTED


def test_units_are_rated_where_they_came(home: Home) -> None:
    first = {"area": VILLAGES[0], "registered_at": datetime(2026, 11, 2), "kind": "whistle", "closed_at": AFTER}
    deliver(home, "cases", [{"key": "none", "rating_default": None, "rating": None, **first}])
    assert numbers(home, "whistle_rating") == {"whistle_rating": (0, 0)}, "a whistle, but no rating"
    ratings = {"区水利局": (5, 4, 5), "区城管局": (2, 1)}
    deliver(home, "cases", [
        {"key": f"{unit}{n}", "unit": unit, "rating": rating, **first}
        for unit, given in ratings.items() for n, rating in enumerate(given)
    ])  # fmt: skip
    frame = answer(published(home, AS_OF), ["whistle_rating"], TOWNS[0], NOVEMBER, by="department").set_index("group")
    frame = frame[frame["n"] > 0]
    assert round(frame["value"], 2).to_dict() == {"区水利局": 4.67, "区城管局": 1.5}
    assert set(frame["quality"]) == {"small sample"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}", Custody(tmp_path / "keys"))
    yield desk
    desk.close()


def act(desk: Desk, number: str, step: str, at: datetime, actor: str = "a", **fields: Any) -> None:
    with desk.begin():
        store.append(
            desk, RULES, store.lock(desk, RULES, number), step, fields, key=f"{number}{step}{at}", actor=actor,
            unit_area=TOWNS[0] if "unit" in fields else None, now=at,
        )  # fmt: skip


def begin(desk: Desk, kind: str, at: datetime, /, **fields: Any) -> str:
    beginning = Beginning(kind, "题", VILLAGES[0], {"matter": "x", **fields}, TOWNS[0] if "unit" in fields else None)
    return store.start(desk, RULES, beginning, key=f"{kind}{at}", actor="a", now=at).item.number


def test_items_of_the_desk_give_replies_reds_arrivals_and_approval_times(home: Home, desk: Desk) -> None:
    friday = datetime(2026, 11, 6, 2)  # 10:00 there
    order = begin(desk, "order", friday)
    act(desk, order, "issue", friday, unit="执法队", due=date(2026, 11, 10))
    act(desk, order, "sign", friday, "b")
    late = begin(desk, "order", friday + timedelta(seconds=1))
    act(desk, late, "issue", friday, unit="执法队", due=date(2026, 11, 8))
    act(desk, order, "reply", friday + timedelta(days=1), "b", reply="完成")
    whistle = begin(desk, "whistle", friday, unit="执法队", kind="work")
    for hours, step in ((1, "sign"), (2, "contact"), (3, "arrive")):
        act(desk, whistle, step, friday + timedelta(hours=hours), "b")
    approval = begin(desk, "approval", friday)
    act(desk, approval, "submit", friday)
    act(desk, approval, "review", friday + timedelta(hours=1), "b", units={"执法队": TOWNS[0]})
    answer = {"countersigner": "执法队", "verdict": "agree", "opinion": "同意"}
    act(desk, approval, "countersign", friday + timedelta(hours=2), "c", **answer)
    act(desk, approval, "approve", friday + timedelta(days=3), "d")  # a weekend lies between
    deliver_desk(home, desk, RULES)
    values = numbers(home, "order_reply_rate", "red_orders", "whistle_arrival_rate", "approval_hours")
    assert values == {"order_reply_rate": (1, 2), "red_orders": (1, None), "whistle_arrival_rate": (1, 1),
                     "approval_hours": (24, None)}  # fmt: skip


def test_alerts_of_the_desk_give_those_handled_in_time_and_the_true_ones(home: Home, desk: Desk) -> None:
    at = datetime(2026, 11, 9, 2)
    kinds = [Observed("r", VILLAGES[0], "backlog", name=f"{n}", acknowledge_hours=24) for n in range(4)]
    ids = alerts.settle(desk, "e", at, kinds, {"r": 0.0}, now=at).fired
    alerts.record(desk, ids[0], "acknowledged", "a", now=at + timedelta(hours=1))
    alerts.record(desk, ids[1], "false_alarm", "a", "传感器故障", now=at + timedelta(hours=2))
    deliver_desk(home, desk, RULES)
    names = ("alert_handling_rate", "alert_precision")
    assert numbers(home, *names) == dict(zip(names, ((2, 4), (1, 2)), strict=True))
    alerts.record(desk, ids[3], "acknowledged", "a", now=at + timedelta(hours=3))
    alerts.record(desk, ids[2], "acknowledged", "a", now=at + timedelta(hours=30))
    assert deliver_desk(home, desk, RULES)[-1].accepted
    assert numbers(home, *names) == dict(zip(names, ((3, 4), (3, 4)), strict=True))
