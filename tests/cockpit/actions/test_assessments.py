"""Assessments: who may draft, object, answer, approve and publish, in which order, and that each is in the audit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access.policy import Grants, Held
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor, Forbidden
from data.areas.levels import end_of
from data.desk import clock
from data.desk.assessing import assessments
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.store import Desk, open_desk
from data.editions.edition import current
from data.editions.files import pinned
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.assessment import schemes
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from tests.desks import sqlite_tables
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

DUE = datetime(2026, 8, 20)
LINE = "on_time_rate"


def person(name: str, role: str, area: int = DISTRICT) -> Actor:
    return Actor.holding(name, Grants((Held(role, area, end_of(area)),)))


INSPECTOR, LEADER, OFFICIAL = person("qian", "inspector"), person("sun", "leader"), person("li", "official", TOWNS[0])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two towns with twenty cases each."""
    home = Home(tmp_path_factory.mktemp("assessments"), memory="1GB")
    areas(home)
    deliver(home, "cases", [
        {"key": f"{town}-{i}", "area": town, "registered_at": DUE - timedelta(days=9), "due_at": DUE, "closed_at": DUE,
         "reached": True, "solved": True, "satisfied": i > 1, "reworked": 0}
        for town in TOWNS for i in range(20)
    ])  # fmt: skip
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture
def desk(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    url = sqlite_tables(tmp_path / "desk.sqlite")
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setenv("COCKPIT_DESK", url)
    settings.current.cache_clear()
    desk = open_desk(url, settings.current().custody)
    yield desk
    desk.close()
    settings.current.cache_clear()


@pytest.fixture
def draft(desk: Desk, home: Home) -> int:
    edition = current(home)
    assert edition is not None
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 7, 1), date(2026, 10, 1)))
    return actions.draft(desk, INSPECTOR, query, schemes.load(load())["towns"], home)


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    now = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: now)


def audited(desk: Desk) -> list[str]:
    return [str(row["what"]) for row in audit.entries(desk, event="act")]


def test_a_draft_is_shown_objected_to_answered_approved_and_published(
    desk: Desk, draft: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = assessments.find(desk, draft)
    assert {one["code"] for one in kept.results} == set(TOWNS)
    assert kept.edition in pinned(home), "the rows that were counted stay"
    actions.take_objections(desk, INSPECTOR, draft)
    number = actions.object_to(desk, OFFICIAL, draft, TOWNS[0], LINE, "其中两件不属本镇")
    with pytest.raises(Refused, match="objections are taken until"):
        actions.approve(desk, LEADER, draft)
    later(monkeypatch, assessments.OBJECTION_DAYS)
    with pytest.raises(Refused, match="1 objections are not answered"):
        actions.approve(desk, LEADER, draft)
    actions.answer(desk, INSPECTOR, number, "经核实属本镇", accepted=False)
    actions.approve(desk, LEADER, draft)
    actions.publish(desk, LEADER, draft)
    assert assessments.find(desk, draft).state == "published"
    assert [what.split(":")[0].split(",")[0] for what in reversed(audited(desk))] == [
        f"assessment towns of {DISTRICT}", f"assessment {draft} open to objections", f"objection to assessment {draft}",
        f"assessment {draft} approved", f"assessment {draft} approved", f"objection {number} refused",
        f"assessment {draft} approved", f"assessment {draft} published",
    ]  # fmt: skip
    with pytest.raises(Refused):
        actions.withdraw(desk, INSPECTOR, draft, "不再需要")


def test_nobody_approves_the_own_draft(desk: Desk, draft: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = current(home)
    assert edition is not None
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 7, 1), date(2026, 10, 1)))
    own = actions.draft(desk, LEADER, query, schemes.load(load())["towns"], home)
    actions.take_objections(desk, LEADER, own)
    later(monkeypatch, assessments.OBJECTION_DAYS)
    with pytest.raises(Refused, match="somebody else must approve"):
        actions.approve(desk, LEADER, own)
    actions.approve(desk, person("wu", "leader"), own)


def test_of_two_assessments_of_a_period_one_is_published(
    desk: Desk, draft: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = current(home)
    assert edition is not None
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 7, 1), date(2026, 10, 1)))
    known = schemes.load(load())
    second = actions.draft(desk, INSPECTOR, query, known["towns"], home)
    earlier = replace(query, period=Period(date(2026, 4, 1), date(2026, 7, 1)))
    others = [
        actions.draft(desk, INSPECTOR, *of, home) for of in ((query, known["villages"]), (earlier, known["towns"]))
    ]
    for id in (draft, *others):
        actions.take_objections(desk, INSPECTOR, id)
    with pytest.raises(Refused, match=f"assessment {draft} of this scheme and period is open to objections"):
        actions.take_objections(desk, INSPECTOR, second)
    later(monkeypatch, assessments.OBJECTION_DAYS)
    for id in (draft, *others):
        actions.approve(desk, LEADER, id)
        actions.publish(desk, LEADER, id)
    with pytest.raises(Refused, match=f"assessment {draft} of this scheme and period is published already"):
        actions.take_objections(desk, INSPECTOR, second)
    actions.withdraw(desk, INSPECTOR, second, "已公布另一份")


