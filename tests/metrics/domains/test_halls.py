"""For how long many people wait at a counter, and applications that staff file for somebody."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.home import Home
from metrics.answer import NO_DATA, NO_SOURCE
from metrics.period import Period
from tests.asking import answer, rows
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
LONG = "long_queue_minutes"


def snapshots(unit: str, *given: tuple[datetime, float], area: int = DISTRICT) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{unit}{at}",
            "area": area,
            "unit": unit,
            "measure": "queue_waiting",
            "measured_at": at,
            "value": value,
        }
        for at, value in given
    ]


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute)


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ([(at(3, 9), 20), (at(3, 9, 10), 19)], 10),  # 20 is over the limit, 19 is not
        ([(at(3, 9), 25), (at(3, 9, 5), 30), (at(3, 9, 20), 21), (at(3, 9, 30), 3)], 30),
        ([(at(3, 9), 25), (at(3, 12), 3)], 60),  # nothing is known of the two hours in which nobody measured
        ([(at(3, 9), 5), (at(3, 10), 25)], 60),  # the last one of a day
        ([(at(3, 23, 30), 25), (at(4, 0, 15), 3)], 15),  # not beyond its day: 30 minutes over two days
        ([(at(3, 9), 19)], 0),
    ],
)
def test_a_snapshot_stands_until_the_next_one_for_an_hour_at_most(
    home: Home, given: Sequence[tuple[datetime, float]], minutes: float
) -> None:
    areas(home)
    deliver(home, "readings", snapshots("综合", *given))
    assert answer(published(home, AS_OF), [LONG], DISTRICT, MONTH)["value"].item() == minutes


@pytest.mark.parametrize(("waiting", "listed"), [((25, 40, 3, 0), 2), ((19, 3), 0)])
def test_rows_of_long_queues_are_of_these_counters_alone(home: Home, waiting: Sequence[float], listed: int) -> None:
    areas(home)
    deliver(home, "readings", [row for i, n in enumerate(waiting) for row in snapshots(f"{i}号", (at(22, 7, 50), n))])
    edition = published(home, AS_OF)
    assert answer(edition, ["long_queues"], DISTRICT, MONTH)["value"].item() == listed
    assert len(rows(edition, "long_queues", DISTRICT, MONTH)) == listed


def test_long_queues_are_a_mean_over_counters_and_days(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        *snapshots("综合", (at(3, 9), 25), (at(3, 10), 3), (at(4, 9), 2)),
        *snapshots("医保", (at(3, 9), 40), (at(3, 9, 30), 3)),
        *snapshots("便民", (at(3, 9), 1), area=TOWNS[0]),
        *snapshots("综合", (at(22, 7), 90)),  # of the day that has not ended
        *snapshots("综合", (at(20, 9, month=9), 90)),  # 30 days before October ends and earlier
    ])  # fmt: skip
    edition = published(home, AS_OF)
    row = answer(edition, [LONG], DISTRICT, MONTH).iloc[0]
    assert (row["numerator"], row["denominator"], row["value"]) == (90, 4, 22.5)
    by_counter = answer(edition, [LONG], DISTRICT, MONTH, by="department").set_index("group")
    assert by_counter["value"].to_dict() == {"综合": 30, "医保": 30, "便民": 0}
    assert answer(edition, [LONG], TOWNS[0], MONTH)["value"].item() == 0
    listed = rows(edition, LONG, DISTRICT, MONTH, part="numerator")
    assert sorted(listed["minutes"]) == [30, 60]
    assert len(rows(edition, LONG, DISTRICT, MONTH)) == 4


def test_days_without_snapshots_are_absent_and_not_zero(home: Home) -> None:
    areas(home)
    deliver(home, "readings", snapshots("综合", (at(3, 9), 25)))
    edition = published(home, AS_OF)
    assert answer(edition, [LONG], DISTRICT, OCTOBER).iloc[0]["quality"] == NO_DATA
    assert answer(edition, [LONG], TOWNS[0], MONTH).iloc[0]["quality"] == NO_DATA


def application(key: str, helped: bool | None, day: int, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "service", "area": DISTRICT, "registered_at": at(day, 9), "assisted": helped, **more}


def test_applications_with_a_helper_are_counted_in_the_period(home: Home) -> None:
    areas(home)
    deliver(home, "cases", [
        application("one", True, 2), application("two", True, 3, area=TOWNS[0]), application("three", False, 3),
        application("four", None, 3), application("call", True, 3, kind="hotline"),
        application("before", True, 3) | {"registered_at": datetime(2026, 10, 3)},
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, ["assisted_applications", "applications"], DISTRICT, MONTH)
    assert frame["value"].tolist() == [2, 4]
    assert rows(edition, "assisted_applications", DISTRICT, MONTH)["key"].tolist() == ["one", "two"]


def test_applications_that_do_not_say_whether_somebody_helped_have_no_number(home: Home) -> None:
    areas(home)
    row = {"key": "one", "kind": "service", "area": DISTRICT, "registered_at": AS_OF - timedelta(days=1)}
    deliver(home, "cases", [row], mapped=False)
    frame = answer(published(home, AS_OF), ["assisted_applications", "applications"], DISTRICT, MONTH)
    assert frame["quality"][0] == NO_SOURCE
    assert frame["value"][1] == 1
