"""The page of schemes: a data officer proposes, a leader decides, a draft uses what is in force on its first day."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Grants, Held
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor, Forbidden
from data.areas.levels import end_of
from data.desk import models
from data.desk.assessing import assessments, schemes
from data.desk.auditing import audit
from data.desk.errors import Refused
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, words
from tests.factory import DISTRICT, TOWNS


@pytest.fixture(autouse=True)
def _clean(screen: Screen) -> Iterator[None]:
    screen("dictionary")
    yield
    with visitors.desk().begin() as session:
        session.query(models.AssessmentScheme).delete()


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Signs in as an account of a role."""

    def sign_in(name: str) -> None:
        monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (name,)))

    return sign_in


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def weights(page: AppTest, *values: float) -> None:
    fields = [field for field in page.number_input if field.label.startswith("权重")]
    for field, value in zip(fields, values, strict=False):
        field.set_value(value)


def target(page: AppTest) -> NumberInput:
    return next(field for field in page.number_input if field.label.startswith("目标"))


def propose(screen: Screen, *values: float, start: date = date(2026, 7, 1)) -> AppTest:
    """Propose the towns' scheme with other weights."""
    page = screen("schemes")
    next(field for field in page.text_input if field.label == "依据：文件或决定").set_value("区委办〔2026〕8号")
    page.date_input[0].set_value(start)
    weights(page, *values)
    return press(page, "提出")


def test_a_scheme_is_proposed_approved_by_a_leader_and_drafted_with(
    screen: Screen, role: Callable[[str], None]
) -> None:
    role("data_officer")
    assert "已提出，待领导审批" in words(propose(screen, 35, 5))
    (row,) = schemes.listing(visitors.desk())
    assert [line.weight for line in row.what.lines] == [35, 5, 20, 25, 15]
    assert "批准" not in [button.label for button in screen("schemes").button], "nobody approves an own proposal"
    role("leader")
    page = screen("schemes", id=row.id)
    assert not [field for field in page.selectbox if field.label.startswith("指标")], "a leader does not propose"
    assert "权重 25，目标 97.0 %，底线 85.0 %" in str(drawn(page, "table"))
    assert "请说明驳回方案的原因" in words(press(page, "驳回"))
    assert "已批准。" in words(press(screen("schemes"), "批准"))
    assert any(f"scheme {row.id} towns" in str(entry["what"]) for entry in audit.entries(visitors.desk()))
    press(screen("assessments"), "起草")
    newest = assessments.listing(visitors.desk())[0]
    assert newest.first >= row.what.valid_from
    assert [line["weight"] for line in newest.scheme["lines"]] == [35, 5, 20, 25, 15]


def test_a_period_before_the_first_day_keeps_the_older_scheme(screen: Screen, role: Callable[[str], None]) -> None:
    role("data_officer")
    propose(screen, 35, 5, start=date(2026, 11, 1))
    (row,) = schemes.listing(visitors.desk())
    schemes.decide(visitors.desk(), row.id, "sun", approve=True)
    role("leader")
    press(screen("assessments"), "起草")
    newest = assessments.listing(visitors.desk())[0]
    assert newest.first < row.what.valid_from
    assert [line["weight"] for line in newest.scheme["lines"]] == [25, 15, 20, 25, 15]


def test_wrong_lines_are_answered_in_one_line_and_nothing_is_kept(screen: Screen, role: Callable[[str], None]) -> None:
    role("data_officer")
    page = propose(screen, 35)
    assert "权重合计为 110" in words(page)
    weights(page, 25)
    target(page).set_value(80)
    assert "按期办结率：目标须高于底线" in words(press(page, "提出"))
    target(page).set_value(97)
    next(field for field in page.selectbox if field.label == "指标 6").set_value("response_rate")
    assert "每项须有指标、权重、目标和底线" in words(press(page, "提出"))
    assert schemes.listing(visitors.desk()) == []


def test_an_own_proposal_is_taken_back(screen: Screen, role: Callable[[str], None]) -> None:
    role("data_officer")
    propose(screen, 35, 5)
    assert "已撤回。" in words(press(screen("schemes"), "撤回"))
    assert schemes.listing(visitors.desk())[0].state == "withdrawn"


def test_who_may_neither_propose_nor_decide_only_reads(screen: Screen, role: Callable[[str], None]) -> None:
    role("data_officer")
    propose(screen, 35, 5)
    role("inspector")
    page = screen("schemes")
    assert not page.button
    assert "待批" in str(drawn(page, "table"))


def person(name: str, role: str, area: int = DISTRICT) -> Actor:
    return Actor.holding(name, Grants((Held(role, area, end_of(area)),)))


def test_of_two_proposals_and_two_decisions_each_is_settled_once(screen: Screen, role: Callable[[str], None]) -> None:
    role("data_officer")
    propose(screen, 35, 5)
    propose(screen, 30, 10)
    assert "该方案已提出" in words(propose(screen, 30, 10))
    desk = visitors.desk()
    second, first = schemes.listing(desk)
    sun, wu = person("sun", "leader"), person("wu", "leader")
    actions.approve_scheme(desk, sun, first.id)
    with pytest.raises(Refused, match="decided already"):
        actions.refuse_scheme(desk, wu, first.id, "不同意")
    actions.refuse_scheme(desk, wu, second.id, "权重过低")
    assert [schemes.find(desk, row.id).state for row in (first, second)] == ["approved", "refused"]
    with pytest.raises(Refused, match="own proposal"):
        schemes.decide(desk, schemes.propose(desk, first.what, "sun"), "sun", approve=True)
    with pytest.raises(Forbidden):
        actions.approve_scheme(desk, person("li", "leader", TOWNS[0]), second.id)
    with pytest.raises(Refused, match="no proposed scheme"):
        actions.approve_scheme(desk, sun, 999_999)
