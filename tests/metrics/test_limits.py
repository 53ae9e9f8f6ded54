"""Limits as dated rows: who decides them, which row applies, and what an old edition shows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.access.policy import Grants, Held
from cockpit.actions.action import Actor, Forbidden
from cockpit.actions.register import approve_limit, end_limit, propose_limit, refuse_limit, withdraw_limit
from cockpit.panels import answers
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.register import limits
from data.desk.register.limits import Proposal
from data.desk.store import Desk, open_desk
from data.editions.edition import Edition, open_edition
from data.editions.from_desk import FromDesk, Limit
from data.editions.publish import publish
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics import limits as rules
from metrics.analysis.reds import reds
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from metrics.thresholds import states
from tests.asking import answer
from tests.desks import sqlite_tables
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver

AS_OF = datetime(2026, 11, 22, 8)
CATALOG = load()
RATE = "on_time_rate"
OCTOBER, NOVEMBER = Period(date(2026, 10, 1), date(2026, 11, 1)), Period(date(2026, 11, 1), date(2026, 12, 1))
OFFICER = Actor("officer", Grants((Held("data_officer", DISTRICT, end_of(DISTRICT)),)))
LEADER = Actor("leader", Grants((Held("leader", DISTRICT, end_of(DISTRICT)),)))
BOTH = Actor("both", Grants((*OFFICER.grants.held, *LEADER.grants.held)))
TOWN_LEADER = Actor("town", Grants((Held("leader", TOWNS[0], end_of(TOWNS[0])),)))


def proposal(**changes: object) -> Proposal:
    given = {"metric": RATE, "area": DISTRICT, "green": ">= 60", "red": "< 40", "valid_from": date(2026, 11, 1),
             "source": "区办〔2026〕12号"} | changes  # fmt: skip
    return Proposal(**given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Half of the cases of each month and town are closed in time."""
    home = Home(tmp_path_factory.mktemp("limits"), memory="1GB")
    areas(home)
    cases = [
        {"key": f"{month}-{place}-{i}", "area": place, "category": ("路灯照明", "噪声")[i % 4 // 2],
         "registered_at": datetime(2026, month, 2), "due_at": datetime(2026, month, 5),
         "closed_at": datetime(2026, month, 4 if i % 2 else 9)}
        for month in (10, 11) for place in VILLAGES for i in range(20)
    ]  # fmt: skip
    deliver(home, "cases", cases)
    return home


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(sqlite_tables(tmp_path / "desk.sqlite"))
    yield desk
    desk.close()


def edition_with(home: Home, *rows: Limit) -> Edition:
    report = publish(home, CATALOG.rollups(), as_of=AS_OF, from_desk=FromDesk(rows))
    return open_edition(home, report.edition)


def row(id: int = 1, **changes: object) -> Limit:
    given = {
        "id": id, "metric": RATE, "area": DISTRICT, "category": "", "valid_from": date(2026, 1, 1), "valid_to": None,
        "green": ">= 60", "red": "< 40", "source": "x", "approved_at": AS_OF, **changes,
    }  # fmt: skip
    return Limit(**given)  # type: ignore[arg-type]


def state(edition: Edition, area: int, period: Period, by: str | None = None) -> dict[str, str]:
    query = Query(edition.scoped(EVERYTHING), CATALOG, (RATE,), area, period, by=by)
    frame = answer(edition, [RATE], area, period, by=by)
    return dict(zip(frame["group"], states(query, frame), strict=True))


def test_an_approved_limit_decides_states_from_its_day_on_and_an_old_edition_keeps_its_own(
    home: Home, desk: Desk
) -> None:
    old = edition_with(home)
    assert state(old, DISTRICT, NOVEMBER) == {"": "red"}, "half in time is red by the catalog"
    id = propose_limit(desk, OFFICER, old.scoped(EVERYTHING), CATALOG, proposal())
    assert limits.approved(desk) == ()
    approve_limit(desk, LEADER, id)
    new = edition_with(home, *limits.approved(desk))
    assert new.id != old.id, "a decision alone is a new edition"
    assert state(new, DISTRICT, NOVEMBER) == {"": "amber"}
    assert state(new, DISTRICT, OCTOBER) == {"": "red"}, "a period that ends before the first day has the old limits"
    assert state(open_edition(home, old.id), DISTRICT, NOVEMBER) == {"": "red"}
    assert publish(home, CATALOG.rollups(), as_of=AS_OF).edition == new.id, "who does not know the desk keeps them"
    shown = rules.limited_catalog(new, CATALOG, DISTRICT, NOVEMBER).metrics[RATE].thresholds
    assert shown is not None
    assert (str(shown.green), str(shown.red), shown.mark, shown.source.zh) == ("≥ 60", "< 40", "A", "区办〔2026〕12号")
    assert rules.limited_catalog(new, CATALOG, DISTRICT, OCTOBER) is CATALOG


def test_states_below_and_reds_follow_the_rows_of_their_own_areas(home: Home) -> None:
    edition = edition_with(home, row(1, area=TOWNS[0], green=">= 45", red="< 30"), row(2, area=VILLAGES[0], red="< 55"))
    assert state(edition, DISTRICT, NOVEMBER, "town") == {str(TOWNS[0]): "green", str(TOWNS[1]): "red"}
    by_village = state(edition, DISTRICT, NOVEMBER, "village")
    assert by_village == {str(VILLAGES[0]): "red", str(VILLAGES[1]): "green", str(VILLAGES[2]): "red"}
    query = Query(edition.scoped(EVERYTHING), CATALOG, (RATE,), DISTRICT, NOVEMBER)
    beyond = {red.area for red in reds(query) if red.metric == RATE and red.kind == "below"}
    assert beyond == {TOWNS[1]}


def test_a_category_has_its_own_row(home: Home) -> None:
    edition = edition_with(home, row(1), row(2, category="噪声", green=">= 20", red="< 10"))
    assert state(edition, DISTRICT, NOVEMBER, "category") == {"噪声": "green", "路灯照明": "amber"}
    query = Query(edition.scoped(EVERYTHING), CATALOG, (RATE,), DISTRICT, NOVEMBER, where=(("category", "噪声"),))
    assert rules.limits_category(query, CATALOG.metrics[RATE])
    assert not rules.limits_category(query.filtered({"category": "路灯照明"}), CATALOG.metrics[RATE])


def test_the_row_of_a_category_decides_tiles_maps_and_rankings_that_its_category_narrows(home: Home) -> None:
    """It applies to all areas below, except where a row of a smaller area comes first."""
    edition = edition_with(home, row(1, category="噪声", green=">= 20", red="< 10"), row(2, area=TOWNS[1]))
    query = Query(edition.scoped(EVERYTHING), CATALOG, (RATE,), DISTRICT, NOVEMBER, where=(("category", "噪声"),))
    other = query.filtered({"category": "路灯照明"})
    assert answers.summaries(query)[RATE].state == "green"
    for by in ("town", "below"):
        below = {part.group: part.state for part in answers.parts(replace(query, by=by))}
        assert below == {str(TOWNS[0]): "green", str(TOWNS[1]): "none"}, by
        assert {part.state for part in answers.parts(replace(other, by=by))} == {"none"}


ROWS = st.lists(
    st.builds(
        row, st.integers(1, 99), area=st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]),
        category=st.sampled_from(["", "噪声"]), valid_from=st.dates(date(2026, 9, 1), date(2026, 12, 1)),
        valid_to=st.none() | st.dates(date(2026, 10, 1), date(2027, 1, 1)),
    ), max_size=6, unique_by=lambda one: one.id,
)  # fmt: skip


