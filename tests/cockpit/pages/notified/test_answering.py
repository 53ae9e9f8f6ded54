"""Answering a case of another system on its page, and what was not sent on the page of the data officer."""

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit.access import visitors
from data.desk.notifications import answers, dispatches
from data.messages import Message
from tests.cockpit.pages.conftest import Screen, drawn, words

FILE = 'sources: {hotline: {url: "https://hotline.example/cases", secret: "${secret:hotline}", steps: [reply]}}\n'


@pytest.fixture(autouse=True)
def _outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "outbox.yaml"
    file.write_text(FILE, "utf-8")
    monkeypatch.setenv("COCKPIT_OUTBOX", str(file))


def pressed(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def test_a_reply_is_shown_at_once_as_not_sent_yet_and_then_as_not_confirmed(screen: Screen) -> None:
    page = screen("case", lang="en", source="hotline", key="H003")
    assert "say in a few words" in words(pressed(page, "Reply"))
    page.text_area[0].set_value("<b>已修好</b>")
    pressed(page, "Reply")
    (answer,) = answers.of_case(visitors.desk(), "hotline", "H003")
    assert answer.text == "<b>已修好</b>"
    (shown,) = [r for r in drawn(page, "record") if any(item["label"] == "Reply" for item in r["items"])]
    assert shown["items"][0]["text"] == "not sent yet"
    (sending,) = dispatches.listing(visitors.desk(), "waiting")
    dispatches.sent(visitors.desk(), [sending.id])
    again = drawn(screen("case", lang="en", source="hotline", key="H003"), "record")
    assert "sent, not yet confirmed" in str(again)


def test_the_data_page_lists_what_was_not_sent_and_sends_it_again(screen: Screen) -> None:
    screen("inbox")
    desk = visitors.desk()
    event = {"event": {"data": {"key": "H777"}}}
    dispatches.put(desk, [dispatches.New("dead one", "outbox/hotline", event)])
    (one,) = [one for one in dispatches.listing(desk, "waiting") if one.key == "dead one"]
    for _try in range(dispatches.MOST_TRIES):
        dispatches.failed(desk, [one.id], Message("http.refused", "the receiver refused the message: {why}", why="500"))
    page = screen("data", lang="en")
    (table,) = [t for t in drawn(page, "table") if t["columns"][0]["text"] == "Number"]
    assert [cell["text"] for cell in table["rows"][0][:4]] == [
        "H777", "outbox/hotline", "given up", "the receiver refused the message: 500",
    ]  # fmt: skip
    pressed(page, "Send again")
    dispatch = dispatches.find(desk, one.id)
    assert dispatch
    assert (dispatch.state, dispatch.tries) == ("waiting", 0)
    assert dispatch.due_at - dispatch.made_at < timedelta(hours=1)
    dispatches.discard(desk, [one.id])


def test_a_reply_is_not_lost_where_others_have_answered_first(screen: Screen) -> None:
    page = screen("case", source="hotline", key="H006")
    page.text_area[0].set_value("已派人修理")
    other = screen("case", source="hotline", key="H006")
    other.text_area[0].set_value("已修好")
    pressed(other, "回复")
    assert "已被他人处理" not in words(other)
    pressed(page, "回复")
    assert "此项已被他人处理，请重新查看" in words(page)
    assert "您填写的内容：已派人修理" in words(page)
    (answer,) = answers.of_case(visitors.desk(), "hotline", "H006")
    assert answer.text == "已修好"
