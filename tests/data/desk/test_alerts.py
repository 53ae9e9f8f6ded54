"""Alerts at the desk: fired once, over after a while, changed by one person at a time; their events only grow."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Observed, What
from data.desk.alerting.silences import Silence
from data.desk.errors import Refused
from data.desk.store import Desk, open_desk
from data.editions.scoped import EVERYTHING

NOON = datetime(2026, 11, 20, 12)
HOUR = timedelta(hours=1)
TOWN, VILLAGE, ELSEWHERE = 990101001000, 990101001201, 990101002000
CLEAR = {"beyond_limit": 24.0}


def backlog(area: int = TOWN, value: float = 120.0, hours: float = 24.0) -> Observed:
    return Observed(
        "beyond_limit", area, "backlog", value=value, affected=int(value), severity=9.0, acknowledge_hours=hours
    )


def settle(desk: Desk, hours: float, *observed: Observed) -> alerts.Outcome:
    """The turn of an edition so many hours after noon."""
    at = NOON + hours * HOUR
    return alerts.settle(desk, f"edition-{hours}", at, observed, CLEAR, now=at)


def current(desk: Desk) -> list[alerts.Alert]:
    return alerts.listing(desk, EVERYTHING)


def events(desk: Desk, id: int = 1) -> list[What]:
    return [event.what for event in alerts.history(desk, [id])[id]]


def test_continuing_condition_fires_once_with_its_newest_value(desk: Desk) -> None:
    assert settle(desk, 0, backlog()).fired == (1,)
    assert settle(desk, 1, backlog(value=130)) == alerts.Outcome()
    (alert,) = current(desk)
    assert (alert.value, alert.affected, alert.first_at, alert.last_at) == (130, 130, NOON, NOON + HOUR)
    assert events(desk) == ["fired"]


def test_an_edition_is_evaluated_once(desk: Desk) -> None:
    settle(desk, 0, backlog())
    assert alerts.last_edition(desk) == "edition-0"
    assert settle(desk, 0) == alerts.Outcome()
    assert len(current(desk)) == 1


def test_flapping_condition_stays_one_alert_until_cleared(desk: Desk) -> None:
    for hours, observed in ((0, [backlog()]), (5, []), (20, [backlog()]), (30, []), (53, [])):
        assert settle(desk, hours, *observed).resolved == ()
    assert settle(desk, 54).resolved == (1,)
    assert current(desk) == []
    (past,) = alerts.listing(desk, EVERYTHING, over=True)
    assert past.state == "resolved"
    assert settle(desk, 60, backlog()).fired == (2,), "a new alert, not the old one again"
    assert events(desk, 1) == ["fired", "resolved"]


def test_alerts_of_a_rule_that_is_gone_are_over_at_once(desk: Desk) -> None:
    settle(desk, 0, backlog())
    assert alerts.settle(desk, "later", NOON + HOUR, [], {}, now=NOON + HOUR).resolved == (1,)


def test_a_false_alarm_needs_a_reason_and_does_not_fire_again_while_it_lasts(desk: Desk) -> None:
    settle(desk, 0, backlog())
    with pytest.raises(Refused, match="say in a note why"):
        alerts.record(desk, 1, "false_alarm", "wang", "  ")
    assert alerts.record(desk, 1, "false_alarm", "wang", "数据重复").state == "false_alarm"
    assert settle(desk, 1, backlog()).fired == ()
    settle(desk, 2)
    assert settle(desk, 30).resolved == (1,)
    (past,) = alerts.listing(desk, EVERYTHING, over=True)
    assert past.state == "false_alarm", "what was called false is not counted as solved"
    assert settle(desk, 31, backlog()).fired == (2,)


def test_unacknowledged_alert_escalates_once(desk: Desk) -> None:
    settle(desk, 0, backlog(hours=4), backlog(ELSEWHERE, hours=4), backlog(VILLAGE, hours=0))
    alerts.record(desk, 2, "acknowledged", "li", now=NOON + HOUR)
    assert not alerts.is_late(desk, now=NOON + 3 * HOUR)
    assert alerts.is_late(desk, now=NOON + 4 * HOUR)
    assert alerts.escalate(desk, now=NOON + 4 * HOUR).escalated == (1,)
    assert alerts.escalate(desk, now=NOON + 9 * HOUR).escalated == ()
    assert events(desk, 1) == ["fired", "escalated"]
    assert alerts.record(desk, 1, "acknowledged", "wang").escalated, "how late it was stays known"


def test_second_click_and_finished_alert_change_nothing(desk: Desk) -> None:
    settle(desk, 0, backlog())
    alerts.record(desk, 1, "acknowledged", "li")
    alerts.record(desk, 1, "acknowledged", "wang")
    assert events(desk) == ["fired", "acknowledged"]
    settle(desk, 1)
    settle(desk, 30)
    with pytest.raises(Refused, match="changed meanwhile"):
        alerts.record(desk, 1, "false_alarm", "li", "误报")
    with pytest.raises(Refused, match="there is no alert 7"):
        alerts.record(desk, 7, "acknowledged", "li")


def test_concurrent_decisions_on_an_alert_succeed_once(desk: Desk) -> None:
    settle(desk, 0, backlog())

    def decide(i: int) -> str:
        what: What = "false_alarm" if i % 2 else "ordered"
        try:
            alerts.record(desk, 1, what, f"user{i}", "理由")
        except Refused:
            return ""
        return what

    with ThreadPoolExecutor(6) as pool:
        done = [what for what in pool.map(decide, range(6)) if what]
    assert len(set(done)) == 1
    assert len(events(desk)) == 2


def test_scopes_hold(desk: Desk) -> None:
    settle(desk, 0, backlog(TOWN), backlog(VILLAGE), backlog(ELSEWHERE))
    town = ((TOWN, TOWN + 1000),)
    assert {alert.area for alert in alerts.listing(desk, town)} == {TOWN, VILLAGE}
    assert alerts.count_firing(desk, town) == 2
    assert alerts.listing(desk, ()) == []
    assert alerts.count_firing(desk, ()) == 0


def test_silenced_alert_fires_when_the_silence_ends(desk: Desk) -> None:
    one = Silence("beyond_limit", TOWN, TOWN + 1000, "系统割接", NOON + 48 * HOUR, "wang")
    id = silences.add(desk, one, now=NOON)
    assert settle(desk, 1, backlog(TOWN), backlog(VILLAGE), backlog(ELSEWHERE)).fired == (1,)
    assert [alert.area for alert in current(desk)] == [ELSEWHERE]
    assert [silence.reason for silence in silences.listing(desk, now=NOON + HOUR)] == ["系统割接"]
    silences.end(desk, id, now=NOON + 2 * HOUR)
    with pytest.raises(Refused, match="no silence"):
        silences.end(desk, id, now=NOON + 2 * HOUR)  # another has ended it
    assert silences.listing(desk, now=NOON + 2 * HOUR) == []
    assert len(settle(desk, 3, backlog(TOWN), backlog(VILLAGE), backlog(ELSEWHERE)).fired) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reason": " "}, "say why"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"until": NOON}, "31 days"),
        ({"until": NOON + timedelta(days=32)}, "31 days"),
    ],
)
def test_a_silence_has_a_reason_and_an_end(desk: Desk, changes: dict, why: str) -> None:
    fields = {"reason": "系统割接", "until": NOON + HOUR} | changes
    with pytest.raises(Refused, match=why):
        silences.add(desk, Silence("", TOWN, TOWN + 1000, who="wang", **fields), now=NOON)
    with pytest.raises(Refused, match="there is no silence 3"):
        silences.end(desk, 3)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edition"), st.lists(st.sampled_from([TOWN, VILLAGE, ELSEWHERE]), unique=True)),
        st.tuples(st.sampled_from(["acknowledged", "false_alarm", "ordered"]), st.integers(1, 4)),
        st.tuples(st.just("escalate"), st.just(0)),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=30, deadline=None)
def test_on_every_path_a_subject_has_one_current_alert_and_events_explain_its_state(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple]
) -> None:
    desk = open_desk(f"sqlite:///{tmp_path_factory.mktemp('alerts') / 'desk.sqlite'}")
    longest: dict[int, int] = {}
    for hours, (what, argument) in enumerate(steps):
        now = NOON + 10 * hours * HOUR
        if what == "edition":
            alerts.settle(desk, str(hours), now, [backlog(area) for area in argument], CLEAR, now=now)
            assert set(argument) <= {alert.area for alert in current(desk)}
        elif what == "escalate":
            alerts.escalate(desk, now=now)
        else:
            with suppress(Refused):
                alerts.record(desk, argument, what, "wang", "理由", now=now)
        every = [*current(desk), *alerts.listing(desk, EVERYTHING, over=True)]
        assert len({alert.area for alert in every if alert.over_at is None}) == sum(a.over_at is None for a in every)
        for alert in every:
            log = events(desk, alert.id)
            assert log[0] == "fired"
            assert len(log) >= longest.get(alert.id, 0)
            longest[alert.id] = len(log)
            assert (log[-1] == "resolved") is (alert.over_at is not None)
            by_hand = [what for what in log if what in alerts.BY_HAND]
            expected = by_hand[-1] if by_hand else "firing"
            resolved = alert.over_at is not None and expected != "false_alarm"
            assert alert.state == ("resolved" if resolved else expected)
            assert ("escalated" in log) is alert.escalated
    desk.close()


def test_a_rule_with_a_duration_fires_once_it_was_true_for_so_long_on_end(desk: Desk) -> None:
    start, held = datetime(2026, 11, 22, 8), Observed("slow", 990101001000, "backlog", hold_hours=24)
    other = Observed("fast", 990101001000, "backlog")

    def settled(hours: float, *observed: Observed) -> list[str]:
        at = start + timedelta(hours=hours)
        outcome = alerts.settle(desk, f"e{hours}", at, observed, {"slow": 0.0, "fast": 0.0}, now=at)
        return [one.rule for one in alerts.of_ids(desk, outcome.fired)]

    assert settled(0, held, other) == ["fast"]
    assert settled(12, held, other) == []
    assert settled(20, other) == [], "it was not true: it begins again"
    assert settled(30, held) == []
    assert alerts.settle_rules(desk, start, [], {"fast": 0.0}, now=start).fired == ()
    assert settled(54, held) == ["slow"], "the clock of other rules does not interrupt it"
    assert settled(60, held) == []
    assert settled(61) == []
    assert settled(62, held) == [], "it is over: the next time it has to last again"
