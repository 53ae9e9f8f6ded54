"""The desk of the demo: assessments in every state, a limit that has ended, and an edit that was withdrawn."""

from datetime import date, datetime
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.commands import demo_desk
from data.demo import decisions, stories
from data.desk.assessing import assessments, schemes
from data.desk.register import edits, limits
from data.desk.store import open_desk
from data.editions.edition import current
from data.editions.files import pinned
from data.home import Home
from metrics.assessment.schemes import proposed
from metrics.catalog import load
from metrics.period import Period
from tests.cockpit.test_topics_filled import demo
from tests.desks import sqlite_tables
from tests.homes import Homes

NOW = datetime(2026, 11, 22)


def test_the_demo_has_assessments_limits_and_edits_once(homes: Homes, tmp_path: Path) -> None:
    home = Home(homes.copy(demo), memory="1GB")
    edition = current(home)
    assert edition is not None
    desk = open_desk(sqlite_tables(tmp_path / "desk.sqlite"), settings.load(home=home.root).custody)
    for _again in range(2):
        demo_desk.decide(desk, home, NOW.date(), NOW)
        demo_desk.assess(desk, home, edition, load(), NOW)
    drafted, opened, published = assessments.listing(desk)
    assert [one.state for one in (drafted, opened, published)] == ["draft", "open", "published"]
    assert published.end == opened.first
    assert drafted.end <= edition.as_of.date(), "a period is assessed when it is over"
    (waiting,) = schemes.listing(desk)
    assert waiting.state == "proposed"
    assert proposed(waiting.what, load())
    assert all(len(one.results) == 22 for one in (drafted, opened, published))
    assert [one.accepted for one in assessments.objections(desk, opened.id)] == [False, None]
    assert edition.id in pinned(home)
    approved = limits.approved(desk)
    assert [(limit.area, limit.valid_to) for limit in approved] == [
        (stories.SLOW_TOWN, date(2026, 1, 1)), (stories.DISTRICT, None),
    ]  # fmt: skip
    assert [row.state for row in limits.listing(desk)].count("proposed") == 1
    for source, key, field, *_ in decisions.EDITS:
        (edit,) = edits.listing(desk, source, key)
        assert (edit.field, edit.loaded is None) == (field, False)
    assert [edit.key for edit in edits.current(desk, home.zone)] == ["system-03"]
    desk.close()


@pytest.mark.parametrize("month", range(1, 13))
def test_quarters_follow_one_another(month: int) -> None:
    quarters = demo_desk.quarters(date(2026, month, 28), 5)
    assert [quarter.end for quarter in quarters[:-1]] == [quarter.start for quarter in quarters[1:]]
    assert quarters[-1].start <= date(2026, month, 28) < quarters[-1].end
    assert all(80 < quarter.days < 95 for quarter in quarters)
    assert demo_desk.quarters(date(2026, month, 28), 1) == [Period(quarters[-1].start, quarters[-1].end)]
