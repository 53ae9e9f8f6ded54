"""Merged areas before and after, and counts by the asset that facts name."""

from datetime import date, datetime, timedelta

import pytest

from data.home import Home
from data.store import read_store
from metrics.analysis.reconcile import reconcile
from metrics.cases.by_asset import by_asset
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.mergers import Side, mergers
from metrics.period import Period
from tests.asking import answer, count_rows, query_of
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, edition_of, published

AS_OF = datetime(2026, 11, 22, 8)
MERGED_ON = date(2026, 11, 2)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
OLD = 990101001203


def test_parts_and_rest_of_a_merged_village_add_up_to_the_whole(home: Home) -> None:
    ended = {"valid_to": MERGED_ON.isoformat(), "merged_into": VILLAGES[0]}
    places = [*AREAS, {"code": OLD, "name": "小塘村", "level": "village", **ended}]
    days = {VILLAGES[0]: (25, 22, 10, 3), OLD: (30, 21), VILLAGES[1]: (22, 4)}
    cases = [
        {"key": f"{area}-{day}", "area": area, "registered_at": AS_OF - timedelta(days=day)}
        for area, ages in days.items()
        for day in ages
    ]
    edition = edition_of(home, cases, AS_OF, places=places)
    ((merger,), every) = mergers(query_of(edition, "intake", DISTRICT, MONTH), most=5)
    assert every == 1
    assert (merger.area.code, merger.day, merger.since.days) == (VILLAGES[0], MERGED_ON, 20)
    assert merger.before == Period(date(2026, 10, 13), MERGED_ON)
    assert [(place.code, side) for place, side in merger.parts] == [(OLD, Side(2, 0))]
    assert merger.rest == Side(2, 2)
    for period, total in ((merger.before, merger.total.before), (merger.since, merger.total.since)):
        assert total == answer(edition, ["intake"], VILLAGES[0], period)["value"][0]
        town = answer(edition, ["intake"], TOWNS[0], period)["value"][0]
        assert town == total + answer(edition, ["intake"], VILLAGES[1], period)["value"][0]
    assert mergers(query_of(edition, "intake", TOWNS[1], MONTH), most=5) == ((), 0)
    of_the_village = edition.scoped(((VILLAGES[0], VILLAGES[0] + 1),))
    assert mergers(query_of(of_the_village, "intake", VILLAGES[0], MONTH), most=5) == ((merger,), 1)


def test_cases_dated_after_the_end_of_a_merged_village_are_rejected_or_reported(home: Home) -> None:
    """Delivered before the merger is known they count where the ground is now, and the check names them; after it they
    are rejected and kept. Every screen adds up either way.
    """
    late = [
        {"key": f"late-{day}", "area": OLD, "registered_at": datetime(2026, 11, day), "updated_at": AS_OF}
        for day in (5, 9)
    ]
    areas(home, [*AREAS, {"code": OLD, "name": "小塘村", "level": "village"}])
    deliver(home, "cases", [*late, {"key": "early", "area": OLD, "registered_at": datetime(2026, 10, 20)}])
    ended = {"valid_to": MERGED_ON.isoformat(), "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, {"code": OLD, "name": "小塘村", "level": "village", **ended}])
    report = deliver(home, "cases", [{**row, "key": f"new-{row['key']}"} for row in late])
    assert (report.accepted, report.rejected) == (0, 2)
    with read_store(home) as store:
        assert {tuple(row) for (row,) in store.execute("SELECT reasons FROM rejects").fetchall()} == {
            ("area not valid on that day",)
        }

    edition = published(home, AS_OF)
    for code, count in ((VILLAGES[0], 2), (TOWNS[0], 2), (DISTRICT, 2), (OLD, 2)):
        assert answer(edition, ["intake"], code, MONTH)["value"].item() == count
    ((merger,), _every) = mergers(query_of(edition, "intake", DISTRICT, MONTH), most=5)
    assert (merger.total, merger.rest) == (Side(1, 2), Side(0, 0))
    assert [(place.code, side) for place, side in merger.parts] == [(OLD, Side(1, 2))]
    check = reconcile(edition, load()).set_index("check").loc["area_not_valid"]
    assert (bool(check["passed"]), check["tried"], check["faults"]) == (False, 3, 2)


def test_reuse_is_counted_by_data_set_and_opens_its_rows(home: Home) -> None:
    at = AS_OF - timedelta(days=3)
    share = {"area": DISTRICT, "kind": "share_req", "registered_at": at, "responded_at": at}
    requests = [{"asset": key, **share} for key in ("d-1", "d-1", "d-10", "gone", None)]
    requests.append({"asset": "d-10", **share, "kind": "open_req"})
    sets = [
        {"key": key, "area": DISTRICT, "kind": "dataset", "name": f"目录{key}", "unit": "数据局"}
        for key in ("d-1", "d-10")
    ]
    edition = edition_of(home, requests, AS_OF, assets=sets)
    counts, every, unnamed = by_asset(query_of(edition, "granted_requests", DISTRICT, MONTH), "dataset", most=2)
    assert [(one.key, one.name, one.unit, one.count) for one in counts] == [
        ("d-1", "目录d-1", "数据局", 2), ("d-10", "目录d-10", "数据局", 1),
    ]  # fmt: skip
    assert (every, unnamed) == (3, 1)
    for one in counts:
        assert count_rows(edition, "granted_requests", DISTRICT, MONTH, asset=one.key) == one.count
    with pytest.raises(MetricsError, match="names an asset"):
        by_asset(query_of(edition, "datasets", DISTRICT, MONTH), "dataset", most=2)
