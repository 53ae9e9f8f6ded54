"""Alerts, colours and deadlines notify who is concerned: grouped by town, silent where silenced, once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.notifications import alerts as producer
from cockpit.notifications import clocks, recipients
from cockpit.notifications import items as item_producer
from cockpit.notifications import subscriptions as subscribed
from cockpit.notifications.alerts import Context
from cockpit.server import alerting
from cockpit.settings import Settings
from cockpit.workflows.desk_source import rules
from data.desk import clock
from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Observed, Outcome
from data.desk.alerting.silences import Silence
from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.items import store as items
from data.desk.items.store import Beginning
from data.desk.notifications import choices, dispatches, store, subscriptions
from data.desk.notifications.choices import Choices
from data.desk.store import Desk
from data.editions.edition import Edition, current
from data.editions.scoped import EVERYTHING
from data.home import Home
from data.messages import Name
from metrics.alerting.rules import Rule
from metrics.analysis.reds import Red, reds, with_thresholds
from metrics.availability.extent import default_period
from metrics.catalog import load
from metrics.query import Query
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

NOW = datetime(2026, 11, 20, 2)
Person = Callable[..., int]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("producers"), memory="1GB")
    areas(home)
    deliver(home, "assets", [{"key": "u", "area": DISTRICT, "kind": "unit", "name": "区住建局"}], source="units")
    deliver(home, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2)}])
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture(scope="module")
def edition(home: Home) -> Iterator[Edition]:
    published = current(home)
    assert published
    yield published
    published.close()


@pytest.fixture
def context(edition: Edition) -> Context:
    return Context(edition, load())


def found(area: int, rule: str = "beyond_limit", severity: float = 1.0, **changes: object) -> Observed:
    values = {"metric": "backlog", "value": 12.0, "severity": severity, "acknowledge_hours": 4.0}
    return Observed(rule, area, **values | changes)  # type: ignore[arg-type]


def settle(desk: Desk, edition: str, *signals: Observed, now: datetime = NOW) -> Outcome:
    return alerts.settle(desk, edition, now, signals, {"beyond_limit": 0.0}, now=now)


def texts(desk: Desk, account: int) -> list[str]:
    return [str(one.message) for one in reversed(store.listing(desk, account))]


def test_a_town_is_one_message_to_each_who_is_responsible(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    district, town = person("wang", "leader", DISTRICT), person("zhang", "official", TOWNS[0])
    cadre, inspector = person("li", "cadre", VILLAGES[0]), person("chen", "inspector", DISTRICT)
    signals = [found(VILLAGES[0]), found(VILLAGES[1], severity=2.0), found(TOWNS[0], severity=0.5), found(TOWNS[1])]
    outcome = settle(desk, "e1", *signals)
    for _twice in range(2):
        producer.of_outcome(desk, config, context, outcome, now=NOW)
    assert texts(desk, cadre) == ["New alert in 新河村: Backlog 12 cases"]
    (many,) = texts(desk, town)
    assert many.startswith("2 new alerts in 北塘街道, the most severe: Backlog")
    assert texts(desk, district) == ["New alert in 沙洲镇: Backlog 12 cases"]
    assert texts(desk, inspector) == []
    groups = [one.content["area"] for one in dispatches.listing(desk, "waiting", "wecom")]
    assert sorted(groups) == sorted(TOWNS), "a group learns of each town once, whoever else learns of a part of it"


def test_unacknowledged_alert_notifies_the_area_above_and_its_end_is_announced(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    district, town = person("wang", "leader", DISTRICT), person("zhang", "official", TOWNS[0])
    producer.of_outcome(desk, config, context, settle(desk, "e1", found(TOWNS[0])), now=NOW)
    late = NOW + timedelta(hours=5)
    producer.of_outcome(desk, config, context, alerts.escalate(desk, now=late), now=late)
    assert texts(desk, district) == ["Not acknowledged in time in 北塘街道: Backlog 12 cases"]
    producer.of_outcome(desk, config, context, settle(desk, "e2", now=late), now=late)
    assert texts(desk, town) == ["New alert in 北塘街道: Backlog 12 cases", "Over in 北塘街道: Backlog"]


def test_an_alert_that_is_silent_is_neither_announced_nor_escalated(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    district = person("wang", "leader", DISTRICT)
    outcome = settle(desk, "e1", found(TOWNS[0]))
    silences.add(desk, Silence("", DISTRICT, DISTRICT + 10**6, "系统切换", NOW + timedelta(days=1)), now=NOW)
    producer.of_outcome(desk, config, context, outcome, now=NOW)
    late = NOW + timedelta(hours=5)
    producer.of_outcome(desk, config, context, alerts.escalate(desk, now=late), now=late)
    assert texts(desk, district) == []


def with_recipients(context: Context, **named: object) -> Context:
    rule = {"id": "beyond_limit", "file": "own.yaml", "name": {"zh": "名", "en": "N"}, "over": "areas", "when": "red"}
    return replace(context, rules={"beyond_limit": Rule.model_validate(rule | {"recipients": named})})


@pytest.mark.parametrize(
    ("named", "notified"),
    [
        ({"roles": ["inspector"]}, {"chen"}),
        ({"roles": ["official", "leader"]}, {"zhang"}),
        ({"units": ["区住建局"]}, {"zhou"}),
        ({"accounts": ["chen", "li", "sun"]}, {"chen", "li"}),
        ({"roles": ["leader"], "accounts": ["li"]}, {"wang", "li"}),
        ({"accounts": ["sun"]}, {"li"}),
    ],
)
def test_a_rule_names_who_is_notified_of_those_who_may_see_the_area(
    desk: Desk, config: Settings, context: Context, person: Person, named: dict[str, object], notified: set[str]
) -> None:
    """`sun` sees another town: alone it is replaced by who may acknowledge the alert."""
    everybody = {
        name: person(name, role, area)
        for name, role, area in (
            ("wang", "leader", DISTRICT), ("chen", "inspector", DISTRICT), ("zhang", "official", TOWNS[0]),
            ("li", "cadre", VILLAGES[0]), ("sun", "official", TOWNS[1]), ("zhou", "", None),
        )
    }  # fmt: skip
    accounts.grant(desk, "zhou", "official", DISTRICT, unit="区住建局")
    outcome = settle(desk, "e1", found(VILLAGES[0]))
    producer.of_outcome(desk, config, with_recipients(context, **named), outcome, now=NOW)
    assert {name for name, id in everybody.items() if texts(desk, id)} == notified


def test_recipients_that_do_not_exist_are_faults_of_the_file(desk: Desk, context: Context, person: Person) -> None:
    person("li", "cadre", VILLAGES[0])
    rules = with_recipients(context, units=["区住建局", "无此局"], accounts=["li", "nobody"]).rules.values()
    assert list(recipients.faults(desk, context.edition, rules)) == [
        'own.yaml: rules.beyond_limit.recipients.units: the directory has no unit "无此局": '
        "use the name that it has there",
        'own.yaml: rules.beyond_limit.recipients.accounts: there is no account "nobody" that is open: '
        "name another, or a role",
    ]
    assert list(recipients.faults(None, None, rules)) == []


def name(code: int) -> Name:
    return Name("area", str(code), f"地{code}", f"Area {code}")


def order(desk: Desk, config: Settings, due: datetime) -> str:
    """An order of `chen` that `li` has signed for, due at the end of a day."""
    known = rules(config)
    fields = {"matter": "修好", "unit": "执法队", "due": due.date().isoformat()}
    beginning = Beginning("order", "路灯", VILLAGES[0], fields, unit_area=VILLAGES[0])
    item = items.start(desk, known, beginning, key="b", actor="chen", now=NOW).item
    for step, actor in (("issue", "chen"), ("sign", "li")):
        values = fields if step == "issue" else {}
        locked = items.lock(desk, known, item.number)
        items.append(
            desk, known, locked, step, {k: v for k, v in values.items() if k != "matter"}, key=step, actor=actor,
            unit_area=VILLAGES[0] if step == "issue" else None, now=NOW + timedelta(minutes=1),
        )  # fmt: skip
    return item.number


def test_a_deadline_ahead_and_one_missed_notify_the_holder_once(desk: Desk, config: Settings, person: Person) -> None:
    li, chen = person("li", "cadre", VILLAGES[0]), person("chen", "leader", DISTRICT)
    clocks.produce(desk, config, name, now=NOW - timedelta(minutes=1))
    number = order(desk, config, NOW + timedelta(days=5))
    moment = NOW
    while moment < NOW + timedelta(days=8):
        clocks.produce(desk, config, name, now=moment)
        moment += timedelta(hours=3)
    place = f"Order {number}, Area {VILLAGES[0]}"
    assert texts(desk, li) == [
        f"{place}: due by 2026-11-25 23:59", f"{place}: overdue since 2026-11-25 23:59",
    ]  # fmt: skip
    assert texts(desk, chen) == [f"{place}: now yellow"]


def test_who_does_not_want_deadlines_ahead_learns_of_missed_ones_only(
    desk: Desk, config: Settings, person: Person
) -> None:
    li = person("li", "cadre", VILLAGES[0])
    choices.write(desk, li, Choices(deadlines=False), ())
    clocks.produce(desk, config, name, now=NOW - timedelta(minutes=1))
    order(desk, config, NOW + timedelta(days=2))
    for hours in range(0, 100, 2):
        clocks.produce(desk, config, name, now=NOW + timedelta(hours=hours))
    assert [one.partition(": ")[2].split()[0] for one in texts(desk, li)] == ["overdue"]


def test_who_subscribed_to_an_item_learns_of_its_steps_and_deadline_while_it_may_see_it(
    desk: Desk, config: Settings, person: Person
) -> None:
    zhang, sun = person("zhang", "official", TOWNS[0]), person("sun", "official", TOWNS[1])
    clocks.produce(desk, config, name, now=NOW - timedelta(minutes=1))
    number = order(desk, config, NOW + timedelta(days=5))
    item = items.find(desk, number)
    assert item
    for account in (zhang, sun):
        subscriptions.watch(desk, account, item.id, by_mail=False)
    known, at = rules(config), NOW + timedelta(minutes=2)
    locked = items.lock(desk, known, number)
    written = items.append(desk, known, locked, "urge", {}, key="u", actor="chen", now=at)
    for _twice in range(2):
        item_producer.of_transition(desk, config, written, "urge", "chen", ["chen"], name(VILLAGES[0]))
    for hours in range(0, 24 * 7, 3):
        clocks.produce(desk, config, name, now=NOW + timedelta(hours=hours))
    assert [one.partition(": ")[2].split()[0] for one in texts(desk, zhang)] == ["Urge", "due", "overdue"]
    assert texts(desk, sun) == [], "it may not see the item"
    subscriptions.unwatch(desk, zhang, item.id)
    assert subscriptions.watchers(desk, [item.id]) == {item.id: {sun: False}}


def test_a_subscription_without_mail_is_not_mailed(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    wang, li = person("wang", "leader", DISTRICT), person("li", "cadre", VILLAGES[0])
    for account, by_mail in ((wang, True), (li, False)):
        choices.write(desk, account, Choices(mail=f"a{account}@example.gov.cn"), ("example.gov.cn",))
        subscriptions.add(desk, account, "backlog", VILLAGES[0], is_red=False, by_mail=by_mail)
    by_id = {one.id: red("backlog", VILLAGES[0]) for one in subscriptions.listing(desk)}
    subscribed.produce(desk, config, context, "e1", by_id)
    assert len(texts(desk, wang)) == len(texts(desk, li)) == 1
    assert [one.account_id for one in dispatches.listing(desk, "waiting", "mail")] == [wang]


def test_the_first_look_at_a_desk_announces_nothing(desk: Desk, config: Settings, person: Person) -> None:
    li = person("li", "cadre", VILLAGES[0])
    order(desk, config, NOW + timedelta(days=1))
    assert clocks.is_due(desk, now=NOW + timedelta(days=3))
    clocks.produce(desk, config, name, now=NOW + timedelta(days=3))
    assert texts(desk, li) == []
    assert not clocks.is_due(desk, now=NOW + timedelta(days=3, minutes=1))


def test_a_deadline_ahead_gives_an_alert_that_ends_with_the_item(
    home: Home, config: Settings, person: Person, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setenv("COCKPIT_DESK", config.desk_url)
    settings.current.cache_clear()
    there = settings.current()
    leader = person("wang", "leader", DISTRICT)
    number = order(desk, config, clock.now() + timedelta(hours=2))
    alerting.evaluate(there, desk)
    (alert,) = [one for one in alerts.listing(desk, ((DISTRICT, DISTRICT + 10**6),)) if one.rule == "order_due"]
    assert (alert.key, alert.source, alert.area) == (number, alerts.DESK, VILLAGES[0])
    assert any(number in text for text in texts(desk, leader))
    assert alerting.evaluate(there, desk) == Outcome()
    locked = items.lock(desk, rules(config), number)
    items.append(desk, rules(config), locked, "reply", {"reply": "好了"}, key="r", actor="li")
    assert alerting.evaluate(there, desk).resolved == (alert.id,)


def red(metric: str, area: int) -> Red:
    return Red(metric, area, 12.0, None, True)


def test_a_subscription_notifies_once_when_the_metric_turns_red_and_again_after_it_was_not(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    wang, li = person("wang", "leader", DISTRICT), person("li", "cadre", VILLAGES[0])
    for account, is_red in ((wang, False), (li, True)):
        subscriptions.add(desk, account, "backlog", VILLAGES[0], is_red=is_red)
        subscriptions.add(desk, account, "backlog", VILLAGES[0], is_red=False)
    by_id = {one.id: red("backlog", VILLAGES[0]) for one in subscriptions.listing(desk)}
    for edition, now in (("e1", by_id), ("e1", by_id), ("e2", {}), ("e3", by_id)):
        subscribed.produce(desk, config, context, edition, now)
    assert texts(desk, wang) == ["Backlog of 新河村 has turned red: 12 cases"] * 2
    assert texts(desk, li) == ["Backlog of 新河村 has turned red: 12 cases"]
    assert dispatches.listing(desk, "waiting") == [], "no group learns of what one person subscribed to"


def test_who_may_no_longer_see_the_area_or_is_locked_is_not_notified(
    desk: Desk, config: Settings, context: Context, person: Person
) -> None:
    wang, li = person("wang", "leader", DISTRICT), person("li", "cadre", VILLAGES[0])
    for account in (wang, li):
        subscriptions.add(desk, account, "backlog", VILLAGES[0], is_red=False)
    accounts.revoke(desk, "wang", "leader", DISTRICT)
    accounts.lock(desk, "li")
    by_id = {one.id: red("backlog", VILLAGES[0]) for one in subscriptions.listing(desk)}
    subscribed.produce(desk, config, context, "e1", by_id)
    assert texts(desk, wang) + texts(desk, li) == []


def test_what_is_red_is_what_the_screens_call_red(context: Context) -> None:
    names = with_thresholds(context.catalog)
    whole = context.edition.unscoped.scoped(EVERYTHING)
    for code in (DISTRICT, TOWNS[0], VILLAGES[0]):
        query = Query(whole, context.catalog, names, code, default_period(whole))
        expected = {one.metric for one in reds(query) if one.kind == "own"}
        assert set(subscribed.red_metrics(context.edition, context.catalog, code, names)) == expected
    assert subscribed.red_metrics(context.edition, context.catalog, 1, names) == {}


def test_an_account_ends_its_own_subscriptions_alone_and_has_not_too_many(desk: Desk, person: Person) -> None:
    wang, li = person("wang"), person("li")
    subscriptions.add(desk, wang, "backlog", DISTRICT, is_red=False)
    (one,) = subscriptions.of_account(desk, wang)
    with pytest.raises(Refused, match="no subscription"):
        subscriptions.remove(desk, li, one.id)
    subscriptions.remove(desk, wang, one.id)
    for n in range(subscriptions.MOST):
        subscriptions.add(desk, wang, "backlog", n, is_red=False)
    with pytest.raises(Refused, match="at most"):
        subscriptions.add(desk, wang, "backlog", DISTRICT, is_red=False)
