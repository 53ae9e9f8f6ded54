"""Known events on the data page and as marks on trends."""

from collections.abc import Iterator
from datetime import date

import pytest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.panels import events as marks
from data.desk import events
from data.desk.auditing import audit
from data.desk.events import Event
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, words
from tests.cockpit.pages.test_compare import chart
from tests.factory import TOWNS

AREAS = ",".join(map(str, TOWNS))


@pytest.fixture
def kept(screen: Screen) -> Iterator[None]:
    """Events of everywhere, of one town, and of a month that no trend shows; none afterwards."""
    screen("data")
    desk = visitors.desk()
    for event in (
        Event(date(2026, 11, 9), "台风<b>", "Typhoon"),
        Event(date(2026, 11, 10), "改造", "Works", TOWNS[0]),
        Event(date(2020, 1, 1), "旧事", "Past"),
    ):
        events.add(desk, event)
    marks._stored.cache_clear()
    yield
    for event in events.listing(desk):
        events.remove(desk, event.id)
    marks._stored.cache_clear()


@pytest.mark.usefixtures("kept")
def test_a_trend_is_marked_with_what_concerns_its_area(screen: Screen) -> None:
    def marked(area: int) -> list[str]:
        (data,) = drawn(screen("cockpit", area=area, metric="intake"), "linechart")
        for mark in data["events"]:
            assert any(point["x"] == mark["at"] and mark["text"] in point["text"] for point in data["points"])
        return [mark["text"] for mark in data["events"]]

    assert marked(TOWNS[0]) == ["台风<b>", "改造"]
    assert marked(TOWNS[1]) == ["台风<b>"]


@pytest.mark.usefixtures("kept")
def test_the_comparison_is_marked_as_plain_text(screen: Screen) -> None:
    layout = chart(screen("compare", areas=AREAS, metric="intake"))["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["台风&lt;b&gt;", "改造"]
    assert len(layout["shapes"]) == 2


@pytest.mark.usefixtures("kept")
def test_the_data_officer_adds_and_removes_events_and_it_is_audited(screen: Screen) -> None:
    page = screen("data")
    page.date_input[0].set_value(date(2026, 11, 12))
    chinese, english = page.text_input[0], page.text_input[1]
    chinese.set_value("新规施行")
    english.set_value("New rules")
    page.button[0].click().run()
    assert "事件已登记" in words(page)
    (newest, *_rest) = events.listing(visitors.desk())
    assert (newest.day, newest.zh, newest.en, newest.area) == (date(2026, 11, 12), "新规施行", "New rules", None)
    page.selectbox[1].set_value(newest.id)
    page.button[1].click().run()
    assert "事件已删除" in words(page)
    assert newest not in events.listing(visitors.desk())
    assert any("新规施行" in str(row["what"]) for row in audit.entries(visitors.desk()))


@pytest.mark.usefixtures("kept")
def test_events_have_no_forms_without_the_right(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, ("inspector",)))
    page = screen("data")
    assert "台风" in str([table["rows"] for table in drawn(page, "table")])
    assert not page.text_input
