"""Reports are made one person after the other, and one person has not so many waiting, on both kinds of desk."""

import pytest

from data.desk import reports
from data.desk.store import Desk
from data.errors import TooMany
from data.messages import Message


def order(desk: Desk, who: str, **more: str) -> str:
    report = reports.ask(desk, kind="brief", request="{}", edition="e", scope=((0, 1),), who=who, **more)
    assert report
    return report.id


def test_report_queue_is_fair_between_people(desk: Desk) -> None:
    many = [order(desk, "li") for _ in range(4)]
    one, two = order(desk, "wang"), [order(desk, "zhao") for _ in range(2)]
    taken = []
    for _ in range(7):
        report = reports.take(desk, f"worker-{len(taken)}")
        assert report
        taken.append(report.who)
        reports.fail(desk, report.id, Message("report.failed", "tried"))
    assert taken == ["li", "wang", "zhao", "li", "zhao", "li", "li"]
    assert reports.take(desk, "worker") is None
    assert len({*many, one, *two}) == 7


def test_report_in_work_counts_for_fairness(desk: Desk) -> None:
    for who in ("li", "li", "wang"):
        order(desk, who)
    taken = [reports.take(desk, f"worker-{i}") for i in range(3)]
    assert [report and report.who for report in taken] == ["li", "wang", "li"]


def test_waiting_reports_of_one_user_are_limited(desk: Desk) -> None:
    for _ in range(reports.MOST_WAITING):
        order(desk, "li")
    with pytest.raises(TooMany, match=f"li has {reports.MOST_WAITING} reports waiting already"):
        order(desk, "li")
    order(desk, "wang")
    order(desk, "li", plan="weekly", slot="1")
    assert reports.take(desk, "worker")
    order(desk, "li")
