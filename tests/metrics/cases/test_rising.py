"""Topics and places whose intake rose against their usual."""

from datetime import date, datetime, timedelta

from data.home import Home
from metrics.cases.rising import LEAST, rising, window
from metrics.period import Period
from tests.asking import count_rows, query_of
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
YESTERDAY = datetime(2026, 11, 21, 12)


def cases(category: str, area: int, *a_week: int) -> list[dict[str, object]]:
    """As many cases in the last whole week, in the one before, and so on."""
    return [
        {"key": f"{category}-{area}-{week}-{n}", "area": area, "category": category, "subcategory": f"{category}甲",
         "registered_at": YESTERDAY - timedelta(days=7 * week)}
        for week, number in enumerate(a_week) for n in range(number)
    ]  # fmt: skip


def test_what_rose_most_comes_first_and_opens_its_rows(home: Home) -> None:
    steady = cases("噪声", VILLAGES[0], *[12] * 9)
    risen = cases("供暖", VILLAGES[2], 20, *[4] * 8)
    few = cases("路灯", VILLAGES[1], LEAST - 1, *[0] * 8)
    today = [{"key": "today", "area": VILLAGES[0], "category": "噪声", "registered_at": datetime(2026, 11, 22, 7)}]
    edition = edition_of(home, [*steady, *risen, *few, *today], AS_OF)
    query = query_of(edition, "intake", DISTRICT, MONTH)
    assert window(query) == Period(date(2026, 11, 15), date(2026, 11, 22))
    found = rising(query, ("category", "subcategory"), 8)
    assert {(rise.by, rise.group, rise.count, rise.usual) for rise in found} == {
        ("category", "供暖", 20, 4), ("subcategory", "供暖甲", 20, 4), ("town", str(TOWNS[1]), 20, 4),
    }  # fmt: skip
    for rise in found:
        assert rise.times == 5
        area, where = (int(rise.group), {}) if rise.by == "town" else (DISTRICT, {rise.by: rise.group})
        assert count_rows(edition, "intake", area, window(query), where=where) == rise.count
    assert len(rising(query, ("category", "subcategory"), 1)) == 1
    assert rising(query_of(edition, "intake", TOWNS[0], MONTH), ("category",), 8) == ()


def test_a_topic_never_seen_before_is_new(home: Home) -> None:
    edition = edition_of(home, [*cases("噪声", VILLAGES[0], *[12] * 9), *cases("停气", VILLAGES[0], 9)], AS_OF)
    rise, town = rising(query_of(edition, "intake", DISTRICT, MONTH), ("category",), 8)
    assert town.group == str(TOWNS[0])
    assert (rise.group, rise.count, rise.usual, rise.times) == ("停气", 9, 0, None)


def test_a_month_that_is_over_is_looked_at_to_its_end(home: Home) -> None:
    edition = edition_of(home, cases("噪声", VILLAGES[0], *[12] * 9), AS_OF)
    october = Period(date(2026, 10, 1), date(2026, 11, 1))
    assert window(query_of(edition, "intake", DISTRICT, october)) == Period(date(2026, 10, 25), date(2026, 11, 1))
