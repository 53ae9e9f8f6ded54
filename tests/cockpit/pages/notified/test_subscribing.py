"""The button that subscribes to a metric of an area, and ends it."""

from cockpit.access import guard, visitors
from data.desk.auditing import audit
from data.desk.notifications import subscriptions
from metrics.catalog import load
from tests.cockpit.pages.conftest import Screen, words
from tests.factory import DISTRICT


def test_one_subscribes_on_the_page_of_a_number_and_ends_it_there(screen: Screen) -> None:
    page = screen("passport", lang="en", metric="backlog", area=str(DISTRICT))
    next(button for button in page.button if button.label == "Notify me when this turns red").click().run()
    assert "You are notified when it turns red." in words(page)
    visitor = visitors.known.of(guard.token())
    assert visitor
    (one,) = subscriptions.of_account(visitors.desk(), visitor.session.account_id)
    assert (one.metric, one.area) == ("backlog", DISTRICT)
    assert audit.entries(visitors.desk(), limit=1)[0]["what"] == f"subscribe to backlog of {DISTRICT}"
    next(button for button in page.button if button.label == "Notify me no more").click().run()
    assert subscriptions.of_account(visitors.desk(), visitor.session.account_id) == []


def test_a_metric_without_limits_offers_no_subscription(screen: Screen) -> None:
    metric = next(id for id, metric in load().metrics.items() if metric.thresholds is None)
    page = screen("passport", lang="en", metric=metric, area=str(DISTRICT))
    assert not any("Notify" in button.label for button in page.button)
