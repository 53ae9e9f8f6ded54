"""Actions on alerts: acknowledge one, call it false, and keep alerts from firing for a while."""

from dataclasses import replace

from cockpit.access import alerts as counts
from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from data.areas.levels import end_of
from data.desk import typed
from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Alert
from data.desk.alerting.silences import Silence
from data.desk.errors import Refused
from data.desk.store import Desk

ACKNOWLEDGE = action("alerts.acknowledge", "act", Can.ALERT, "areas")
FALSE_ALARM = action("alerts.false_alarm", "act", Can.ALERT, "areas")
SILENCE = action("alerts.silence", "settings", Can.SILENCE, "areas")
END_SILENCE = action("alerts.end_silence", "settings", Can.SILENCE, "areas")


def acknowledge(desk: Desk, actor: Actor, id: int, note: str = "") -> Alert:
    """Say that somebody looks after an alert. Refused if it is over."""
    alert = _find(desk, id)
    with ACKNOWLEDGE.by(desk, actor, f"alert {id} {alert.rule} acknowledged", ((alert.area, end_of(alert.area)),)):
        done = alerts.record(desk, id, "acknowledged", actor.name, note)
    counts.forget()
    return done


def false_alarm(desk: Desk, actor: Actor, id: int, note: str) -> Alert:
    """Say that an alert is none, and why; it does not fire again before it was over once."""
    alert, note = _find(desk, id), typed.words(note)
    what = f"alert {id} {alert.rule} called false: {note}"
    with FALSE_ALARM.by(desk, actor, what, ((alert.area, end_of(alert.area)),)):
        done = alerts.record(desk, id, "false_alarm", actor.name, note)
    counts.forget()
    return done


def silence(desk: Desk, actor: Actor, one: Silence) -> int:
    """Keep alerts of a rule and of an area with all below it from firing. Returns the number of the silence."""
    one = replace(one, reason=typed.words(one.reason))
    what = (
        f"alerts {one.rule or 'of all rules'} of {one.first_code} silent until {one.until:%Y-%m-%d %H:%M}: {one.reason}"
    )
    with SILENCE.by(desk, actor, what, ((one.first_code, one.end_code),)):
        return silences.add(desk, one)


def end_silence(desk: Desk, actor: Actor, one: Silence) -> None:
    """End a silence early."""
    with END_SILENCE.by(desk, actor, f"silence {one.id} ended", ((one.first_code, one.end_code),)):
        silences.end(desk, one.id)


def _find(desk: Desk, id: int) -> Alert:
    alert = alerts.find(desk, id)
    if alert is None:
        raise Refused("alert.unknown", "there is no alert {id}", id=id)
    return alert