def test_of_two_assessments_that_are_open_one_is_published(
    desk: Desk, draft: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an earlier release left them."""
    edition = current(home)
    assert edition is not None
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 7, 1), date(2026, 10, 1)))
    second = actions.draft(desk, INSPECTOR, query, schemes.load(load())["towns"], home)
    with monkeypatch.context() as earlier:
        earlier.setattr(assessments, "_another", lambda session, id, states: None)
        for id in (draft, second):
            actions.take_objections(desk, INSPECTOR, id)
    later(monkeypatch, assessments.OBJECTION_DAYS)
    for id in (draft, second):
        actions.approve(desk, LEADER, id)
    actions.publish(desk, LEADER, draft)
    with pytest.raises(Refused, match=f"assessment {draft} of this scheme and period is published already"):
        actions.publish(desk, LEADER, second)


def test_an_accepted_objection_needs_a_new_draft(desk: Desk, draft: int, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.take_objections(desk, INSPECTOR, draft)
    number = actions.object_to(desk, OFFICIAL, draft, TOWNS[0], "", "数据有误")
    actions.answer(desk, INSPECTOR, number, "采纳", accepted=True)
    with pytest.raises(Refused, match="answered already"):
        actions.answer(desk, INSPECTOR, number, "不采纳", accepted=False)
    later(monkeypatch, assessments.OBJECTION_DAYS)
    with pytest.raises(Refused, match="an objection was accepted"):
        actions.approve(desk, LEADER, draft)
    actions.withdraw(desk, INSPECTOR, draft, "有异议被采纳")
    assert assessments.find(desk, draft).state == "withdrawn"


@pytest.mark.parametrize(
    ("area", "metric", "text", "fault"),
    [(TOWNS[0], "nothing", "异议", "no such area or line"), (TOWNS[0], LINE, " ", "write 2 to"),
     (TOWNS[0], LINE, "长" * 1001, "write 2 to")],
)  # fmt: skip
def test_an_objection_is_to_a_line_and_in_words(
    desk: Desk, draft: int, area: int, metric: str, text: str, fault: str
) -> None:
    actions.take_objections(desk, INSPECTOR, draft)
    with pytest.raises(Refused, match=fault):
        actions.object_to(desk, OFFICIAL, draft, area, metric, text)
    assert assessments.objections(desk, draft) == []


def test_objections_are_taken_in_their_time_and_of_the_own_area_alone(
    desk: Desk, draft: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="takes no objections now"):
        actions.object_to(desk, OFFICIAL, draft, TOWNS[0], LINE, "异议")
    actions.take_objections(desk, INSPECTOR, draft)
    with pytest.raises(Forbidden):
        actions.object_to(desk, OFFICIAL, draft, TOWNS[1], LINE, "异议")
    later(monkeypatch, assessments.OBJECTION_DAYS)
    with pytest.raises(Refused, match="takes no objections now"):
        actions.object_to(desk, OFFICIAL, draft, TOWNS[0], LINE, "异议")


def test_nobody_answers_the_own_objection(desk: Desk, draft: int) -> None:
    actions.take_objections(desk, INSPECTOR, draft)
    number = actions.object_to(desk, INSPECTOR, draft, TOWNS[0], LINE, "异议")
    with pytest.raises(Refused, match="somebody else must answer"):
        actions.answer(desk, INSPECTOR, number, "不采纳", accepted=False)


def test_rights_are_those_of_the_whole_assessed_area(desk: Desk, draft: int, home: Home) -> None:
    of_town = person("zhou", "leader", TOWNS[0])
    for work in (actions.take_objections, actions.approve, actions.publish):
        with pytest.raises(Forbidden):
            work(desk, of_town, draft)
    with pytest.raises(Forbidden):
        actions.approve(desk, INSPECTOR, draft)
    edition = current(home)
    assert edition is not None
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 7, 1), date(2026, 10, 1)))
    for actor in (OFFICIAL, of_town):
        with pytest.raises(Forbidden):
            actions.draft(desk, actor, replace(query), schemes.load(load())["towns"], home)