@given(ROWS, st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]), st.sampled_from(["", "噪声"]))
def test_the_row_of_the_smallest_area_applies_then_the_category_then_the_last(
    given_rows: list[Limit], area: int, category: str
) -> None:
    day = date(2026, 11, 21)
    fits = [r for r in given_rows if r.area <= area < end_of(r.area) and r.category in ("", category)]
    fits = [r for r in fits if r.valid_from <= day and (r.valid_to is None or day < r.valid_to)]
    smallest = min((end_of(r.area) - r.area for r in fits), default=0)
    fits = [r for r in fits if end_of(r.area) - r.area == smallest]
    fits = [r for r in fits if r.category] or fits
    expected = max(fits, key=lambda r: (r.valid_from, r.id), default=None)
    assert rules.choose(given_rows, RATE, rules.At(area, day, category)) == expected


@given(ROWS, ROWS.filter(bool))
def test_overlaps_are_the_days_on_which_two_limits_of_one_thing_apply_and_say_which_of_them_does(
    given_rows: list[Limit], others: list[Limit]
) -> None:
    new = replace(others[0], id=0 if others[0].id % 2 else 100)
    found = {overlap.row.id: overlap for overlap in rules.overlaps(given_rows, new)}
    days = [date(2026, 9, 1) + timedelta(days=i) for i in range(150)]
    for one in given_rows:
        alike = (one.metric, one.area, one.category) == (new.metric, new.area, new.category)
        both = [day for day in days if alike and all(_on(limit, day) for limit in (one, new))]
        assert (one.id in found) == bool(both)
        for day in both:
            assert found[one.id].first <= day < (found[one.id].end or date.max)
            chosen = rules.choose([one, new], new.metric, rules.At(new.area, day, new.category))
            assert chosen == (new if found[one.id].yields else one)


