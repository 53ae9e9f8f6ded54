"""Known events: kept once, in both languages, in one line."""

from datetime import date

import pytest

from data.desk import events
from data.desk.errors import Refused
from data.desk.events import Event
from data.desk.store import Desk

DAY = date(2026, 11, 9)


def test_events_are_listed_newest_first_and_can_be_removed(desk: Desk) -> None:
    first = events.add(desk, Event(DAY, " 台风过境 ", "Typhoon"))
    second = events.add(desk, Event(date(2026, 11, 12), "新规施行", "New rules", 990101001000))
    assert events.listing(desk) == (
        Event(date(2026, 11, 12), "新规施行", "New rules", 990101001000, second),
        Event(DAY, "台风过境", "Typhoon", None, first),
    )
    events.remove(desk, first)
    assert [event.id for event in events.listing(desk)] == [second]
    with pytest.raises(Refused):
        events.remove(desk, first)


@pytest.mark.parametrize(
    ("zh", "en"), [("", "x"), ("风", " "), ("风" * 41, "x"), ("风", "x\ny"), ("风\u2028雨", "x"), ("风", "\x00")]
)
def test_words_that_no_chart_can_show_are_refused(desk: Desk, zh: str, en: str) -> None:
    with pytest.raises(Refused):
        events.add(desk, Event(DAY, zh, en))
    assert events.listing(desk) == ()


def test_an_event_is_kept_once(desk: Desk) -> None:
    events.add(desk, Event(DAY, "台风过境", "Typhoon"))
    with pytest.raises(Refused):
        events.add(desk, Event(DAY, "台风过境", "Typhoon"))
    events.add(desk, Event(DAY, "台风过境", "Typhoon", 990101001000))
