"""Bars by category, age and unit open what they counted."""

from cockpit.panels.kinds import breakdowns
from tests.cockpit.panels.conftest import See, counted
from tests.factory import TOWNS


def test_each_bar_opens_what_it_counted(see: See) -> None:
    view = see(area=TOWNS[1])
    bars = [
        *breakdowns.age_bars(view),
        *breakdowns.split_bars(view, "category"),
        *breakdowns.split_bars(view, "source"),
    ]
    opened = [bar for bar in bars if bar.href]
    assert sum(bar.value for bar in breakdowns.age_bars(view)) == 20
    assert opened
    assert [counted(view, bar.href) for bar in opened] == [bar.value for bar in opened]


def test_rate_bars_are_proportional_and_show_their_sample(see: See) -> None:
    view = see(metric="on_time_rate")
    bars = breakdowns.split_bars(view, "category")
    assert len(bars) == breakdowns.MOST_BARS + 4
    opened = [bar for bar in bars if bar.href]
    assert [f"样本 {counted(view, bar.href)}" for bar in opened] == [bar.note.split("，")[0] for bar in opened]
    assert [f"{bar.value:.1f} %" for bar in opened] == [bar.text for bar in opened]


def test_each_unit_opens_its_rows(see: See) -> None:
    view = see(metric="closed")
    rows = breakdowns.split_rows(view, "department")
    assert {row.name for row in rows} == {"城管", "住建"}
    assert [f"{counted(view, row.rows)} 件" for row in rows] == [row.value for row in rows]
