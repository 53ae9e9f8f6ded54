"""Notifications by mail: joined, at the hours that the account chose, and ended by one click in the mail."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

import app as application
from cockpit import settings
from cockpit.access import gate, hosts, visitors
from cockpit.notifications import delivery, unsubscribing
from cockpit.notifications.announce import announce, released
from cockpit.settings import Settings
from data import vault
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.identity import accounts, sessions
from data.desk.notifications import choices, dispatches, store
from data.desk.notifications.choices import Choices
from data.desk.notifications.hours import Hours, of_text
from data.desk.store import Desk
from tests.cockpit.notifications.test_delivery import in_the_past, occasion

DOMAINS = ("example.gov.cn",)
Person = Callable[..., int]


class Box:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    box = Box()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("COCKPIT_SMTP", f"smtp://127.0.0.1:{port}")
    yield box
    server.stop()


@pytest.fixture
def config(box: Box, config: Settings) -> Settings:
    settings.current.cache_clear()
    return settings.current()


def test_what_is_due_to_an_account_is_one_mail(desk: Desk, config: Settings, box: Box, person: Person) -> None:
    li, wang = person("li"), person("wang")
    choices.write(desk, li, Choices("li@example.gov.cn"), DOMAINS)
    choices.write(desk, wang, Choices("wang@example.gov.cn", kinds=("alert",)), DOMAINS)
    announce(desk, config, [(occasion(1), [li, wang]), (occasion(2), [li])])
    delivery.deliver(desk, config)
    (mail,) = box.mails
    assert (mail["to"], mail["subject"]) == ("li@example.gov.cn", "治理驾驶舱: 2 条通知")
    text = mail.get_content()
    assert "督办 DB-1" in text
    assert "http://cockpit.example/item?item=DB-2" in text
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["list-unsubscribe"].strip(" <>") in text


def test_a_mail_that_is_sent_again_has_the_same_id(desk: Desk, config: Settings, box: Box, person: Person) -> None:
    li = person("li")
    choices.write(desk, li, Choices("li@example.gov.cn"), DOMAINS)
    announce(desk, config, [(occasion(1), [li])])
    claimed = dispatches.claim(desk, "mail", together=True)
    send = delivery.senders_of(desk, config)["mail"][0]
    send(claimed)
    in_the_past(desk)
    announce(desk, config, [(occasion(2), [li])])
    delivery.deliver(desk, config)
    ids = [mail["message-id"] for mail in box.mails]
    assert (len(ids), len(set(ids)), ids[0] == ids[1]) == (3, 2, True)


def test_who_is_locked_or_has_no_address_gets_no_mail(desk: Desk, config: Settings, box: Box, person: Person) -> None:
    li, wang = person("li"), person("wang")
    for account, name in ((li, "li"), (wang, "wang")):
        choices.write(desk, account, Choices(f"{name}@example.gov.cn"), DOMAINS)
    announce(desk, config, [(occasion(1), [li, wang])])
    choices.stop_mail(desk, li)
    accounts.lock(desk, "wang")
    delivery.deliver(desk, config)
    assert box.mails == []
    assert dispatches.listing(desk, "waiting", "mail") + dispatches.listing(desk, "sent", "mail") == []


def test_quiet_hours_delay_the_mail_and_not_the_notification(
    desk: Desk, config: Settings, box: Box, person: Person
) -> None:
    li, around, quiet = person("li"), datetime(2026, 11, 20, 12), Hours(time(11), time(13, 30))
    choices.write(desk, li, Choices("li@example.gov.cn", hours=quiet), DOMAINS)
    announce(desk, config, [(occasion(1), [li])], now=around - timedelta(hours=8))
    (waiting,) = dispatches.listing(desk, "waiting", "mail")
    assert waiting.due_at == datetime(2026, 11, 20, 5, 30)
    assert store.count_unread(desk, li) == 1


def ask(path: str, method: str, token: str = "", **form: str) -> httpx.Response:
    served = Starlette(routes=application.ROUTES, middleware=[Middleware(hosts.KnownHosts), Middleware(gate.Gate)])

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Cookie": f"{visitors.COOKIE}={token}", "Origin": "http://localhost"} if token else {}
            data = form or {"List-Unsubscribe": "One-Click"}
            return await client.request(method, path, data=data, headers=headers)

    return asyncio.run(run())


def test_one_click_in_the_mail_ends_the_mails_and_following_the_link_does_not(
    desk: Desk, config: Settings, person: Person
) -> None:
    li = person("li")
    choices.write(desk, li, Choices("li@example.gov.cn"), DOMAINS)
    path = "/" + unsubscribing.path(config, li).lstrip("/")
    assert "不再接收此类邮件" in ask(path, "GET").text
    assert choices.read(desk, li).mail
    assert ask(path, "POST").status_code == 200
    assert choices.read(desk, li).mail == ""
    row = audit.entries(desk, event="settings", limit=1)[0]
    assert (row["who"], row["what"]) == ("li", "no more notifications by mail")
    visitors.close_desks()


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(desk: Desk, config: Settings, person: Person) -> None:
    li = person("li")
    choices.write(desk, li, Choices("li@example.gov.cn"), DOMAINS)
    token = sessions.start(desk, li, by_provider=True)
    typed = {"mail": "li@elsewhere.example", "quiet_from": "22:30", "quiet_to": "", "digest": "08:15", "kind_item": "1"}
    answer = ask("/account/notifications?lang=en", "POST", token, **typed)
    assert answer.status_code == 400
    for name, value in typed.items():
        assert f'value="{value}"' in answer.text.partition(f'name="{name}"')[2][:80], name
    assert "kind_alert" in answer.text
    assert answer.text.count(" checked") == 1
    assert choices.read(desk, li) == Choices("li@example.gov.cn")
    visitors.close_desks()


@pytest.mark.parametrize("token", ["", "x", "gAAAA" * 20, "我"])
def test_another_token_ends_nothing(config: Settings, desk: Desk, token: str) -> None:
    assert ask(f"/unsubscribe?token={token}", "POST").status_code == 400
    other = vault.encrypt(config.data.keys, '{"for": "something else", "account": 1}')
    assert unsubscribing.account_of(config, other) is None
    visitors.close_desks()


@pytest.mark.parametrize(
    "address", ["x", "a@b", "a@evil.example", "a b@example.gov.cn", "a@example.gov.cn\nBcc: b@c.d"]
)
def test_an_address_elsewhere_is_refused(desk: Desk, person: Person, address: str) -> None:
    with pytest.raises(Refused):
        choices.write(desk, person("li"), Choices(address), DOMAINS)


times = st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1))


@given(moments, st.builds(Hours, times, times, times))
def test_a_message_waits_for_the_first_instant_that_the_hours_allow(at: datetime, hours: Hours) -> None:
    release = hours.release(at)
    assert at <= release <= at + timedelta(days=2)
    assert not hours.is_quiet(release)
    if hours.digest is None and not hours.is_quiet(at):
        assert release == at
    if hours.digest is not None and not hours.is_quiet(datetime.combine(at, hours.digest)):
        assert release.time() == hours.digest
    if hours.digest is None and release > at:
        assert all(hours.is_quiet(at + (release - at) * share / 10) for share in range(10))


@given(moments, st.builds(Hours, times, times, times), st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_a_release_is_never_before_the_message_in_any_zone(at: datetime, hours: Hours, zone: str) -> None:
    assert at - timedelta(hours=1) <= released(hours, at, zone) <= at + timedelta(days=2, hours=2)


@pytest.mark.parametrize("text", ["24:00", "7:00", "07:60", "０７:00", "07:00:00", "x"])
def test_a_wrong_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a time of day"):
        of_text(text)
