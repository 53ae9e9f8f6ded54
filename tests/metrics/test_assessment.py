"""Assessment schemes: what is refused, points between floor and target, small samples, ranks by kind."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.desk.assessing.schemes import Proposal, Row, SchemeLine
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.assessment import schemes
from metrics.assessment.schemes import Line
from metrics.assessment.score import Assessed, packed, score, unpacked
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.query import Query
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
DUE = datetime(2026, 10, 20)
SCHEME = """
id: own
name: {{zh: 试行考核, en: Trial}}
level: {level}
period: month
lines:
  - {{metric: {metric}, weight: {weight}, target: {target}, floor: {floor}}}
"""
GOOD = {"level": "town", "metric": "on_time_rate", "weight": 100, "target": 95, "floor": 75}


def written(folder: Path, **changes: object) -> Path:
    (folder / "own.yaml").write_text(SCHEME.format(**GOOD | changes), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"metric": "registered_share", "level": "district", "target": 60}, "has no good direction"),
        ({"metric": "on_time_rates"}, "there is no metric"),
        ({"metric": "intake"}, "has no sample"),
        ({"metric": "rework_rate"}, "the target must lie below the floor"),
        ({"target": 75}, "the target must lie above the floor"),
        ({"metric": "once_rate", "level": "village"}, "does not exist at the level village"),
        ({"weight": 60}, "the weights add up to 60"),
        ({"level": "street"}, "there is no level street"),
        ({"weight": -1}, "greater than 0"),
    ],
)
def test_a_wrong_scheme_is_refused(tmp_path: Path, changes: dict[str, object], fault: str) -> None:
    with pytest.raises(MetricsError, match=fault):
        schemes.load(load(), written(tmp_path, **changes))


@pytest.mark.parametrize("column", ["users_registered", "logins", "installs", "check_ins"])
def test_a_metric_of_app_use_is_refused_by_what_it_reads(tmp_path: Path, column: str) -> None:
    """Whatever a district calls it: its expressions name what it counts."""
    own = tmp_path / "catalog"
    own.mkdir()
    (own / "usage.yaml").write_text(
        f"""
id: usage
name: {{zh: 应用, en: App}}
fact: readings
measures:
  used: {{anchor: measured_at, where: measure = '{column}' AND value > 0}}
  asked: {{anchor: measured_at}}
metrics:
  active_rate:
    name: {{zh: 活跃率, en: Active}}
    definition: {{zh: 活跃的比例。, en: Share that is active.}}
    numerator: used
    denominator: asked
    scale: 100
    unit: {{zh: "%", en: "%"}}
    direction: up
    basis: flow
    rollup: ratio of sums