def _on(limit: Limit, day: date) -> bool:
    return limit.valid_from <= day and (limit.valid_to is None or day < limit.valid_to)


def test_a_limit_for_a_category_that_nothing_has_is_refused(home: Home, desk: Desk) -> None:
    edition = edition_with(home).scoped(EVERYTHING)
    with pytest.raises(Refused, match=r'has the category "路灯"\. Did you mean "路灯照明"'):
        propose_limit(desk, OFFICER, edition, CATALOG, proposal(category="路灯"))
    assert propose_limit(desk, OFFICER, edition, CATALOG, proposal(category="路灯照明"))


def test_nobody_decides_on_an_own_proposal_or_beyond_the_own_area(home: Home, desk: Desk) -> None:
    edition = edition_with(home).scoped(EVERYTHING)
    id = propose_limit(desk, BOTH, edition, CATALOG, proposal())
    for decide in (lambda: approve_limit(desk, BOTH, id), lambda: refuse_limit(desk, BOTH, id, "no")):
        with pytest.raises(Refused, match="nobody decides on an own proposal"):
            decide()
    with pytest.raises(Forbidden):
        approve_limit(desk, TOWN_LEADER, id)
    with pytest.raises(Forbidden):
        approve_limit(desk, OFFICER, id)
    with pytest.raises(Forbidden):
        propose_limit(desk, LEADER, edition, CATALOG, proposal())
    with pytest.raises(Refused, match="say why"):
        refuse_limit(desk, LEADER, id, " ")
    refuse_limit(desk, LEADER, id, "依据不足")
    with pytest.raises(Refused, match="is decided already"):
        approve_limit(desk, LEADER, id)
    assert limits.approved(desk) == ()


def test_a_decision_pressed_twice_is_made_once(home: Home, desk: Desk) -> None:
    edition = edition_with(home).scoped(EVERYTHING)
    id = propose_limit(desk, OFFICER, edition, CATALOG, proposal())
    for _twice in range(2):
        approve_limit(desk, LEADER, id)
    other = propose_limit(desk, OFFICER, edition, CATALOG, proposal(valid_from=date(2026, 10, 1)))
    for _twice in range(2):
        refuse_limit(desk, LEADER, other, "依据不足")
    with pytest.raises(Refused, match="is decided already"):
        approve_limit(desk, LEADER, other)
    assert {row.id: row.state for row in limits.listing(desk)} == {id: "approved", other: "refused"}
    done = [row["what"] for row in audit.entries(desk, limit=20) if row["result"] == "ok"]
    assert [sum(word in what for what in done) for word in (" approved", " refused: ")] == [1, 1]


