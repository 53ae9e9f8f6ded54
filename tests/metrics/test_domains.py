"""Services, data sharing and village life: printed figures recomputed from single facts, and limits at their bounds."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.analysis.by_hour import by_hour
from metrics.answer import NO_DATA
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from metrics.thresholds import threshold_state
from tests.asking import answer, rows
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
METRICS = load().metrics
ROOT = {"area": DISTRICT, "updated_at": AS_OF - timedelta(hours=6)}


def number(home: Home, metric: str, area: int = DISTRICT, **options: Any) -> float:
    return float(answer(published(home, AS_OF), [metric], area, MONTH, **options).iloc[0]["value"])


def reading(area: int, measure: str, value: float, **more: Any) -> dict[str, Any]:
    at = {"measured_at": datetime(2026, 11, 1), **more}
    return {"key": f"{area}/{measure}/{at}", "area": area, "measure": measure, "value": value, **at}


def system(number: int, level: str, **fields: Any) -> dict[str, Any]:
    return {"key": f"{level}{number}", "kind": "system", "name": "系统", "owner_level": level, **ROOT, **fields}


def test_ankang_shares_97_of_99_and_128_of_144_systems(home: Home) -> None:
    areas(home)
    done = {"share_required": True, "share_due_at": datetime(2026, 6, 1)}
    ended = datetime(2026, 5, 1)
    planned = [
        system(i, level, **done, share_done_at=ended if i < shared else None)
        for level, shared, due in (("市", 97, 99), ("区", 128, 144))
        for i in range(due)
    ]
    deliver(home, "assets", [*planned, system(999, "市", share_required=False)])
    edition = published(home, AS_OF)
    total = answer(edition, ["sharing_completion_rate"], DISTRICT, MONTH).iloc[0]
    assert (total["numerator"], total["denominator"], round(total["value"], 2)) == (225, 243, 92.59)
    by_level = answer(edition, ["sharing_completion_rate"], DISTRICT, MONTH, by="owner_level").set_index("group")
    assert round(by_level["value"], 2).to_dict() == {"市": 97.98, "区": 88.89}
    assert len(rows(edition, "sharing_completion_rate", DISTRICT, MONTH, part="rest")) == 18


def test_no_upper_system_returns_data_is_0_and_none_at_all_is_no_data(home: Home) -> None:
    areas(home)
    deliver(home, "assets", [system(0, "区")])
    assert answer(published(home, AS_OF), ["return_flow_rate"], DISTRICT, MONTH).iloc[0]["quality"] == NO_DATA
    upper = [system(i, "省" if i < 243 else "中央", flow_active=False) for i in range(471)]
    deliver(home, "assets", upper, source="upper")
    row = answer(published(home, AS_OF), ["return_flow_rate"], DISTRICT, MONTH).iloc[0]
    assert (row["value"], row["denominator"]) == (0, 471)
    assert threshold_state(METRICS["return_flow_rate"], row["value"]) == "red"


def test_return_flow_needs_data_received_within_a_week(home: Home) -> None:
    areas(home)
    days = [1, 6, 8, 400]
    flows = [system(i, "省", flow_active=True, flow_last_at=AS_OF - timedelta(days=d)) for i, d in enumerate(days)]
    deliver(home, "assets", flows)
    assert number(home, "return_flow_rate") == 50


@pytest.mark.parametrize(("waiting", "state"), [(20, "red"), (19, "amber"), (10, "amber"), (9, "green")])
def test_twenty_waiting_are_red(waiting: int, state: str) -> None:
    assert threshold_state(METRICS["waiting_now"], waiting) == state


def test_the_longest_queue_counts_and_an_old_reading_does_not(home: Home) -> None:
    areas(home)
    now = {"measured_at": AS_OF - timedelta(minutes=30)}
    queues = [
        reading(DISTRICT, "queue_waiting", 8, unit="综合", **now),
        reading(DISTRICT, "queue_waiting", 24, unit="医保", **now),
        reading(TOWNS[0], "queue_waiting", 3, unit="便民", **now),
        reading(TOWNS[1], "queue_waiting", 60, unit="便民", measured_at=AS_OF - timedelta(days=3)),
    ]
    deliver(home, "readings", queues)
    edition = published(home, AS_OF)
    assert answer(edition, ["waiting_now", "long_queues"], DISTRICT, MONTH)["value"].tolist() == [24, 1]
    by_town = answer(edition, ["waiting_now"], DISTRICT, MONTH, by="town").set_index("group")
    assert by_town.loc[str(TOWNS[0]), "value"] == 3
    assert by_town.loc[str(TOWNS[1]), "quality"] == NO_DATA


def test_mean_wait_is_weighted_by_people(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        reading(DISTRICT, "queue_wait_min", 10, unit="综合", n=90),
        reading(TOWNS[0], "queue_wait_min", 40, unit="便民", n=10),
        reading(TOWNS[0], "queue_waiting", 99, unit="便民", n=10),
    ])  # fmt: skip
    assert number(home, "mean_wait") == 13


def test_limits_cut_from_60_to_2_working_days(home: Home) -> None:
    areas(home)
    items = [(60, 2), (10, 6), (20, 12), (5, None)]
    deliver(home, "assets", [
        {"key": str(i), "kind": "service_item", "name": "事项", "legal_days": legal, "promised_days": promised, **ROOT}
        for i, (legal, promised) in enumerate(items)
    ])  # fmt: skip
    edition = published(home, AS_OF)
    values = answer(edition, ["time_cut", "items_cut_rate", "service_items"], DISTRICT, MONTH)["value"].tolist()
    assert [round(value, 1) for value in values] == [77.8, 33.3, 4]  # exactly 40 % is not more than 40 %


def test_ratings_by_default_count_neither_way(home: Home) -> None:
    areas(home)
    closed = datetime(2026, 11, 5, 10)
    ratings = [(5, True)] * 50 + [(3, False)] * 99 + [(2, False)] + [(None, None)] * 50
    deliver(home, "cases", [
        {"key": str(i), "kind": "service", "area": DISTRICT, "registered_at": closed - timedelta(hours=1),
         "closed_at": closed, "rating": rating, "rating_default": default}
        for i, (rating, default) in enumerate(ratings)
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, ["window_satisfaction_rate", "rating_coverage"], DISTRICT, MONTH).set_index("metric")
    assert frame.loc["window_satisfaction_rate", ["numerator", "denominator", "value"]].tolist() == [99, 100, 99]
    assert frame.loc["rating_coverage", "value"] == 50
    assert answer(edition, ["intake"], DISTRICT, MONTH).iloc[0]["value"] == 0, "applications are no complaints"


def test_ankang_has_42_47_percent_registered_users_without_a_colour(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        reading(TOWNS[0], "registered_users", 1_059_600), reading(VILLAGES[0], "resident_pop", 2_495_000),
    ])  # fmt: skip
    assert round(number(home, "registered_share"), 2) == 42.47
    assert METRICS["registered_share"].thresholds is None
    assert all("registered_share" not in metric.components for metric in METRICS.values())


def test_forms_fall_from_204_to_127(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        reading(VILLAGES[0], "form_kinds", kinds, measured_at=datetime(year, 1, 1))
        for year, kinds in ((2025, 204), (2026, 127))
    ])  # fmt: skip
    edition = published(home, AS_OF)
    years = [Period(date(year, 1, 1), date(year + 1, 1, 1)) for year in (2025, 2026)]
    before, now = answer(edition, ["village_forms"], DISTRICT, years[1], periods=years)["value"]
    assert round(100 * (now - before) / before, 2) == -37.75


@pytest.mark.parametrize(
    ("one", "other", "conflicts"), [(1000, 1010, 0), (1000, 1011, 1), (20, 21, 0), (20, 22, 1), (0, 0, 0)]
)
def test_sources_that_differ_by_more_than_1_percent_and_1_conflict(
    home: Home, one: float, other: float, conflicts: int
) -> None:
    areas(home)
    deliver(home, "readings", [reading(VILLAGES[0], "resident_pop", one), reading(VILLAGES[1], "resident_pop", 5)])
    deliver(home, "readings", [reading(VILLAGES[0], "resident_pop", other)], source="police")
    edition = published(home, AS_OF)
    counted = answer(edition, ["conflicts"], DISTRICT, MONTH).iloc[0]
    assert (counted["value"], counted["n"]) == (conflicts, 1)
    if conflicts:
        row = rows(edition, "conflicts", DISTRICT, MONTH, part="numerator").iloc[0]
        assert {row["lowest"], row["highest"]} == {one, other}
        assert {row["by_lowest"], row["by_highest"]} == {"hotline", "police"}


def test_a_request_answered_on_its_last_day_is_in_time(home: Home) -> None:
    areas(home)
    due = datetime(2026, 11, 10, 23, 59, 59)
    replies = [due, due + timedelta(seconds=1), None]
    deliver(home, "cases", [
        {"key": f"{kind}{i}", "kind": kind, "area": DISTRICT, "respond_due_at": due,
         "registered_at": datetime(2026, 10, 20 if kind == "open_req" else 27), "responded_at": replied, "due_at": due,
         "closed_at": replied}
        for kind in ("share_req", "open_req", "flow_req") for i, replied in enumerate(replies)
    ])  # fmt: skip
    edition = published(home, AS_OF)
    rates = ["share_reply_rate", "open_reply_rate", "demand_met_rate", "return_demand_met_rate"]
    frame = answer(edition, rates, DISTRICT, MONTH)
    assert frame["numerator"].tolist() == [1] * 4
    assert frame["denominator"].tolist() == [3] * 4


def test_urgent_cases_against_two_and_twenty_minutes(home: Home) -> None:
    areas(home)
    start = datetime(2026, 11, 3, 9)
    minutes = [(2, 20), (2.5, 19), (1, 21), (1, None)]
    deliver(home, "cases", [
        {"key": str(i), "area": VILLAGES[0], "registered_at": start, "urgency": "critical", "complexity": "simple",
         "accepted_at": start, "responded_at": start + timedelta(minutes=first),
         "closed_at": start + timedelta(minutes=end) if end else None}
        for i, (first, end) in enumerate(minutes)
    ])  # fmt: skip
    names = ["urgent_2_minutes_rate", "urgent_20_minutes_rate", "responded_share", "closed_share", "joint_rate"]
    frame = answer(published(home, AS_OF), names, DISTRICT, MONTH)
    assert frame["numerator"].tolist() == [3, 2, 4, 3, 0]
    assert frame["denominator"].tolist() == [4, 3, 4, 4, 4]


def test_mode_for_the_elderly_counts_where_it_is_known(home: Home) -> None:
    areas(home)
    modes = [True, True, False, None]
    deliver(home, "assets", [
        {"key": str(i), "kind": "site" if i else "app", "name": "站", "elder_ok": mode, **ROOT}
        for i, mode in enumerate(modes)
    ])  # fmt: skip
    frame = answer(published(home, AS_OF), ["elder_friendly_rate", "digital_services"], DISTRICT, MONTH)
    assert (frame["numerator"][0], frame["denominator"][0], frame["value"][1]) == (2, 3, 4)


def test_queues_by_hour_are_those_of_the_last_day_at_the_worst_counter(home: Home) -> None:
    areas(home)
    times = [(AS_OF - timedelta(hours=hours), unit, value)
             for hours, unit, value in ((0.5, "甲", 24), (0.6, "乙", 9), (3, "甲", 19), (26, "甲", 99))]  # fmt: skip
    deliver(home, "readings", [
        reading(DISTRICT, "queue_waiting", value, unit=unit, measured_at=at) | {"key": f"{unit}{at}"}
        for at, unit, value in times
    ])  # fmt: skip
    query = Query(published(home, AS_OF).scoped(EVERYTHING), load(), (), DISTRICT, MONTH)
    by_the_hour = by_hour(query, "queue_waiting")
    assert [(hour.at.hour, hour.value, hour.unit) for hour in by_the_hour] == [(5, 19, "甲"), (7, 24, "甲")]
    assert [threshold_state(METRICS["waiting_now"], hour.value) for hour in by_the_hour] == ["amber", "red"]


def test_a_project_finished_after_new_year_is_not_finished_in_its_year(home: Home) -> None:
    areas(home)
    begun = [
        datetime(2025, 12, 1),
        datetime(2025, 12, 2),
        datetime(2026, 3, 1),
        datetime(2026, 3, 2),
        datetime(2025, 3, 1),
    ]
    ended = [datetime(2025, 12, 31, 23), datetime(2026, 1, 1), datetime(2026, 11, 20), None, datetime(2025, 6, 1)]
    deliver(home, "cases", [
        {"key": str(i), "kind": "project", "area": DISTRICT, "registered_at": start, "closed_at": end,
         "due_at": datetime(2027, 6, 1)}
        for i, (start, end) in enumerate(zip(begun, ended, strict=True))
    ])  # fmt: skip
    row = answer(published(home, AS_OF), ["project_same_year_rate"], DISTRICT, MONTH).iloc[0]
    assert (row["numerator"], row["denominator"]) == (2, 4)


def test_tickets_fields_and_stations_are_shares_of_their_sums(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        reading(DISTRICT, "tickets_booked", 30, unit="综合", n=90),
        reading(TOWNS[0], "tickets_booked", 0, unit="便民", n=10),
        reading(VILLAGES[0], "prefilled_fields", 5, n=40),
        reading(VILLAGES[1], "prefilled_fields", 10, n=20),
        reading(VILLAGES[1], "repeated_fields", 2),
        reading(VILLAGES[0], "service_station", 1),
        reading(VILLAGES[1], "service_station", 0),
    ])  # fmt: skip
    names = ["booked_ticket_rate", "prefilled_rate", "village_station_rate", "repeated_fields"]
    frame = answer(published(home, AS_OF), names, DISTRICT, MONTH)
    assert frame["value"].tolist() == [30, 25, 50, 2]


def test_pushed_cases_and_those_of_two_systems(home: Home) -> None:
    areas(home)
    start = datetime(2026, 11, 3, 9)
    spot = {"area": VILLAGES[0], "kind": "event", "place": "桥头", "category": "路灯照明"}
    deliver(home, "cases", [
        {"key": str(i), "registered_at": start, "pushed_at": pushed, "delivered_at": delivered, **spot}
        for i, (pushed, delivered) in enumerate(
            [*((start, start + timedelta(seconds=seconds)) for seconds in (30, 90)), (start, None), (None, None)]
        )
    ])  # fmt: skip
    others = [start + timedelta(hours=24), start - timedelta(hours=23), start + timedelta(hours=60)]
    deliver(
        home, "cases",
        [{"key": f"u{i}", "registered_at": at, "pushed_at": None, **spot} for i, at in enumerate(others)],
        source="urban",
    )  # fmt: skip
    frame = answer(published(home, AS_OF), ["auto_pushed_rate", "push_delay", "keyed_twice_rate"], DISTRICT, MONTH)
    assert frame["numerator"].tolist()[0] == 3
    assert frame["value"].tolist()[1] == 60
    assert (frame["numerator"].tolist()[2], frame["denominator"].tolist()[2]) == (5, 7)


def test_complaints_count_in_the_tier_of_their_limit(home: Home) -> None:
    areas(home)
    start = datetime(2026, 11, 2, 9)
    limits = [timedelta(hours=2), timedelta(hours=2, minutes=1), timedelta(hours=24), timedelta(hours=25)]
    days = [7, 8, 15, 16]
    deliver(home, "cases", [
        {"key": str(i), "kind": "hotline", "area": VILLAGES[0], "registered_at": start, "accepted_at": start,
         "respond_due_at": start + limit, "responded_at": start + timedelta(hours=1),
         "due_at": start + timedelta(days=day), "closed_at": start + timedelta(days=7, hours=1)}
        for i, (limit, day) in enumerate(zip(limits, days, strict=True))
    ])  # fmt: skip
    names = ["tier_2_hours_rate", "tier_24_hours_rate", "tier_7_days_rate", "tier_15_days_rate"]
    frame = answer(published(home, AS_OF), names, DISTRICT, MONTH)
    assert frame["numerator"].tolist() == [1, 2, 0, 2]
    assert frame["denominator"].tolist() == [1, 2, 1, 2]


def test_a_sharing_request_is_approved_in_hours_and_a_refused_one_does_not_count(home: Home) -> None:
    areas(home)
    friday = datetime(2026, 11, 6, 16)
    replies = [(0.5, "done"), (66, None), (2, "done"), (1, "refused"), (None, None)]
    cases = [
        {"key": str(i), "kind": "share_req", "area": DISTRICT, "registered_at": friday, "close_kind": outcome,
         "responded_at": friday + timedelta(hours=hours) if hours else None,
         "closed_at": friday + timedelta(days=4) if outcome else None}
        for i, (hours, outcome) in enumerate(replies)
    ]  # fmt: skip
    deliver(home, "cases", cases[3:])
    assert answer(published(home, AS_OF), ["share_approval_hours"], DISTRICT, MONTH).iloc[0]["quality"] == NO_DATA
    deliver(home, "cases", cases)
    edition = published(home, AS_OF)
    row = answer(edition, ["share_approval_hours"], DISTRICT, MONTH).iloc[0]
    assert (row["value"], row["n"]) == (2, 3), "half an hour, two hours, a weekend"
    assert len(rows(edition, "share_approval_hours", DISTRICT, MONTH)) == 3


def test_a_topic_task_that_is_done_late_is_done(home: Home) -> None:
    areas(home)
    due = datetime(2026, 11, 10)
    ends = [due, due + timedelta(days=3), None, None]
    deliver(home, "cases", [
        {"key": str(i), "kind": "topic", "area": VILLAGES[0], "registered_at": datetime(2026, 10, 1), "due_at": due,
         "closed_at": end, "deferred": i == 3}
        for i, end in enumerate(ends)
    ])  # fmt: skip
    frame = answer(published(home, AS_OF), ["topic_done_rate", "topic_closed_rate"], DISTRICT, MONTH)
    assert (frame["numerator"].tolist(), frame["denominator"].tolist()) == ([1, 2], [3, 3])
    none_due = Period(date(2026, 10, 1), date(2026, 11, 1))
    before = answer(published(home, AS_OF), ["topic_closed_rate"], DISTRICT, none_due)
    assert before.iloc[0]["quality"] == NO_DATA


def test_projects_that_start_before_their_approval_or_are_built_twice(home: Home) -> None:
    areas(home)
    may, june = datetime(2026, 5, 1), datetime(2026, 6, 1)
    what = {
        "kind": "digital_project",
        "name": "项目",
        "unit": "区文旅局",
        **ROOT,
        "registered_at": datetime(2026, 1, 5),
    }
    names = ["digital_projects", "digital_projects_unapproved", "digital_projects_duplicate"]
    deliver(home, "assets", [{"key": "in order", "approved_at": may, "started_at": june, "duplicate_of": None, **what}])
    edition = published(home, AS_OF)
    for where in (None, {"department": "区文旅局"}):
        frame = answer(edition, names, DISTRICT, MONTH, where=where)
        assert (frame["value"].tolist(), set(frame["quality"])) == ([1, 0, 0], {"ok"}), "none of one is zero"
    assert rows(edition, names[1], DISTRICT, MONTH).empty
    before = answer(edition, names, DISTRICT, Period(date(2025, 12, 1), date(2026, 1, 1)))
    assert set(before["quality"]) == {NO_DATA}
    deliver(home, "assets", [
        {"key": key, "approved_at": approved, "started_at": started, "duplicate_of": other, **what}
        for key, approved, started, other in (
            ("same day", may, may, None), ("early", june, may, None), ("never", None, may, "early"),
            ("planned", None, None, "in order"), ("itself", may, june, "itself"),
            ("ended", june, may, "early"),
        )
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, names, DISTRICT, MONTH)
    assert frame["value"].tolist() == [7, 3, 3]
    # in the middle of May nothing was approved: what had started then had no approval
    then = answer(edition, names, DISTRICT, Period(date(2026, 5, 1), date(2026, 5, 16)))
    assert then["value"].tolist()[1] == 3
    listed = rows(edition, "digital_projects_duplicate", DISTRICT, MONTH)
    assert dict(zip(listed["key"], listed["duplicate_of"], strict=True)) == {
        "never": "early", "planned": "in order", "ended": "early",
    }  # fmt: skip
    of_unit = answer(edition, names[1:], DISTRICT, MONTH, where={"department": "区教育局"})
    assert set(of_unit["quality"]) == {NO_DATA}, "no project is of that unit"
    states = [threshold_state(METRICS[names[1]], value) for value in (0, 1)]
    assert states == ["green", "red"]
