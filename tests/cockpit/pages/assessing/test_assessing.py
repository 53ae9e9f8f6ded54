"""The pages of gaming checks and assessments: what they show, and to whom they offer which step."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.policy import Grants, Held
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor
from data.areas.levels import end_of
from data.desk import clock, models
from data.desk.assessing import assessments
from data.editions.edition import current
from data.editions.scoped import EVERYTHING
from metrics.assessment import schemes
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from tests.cockpit.pages.conftest import Screen, drawn, parameters, texts, words
from tests.factory import DISTRICT, TOWNS

OTHER = Actor.holding("qian", Grants((Held("leader", DISTRICT, end_of(DISTRICT)),)))


@pytest.fixture
def drafted(screen: Screen) -> Callable[[Actor], int]:
    """Makes a draft of the towns' scheme by somebody, in place of those of other tests: one a period is open."""

    def make(actor: Actor) -> int:
        screen("assessments")  # the desk is that of the page
        with visitors.desk().begin() as session:
            session.execute(delete(models.Objection))
            session.execute(delete(models.Assessment))
        home = settings.current().data
        edition = current(home)
        assert edition is not None
        query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, Period(date(2026, 10, 1), date(2026, 11, 1)))
        return actions.draft(visitors.desk(), actor, query, schemes.load(load())["towns"], home)

    return make


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def pressed(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_gaming_checks_name_each_check_and_what_was_compared(screen: Screen, lang: str) -> None:
    page = screen("gaming", lang=lang)
    last = drawn(page, "table")[-1]
    assert len(last["rows"]) == len(load().gaming)
    assert ("compared" in words(page)) == (lang == "en")


def test_schemes_are_shown_with_their_lines_and_a_draft_is_made(screen: Screen) -> None:
    page = screen("assessments", lang="en")
    headings = {table["columns"][0]["text"] for table in drawn(page, "table")}
    assert "Metric" in headings
    pressed(page, "Draw it up")
    assert "Drafted." in words(page)
    newest = assessments.listing(visitors.desk())[0]
    assert (newest.state, newest.area) == ("draft", DISTRICT)


def test_an_assessment_is_explained_down_to_its_rows(screen: Screen, drafted: Callable[[Actor], int]) -> None:
    id = drafted(OTHER)
    page = screen("assessments", id=id, of=TOWNS[0], lang="en")
    lines = drawn(page, "table")[-1]
    assert len(lines["rows"]) == len(schemes.load(load())["towns"].lines) + 1
    link = parameters(lines["rows"][0][2]["href"])
    assert (link["metric"], link["area"], link["from"], link["to"]) == (
        "on_time_rate", str(TOWNS[0]), "2026-10-01", "2026-11-01",
    )  # fmt: skip
    assert link["edition"] == assessments.find(visitors.desk(), id).edition
    assert not screen("rows", **link).exception
    rankings = [table for table in drawn(page, "table") if table["columns"][0]["text"] == "Rank"]
    assert {name for table in rankings for name in texts(table, "Area")} >= {"北塘街道"}


def test_the_next_step_is_offered_to_whoever_may_and_not_to_the_author(
    screen: Screen, drafted: Callable[[Actor], int]
) -> None:
    id = drafted(OTHER)
    page = pressed(screen("assessments", id=id, lang="en"), "Open to objections")
    assert assessments.find(visitors.desk(), id).state == "open"
    assert "Approve" not in labels(page), "objections are still taken"
    assert "Objections are taken until" in words(page)
    with visitors.desk().begin() as session:  # moving the clock would end sessions as well
        session.get_one(models.Assessment, id).open_until = clock.now() - timedelta(minutes=1)
    page = screen("assessments", id=id, of=TOWNS[0], lang="en")
    assert "Objections were taken until" in words(page)
    assert "Approve" in labels(page)
    assert "Object" not in labels(page), "it is too late to object"
    assessments.approve(visitors.desk(), id, "sun")
    page = pressed(screen("assessments", id=id, lang="en"), "Publish")
    assert assessments.find(visitors.desk(), id).state == "published"
    assert "Approved by sun on" in words(page)
    assert "Published by" in words(page)


def test_a_withdrawn_assessment_says_why(screen: Screen, drafted: Callable[[Actor], int]) -> None:
    id = drafted(OTHER)
    page = screen("assessments", id=id, lang="en")
    next(field for field in page.text_input if field.label == "Reason").set_value("口径有误")
    assert "Withdrawn: 口径有误" in words(pressed(page, "Withdraw"))


def test_an_objection_is_made_and_shown_on_the_page(screen: Screen, drafted: Callable[[Actor], int]) -> None:
    id = drafted(OTHER)
    actions.take_objections(visitors.desk(), OTHER, id)
    page = screen("assessments", id=id, of=TOWNS[0], lang="en")
    page.text_area[0].set_value("其中两件不属本镇")
    pressed(page, "Object")
    (objection,) = assessments.objections(visitors.desk(), id)
    assert (objection.area, objection.text) == (TOWNS[0], "其中两件不属本镇")
    assert "其中两件不属本镇" in texts(drawn(page, "table")[-1], "Objection")


def test_an_answer_is_not_lost_where_others_have_answered_first(
    screen: Screen, drafted: Callable[[Actor], int]
) -> None:
    id = drafted(OTHER)
    actions.take_objections(visitors.desk(), OTHER, id)
    actions.object_to(visitors.desk(), OTHER, id, TOWNS[0], "", "其中两件不属本镇")
    page = screen("assessments", id=id)
    next(field for field in page.text_area if field.label.startswith("答复异议")).set_value("经核实均属本镇")
    (objection,) = assessments.objections(visitors.desk(), id)
    assessments.answer(visitors.desk(), objection.id, "已核实", False, "sun")
    pressed(page, "答复")
    assert "此项已被他人处理，请重新查看" in words(page)
    assert "您填写的内容：经核实均属本镇" in words(page)
    page.run()
    assert "您填写的内容：经核实均属本镇" in words(page)
    (kept,) = assessments.objections(visitors.desk(), id)
    assert (kept.answer, kept.answered_by) == ("已核实", "sun")


def test_an_own_answer_is_not_called_that_of_others(screen: Screen, drafted: Callable[[Actor], int]) -> None:
    id = drafted(OTHER)
    actions.take_objections(visitors.desk(), OTHER, id)
    actions.object_to(visitors.desk(), OTHER, id, TOWNS[0], "", "其中两件不属本镇")
    page = screen("assessments", id=id)
    next(field for field in page.text_area if field.label.startswith("答复异议")).set_value("经核实均属本镇")
    pressed(page, "答复")
    assert "已被他人处理" not in words(page)
    assert assessments.objections(visitors.desk(), id)[0].answer == "经核实均属本镇"