def test_a_proposal_is_taken_back_by_whoever_made_it_until_it_is_decided(home: Home, desk: Desk) -> None:
    edition = edition_with(home).scoped(EVERYTHING)
    first, second = (propose_limit(desk, OFFICER, edition, CATALOG, proposal(source=text)) for text in ("甲", "乙"))
    withdraw_limit(desk, OFFICER, first)
    assert limits.find(desk, first).state == "withdrawn"
    with pytest.raises(Refused, match="decided already"):
        approve_limit(desk, LEADER, first)
    with pytest.raises(Refused, match="only who proposed"):
        limits.withdraw(desk, second, "somebody else")
    approve_limit(desk, LEADER, second)
    with pytest.raises(Refused, match="decided already"):
        withdraw_limit(desk, OFFICER, second)
    assert [limit.id for limit in limits.approved(desk)] == [second]


def test_a_limit_that_has_not_begun_may_end_on_its_first_day_and_never_applies(home: Home, desk: Desk) -> None:
    day = clock.now().date() + timedelta(days=40)
    id = propose_limit(desk, OFFICER, edition_with(home).scoped(EVERYTHING), CATALOG, proposal(valid_from=day))
    approve_limit(desk, LEADER, id)
    end_limit(desk, LEADER, id, day, version=limits.find(desk, id).version)
    (limit,) = limits.approved(desk)
    assert rules.choose([limit], limit.metric, rules.At(limit.area, day)) is None


def test_an_ended_limit_stays_valid_for_what_was_before(home: Home, desk: Desk) -> None:
    id = propose_limit(
        desk, OFFICER, edition_with(home).scoped(EVERYTHING), CATALOG, proposal(valid_from=date(2026, 10, 1))
    )
    approve_limit(desk, LEADER, id)
    seen = limits.find(desk, id).version
    for day in (date(2026, 10, 1), date(2026, 9, 1)):
        with pytest.raises(Refused, match="ends after its first day"):
            end_limit(desk, LEADER, id, day, version=seen)
    end_limit(desk, LEADER, id, date(2026, 11, 1), version=seen)
    edition = edition_with(home, *limits.approved(desk))
    assert state(edition, DISTRICT, OCTOBER) == {"": "amber"}
    assert state(edition, DISTRICT, NOVEMBER) == {"": "red"}


def test_of_two_who_end_a_limit_at_once_the_second_is_refused(home: Home, desk: Desk) -> None:
    """Both saw it without an end: the second would move the day that the first has set."""
    id = propose_limit(desk, OFFICER, edition_with(home).scoped(EVERYTHING), CATALOG, proposal())
    approve_limit(desk, LEADER, id)
    seen = limits.find(desk, id).version
    end_limit(desk, LEADER, id, date(2027, 3, 1), version=seen)
    with pytest.raises(Refused, match="somebody has changed limit"):
        end_limit(desk, LEADER, id, date(2027, 2, 1), version=seen)
    assert limits.find(desk, id).what.valid_to == date(2027, 3, 1)
    end_limit(desk, LEADER, id, date(2027, 2, 1), version=limits.find(desk, id).version)
    assert limits.find(desk, id).what.valid_to == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "on_time_rat"}, 'there is no metric "on_time_rat".*on_time_rate'),
        ({"metric": "intake_of_nobody"}, "there is no metric"),
        ({"red": "40"}, '"40" is not a bound'),
        ({"red": "< " + "9" * 40}, "is not a bound"),
        ({"green": ""}, "needs a green bound"),
        ({"red": "> 40"}, "is written with <"),
        ({"green": ">= 30"}, "green and red overlap"),
        ({"green": ">= -5", "red": "< -10"}, "is a share"),
        ({"green": ">= 101"}, "is a share"),
        ({"area": 120000000000}, "area 120000000000 is not in edition"),
        ({"valid_to": date(2026, 11, 1)}, "the last day of a limit is not before its first"),
        ({"source": " "}, "say where the limit is from"),
        ({"source": "文件\u202e号"}, "hidden control character"),
    ],
)
def test_a_limit_that_cannot_apply_is_refused_in_one_line(
    home: Home, desk: Desk, changes: dict[str, object], message: str
) -> None:
    edition = open_edition(home, publish(home, CATALOG.rollups(), as_of=AS_OF).edition)
    with pytest.raises(Refused, match=message):
        propose_limit(desk, OFFICER, edition.scoped(EVERYTHING), CATALOG, proposal(**changes))
    assert limits.listing(desk) == []
