"""Notifications reach channels of each kind, signed, once; what fails is retried; addresses are restricted."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from cockpit.errors import UsageError
from cockpit.notifications import channels, delivery, formats, http
from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.http import NotSent
from cockpit.settings import Settings
from data import vault
from data.desk import clock
from data.desk.notifications import dispatches
from data.desk.notifications.dispatches import LEASE, MOST_TRIES, New
from data.desk.notifications.models import Dispatch
from data.desk.store import Desk
from data.messages import Message, Name
from data.probe.network.addresses import Allowance
from tests.cockpit.notifications.conftest import Receiver

ROOT = Path(__file__).parents[3]
TOWN, OTHER = 990101001000, 990101002000


def occasion(n: int = 1, kind: Any = "item", area: int = TOWN) -> Occasion:
    message = Message(
        "notification.step", "{kind} {number}, {area}: {step}", kind=Name("item_kind", "order", "督办", "Order"),
        number=f"DB-{n}", area=Name("area", "1", "北塘<at user_id=\"all\">", "Beitang"),
        step=Name("transition", "issue", "签发", "Issue"),
    )  # fmt: skip
    return Occasion(f"item/DB-{n}/1", kind, message, area, f"/item?item=DB-{n}", "red")


def in_the_past(desk: Desk) -> None:
    """Let leases and waits be over."""
    with desk.begin() as session:
        past = clock.now() - timedelta(seconds=1)
        session.execute(update(Dispatch).values(leased_until=None, due_at=past))


def test_each_kind_of_channel_accepts_what_it_gets(desk: Desk, config: Settings, receiver: Receiver) -> None:
    announce(desk, config, [(occasion(1, "alert"), ()), (occasion(2, "item"), ())])
    delivery.deliver(desk, config)
    texts = {path.partition("?")[0]: body for path, body in receiver.taken}
    line = '督办 DB-1（北塘<at user_id="all">）：签发 http://cockpit.example/item?item=DB-1'
    assert texts["/cgi-bin/webhook/send"]["text"]["content"] == line
    assert texts["/robot/send"]["text"]["content"] == line
    both = texts["/open-apis/bot/v2/hook/the-key"]["content"]["text"]
    assert both.splitlines()[0] == line.replace("<", "＜")
    assert both.splitlines()[1].startswith("督办 DB-2")
    event = texts["/webhook"]
    assert (event["type"], event["data"]["severity"]) == ("notification.item", "red")
    assert event["data"]["text"]["en"] == "Order DB-2, Beitang: Issue"
    assert event["data"]["message"]["parameters"]["kind"] == "order"
    assert len(receiver.taken) == 4
    assert dispatches.count(desk, "sent") == 5


def test_a_group_gets_only_its_area_and_kinds(desk: Desk, config: Settings, receiver: Receiver) -> None:
    announce(desk, config, [(occasion(1, "alert", OTHER), ())])
    delivery.deliver(desk, config)
    assert sorted(path.partition("?")[0] for path, _body in receiver.taken) == [
        "/cgi-bin/webhook/send", "/open-apis/bot/v2/hook/the-key",
    ]  # fmt: skip


def test_an_occasion_announced_twice_is_sent_once(desk: Desk, config: Settings, receiver: Receiver) -> None:
    for _twice in range(2):
        announce(desk, config, [(occasion(), ())])
        delivery.deliver(desk, config)
    assert [path for path, _body in receiver.taken].count("/webhook") == 1


def test_a_message_that_is_refused_is_retried_with_the_same_id(
    desk: Desk, config: Settings, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302]
    receiver.location = receiver.url("/elsewhere")
    dispatches.put(desk, [New("k", "other", content(1))])
    for tries in (1, 2):
        delivery.deliver(desk, config)
        (waiting,) = dispatches.listing(desk, "waiting")
        assert (waiting.tries, "HTTP" in str(waiting.fault)) == (tries, True)
        assert waiting.due_at - clock.now() > dispatches.retry_after(tries) - timedelta(seconds=10)
        assert delivery.deliver(desk, config) == 0
        in_the_past(desk)
    receiver.location = ""
    delivery.deliver(desk, config)
    assert dispatches.count(desk, "sent") == 1
    assert {headers["webhook-id"] for _path, headers in receiver.seen} == {"k"}
    assert [path for path, _headers in receiver.seen] == ["/webhook"] * 3


def content(n: int) -> dict[str, Any]:
    from cockpit.notifications.announce import content

    return content(occasion(n))


def test_after_many_attempts_a_message_is_dead_until_somebody_sends_it_again(
    desk: Desk, config: Settings, receiver: Receiver
) -> None:
    vault.put(config.data.keys, "sign", "a wrong secret")
    dispatches.put(desk, [New("k", "ding", content(1))])
    for _try in range(MOST_TRIES):
        delivery.deliver(desk, config)
        in_the_past(desk)
    (dead,) = dispatches.listing(desk, "dead")
    assert str(dead.fault) == "the receiver refused the message: 310000: sign not match"
    assert delivery.deliver(desk, config) == 0
    vault.put(config.data.keys, "sign", "SECthis-is-a-secret")
    dispatches.retry(desk, dead.id)
    delivery.deliver(desk, config)
    assert (dispatches.count(desk, "dead"), len(receiver.taken)) == (0, 1)


def test_messages_of_a_sequence_arrive_in_order_although_the_first_fails(
    desk: Desk, config: Settings, receiver: Receiver
) -> None:
    receiver.statuses = [503]
    dispatches.put(desk, [New(f"k{n}", "other", content(n), sequence="s") for n in range(3)])
    dispatches.put(desk, [New("free", "other", content(9), sequence="t")])
    delivery.deliver(desk, config)
    assert [headers["webhook-id"] for _path, headers in receiver.seen] == ["k0", "free"]
    in_the_past(desk)
    delivery.deliver(desk, config)
    assert [headers["webhook-id"] for _path, headers in receiver.seen][2:] == ["k0", "k1", "k2"]


def notifier(config: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COCKPIT_HOME": str(config.home), "COCKPIT_CHANNELS": str(config.channels)}
    return subprocess.Popen([sys.executable, "-m", "cockpit.server.notifying"], cwd=ROOT, env=environment)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "too late"
        time.sleep(0.05)


def test_a_process_killed_between_sending_and_marking_sends_again_under_the_same_id(
    desk: Desk, config: Settings, receiver: Receiver
) -> None:
    dispatches.put(desk, [New("k", "other", content(1))])
    process = notifier(config)
    receiver.before = lambda: process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    receiver.before = lambda: None
    assert (len(receiver.taken), dispatches.count(desk, "waiting")) == (1, 1)
    assert dispatches.claim(desk, "other") == [], "it is leased"
    assert dispatches.claim(desk, "other", now=clock.now() + LEASE + timedelta(seconds=1))
    in_the_past(desk)
    process = notifier(config)
    try:
        until(lambda: dispatches.count(desk, "sent") == 1)
    finally:
        process.terminate()
        process.wait(30)
    assert [headers["webhook-id"] for _path, headers in receiver.seen] == ["k", "k"]


def test_two_processes_at_once_send_each_message_once(desk: Desk, config: Settings, receiver: Receiver) -> None:
    dispatches.put(desk, [New(f"k{n}", "other", content(n)) for n in range(60)])
    processes = [notifier(config) for _two in range(2)]
    try:
        until(lambda: dispatches.count(desk, "sent") == 60)
    finally:
        for process in processes:
            process.terminate()
            process.wait(30)
    assert sorted(headers["webhook-id"] for _path, headers in receiver.seen) == sorted(f"k{n}" for n in range(60))


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8",)])
def test_an_address_that_is_not_allowed_is_not_connected_to(receiver: Receiver, networks: tuple[str, ...]) -> None:
    for url in (receiver.url("/"), receiver.url("/").replace("127.0.0.1", "localhost")):
        with pytest.raises(NotSent, match="not allowed: name its network"):
            http.post(url, b"{}", {}, Allowance.of(networks))
    assert receiver.seen == []


def test_a_receiver_that_never_ends_is_cut_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    receiver.before = lambda: over.wait(20) and None  # type: ignore[func-returns-value]
    monkeypatch.setattr(http, "MOST_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(NotSent, match="does not answer"):
        http.post(receiver.url("/webhook"), b"{}", {}, Allowance.of(["127.0.0.0/8"]))
    over.set()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_text_is_cut_to_what_the_robot_takes(kind: str) -> None:
    lines = ["督办" * 300, "办" * 500, *("短" * 40 for _n in range(400))]
    request = formats.robot(kind, "http://x/", "s", lines, time.time())
    assert len(request.body) < (2_200 if kind == "wecom" else 20_000)
    assert "……（+" in request.body.decode()
    long = formats.clipped(["字" * 5_000], 2_048)
    assert (len(long.encode()) <= 2_048, long[-1]) == (True, "…")


GOOD = 'channels:\n  - {id: a, kind: wecom, name: {zh: 群, en: G}, url: "https://x.example/?key=${secret:k}"}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace("${secret:k}", "plain"), "keep its key as"),
        (GOOD.replace("wecom", "dingtalk"), "secret: is missing"),
        (GOOD.replace("kind: wecom", 'kind: webhook, secret: "plain"'), "secret set NAME"),
        (GOOD.replace("https://x.example/?key=${secret:k}", "ftp://x"), "url"),
        (GOOD.replace("https://x.example", "https://user:pass@x.example"), "url"),
        (GOOD.replace("wecom", "pigeon"), "'wecom', 'dingtalk'"),
        (GOOD.replace("id: a", "id: A B"), "id"),
        (GOOD + GOOD.partition("\n")[2], "a is the id of two"),
        (GOOD + "networks: [10.8.0.1/16]\n", "host bits"),
        ("channels:\n  - {id: m, kind: mail, name: {zh: 邮, en: M}, domains: [a.cn]}\n", "address: is missing"),
        ("address: http://x\nchannels:\n  - {id: m, kind: mail, name: {zh: 邮, en: M}}\n", "has domains"),
        (GOOD + "address: http://x\n", "there is no secret k"),
        ("channels: [", "cannot be read as YAML"),
        ("- 1", "valid dictionary"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line_that_says_where_and_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    file = tmp_path / "channels.yaml"
    file.write_text(text, "utf-8")
    config = Settings(home=tmp_path, channels=file)  # type: ignore[call-arg]
    with pytest.raises(UsageError) as error:
        channels.check(config)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)
    if "secret k" not in expected:
        assert channels.usable(config).channels == ()
