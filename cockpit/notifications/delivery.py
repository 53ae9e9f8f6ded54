"""Send queued messages by their channels. One thread a channel, so that a slow one delays no other."""

import logging
import smtplib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cockpit.i18n import using
from cockpit.labels.wording import worded
from cockpit.notifications import channels, formats, mail, outbox
from cockpit.notifications.channels import Channel, Channels, Endpoint, Reachable
from cockpit.notifications.formats import Request
from cockpit.notifications.http import NotSent, post
from cockpit.settings import Settings
from data.desk.errors import DeskError
from data.desk.notifications import dispatches
from data.desk.notifications.dispatches import Dispatch
from data.desk.store import Desk
from data.errors import DataError, Problem
from data.messages import Message, plain, restored
from data.system_errors import line_of, of_os

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Channels that send at the same time."""
MOST_A_TURN = 50
"""Messages of a channel in one turn."""
WAIT_SECONDS = {"wecom": 3.0, "dingtalk": 3.0, "feishu": 0.6}
"""Between two messages to a robot: 企业微信 and 钉钉 take 20 a minute, 飞书 100."""
Send = Callable[[Sequence[Dispatch]], None]


def deliver(desk: Desk, config: Settings) -> int:
    """Send what is due. Returns how many attempts there were."""
    senders = senders_of(desk, config)
    due = dispatches.is_due(desk, list(senders))
    if not due:
        return 0
    with ThreadPoolExecutor(min(AT_ONCE, len(due))) as pool:
        return sum(pool.map(lambda id: turn(desk, id, *senders[id]), due))


def senders_of(desk: Desk, config: Settings) -> dict[str, tuple[Send, bool, float]]:
    """By channel: how it sends, whether it joins messages, and the seconds between two of them."""
    configured, systems = channels.usable(config), outbox.usable(config)
    answers: dict[str, tuple[Send, bool, float]] = {
        outbox.PREFIX + source: (partial(_answer, config, systems, receiver), False, 0.0)
        for source, receiver in systems.sources.items()
    }
    return answers | {
        channel.id: (
            _sender(desk, config, configured, channel), channel.kind != "webhook", WAIT_SECONDS.get(channel.kind, 0.0),
        )
        for channel in configured.channels
    }  # fmt: skip


def turn(desk: Desk, channel: str, send: Send, together: bool, wait: float) -> int:
    """Send the due messages of one channel, one batch after the other. Returns the number of attempts."""
    for count in range(MOST_A_TURN):
        claimed = dispatches.claim(desk, channel, together=together)
        if not claimed:
            return count
        ids = [one.id for one in claimed]
        try:
            send(claimed)
        except DeskError:
            raise
        except (DataError, OSError, smtplib.SMTPException) as error:
            log.warning("channel %s: %s", channel, error)
            dispatches.failed(desk, ids, _why(error))
        else:
            dispatches.sent(desk, ids)
        time.sleep(wait)
    return MOST_A_TURN


def post_event(
    config: Settings, reachable: Reachable, endpoint: Endpoint, id: str, event: Mapping[str, object]
) -> None:
    """Post a signed webhook. Raises NotSent."""
    url, secret = config.filled(endpoint.url), config.filled(endpoint.secret)
    _post(reachable, "webhook", formats.webhook(url, secret, id, dict(event), time.time()))


def _sender(desk: Desk, config: Settings, configured: Channels, channel: Channel) -> Send:
    if channel.kind == "mail":
        return partial(mail.send, desk, config, configured)
    return partial(_to_group, config, configured, channel)


def _to_group(config: Settings, configured: Channels, channel: Channel, messages: Sequence[Dispatch]) -> None:
    assert channel.endpoint, "only a mail channel has none"
    if channel.kind == "webhook":
        for one in messages:
            post_event(config, configured, channel.endpoint, one.key, _event(configured, one))
        return
    lines = [line(config, configured, one) for one in messages]
    url, secret = config.filled(channel.endpoint.url), config.filled(channel.endpoint.secret)
    _post(configured, channel.kind, formats.robot(channel.kind, url, secret, lines, time.time()))


def _answer(config: Settings, systems: Reachable, receiver: Endpoint, messages: Sequence[Dispatch]) -> None:
    for one in messages:
        post_event(config, systems, receiver, one.key, one.content["event"])


def _post(reachable: Reachable, kind: str, request: Request) -> None:
    answer = post(request.url, request.body, request.headers, reachable.allowance, reachable.authorities)
    if why := formats.fault(kind, answer):
        raise NotSent("http.refused", "the receiver refused the message: {why}", why=why)


def line(config: Settings, configured: Channels, one: Dispatch) -> str:
    """A message in one line, with the address of its screen."""
    with using(config.language):
        text = worded(restored(one.content["message"]))
    return f"{' '.join(text.split())} {configured.link(one.content['link'])}".rstrip()


def _event(configured: Channels, one: Dispatch) -> dict[str, object]:
    message = restored(one.content["message"])
    texts = {}
    for language in ("zh", "en"):
        with using(language):
            texts[language] = worded(message)
    data = {"kind": one.content["kind"], "area": one.content["area"], "severity": one.content["severity"]}
    return {
        "type": f"notification.{one.content['kind']}",
        "timestamp": f"{one.made_at.isoformat(timespec='seconds')}Z",
        "data": {**data, "text": texts, "message": plain(message), "link": configured.link(one.content["link"])},
    }


def _why(error: Problem | OSError | smtplib.SMTPException) -> Message:
    if isinstance(error, Problem):
        return error.message
    known = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    why = of_os(error) if known else line_of(error)[:300]
    return Message("report.not_sent", "the mail was not sent: {why}", why=why)
