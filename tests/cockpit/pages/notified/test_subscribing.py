"""The button that subscribes to a metric of an area, and ends it."""

import html
import re

import pytest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.screens.notified import subscribing
from cockpit.workflows.desk_source import rules
from data.desk import clock
from data.desk.auditing import audit
from data.desk.items import store
from data.desk.items.store import Beginning
from data.desk.notifications import subscriptions
from metrics.catalog import load
from tests.cockpit.pages.conftest import Screen, parameters, words, words_raw
from tests.factory import DISTRICT, VILLAGES


def test_one_subscribes_on_the_page_of_a_number_and_ends_it_there(screen: Screen) -> None:
    page = screen("passport", lang="en", metric="backlog", area=str(DISTRICT))
    next(button for button in page.button if button.label == "Notify me when this turns red").click().run()
    assert "You are notified in the cockpit." in words(page)
    visitor = visitors.known.of(guard.token())
    assert visitor
    (one,) = subscriptions.of_account(visitors.desk(), visitor.session.account_id)
    assert (one.metric, one.area) == ("backlog", DISTRICT)
    assert audit.entries(visitors.desk(), limit=1)[0]["what"] == f"subscribe to backlog of {DISTRICT}"
    next(button for button in page.button if button.label == "Notify me no more").click().run()
    assert subscriptions.of_account(visitors.desk(), visitor.session.account_id) == []


def test_who_gets_mails_chooses_the_channel_of_each_subscription(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribing, "_gets_mail", lambda: True)
    page = screen("passport", lang="en", metric="on_time_rate", area=str(DISTRICT))
    for label, by_mail in (
        ("Notify me when this turns red, also by mail", True), ("Without mail", False), ("Also by mail", True),
    ):  # fmt: skip
        next(button for button in page.button if button.label == label).click().run()
        (one,) = subscriptions.of_account(visitors.desk(), account())
        assert one.by_mail is by_mail
    next(button for button in page.button if button.label == "Notify me no more").click().run()
    assert subscriptions.of_account(visitors.desk(), account()) == []


def account() -> int:
    visitor = visitors.known.of(guard.token())
    assert visitor
    return visitor.session.account_id


def test_one_subscribes_to_an_item_on_its_card(screen: Screen) -> None:
    screen("inbox")
    known = rules(settings.current())
    beginning = Beginning("order", "路灯", VILLAGES[0], {"matter": "修好"})
    item = store.start(visitors.desk(), known, beginning, key=f"{clock.now()}", actor="li").item
    page = screen("item", lang="en", item=item.number)
    next(button for button in page.button if button.label == "Notify me of this item").click().run()
    assert subscriptions.watchers(visitors.desk(), [item.id]) == {item.id: {account(): False}}
    assert [one.number for one, _mail in subscriptions.watched(visitors.desk(), account())] == [item.number]
    next(button for button in page.button if button.label == "Notify me no more").click().run()
    assert subscriptions.watchers(visitors.desk(), [item.id]) == {}


def test_the_menu_of_a_panel_leads_to_the_subscription_of_its_metric(screen: Screen) -> None:
    page = screen("cockpit", lang="en", area=str(DISTRICT))
    addresses = re.findall(r'data-notify="([^"]+)"', words_raw(page))
    assert addresses
    for address in addresses:
        given = parameters(html.unescape(address))
        assert load().metrics[given["metric"]].thresholds


def test_a_metric_without_limits_offers_no_subscription(screen: Screen) -> None:
    metric = next(id for id, metric in load().metrics.items() if metric.thresholds is None)
    page = screen("passport", lang="en", metric=metric, area=str(DISTRICT))
    assert not any("Notify" in button.label for button in page.button)
