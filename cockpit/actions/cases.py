"""Actions on cases of other systems: answer one. The answer is sent to that system, which changes its case."""

from collections.abc import Mapping
from typing import Any

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from cockpit.notifications import outbox
from cockpit.settings import Settings
from data.areas.levels import end_of
from data.desk import clock, typed
from data.desk.errors import Refused
from data.desk.notifications import answers, dispatches
from data.desk.notifications.answers import Step
from data.desk.notifications.dispatches import Dispatch
from data.desk.store import Desk

ANSWER = action("cases.answer", "act", Can.ACT, "areas")
RETRY = action("messages.retry", "settings", Can.REJECTS, "everywhere")
DISCARD = action("messages.discard", "settings", Can.REJECTS, "everywhere")


def steps(config: Settings, case: Mapping[str, Any]) -> tuple[Step, ...]:
    """The answers that the system of a case takes now; none to a case that is closed."""
    receiver = outbox.usable(config).sources.get(case["source"])
    return receiver.steps if receiver and case["closed_at"] is None else ()


def answer(
    desk: Desk, actor: Actor, config: Settings, case: Mapping[str, Any], step: Step, text: str, *, key: str
) -> None:
    """Answer a case that the actor may see: store the answer and queue it for the case's system, in order.

    The same key again changes nothing. Refused for a step that the system does not take, or an unfit text.
    """
    source, number, area = str(case["source"]), str(case["key"]), int(case["area"])
    with ANSWER.by(desk, actor, f"{step} case {source}/{number}", ((area, end_of(area)),)):
        if step not in steps(config, case):
            raise Refused("answer.step", "the system of this case does not take this answer, or the case is closed")
        now, written = clock.now(), typed.words(text)
        new = answers.New(key, source, number, area, step, written, actor.name, int(case["batch"]))
        if not answers.add(desk, new, now=now):
            return
        data = {"source": source, "key": number, "text": written, "role": actor.role}
        event = {
            "type": outbox.TYPES[step],
            "timestamp": f"{now.isoformat(timespec='seconds')}Z",
            "data": data,
        }
        message = dispatches.New(key, outbox.PREFIX + source, {"event": event}, sequence=f"{source}/{number}")
        dispatches.put(desk, [message], now=now)


def retry(desk: Desk, actor: Actor, one: Dispatch) -> None:
    """Send a message again that was given up, or now instead of later."""
    with RETRY.by(desk, actor, f"send message {one.key} of {one.channel} again"):
        dispatches.retry(desk, one.id)


def discard(desk: Desk, actor: Actor, one: Dispatch) -> None:
    """Give up a message for good, so that later ones of its case are sent."""
    with DISCARD.by(desk, actor, f"discard message {one.key} of {one.channel}"):
        dispatches.give_up(desk, one.id)
