"""States, ageing, to-do, today's changes and their causes."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.analysis.ageing import BUCKETS
from metrics.analysis.today import oldest_open
from metrics.answer import SMALL
from metrics.areas import area, children, path, root
from metrics.cases.todo import counts, todo
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.scope import OutOfScope
from metrics.search import areas_like
from metrics.thresholds import AMBER, GREEN, NONE, RED, threshold_state
from tests.asking import ageing, answer, count_rows, query_of, reds, rows, scoped, states, why
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of
from tests.metrics.conftest import AS_OF

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 23))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 23))
METRICS = load().metrics


@pytest.mark.parametrize(
    ("metric", "value", "state"),
    [
        ("on_time_rate", 95.0, GREEN),
        ("on_time_rate", 94.99, AMBER),
        ("on_time_rate", 85.0, AMBER),
        ("on_time_rate", 84.99, RED),
        ("site_down_share", 1.0, AMBER),
        ("site_down_share", 5.0, RED),
        ("home_page_age", 13.0, AMBER),
        ("home_page_age", 14.0, RED),
        ("oldest_open_days", 15.0, GREEN),
        ("oldest_open_days", 90.0, AMBER),
        ("closed", 3.0, NONE),
    ],
)
def test_bounds_keep_their_operator(metric: str, value: float, state: str) -> None:
    assert threshold_state(METRICS[metric], value) == state


def test_backlog_is_compared_with_its_mean_of_thirty_days(home: Home) -> None:
    old = [{"registered_at": datetime(2026, 9, 1)} for _ in range(10)]
    new = [{"registered_at": datetime(2026, 11, 21, 9)} for _ in range(6)]
    edition = edition_of(home, [*old, *new], AS_OF)
    frame = answer(edition, ["backlog"], DISTRICT, NOVEMBER)
    assert states(edition, frame, NOVEMBER) == [RED], "16 open against a mean of 10.2"
    assert states(edition, answer(edition, ["backlog"], TOWNS[1], NOVEMBER), NOVEMBER) == [GREEN], (
        "nothing open, no mean"
    )


def test_few_cases_are_no_alarm(home: Home) -> None:
    old = [{"registered_at": datetime(2026, 9, 1), "area": place} for place in VILLAGES[:1]]
    for new, state in ((8, AMBER), (9, RED)):
        cases = [*old, *([{"registered_at": datetime(2026, 11, 21, 9)}] * new)]
        edition = edition_of(home, cases, AS_OF)
        frame = answer(edition, ["backlog"], VILLAGES[0], NOVEMBER)
        assert states(edition, frame, NOVEMBER) == [state], f"{new + 1} open, one before"


def test_few_cases_of_a_day_are_no_alarm(home: Home) -> None:
    day = datetime(2026, 11, 21)
    usual = [{"registered_at": day - timedelta(weeks=week)} for week in (1, 3, 5)]
    for n, state in ((9, AMBER), (10, RED)):
        edition = edition_of(home, [*usual, *([{"registered_at": day}] * n)], AS_OF)
        assert states(edition, answer(edition, ["intake"], DISTRICT, NOVEMBER), NOVEMBER) == [state]


def test_oldest_open_case_counts_whole_days(home: Home) -> None:
    edition = edition_of(home, [{"registered_at": AS_OF - timedelta(days=91, minutes=-1)}], AS_OF)
    frame = answer(edition, ["oldest_open_days"], DISTRICT, NOVEMBER)
    assert (frame["value"][0], states(edition, frame, NOVEMBER)) == (90, [AMBER])


def test_overdue_is_compared_per_10k_people_above_village_level(home: Home) -> None:
    late = {"registered_at": datetime(2026, 10, 1), "due_at": datetime(2026, 10, 8)}
    edition = edition_of(home, [late] * 4, AS_OF)
    for code, state in ((VILLAGES[0], AMBER), (TOWNS[0], AMBER), (TOWNS[1], GREEN)):
        assert states(edition, answer(edition, ["overdue_open"], code, NOVEMBER), NOVEMBER) == [state]


def test_less_than_one_overdue_case_per_10000_people_is_normal(home: Home) -> None:
    """A town is not on watch for the one case that puts its village on watch."""
    late = {"registered_at": datetime(2026, 10, 1), "due_at": datetime(2026, 10, 8)}
    edition = edition_of(home, [late], AS_OF)
    for code, state in ((VILLAGES[0], AMBER), (TOWNS[0], GREEN), (DISTRICT, GREEN)):
        assert states(edition, answer(edition, ["overdue_open"], code, NOVEMBER), NOVEMBER) == [state]


def test_a_small_sample_has_no_state(home: Home) -> None:
    edition = edition_of(home, [{"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}] * 9, AS_OF)
    frame = answer(edition, ["on_time_rate"], DISTRICT, NOVEMBER)
    assert list(frame["quality"]) == [SMALL]
    assert states(edition, frame, NOVEMBER) == [NONE]


def test_intake_far_above_its_weekday_is_red(home: Home) -> None:
    day = datetime(2026, 11, 21)
    usual = [
        {"registered_at": day - timedelta(weeks=week, hours=-i)} for week in range(1, 9) for i in range(10 + week % 3)
    ]
    edition = edition_of(home, [*usual, *({"registered_at": day} for _ in range(60))], AS_OF)
    frame = answer(edition, ["intake"], DISTRICT, NOVEMBER)
    assert states(edition, frame, NOVEMBER) == [RED]


def test_ageing_buckets_add_up_to_the_backlog_and_open_their_rows(district: Edition) -> None:
    frame = ageing(district, "backlog", DISTRICT, NOVEMBER)
    assert frame["n"].sum() == answer(district, ["backlog"], DISTRICT, NOVEMBER)["value"][0]
    for (_, low, high), n in zip(BUCKETS, frame["n"], strict=True):
        assert count_rows(district, "backlog", DISTRICT, NOVEMBER, age=(low, high)) == n


def test_todo_is_what_is_open_and_in_the_order_of_the_clocks(district: Edition) -> None:
    frame = todo(scoped(district), DISTRICT, limit=5000)
    assert (
        len(frame)
        == answer(district, ["backlog"], DISTRICT, NOVEMBER)["value"][0]
        == sum(counts(scoped(district), DISTRICT).values())
    )
    assert frame["next_due"].dropna().is_monotonic_increasing
    late = frame[frame["when"] == "overdue"]
    assert (late["next_due"] < AS_OF).all()


def test_the_next_clock_is_the_one_still_running(home: Home) -> None:
    start = AS_OF - timedelta(hours=1)
    clocks = {
        "registered_at": start,
        "sign_due_at": start + timedelta(hours=2),
        "respond_due_at": start + timedelta(hours=5),
        "due_at": start + timedelta(days=3),
    }
    cases = [
        {"key": "new", **clocks},
        {"key": "signed", **clocks, "signed_at": start},
        {"key": "answered", **clocks, "signed_at": start, "responded_at": start},
        {"key": "free", "registered_at": start},
    ]
    frame = todo(scoped(edition_of(home, cases, AS_OF)), VILLAGES[0]).set_index("key")
    assert frame["next_step"].to_dict() == {"new": "sign", "signed": "respond", "answered": "close", "free": "close"}
    assert frame["when"].to_dict() == {
        "new": "today",
        "signed": "today",
        "answered": "three days",
        "free": "no deadline",
    }


def test_own_reds_come_first_then_the_longest_red(home: Home) -> None:
    due = datetime(2026, 11, 22, 7)
    steady = [{"area": VILLAGES[2], "registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}] * 12
    fresh = [{"area": VILLAGES[0], "registered_at": datetime(2026, 11, 2), "due_at": due}] * 12
    edition = edition_of(home, [*steady, *fresh], AS_OF)
    problems = reds(edition, DISTRICT, NOVEMBER, names=["on_time_rate"])
    assert [(red.kind, red.area, red.new) for red in problems] == [
        ("own", DISTRICT, False), ("below", TOWNS[1], False), ("below", TOWNS[0], True),
    ]  # fmt: skip
    assert len(oldest_open(query_of(edition, "on_time_rate", DISTRICT, NOVEMBER))) == 3


def test_list_of_reds_is_shared_only_by_users_of_the_area(home: Home) -> None:
    late = {"area": VILLAGES[2], "registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [late] * 12, AS_OF)
    narrowed = edition.scoped(((TOWNS[1], TOWNS[1] + 1000),))
    problems = reds(edition, TOWNS[1], NOVEMBER, names=["on_time_rate"])
    problems.clear()  # a list of its own for each caller
    assert [red.kind for red in reds(narrowed, TOWNS[1], NOVEMBER, names=["on_time_rate"])] == ["own", "below"]
    assert reds(edition, DISTRICT, NOVEMBER, names=["on_time_rate"])
    with pytest.raises(OutOfScope):
        reds(narrowed, DISTRICT, NOVEMBER, names=["on_time_rate"])


@pytest.mark.parametrize(
    ("by", "metrics"),
    [
        ("department", ["backlog"]),
        ("department", ["intake", "closed"]),
        ("department", ["intake", "backlog", "days_to_clear"]),
        ("village", ["backlog"]),
        ("village", ["intake", "closed", "backlog"]),
    ],
)
def test_periods_of_any_order_and_overlap_are_answered_as_each_alone(
    district: Edition, by: str, metrics: list[str]
) -> None:
    """Their days are cut into pieces at all of their ends; a single period is queried differently."""
    periods = [
        Period(date(2026, 11, 1), date(2026, 12, 1)), Period(date(2026, 11, 1), date(2026, 11, 15)),
        Period(date(2026, 9, 20), date(2026, 11, 10)), Period(date(2026, 9, 1), date(2026, 9, 2)),
    ]  # fmt: skip
    together = answer(district, metrics, TOWNS[0] if by == "village" else DISTRICT, periods[0], by=by, periods=periods)
    for period in periods:
        alone = answer(district, metrics, TOWNS[0] if by == "village" else DISTRICT, period, by=by)
        of_period = together[(together["period"] == period.start) & (together["end"] == period.end)]
        shown = of_period.set_index(["metric", "group"])["value"].dropna()
        shown = shown[shown != 0]
        expected = alone.set_index(["metric", "group"])["value"].dropna()
        expected = expected[expected != 0]
        assert len(expected)
        pd.testing.assert_series_equal(shown.sort_index(), expected.sort_index())


def test_a_rate_splits_into_mix_and_rate_effects(home: Home) -> None:
    """North closes 90 %, south 50 %; south grows from a tenth to a half: all of the fall is mix."""

    def due(month: int, place: int, count: int, on_time: int) -> list[dict[str, object]]:
        at = datetime(2026, month, 10)
        return [
            {"area": place, "registered_at": at, "due_at": at, "closed_at": at if i < on_time else None}
            for i in range(count)
        ]

    october = due(10, VILLAGES[0], 90, 81) + due(10, VILLAGES[2], 10, 5)
    november = due(11, VILLAGES[0], 50, 45) + due(11, VILLAGES[2], 50, 25)
    edition = edition_of(home, [*october, *november], AS_OF)
    explanation = why(edition, "on_time_rate", DISTRICT, NOVEMBER, Period(date(2026, 10, 1), date(2026, 11, 1)))
    assert (explanation.before, explanation.after) == (86.0, 70.0)
    assert sum(move.rate for move in explanation.splits["town"]) == pytest.approx(0)
    assert sum(move.mix for move in explanation.splits["town"]) == pytest.approx(-16)


def test_the_tree_is_climbed_and_searched(district: Edition) -> None:
    assert root(district).code == DISTRICT
    assert [place.name for place in path(district, area(district, VILLAGES[2]))] == ["临江区", "沙洲镇", "苇塘村"]
    assert [place.code for place in children(district, root(district))] == list(TOWNS)
    assert [place.code for place in areas_like(scoped(district), "河", 5)] == [VILLAGES[0]]
    with pytest.raises(MetricsError, match="the nearest one is 990101101201 苇塘村"):
        area(district, 990101101202)


def test_rows_are_sorted_searched_and_paged(district: Edition) -> None:
    total = count_rows(district, "backlog", DISTRICT, NOVEMBER)
    pages = [
        rows(district, "backlog", DISTRICT, NOVEMBER, order="due_at", descending=True, limit=100, offset=i)
        for i in range(0, total, 100)
    ]
    keys = pd.concat(pages)["key"]
    assert len(keys) == total == keys.nunique()
    assert pd.concat(pages)["due_at"].dropna().is_monotonic_decreasing
    selected = rows(district, "backlog", DISTRICT, NOVEMBER, search="路灯")
    assert 0 < len(selected) < total
    assert set(selected["category"]) == {"路灯照明"}
    with pytest.raises(MetricsError, match=r'"due" is not a column to sort by\. Did you mean "due_at"'):
        rows(district, "backlog", DISTRICT, NOVEMBER, order="due")


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ({"metrics": ["backlogs"]}, 'there is no metric "backlogs". Did you mean "backlog"'),
        ({"area": 1}, "area 1 is not in edition"),
        ({"by": "street"}, '"street" is not a breakdown'),
        ({"where": {"colour": "red"}}, '"colour" is not a filter'),
        ({"metrics": ["site_health"], "area": VILLAGES[0]}, "not exist at village level: it exists at district, town"),
        ({"metrics": ["days_to_clear"], "by": "village"}, "days_to_clear does not exist at village level"),
        ({"metrics": ["site_health"], "by": "category"}, "broken down by category: use below, district, town, day"),
        ({"area": VILLAGES[0], "by": "town"}, "is a village: it cannot be broken down by town"),
        ({"metrics": []}, "no metric was asked for"),
    ],
)  # fmt: skip
def test_invalid_query_is_refused_with_a_message(district: Edition, ask: dict[str, object], expected: str) -> None:
    question = {"metrics": ["backlog"], "area": DISTRICT, "period": NOVEMBER, **ask}
    with pytest.raises(MetricsError, match=expected):
        answer(district, **question)  # type: ignore[arg-type]