""",
        "utf-8",
    )
    with pytest.raises(MetricsError, match="counts how an app is used"):
        schemes.load(load(own), written(tmp_path, metric="active_rate"))


@pytest.mark.parametrize(("value", "points"), [(60, 0), (75, 0), (85, 50), (95, 100), (99, 100)])
def test_points_run_from_floor_to_target(value: float, points: float) -> None:
    assert Line(metric="x", weight=1, target=95, floor=75).points(value) == points


def test_less_is_better_where_the_target_lies_below() -> None:
    line = Line(metric="x", weight=1, target=1, floor=5)
    assert [line.points(value) for value in (0, 1, 3, 5, 9)] == [100, 100, 50, 0, 0]


def assessed(
    home: Home, tmp_path: Path, in_time: dict[int, tuple[int, int]], **changes: object
) -> tuple[Assessed, ...]:
    """The areas, each with so many cases due and closed in time."""
    cases = [
        {"area": area, "registered_at": DUE - timedelta(days=9), "due_at": DUE, "closed_at": DUE if i < good else None}
        for area, (due, good) in in_time.items()
        for i in range(due)
    ]
    scheme = schemes.load(load(), written(tmp_path, **changes))["own"]
    query = Query(edition_of(home, cases, AS_OF).scoped(EVERYTHING), load(), (), DISTRICT, OCTOBER)
    return score(query, scheme)


def test_towns_and_streets_are_ranked_apart_and_small_samples_not_at_all(home: Home, tmp_path: Path) -> None:
    results = {one.code: one for one in assessed(home, tmp_path, {TOWNS[0]: (20, 17), TOWNS[1]: (9, 9)})}
    first, second = results[TOWNS[0]], results[TOWNS[1]]
    assert (first.total, first.place) == (pytest.approx(50), 1)
    assert first.low is not None
    assert first.high is not None
    assert first.low < 50 < first.high
    assert (second.total, second.place, second.lines[0].value, second.lines[0].points) == (None, None, 100, None)
    assert (first.lines[0].numerator, first.lines[0].denominator) == (17, 20)


def test_villages_do_not_include_what_is_the_towns_own(home: Home, tmp_path: Path) -> None:
    results = assessed(home, tmp_path, {VILLAGES[0]: (20, 20), TOWNS[0]: (20, 0)}, level="village")
    assert VILLAGES[0] in {one.code for one in results}
    assert TOWNS[0] not in {one.code for one in results}


def test_what_a_period_is_compared_with_counts_for_nothing(home: Home, tmp_path: Path) -> None:
    scheme = schemes.load(load(), written(tmp_path))["own"]
    cases = [
        {
            "area": TOWNS[0],
            "registered_at": due - timedelta(days=9),
            "due_at": due,
            "closed_at": due if i < good else None,
        }
        for due, good in ((DUE, 18), (DUE - timedelta(days=31), 2))
        for i in range(20)
    ]
    query = Query(edition_of(home, cases, AS_OF).scoped(EVERYTHING), load(), (), DISTRICT, OCTOBER)
    compared = {one.code: one for one in score(replace(query, comparison="previous"), scheme)}
    assert compared[TOWNS[0]].lines[0].numerator == 18


def test_scores_are_kept_as_they_were(home: Home, tmp_path: Path) -> None:
    results = assessed(home, tmp_path, {TOWNS[0]: (20, 17)})
    assert unpacked(packed(results)) == results


def test_our_schemes_stand() -> None:
    assert {"towns", "villages"} <= schemes.load(load()).keys()


LINES = (SchemeLine("on_time_rate", 60, 97, 85), SchemeLine("rework_rate", 40, 1, 5))


def row(id: int, what: Proposal, state: str = "approved") -> Row:
    return Row(id, what, state, "li", datetime(2026, 1, 1), "", None, "")


def proposal(**changes: Any) -> Proposal:
    given = {
        "scheme": "own", "zh": "考核", "en": "Trial", "level": "town", "period": "month", "least": 10, "lines": LINES,
        "area": DISTRICT, "valid_from": date(2026, 7, 1), "source": "文件",
    }  # fmt: skip
    return Proposal(**given | changes)


def lines(*given: SchemeLine) -> dict[str, tuple[SchemeLine, ...]]:
    return {"lines": given}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (lines(), "a scheme needs a line"),
        (lines(SchemeLine("on_time_rate", 60, 97, 85)), "the weights add up to 60"),
        (lines(SchemeLine("on_time_rate", 110, 97, 85), SchemeLine("rework_rate", -10, 1, 5)), "each above 0"),
        (lines(SchemeLine("on_time_rate", 50, 97, 85), SchemeLine("on_time_rate", 50, 98, 85)), "is in two lines"),
        (lines(SchemeLine("on_time_rate", 100, 85, 85)), "the target must lie above the floor"),
        (lines(SchemeLine("rework_rate", 100, 5, 1)), "the target must lie below the floor"),
        (lines(SchemeLine("on_time_rate", 100, float("inf"), 85)), "a scheme has an id"),
        (lines(SchemeLine("on_time_rat", 100, 97, 85)), 'there is no metric "on_time_rat"'),
        (lines(SchemeLine("intake", 100, 97, 85)), "has no sample"),
        ({"level": "village", **lines(SchemeLine("once_rate", 100, 90, 50))}, "does not exist at the level"),
        (
            {"level": "district", **lines(SchemeLine("registered_share", 100, 90, 50))},
            "which must not be assessed|no good",
        ),
        ({"scheme": "Own Scheme"}, "a scheme has an id"),
        ({"period": "week"}, "a scheme has an id"),
        ({"level": "street"}, "a scheme has an id"),
        ({"least": 9}, "at least 10 cases"),
    ],
)
def test_a_proposal_that_nobody_can_be_assessed_by_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(MetricsError, match=fault):
        schemes.proposed(proposal(**changes), load())


def test_a_proposal_that_fits_is_a_scheme() -> None:
    made = schemes.proposed(proposal(), load())
    assert [line.metric for line in made.lines] == ["on_time_rate", "rework_rate"]
    assert {"on_time_rate", "rework_rate"} <= {metric.id for metric in schemes.usable(load(), "town")}
    assert "registered_share" not in {metric.id for metric in schemes.usable(load(), "district")}


def test_the_scheme_of_the_smallest_area_is_in_force_then_the_one_that_began_last() -> None:
    known = schemes.load(load())
    rows = [
        row(1, proposal(scheme="towns", least=11)),
        row(2, proposal(scheme="towns", least=12, valid_from=date(2026, 10, 1))),
        row(3, proposal(scheme="towns", least=13, valid_from=date(2026, 10, 1))),
        row(4, proposal(scheme="towns", least=14, area=TOWNS[0])),
        row(5, proposal(scheme="towns", least=15), "proposed"),
        row(6, proposal(scheme="towns", least=16), "refused"),
        row(7, proposal(scheme="towns", least=17, valid_from=date(2027, 1, 1))),
        row(8, proposal()),
    ]

    def least(area: int, *day: int) -> int:
        return schemes.in_force(known, rows, area, date(*day))["towns"].least

    assert least(DISTRICT, 2026, 6, 30) == known["towns"].least
    assert [least(DISTRICT, 2026, month, 1) for month in (7, 9, 10, 12)] == [11, 11, 13, 13]
    assert least(TOWNS[0], 2026, 12, 1) == 14
    assert least(TOWNS[1], 2026, 12, 1) == 13
    assert set(schemes.in_force(known, rows, DISTRICT, date(2026, 7, 1))) == {"towns", "villages", "own"}
    assert set(schemes.in_force(known, rows, DISTRICT, date(2026, 6, 1))) == {"towns", "villages"}
