"""Numbers on trees of three, five and six levels and on trees that leave levels out: parts add up, everywhere."""

from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest

from data.areas.levels import BASE, LEVELS, LOWEST, ROLLED, expand_levels, is_above
from data.editions.edition import Edition
from data.home import Home
from metrics import areas
from metrics.analysis.reconcile import reconcile
from metrics.analysis.trials import trials
from metrics.areas import BELOW, Area
from metrics.catalog import load as load_catalog
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.scope import OutOfScope
from tests import trees
from tests.asking import answer, reds, why
from tests.factory import edition_of

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
ADDITIVE = ("intake", "closed", "backlog", "overdue_open")
RATES = ("closure_rate", "on_time_rate")


@pytest.fixture(scope="module", params=trees.TREES)
def tree(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def edition(tree: str, tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp(tree) / "var", zone="Asia/Shanghai")
    home.prepare()
    return edition_of(
        home, trees.cases(tree), datetime.fromisoformat(trees.AS_OF), places=trees.places(tree),
        catalog=load_catalog(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def every(edition: Edition, tree: str) -> list[Area]:
    return [areas.area(edition, code) for code in trees.codes(tree)]


def truth(tree: str, place: Area, **where: Any) -> list[dict[str, Any]]:
    """The cases within an area, by its range of codes."""
    return [case for case in trees.cases(tree) if place.code <= int(case["area"]) < place.end]


def test_each_area_counts_the_codes_of_its_range(tree: str, edition: Edition, every: list[Area]) -> None:
    for place in every:
        values = answer(edition, ["intake", "backlog"], place.code, NOVEMBER).set_index("metric")["value"]
        expected = truth(tree, place)
        assert values["intake"] == len(expected), place
        assert values["backlog"] == sum(case["closed_at"] is None for case in expected), place


def test_the_parts_of_every_breakdown_add_up_and_raw_is_the_roll_up(edition: Edition, every: list[Area]) -> None:
    for place in every:
        totals = answer(edition, ADDITIVE, place.code, NOVEMBER).set_index("metric")["value"]
        lower = [level for level in LEVELS if level == place.level or is_above(place.level, level)]
        for by in (*lower, *([BELOW] if areas.children(edition, place) else [])):
            rolled = answer(edition, [*ADDITIVE, *RATES], place.code, NOVEMBER, by=by)
            raw = answer(edition, [*ADDITIVE, *RATES], place.code, NOVEMBER, by=by, rolled=False)
            assert rolled.equals(raw), (place.name, by)
            sums = rolled.groupby("metric")["value"].sum()
            assert {name: sums[name] for name in ADDITIVE} == totals.to_dict(), (place.name, by)


def test_areas_below_come_from_the_tree(tree: str, edition: Edition, every: list[Area]) -> None:
    for place in every:
        children = areas.children(edition, place)
        if not children:
            assert place.level == LOWEST.id
            assert areas.below(edition, place) is None
            continue
        values = answer(edition, ["intake"], place.code, NOVEMBER, by=BELOW).set_index("group")["value"]
        assert set(values.index) - {str(place.code)} == {str(child.code) for child in children}
        for child in children:
            assert values[str(child.code)] == len(truth(tree, child)), child
        own = sum(int(case["area"]) == place.code for case in trees.cases(tree))
        assert values.get(str(place.code), 0) == own, place


def test_area_below_a_missing_level_belongs_to_the_next_level_above(tree: str, edition: Edition) -> None:
    top = areas.root(edition)
    for level in (level for level in LEVELS if is_above(top.level, level)):
        frame = answer(edition, ["intake"], top.code, NOVEMBER, by=level)
        for group, value in zip(frame["group"], frame["value"], strict=True):
            place = areas.area(edition, int(group))
            assert place.level == level or is_above(place.level, level)
            cases_at_level = [
                case for case in trees.cases(tree) if areas.at_level(edition, int(case["area"]), level) == place
            ]
            assert value == len(cases_at_level), (group, level)


def test_medians_and_oldest_ages_have_a_value_of_each_area_below(edition: Edition, every: list[Area]) -> None:
    names = ["days_to_clear", "oldest_open_days"]
    for place in every:
        by = areas.below(edition, place)
        if by is None or place.level == ROLLED.id:
            continue
        frame = answer(edition, names, place.code, NOVEMBER, by=by)
        raw = answer(edition, names, place.code, NOVEMBER, by=by, rolled=False)
        assert frame.drop(columns="value").equals(raw.drop(columns="value"))
        for child in areas.children(edition, place):
            own = answer(edition, names, child.code, NOVEMBER).set_index("metric")
            of_child = frame[frame["group"] == str(child.code)].set_index("metric")
            for name in names:
                assert of_child["n"][name] == own["n"][name], (child.name, name)
                assert of_child["value"][name] == pytest.approx(own["value"][name], nan_ok=True), (child.name, name)


def test_paths_climb_from_every_area_to_the_top(tree: str, edition: Edition, every: list[Area]) -> None:
    for place in every:
        climbed = areas.path(edition, place)
        assert (climbed[0].code, climbed[-1]) == (trees.ROOTS[tree], place)
        assert all(high.code <= low.code < high.end for high, low in pairwise(climbed))


def test_grant_shows_its_area_and_below_only(edition: Edition, every: list[Area]) -> None:
    for place in every:
        scoped = edition.scoped([(place.code, place.end)])
        assert answer(scoped, ["intake"], place.code, NOVEMBER).equals(
            answer(edition, ["intake"], place.code, NOVEMBER)
        )
        for other in every:
            if not place.code <= other.code < place.end:
                with pytest.raises(OutOfScope):
                    answer(scoped, ["intake"], other.code, NOVEMBER)


def test_a_breakdown_by_a_level_above_is_refused(edition: Edition, every: list[Area]) -> None:
    for place in every:
        for level in LEVELS[: LEVELS.index(place.level)]:
            with pytest.raises(MetricsError, match=f"is a {place.level}: it cannot be broken down by {level}"):
                answer(edition, ["intake"], place.code, NOVEMBER, by=level)


def test_lists_explanations_and_checks_work_at_every_level(tree: str, edition: Edition, every: list[Area]) -> None:
    kinds = [areas.area(edition, code) for code in trees.shapes(tree)]
    for place in (*kinds, every[-1]):
        assert all(place.code <= red.area < place.end for red in reds(edition, place.code, NOVEMBER))
        explanation = why(edition, "intake", place.code, NOVEMBER, Period(date(2026, 10, 1), date(2026, 11, 1)))
        if areas.children(edition, place):
            assert areas.below(edition, place) in explanation.splits
    assert not trials(edition, load_catalog())[1]
    checks = reconcile(edition, load_catalog()).set_index("check")
    assert checks.loc["children", "passed"]
    assert checks.loc["balance", "passed"]


@pytest.mark.parametrize("level", LEVELS)
def test_definition_for_districts_applies_to_levels_above(level: str) -> None:
    assert (level in expand_levels([BASE.id])) == (level == BASE.id or is_above(level, BASE.id))
    assert expand_levels([level, BASE.id]) == tuple(
        name for name in LEVELS if name in (level, BASE.id)
    ) or not is_above(level, BASE.id)
    assert expand_levels([LOWEST.id]) == (LOWEST.id,)
    with pytest.raises(ValueError, match="is not a level"):
        expand_levels([level, "hamlet"])
