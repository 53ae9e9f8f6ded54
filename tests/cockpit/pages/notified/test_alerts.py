"""Alerts on screen: from a red number to an acknowledged alert, by those who may, with every step in the audit."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Grants, Held
from cockpit.actions import alerts as actions
from cockpit.actions.action import Actor, Forbidden
from cockpit.server.alerting import evaluate
from data.areas.levels import end_of
from data.desk import clock
from data.desk.alerting import alerts
from data.desk.alerting.alerts import Observed
from data.desk.alerting.silences import Silence
from data.desk.auditing import audit
from data.editions.edition import current
from data.editions.scoped import EVERYTHING
from tests.cockpit.conftest import EVERYWHERE, session_of
from tests.cockpit.pages.conftest import Screen, drawn, words
from tests.factory import DISTRICT, TOWNS, VILLAGES


@pytest.fixture
def fired(screen: Screen) -> Iterator[dict[int, int]]:
    """Alerts of the district, a town and a village by area; over afterwards."""
    screen("alerts")
    desk, edition = visitors.desk(), current(settings.current().data)
    assert edition
    observed = [
        Observed("beyond_limit", area, "backlog", value=40, affected=40) for area in (DISTRICT, TOWNS[0], VILLAGES[0])
    ]
    alerts.settle(desk, "test", edition.as_of, observed, {})
    yield {alert.area: alert.id for alert in alerts.listing(desk, EVERYTHING)}
    alerts.settle(desk, "", edition.as_of, [], {})


NAME = f"leader-data_officer-{EVERYWHERE}"
"""Who is signed in."""


def silent(page: AppTest) -> list[str]:
    """The reasons in the table of silences."""
    return [row[3]["text"] for data in drawn(page, "table") for row in data["rows"] if len(row) == 5]


def pressed(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def test_the_list_shows_what_is_current_and_leads_to_its_card(screen: Screen, fired: dict[int, int]) -> None:
    (data,) = drawn(screen("alerts", lang="en"), "table")
    assert len(data["rows"]) == 3
    assert {f"alert={id}" for id in fired.values()} == {row[0]["href"].split("&")[-1] for row in data["rows"]}
    assert "3 to acknowledge" in words(screen("alerts", lang="en"))
    (town,) = drawn(screen("alerts", area=TOWNS[0]), "table")
    assert len(town["rows"]) == 2, "its own and its village's"


def test_acknowledging_and_calling_false_are_audited_and_shown(screen: Screen, fired: dict[int, int]) -> None:
    page = screen("alerts", alert=fired[DISTRICT], lang="en")
    page = pressed(page, "Acknowledge")
    assert "The alert is acknowledged." in words(page)
    assert "Acknowledge" not in [button.label for button in page.button]
    page.text_input[0].set_value("")
    page = pressed(page, "False alarm")
    assert "say in a note why this is a false alarm" in words(page)
    page.text_input[0].set_value("重复导入")
    page = pressed(page, "False alarm")
    assert "The alert is called false." in words(page)
    assert [cell["text"] for row in drawn(page, "table")[-1]["rows"] for cell in row[1:]] == [
        "Fired", "the system", "", "Acknowledged", NAME, "", "False alarm", NAME, "重复导入",
    ]  # fmt: skip
    log = [str(row["what"]) for row in audit.entries(visitors.desk())]
    assert any("acknowledged" in what for what in log)
    assert any("called false: 重复导入" in what for what in log)


def test_alert_is_hidden_without_view_right_and_has_no_button_without_act_right(
    screen: Screen, fired: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = settings.current().desk_url
    monkeypatch.setattr(guard, "token", lambda: session_of(url, ("cadre",), VILLAGES[0]))
    for id in (fired[DISTRICT], fired[TOWNS[0]], 10**8):
        page = screen("alerts", alert=id, lang="en")
        assert "There is no alert of this number that you may see." in words(page)
    own = screen("alerts", alert=fired[VILLAGES[0]], lang="en")
    assert "Acknowledge" in [button.label for button in own.button]
    monkeypatch.setattr(guard, "token", lambda: session_of(url, ("inspector",), DISTRICT))
    assert [button.label for button in screen("alerts", alert=fired[DISTRICT], lang="en").button] == []


@pytest.mark.parametrize("role", ["leader", "official", "cadre", "inspector", "data_officer"])
@pytest.mark.parametrize("granted", [DISTRICT, TOWNS[0], TOWNS[1], VILLAGES[0]])
def test_actions_take_the_right_where_the_alert_is(fired: dict[int, int], role: str, granted: int) -> None:
    actor = Actor.holding("li", Grants((Held(role, granted, end_of(granted)),)))
    for area, id in fired.items():
        within = granted <= area and end_of(area) <= end_of(granted)
        if within and role in ("leader", "official", "cadre"):
            assert actions.acknowledge(visitors.desk(), actor, id).state == "acknowledged"
        else:
            with pytest.raises(Forbidden):
                actions.acknowledge(visitors.desk(), actor, id)
            with pytest.raises(Forbidden):
                actions.false_alarm(visitors.desk(), actor, id, "误报")
        one = Silence("", area, end_of(area), "割接", clock.now() + timedelta(days=1), "li")
        if not (within and role == "leader"):
            with pytest.raises(Forbidden):
                actions.silence(visitors.desk(), actor, one)


def test_a_silence_is_made_shown_and_ended(screen: Screen) -> None:
    page = screen("alerts", area=TOWNS[0], lang="en")
    page.text_input[0].set_value("系统割接")
    page = pressed(page, next(b.label for b in page.button if b.label.startswith("Silence in")))
    assert silent(page) == ["系统割接"]
    assert silent(screen("alerts", lang="en")) == ["系统割接"], (
        "who looks at the district sees what is silent in a town"
    )
    assert silent(screen("alerts", area=TOWNS[1], lang="en")) == []
    page = pressed(screen("alerts", lang="en"), "End the silence")
    assert silent(page) == []


def test_a_turn_evaluates_the_current_edition_once(screen: Screen) -> None:
    screen("alerts")
    config, desk = settings.current(), visitors.desk()
    evaluate(config, desk)
    edition = current(config.data)
    assert edition
    assert alerts.last_edition(desk) == edition.id
    before = alerts.listing(desk, EVERYTHING)
    assert evaluate(config, desk) == alerts.Outcome()
    assert alerts.listing(desk, EVERYTHING) == before
    assert before, "the district of the tests has something to alert to"
