"""Units that are connected to the data centre, who keeps systems running, and facilities put on file."""

from datetime import date, datetime, timedelta
from typing import Any

from data.home import Home
from metrics.answer import NO_DATA
from metrics.period import Period
from tests.asking import answer, rows
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def asset(key: str, kind: str = "unit", **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "name": key, "area": DISTRICT, "updated_at": datetime(2026, 1, 1), **fields}


def test_a_unit_that_is_due_is_connected_from_the_day_it_shares(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [
        asset("long ago", share_required=True, share_done_at=datetime(2020, 1, 1), area=TOWNS[0]),
        asset("this month", share_required=True, share_done_at=datetime(2026, 11, 3)),
        asset("not yet", share_required=True, unit_kind="company"),
        asset("deadline to come", share_required=True, share_due_at=AS_OF + timedelta(days=30)),
        asset("not due", share_required=False, share_done_at=datetime(2020, 1, 1)),
        asset("unknown"),
        asset("a system", kind="system", share_required=True),
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, ["connected_units_rate"], DISTRICT, MONTH, periods=[OCTOBER, MONTH])
    assert frame["numerator"].tolist() == [1, 2]
    assert frame["denominator"].tolist() == [3, 3]
    assert rows(edition, "connected_units_rate", DISTRICT, MONTH, part="rest")["name"].tolist() == ["not yet"]


def test_no_unit_that_is_due_is_no_data(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [asset("not due", share_required=False)])
    assert answer(published(home, AS_OF), ["connected_units_rate"], DISTRICT, MONTH).iloc[0]["quality"] == NO_DATA


def test_five_people_for_225_systems_are_22_per_1000(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [
        asset("data bureau", operations_staff=4), asset("police", operations_staff=1), asset("school"),
        *(asset(f"system {i}", kind="system") for i in range(225)),
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, ["system_staff", "systems", "staff_per_1000_systems"], DISTRICT, MONTH)
    assert frame["value"].round(2).tolist() == [5, 225, 22.22]
    assert rows(edition, "system_staff", DISTRICT, MONTH)["name"].tolist() == ["data bureau", "police"]


def test_staff_without_systems_is_no_data(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [asset("data bureau", operations_staff=4)])
    assert answer(published(home, AS_OF), ["staff_per_1000_systems"], DISTRICT, MONTH).iloc[0]["quality"] == NO_DATA


def test_a_facility_is_on_file_from_the_day_it_was_recorded(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [
        asset("memorial", "facility", recorded_at=datetime(2025, 1, 1), theme="烈士纪念设施", area=VILLAGES[0]),
        asset("old tree", "facility", recorded_at=datetime(2026, 11, 5), theme="古树名木", area=VILLAGES[0]),
        asset("bridge", "facility", theme="不可移动文物", area=VILLAGES[2]),
        asset("gone", "facility", retired_at=datetime(2026, 6, 1)),
        asset("a unit", recorded_at=datetime(2025, 1, 1)),
    ])  # fmt: skip
    edition = published(home, AS_OF)
    rate = "facilities_recorded_rate"
    frame = answer(edition, [rate], DISTRICT, MONTH, periods=[OCTOBER, MONTH])
    assert (frame["numerator"].tolist(), frame["denominator"].tolist()) == ([1, 2], [3, 3])
    by_kind = answer(edition, [rate], DISTRICT, MONTH, by="theme").set_index("group")
    assert by_kind["value"].to_dict() == {"烈士纪念设施": 100, "古树名木": 100, "不可移动文物": 0}
    assert answer(edition, [rate], VILLAGES[0], MONTH)["value"].item() == 100
    assert answer(edition, [rate], VILLAGES[1], MONTH).iloc[0]["quality"] == NO_DATA
    assert rows(edition, rate, DISTRICT, MONTH, part="rest")["name"].tolist() == ["bridge"]
