"""The notifications of the visitor: the bell, the list, opening one, and that others do not see it."""

import pytest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access import notifications as counts
from data.desk.auditing import audit
from data.desk.notifications import store
from data.desk.notifications.store import Notice
from data.messages import Message, Name
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, parameters, words
from tests.factory import TOWNS

STEP = Message(
    "notification.step", "{kind} {number}, {area}: {step}", kind=Name("item_kind", "order", "督办", "Order"),
    number="DB20261120-1", area=Name("area", "1", "<b>新河村</b>", "<b>Xinhe</b>"),
    step=Name("transition", "issue", "签发", "Issue"),
)  # fmt: skip


def notified(screen: Screen, key: str) -> tuple[int, int]:
    """A new notification of the visitor of `screen`: account and id."""
    screen("notifications")
    account = visitors.known.of(guard.token())
    assert account
    id = account.session.account_id
    store.mark_read(visitors.desk(), id)
    (added,) = store.add(visitors.desk(), [Notice(id, key, "item", STEP, "/item?item=DB20261120-1", "red")]).values()
    counts.forget(id)
    return id, added


def test_an_unread_notification_is_counted_at_the_bell_and_listed(screen: Screen) -> None:
    notified(screen, "item/a/1")
    page = screen("notifications", lang="en")
    (header,) = drawn(page, "header")
    assert (header["bell"]["count"], header["bell"]["said"]) == (1, "1 unread notification")
    (table,) = drawn(page, "table")
    cell = table["rows"][0][0]
    assert (cell["text"], cell["state"], cell["note"]) == ("Order DB20261120-1, <b>Xinhe</b>: Issue", "red", "unread")
    (chinese,) = drawn(screen("notifications", show="unread"), "table")
    assert chinese["rows"][0][0]["text"] == "督办 DB20261120-1（<b>新河村</b>）：签发"


def test_opening_a_notification_marks_it_as_read_without_audit(screen: Screen) -> None:
    account, id = notified(screen, "item/b/1")
    before = len(audit.entries(visitors.desk(), limit=10_000))
    page = screen("notifications", lang="en", open=str(id))
    assert store.find(visitors.desk(), account, id).is_read  # type: ignore[union-attr]
    (header,) = drawn(page, "header")
    assert header["bell"]["count"] == 0
    (table,) = drawn(page, "table")
    assert parameters(table["rows"][0][0]["href"])["item"] == "DB20261120-1"
    assert len(audit.entries(visitors.desk(), limit=10_000)) == before


def test_all_are_marked_as_read_at_once(screen: Screen) -> None:
    account, _id = notified(screen, "item/c/1")
    page = screen("notifications", lang="en")
    next(button for button in page.button if button.label == "Mark all as read").click().run()
    assert store.count_unread(visitors.desk(), account) == 0
    assert "There are no notifications here." in words(screen("notifications", lang="en", show="unread"))


def test_others_neither_see_it_nor_mark_it(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    account, id = notified(screen, "item/d/1")
    other = session_of(settings.current().desk_url, ("official",), TOWNS[1])
    monkeypatch.setattr(guard, "token", lambda: other)
    page = screen("notifications", lang="en", open=str(id))
    assert "DB20261120-1" not in words(page)
    assert not store.find(visitors.desk(), account, id).is_read  # type: ignore[union-attr]
