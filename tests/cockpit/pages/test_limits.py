"""The page of limits: a data officer proposes, a leader decides, others only read."""

from collections.abc import Callable, Iterator

import pytest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.screens.admin import limits as screen_of_limits
from data.desk import models
from data.desk.auditing import audit
from data.desk.register import limits
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, words


@pytest.fixture(autouse=True)
def _clean(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(screen_of_limits, "publish_decided_in_background", lambda: None)
    screen("data")
    yield
    with visitors.desk().begin() as session:
        session.query(models.Limit).delete()


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Signs in as an account of a role."""

    def sign_in(name: str) -> None:
        monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (name,)))

    return sign_in


def propose(screen: Screen, role: Callable[[str], None], red: str = "< 40") -> str:
    """Propose a limit as a data officer. Returns what the page then says."""
    role("data_officer")
    page = screen("limits", metric="on_time_rate")
    _category, green, bound, source = page.text_input
    green.set_value(">= 60")
    bound.set_value(red)
    source.set_value("区办〔2026〕12号")
    page.button[0].click()
    return words(page.run())


def test_a_proposal_is_listed_approved_by_a_leader_and_audited(screen: Screen, role: Callable[[str], None]) -> None:
    assert "已提出，待领导审批" in propose(screen, role)
    (row,) = limits.listing(visitors.desk())
    assert (row.state, row.what.metric, row.what.red) == ("proposed", "on_time_rate", "< 40")
    role("leader")
    page = screen("limits")
    assert "区办〔2026〕12号" in str(drawn(page, "table"))
    assert "≥ 60" in str(drawn(page, "table")), "bounds are written as on all screens, however they were typed"
    assert not [field for field in page.selectbox if field.label == "指标"], "a leader does not propose"
    page.button[0].click().run()
    assert "已批准" in words(page)
    assert limits.find(visitors.desk(), row.id).state == "approved"
    assert any(f"limit {row.id}" in str(entry["what"]) and "approved" in str(entry["what"])
               for entry in audit.entries(visitors.desk()))  # fmt: skip


def test_a_bound_that_does_not_fit_is_answered_in_one_line(screen: Screen, role: Callable[[str], None]) -> None:
    assert "按期办结率的红色界限应以" in propose(screen, role, red="> 40")
    assert limits.listing(visitors.desk()) == []


def test_who_may_neither_propose_nor_decide_only_reads(screen: Screen, role: Callable[[str], None]) -> None:
    propose(screen, role)
    role("inspector")
    page = screen("limits")
    assert not page.text_input
    assert "待批" in str(drawn(page, "table"))


def test_a_data_officer_takes_an_own_proposal_back(screen: Screen, role: Callable[[str], None]) -> None:
    propose(screen, role)
    page = screen("limits")
    next(button for button in page.button if button.label == "撤回").click().run()
    assert "已撤回。" in words(page)
    (row,) = limits.listing(visitors.desk())
    assert row.state == "withdrawn"
    assert "撤回" not in [button.label for button in screen("limits").button]


def test_who_decides_sees_the_approved_limits_that_a_proposal_overlaps_and_which_applies(
    screen: Screen, role: Callable[[str], None]
) -> None:
    warning = "与已批准的阈值（"
    assert warning not in propose(screen, role)
    limits.decide(visitors.desk(), limits.listing(visitors.desk())[0].id, "leader", approve=True)
    propose(screen, role, red="< 30")
    assert "重叠期内以本提案为准" in str(drawn(screen("limits"), "table"))
    role("leader")
    said = words(screen("limits"))
    assert f"{warning}≥ 60 · &lt; 40，2026-11-01 起）" in said
    assert "重叠期内以本提案为准" in said
