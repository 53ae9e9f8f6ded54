"""Answers to cases of another system: stored with their audit row, sent in order, confirmed by the next delivery."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cockpit import settings
from cockpit.access.policy import Grants, Held
from cockpit.actions import cases
from cockpit.actions.action import Actor, Forbidden
from cockpit.errors import UsageError
from cockpit.notifications import delivery, outbox
from cockpit.server import alerting
from cockpit.settings import Settings
from data.areas.levels import end_of
from data.desk import clock
from data.desk.auditing import audit
from data.desk.errors import DeskError, Refused
from data.desk.identity import accounts
from data.desk.notifications import answers, dispatches, store
from data.desk.store import Desk
from data.editions.edition import Edition, current
from data.home import Home
from metrics.rows import fact
from tests.cockpit.notifications.conftest import Receiver
from tests.cockpit.notifications.test_delivery import in_the_past
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

FILE = """\
networks: [127.0.0.0/8]
sources:
  hotline: {{url: "http://127.0.0.1:{port}/cases", secret: "${{secret:webhook}}"}}
  grid: {{url: "http://127.0.0.1:{port}/grid", secret: "${{secret:webhook}}", steps: [reply]}}
"""


def who(name: str, role: str, area: int) -> Actor:
    return Actor.holding(name, Grants((Held(role, area, end_of(area)),)))


CADRE, STRANGER, INSPECTOR = (
    who("li", "cadre", VILLAGES[0]), who("sun", "official", TOWNS[1]), who("data", "data_officer", DISTRICT),
)  # fmt: skip


@pytest.fixture
def config(config: Settings, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    file = tmp_path / "outbox.yaml"
    file.write_text(FILE.format(port=receiver.port), "utf-8")
    monkeypatch.setenv("COCKPIT_OUTBOX", str(file))
    settings.current.cache_clear()
    outbox.check(settings.current())
    return settings.current()


@pytest.fixture
def home(config: Settings) -> Home:
    home = config.data
    areas(home)
    for source, key in (("hotline", "1"), ("hotline", "closed"), ("grid", "1"), ("other", "1")):
        row = {"key": key, "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}
        closed = {"closed_at": datetime(2026, 11, 3)} if key == "closed" else {}
        deliver(home, "cases", [row | closed], source=source)
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture
def case(home: Home) -> Callable[..., dict[str, Any]]:
    def found(source: str = "hotline", key: str = "1") -> dict[str, Any]:
        edition = opened(home)
        try:
            row = fact(edition.scoped(((DISTRICT, DISTRICT + 10**6),)), "cases", source, key)
        finally:
            edition.close()
        assert row
        return row

    return found


def opened(home: Home) -> Edition:
    edition = current(home)
    assert edition
    return edition


def test_an_answer_is_sent_signed_and_confirmed_by_the_next_delivery_of_the_case(
    desk: Desk, config: Settings, home: Home, case: Callable[..., Any], receiver: Receiver
) -> None:
    account = accounts.add(desk, CADRE.name, "Long enough 4 all").id
    cases.answer(desk, CADRE, config, case(), "reply", "已修好，电话 13812345678", key="k1")
    (stored,) = answers.of_case(desk, "hotline", "1")
    assert (stored.state, stored.text) == ("waiting", "已修好，电话 138****5678")
    assert audit.entries(desk, limit=1)[0]["what"] == "reply case hotline/1"
    alerting.evaluate(config, desk)
    delivery.deliver(desk, config)
    ((path, event),) = receiver.taken
    assert (path, event["type"]) == ("/cases", "case.replied")
    assert event["data"] == {"source": "hotline", "key": "1", "text": stored.text, "role": "cadre"}
    assert answers.of_case(desk, "hotline", "1")[0].state == "sent"
    row = {"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}
    deliver(home, "cases", [row | {"key": "9"}], source="hotline")
    published(home, datetime(2026, 11, 22, 9))
    alerting.evaluate(config, desk)
    assert answers.of_case(desk, "hotline", "1")[0].state == "sent", "the delivery did not bring this case"
    deliver(home, "cases", [row | {"responded_at": datetime(2026, 11, 22)}], source="hotline")
    published(home, datetime(2026, 11, 22, 10))
    alerting.evaluate(config, desk)
    assert answers.of_case(desk, "hotline", "1")[0].state == "confirmed"
    (notice,) = store.listing(desk, account)
    assert str(notice.message) == "Case 1 of hotline: the answer is confirmed"


def test_answers_to_a_case_arrive_in_order_and_a_repeated_request_is_one(
    desk: Desk, config: Settings, case: Callable[..., Any], receiver: Receiver
) -> None:
    receiver.statuses = [503]
    for step, key in (("acknowledge", "a"), ("acknowledge", "a"), ("reply", "b"), ("return", "c")):
        cases.answer(desk, CADRE, config, case(), step, "说明", key=key)  # type: ignore[arg-type]
    for _turn in range(2):
        delivery.deliver(desk, config)
        in_the_past(desk)
    assert [headers["webhook-id"] for _path, headers in receiver.seen] == ["a", "a", "b", "c"]
    assert [event["type"] for _path, event in receiver.taken] == [
        "case.acknowledged", "case.replied", "case.returned",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("actor", "source", "number", "step", "words", "error"),
    [
        (STRANGER, "hotline", "1", "reply", "好了", Forbidden),
        (INSPECTOR, "hotline", "1", "reply", "好了", Forbidden),
        (CADRE, "hotline", "closed", "reply", "好了", Refused),
        (CADRE, "other", "1", "reply", "好了", Refused),
        (CADRE, "grid", "1", "acknowledge", "", Refused),
        (CADRE, "hotline", "1", "reply", " ", Refused),
        (CADRE, "hotline", "1", "reply", "长" * 1001, Refused),
    ],
)
def test_answer_without_right_or_with_faults_is_not_sent(
    desk: Desk, config: Settings, case: Callable[..., Any], actor: Actor, source: str, number: str, step: Any,
    words: str, error: type[Exception],
) -> None:  # fmt: skip
    with pytest.raises(error):
        cases.answer(desk, actor, config, case(source, number), step, words, key="k")
    assert answers.of_case(desk, source, number) == []
    assert dispatches.count(desk, "waiting") == 0


def test_without_its_audit_row_nothing_is_stored_or_sent(
    desk: Desk, config: Settings, case: Callable[..., Any]
) -> None:
    with desk.begin() as session:
        session.execute(text("ALTER TABLE audit RENAME TO hidden"))
    with pytest.raises(DeskError):
        cases.answer(desk, CADRE, config, case(), "acknowledge", "", key="k")
    assert answers.of_case(desk, "hotline", "1") == []
    assert dispatches.count(desk, "waiting") == 0


def test_a_message_that_was_given_up_is_sent_again_or_discarded_by_the_data_officer(
    desk: Desk, config: Settings, case: Callable[..., Any], receiver: Receiver
) -> None:
    receiver.statuses = [500] * dispatches.MOST_TRIES
    cases.answer(desk, CADRE, config, case(), "acknowledge", "", key="a")
    cases.answer(desk, CADRE, config, case(), "reply", "好了", key="b")
    for _try in range(dispatches.MOST_TRIES):
        delivery.deliver(desk, config)
        in_the_past(desk)
    (dead,) = dispatches.listing(desk, "dead")
    assert answers.of_case(desk, "hotline", "1")[0].state == "dead"
    account = accounts.add(desk, CADRE.name, "Long enough 4 all").id
    for _twice in range(2):
        alerting.evaluate(config, desk)
    (notice,) = store.listing(desk, account)
    assert str(notice.message) == "Case 1 of hotline: the answer could not be sent"
    with pytest.raises(Forbidden):
        cases.retry(desk, CADRE, dead)
    cases.retry(desk, INSPECTOR, dead)
    delivery.deliver(desk, config)
    assert [event["type"] for _path, event in receiver.taken] == ["case.acknowledged", "case.replied"]
    cases.answer(desk, CADRE, config, case(), "return", "不属本村", key="c")
    (waiting,) = dispatches.listing(desk, "waiting")
    cases.discard(desk, INSPECTOR, waiting)
    assert dispatches.count(desk, "waiting") == 0
    assert clock.now() - timedelta(hours=1) < dead.made_at


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("sources: {hotline: {url: 'https://x.example/'}}", "secret: is missing"),
        ("sources: {hotline: {url: 'https://x.example/', secret: plain}}", "secret set NAME"),
        ("sources: {hotline: {url: 'https://x.example/', secret: '${secret:none}'}}", "there is no secret none"),
        ("sources: {hotline: {url: x, secret: '${secret:webhook}'}}", "sources.hotline.url"),
        ("sources: {hotline: {url: 'https://x/', secret: '${secret:webhook}', steps: [shout]}}", "steps"),
        ("systems: {}", "Extra inputs"),
    ],
)
def test_a_wrong_outbox_is_one_line(config: Settings, tmp_path: Path, file: str, expected: str) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(file, "utf-8")
    with pytest.raises(UsageError, match=expected):
        outbox.check(config.model_copy(update={"outbox": other}))
