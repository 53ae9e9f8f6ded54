"""Market supervision, planned works and other figures of single facts, recomputed by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from data.home import Home
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
IN_MONTH = datetime(2026, 11, 5, 9)


def numbers(home: Home, *metrics: str, area: int = DISTRICT, by: str | None = None) -> dict[str, float]:
    frame = answer(published(home, AS_OF), list(metrics), area, MONTH, by=by)
    frame = frame[frame["group"] != ""] if by else frame
    return dict(zip(frame["group" if by else "metric"], frame["value"], strict=True))


def case(key: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "area": VILLAGES[0], "registered_at": IN_MONTH, **fields}


def test_enterprises_are_listed_until_they_are_taken_off_and_for_three_years(home: Home) -> None:
    areas(home)
    old = AS_OF - timedelta(days=3 * 366)
    deliver(home, "cases", [
        case("new", "abnormal"),
        case("gone", "abnormal", registered_at=datetime(2026, 3, 1), closed_at=IN_MONTH),
        case("old", "abnormal", registered_at=old),
        case("old and gone", "abnormal", registered_at=old, closed_at=IN_MONTH),
        case("event", "event"),
    ])  # fmt: skip
    values = numbers(
        home, "abnormal_enterprises", "abnormal_listed", "abnormal_removed", "abnormal_three_years", "intake"
    )
    assert values == {
        "abnormal_enterprises": 2, "abnormal_listed": 1, "abnormal_removed": 2, "abnormal_three_years": 1, "intake": 1,
    }  # fmt: skip


def test_clues_and_joint_discipline_have_clocks_of_their_own(home: Home) -> None:
    areas(home)
    due, late = datetime(2026, 11, 10), datetime(2026, 11, 11)
    deliver(home, "cases", [
        *(case(f"clue {i}", "risk", due_at=due, closed_at=IN_MONTH if i < 9 else late) for i in range(10)),
        *(
            case(f"joint {i}", "discipline", respond_due_at=due, responded_at=IN_MONTH if i < 3 else None)
            for i in range(4)
        ),
    ])  # fmt: skip
    assert numbers(home, "risk_handled_rate", "discipline_reply_rate") == {
        "risk_handled_rate": 90, "discipline_reply_rate": 75,
    }  # fmt: skip


def test_inspections_take_the_area_of_the_enterprise(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [{"key": "e", "kind": "enterprise", "area": VILLAGES[0], "name": "商户", "risk": "D"}],
            source="assets")  # fmt: skip
    checks = [("inspection:joint", True), ("inspection:single", False), ("inspection:single", True), ("other", False)]
    deliver(home, "checks", [
        {"key": str(i), "asset": "e", "asset_source": "assets", "rule": rule, "checked_at": IN_MONTH, "passed": passed}
        for i, (rule, passed) in enumerate(checks)
    ], source="checks")  # fmt: skip
    values = numbers(home, "inspections", "inspection_pass_rate", "joint_inspection_rate", area=TOWNS[0])
    assert {name: round(value, 1) for name, value in values.items()} == {
        "inspections": 3, "inspection_pass_rate": 66.7, "joint_inspection_rate": 33.3,
    }  # fmt: skip


def test_planned_works_are_no_events_and_are_split_by_topic(home: Home) -> None:
    areas(home)
    due = datetime(2026, 11, 10)
    deliver(home, "cases", [
        case("a", "topic", category="停车难", due_at=due, closed_at=IN_MONTH),
        case("b", "topic", category="停车难", due_at=due),
        case("c", "topic", category="助餐", due_at=due, closed_at=IN_MONTH),
        case("d", "pairing", due_at=due, closed_at=IN_MONTH, solved=False),
        case("e", "project", due_at=due, closed_at=IN_MONTH, satisfied=True),
    ])  # fmt: skip
    assert numbers(home, "topic_done_rate", by="category") == {"停车难": 50, "助餐": 100}
    values = numbers(home, "intake", "pairing_done_rate", "project_satisfied_rate")
    assert values == {"intake": 0, "pairing_done_rate": 0, "project_satisfied_rate": 100}


def test_reasons_are_those_of_callers_who_were_reached_and_not_satisfied(home: Home) -> None:
    areas(home)
    closed = {"closed_at": IN_MONTH, "reached": True}
    deliver(home, "cases", [
        case("a", "hotline", **closed, satisfied=False, reason="推诿扯皮"),
        case("b", "hotline", **closed, satisfied=False, reason="办理超时"),
        case("c", "hotline", **closed, satisfied=True),
        case("d", "hotline", closed_at=IN_MONTH, reached=False, satisfied=False, reason="办理超时"),
    ])  # fmt: skip
    assert numbers(home, "unsatisfied_callbacks", by="reason") == {"推诿扯皮": 1, "办理超时": 1}


def test_counters_are_counted_and_their_units_once_in_each_hall(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [
        {"key": str(i), "kind": "counter", "area": DISTRICT, "parent": hall, "name": "窗口", "unit": unit}
        for i, (hall, unit) in enumerate([("一", "医保"), ("一", "医保"), ("一", "公安"), ("二", "医保")])
    ])  # fmt: skip
    assert numbers(home, "hall_counters", "counter_units") == {"hall_counters": 4, "counter_units": 3}
