"""Actions on items: rights by role, scope and party; nobody approves an own request; one transaction with the audit."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.policy import MATRIX, Can, Grants, Held
from cockpit.actions import items
from cockpit.actions.action import Actor, Forbidden
from cockpit.actions.origins import number_reference
from cockpit.panels import items as shown
from cockpit.workflows import definitions
from cockpit.workflows.desk_source import rules
from data.areas.levels import end_of
from data.desk import clock
from data.desk.alerting import alerts
from data.desk.alerting.alerts import Observed
from data.desk.auditing import audit
from data.desk.errors import DeskError, Refused
from data.desk.identity import accounts
from data.desk.identity.roles import BUSINESS, ROLES
from data.desk.items import lists, store
from data.desk.items.item import Item
from data.desk.items.links import Link, items_about, of_item
from data.desk.items.store import Beginning
from data.desk.notifications import store as notifications
from data.desk.store import Desk, open_desk
from data.editions.edition import Edition, current
from data.home import Home
from data.workflow.model import Permission
from data.workflow.parties import Place, may_start, permitted
from data.workflow.replay import Asked
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AREAS = (DISTRICT, *TOWNS, *VILLAGES)
DUE = date.today() + timedelta(days=9)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A published home with a unit of the district and one of each town."""
    home = Home(tmp_path_factory.mktemp("items"), memory="1GB")
    areas(home)
    units = [{"key": f"u{a}", "area": a, "kind": "unit", "name": "执法队"} for a in TOWNS]
    units.append({"key": "u", "area": DISTRICT, "kind": "unit", "name": "区住建局"})
    deliver(home, "assets", units, source="units")
    cases = [{"key": f"{n}", "area": area} for n, area in enumerate((VILLAGES[0], VILLAGES[-1]), 1)]
    deliver(home, "cases", [case | {"registered_at": datetime(2026, 11, 2)} for case in cases])
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, home: Home, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database(f"items{time.time_ns()}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_HOME", str(home.root))
        patch.setenv("COCKPIT_DESK", url)
        settings.current.cache_clear()
        desk = open_desk(url, settings.current().custody)
        yield desk
        desk.close()
    settings.current.cache_clear()


@pytest.fixture(scope="module")
def edition(home: Home) -> Iterator[Edition]:
    published = current(home)
    assert published
    yield published
    published.close()


def who(name: str, role: str, area: int) -> Actor:
    return Actor.holding(name, Grants((Held(role, area, end_of(area)),)))


LEADER, OFFICIAL = who("wang", "leader", DISTRICT), who("zhang", "official", TOWNS[0])
CADRE, STRANGER = who("li", "cadre", VILLAGES[0]), who("sun", "official", TOWNS[1])


def start(desk: Desk, edition: Edition, actor: Actor = CADRE, kind: str = "order", **fields: Any) -> Item:
    beginning = Beginning(kind, "路灯不亮", VILLAGES[0], {"matter": "修好", **fields})
    return items.start(desk, actor, settings.current(), edition, beginning, f"{time.time_ns()}").item


def act(desk: Desk, edition: Edition, actor: Actor, item: Item, step: str, key: str = "", **fields: Any) -> Item:
    key = key or f"{time.time_ns()}"
    return items.act(desk, actor, settings.current(), edition, item.number, step, fields, key=key).item


def test_order_runs_from_draft_to_end(desk: Desk, edition: Edition) -> None:
    item = start(desk, edition)
    item = act(desk, edition, LEADER, item, "issue", unit="执法队", due=DUE)
    assert (item.unit_area, item.turn) == (TOWNS[0], "unit"), "of two units of a name the nearer one"
    item = act(desk, edition, OFFICIAL, item, "sign")
    item = act(desk, edition, OFFICIAL, item, "reply", reply="已修好")
    item = act(desk, edition, LEADER, item, "close", score=5)
    assert (item.state, item.is_open, item.due_at) == ("closed", False, None)
    rows = audit.entries(desk, limit=5)
    assert [row["what"].split()[-1] for row in rows[:4]] == ["close", "reply", "sign", "issue"]
    assert {row["result"] for row in rows} == {"ok"}


def test_user_outside_the_unit_cannot_sign_for_the_item(desk: Desk, edition: Edition) -> None:
    item = act(desk, edition, LEADER, start(desk, edition), "issue", unit="执法队", due=DUE)
    with pytest.raises(Forbidden, match="for others"):
        act(desk, edition, CADRE, item, "sign")
    assert audit.entries(desk, limit=1)[0]["result"] == "refused"
    with pytest.raises(Refused, match="no item"):
        act(desk, edition, STRANGER, item, "sign")


def test_an_extension_is_later_than_the_deadline(desk: Desk, edition: Edition) -> None:
    item = act(desk, edition, LEADER, start(desk, edition), "issue", unit="执法队", due=DUE)
    item = act(desk, edition, OFFICIAL, item, "sign")
    for day in (DUE, str(DUE - timedelta(days=1))):
        with pytest.raises(Refused, match="Extension asked until is not later than"):
            act(desk, edition, OFFICIAL, item, "request_extension", wanted=day, reason="等材料")
    item = act(desk, edition, OFFICIAL, item, "request_extension", wanted=DUE + timedelta(days=3), reason="等材料")
    with pytest.raises(Refused, match="Deadline is not later than"):
        act(desk, edition, LEADER, item, "grant_extension", due=str(DUE))
    assert act(desk, edition, LEADER, item, "grant_extension", due=str(DUE + timedelta(days=1))).due_at != item.due_at


def test_an_account_of_a_unit_takes_the_part_of_that_unit_alone(desk: Desk, edition: Edition) -> None:
    other = Actor.holding("qian", Grants((Held("official", TOWNS[0], end_of(TOWNS[0]), "便民中心"),)))
    own = Actor.holding("zhou", Grants((Held("official", TOWNS[0], end_of(TOWNS[0]), "执法队"),)))
    item = act(desk, edition, LEADER, start(desk, edition), "issue", unit="执法队", due=DUE)
    inbox = {
        actor.name: lists.items(desk, items.reader(actor), "mine", clock.now()) for actor in (other, own, OFFICIAL)
    }
    assert inbox == {"qian": [], "zhou": [item], "zhang": [item]}
    with pytest.raises(Forbidden, match="for others"):
        act(desk, edition, other, item, "sign")
    assert act(desk, edition, own, item, "sign").holder == "zhou"


def test_a_unit_is_not_rated_by_its_own_leader(desk: Desk, edition: Edition) -> None:
    street = who("qian", "leader", TOWNS[0])
    department = Actor.holding("zhou", Grants((Held("leader", DISTRICT, end_of(DISTRICT), "区住建局"),)))
    other = Actor.holding("wu", Grants((Held("leader", DISTRICT, end_of(DISTRICT), "区城管局"),)))
    fields = {"matter": "占道经营", "unit": "区住建局", "kind": "work"}
    beginning = Beginning("whistle", "占道经营", VILLAGES[0], fields)
    item = items.start(desk, street, settings.current(), edition, beginning, "w").item
    for step, given in (("sign", {}), ("contact", {}), ("arrive", {}), ("handle", {"result": "已处置"})):
        item = act(desk, edition, who("li", "official", DISTRICT), item, step, **given)
    for actor in (LEADER, department):
        with pytest.raises(Forbidden, match="for others"):
            act(desk, edition, actor, item, "rate", rating=5, solved=True)
        with pytest.raises(Forbidden, match="for others"):
            act(desk, edition, actor, item, "again", reason="未解决")
    item = act(desk, edition, other, item, "again", reason="未解决")
    item = act(desk, edition, who("li", "official", DISTRICT), item, "handle", result="已处置")
    assert act(desk, edition, street, item, "rate", rating=4, solved=True).state == "closed"


def test_own_request_cannot_be_decided(desk: Desk, edition: Edition) -> None:
    both = who("zhou", "leader", DISTRICT)
    item = act(desk, edition, LEADER, start(desk, edition), "issue", unit="区住建局", due=DUE)
    item = act(desk, edition, both, item, "sign")
    with pytest.raises(Refused, match="nothing is waiting"):
        act(desk, edition, LEADER, item, "grant_extension", due=DUE)
    later = DUE + timedelta(days=5)
    item = act(desk, edition, both, item, "request_extension", wanted=later, reason="等材料")
    with pytest.raises(Forbidden):
        act(desk, edition, both, item, "grant_extension", due=later)
    item = act(desk, edition, LEADER, item, "grant_extension", due=later)
    assert item.due_at
    assert rules(settings.current()).local(item.due_at).date() == later
    item = act(desk, edition, both, item, "reply", reply="完成")
    with pytest.raises(Forbidden):
        act(desk, edition, both, item, "close")


def test_a_declined_extension_is_decided_and_can_be_asked_for_again(desk: Desk, edition: Edition) -> None:
    item = act(desk, edition, LEADER, start(desk, edition), "issue", unit="执法队", due=DUE)
    item = act(desk, edition, OFFICIAL, item, "sign")
    with pytest.raises(Refused, match="nothing is waiting"):
        act(desk, edition, LEADER, item, "decline_extension", reason="期限充足")
    for day in (5, 6):
        asked = act(
            desk, edition, OFFICIAL, item, "request_extension", wanted=DUE + timedelta(days=day), reason="等材料"
        )
        item = act(desk, edition, LEADER, asked, "decline_extension", reason="期限充足")
        assert (item.state, item.due_at) == ("signed", asked.due_at)
        for decision, fields in (("decline_extension", {"reason": "再议"}), ("grant_extension", {"due": "2027-12-31"})):
            with pytest.raises(Refused, match="nothing is waiting"):
                act(desk, edition, LEADER, item, decision, **fields)


def test_a_draft_is_not_approved_by_its_author(desk: Desk, edition: Edition) -> None:
    author = who("zhou", "leader", DISTRICT)
    item = start(desk, edition, author, "approval")
    item = act(desk, edition, author, item, "submit")
    with pytest.raises(Forbidden, match="yourself"):
        act(desk, edition, author, item, "review", units=["区住建局"])
    act(desk, edition, LEADER, item, "review", units=["区住建局"])


def test_units_countersign_at_once_and_the_last_answer_decides(desk: Desk, edition: Edition) -> None:
    of_town = Actor.holding("zhou", Grants((Held("official", TOWNS[0], end_of(TOWNS[0]), "执法队"),)))
    of_district = Actor.holding("wu", Grants((Held("official", DISTRICT, end_of(DISTRICT), "区住建局"),)))
    item = act(desk, edition, CADRE, start(desk, edition, kind="approval"), "submit")
    item = act(desk, edition, LEADER, item, "review", units=["执法队", "区住建局"])
    assert [(one.unit, one.area, one.answered) for one in item.asked] == [
        ("执法队", TOWNS[0], False), ("区住建局", DISTRICT, False),
    ]  # fmt: skip
    answer = {"verdict": "agree", "opinion": "同意"}
    for actor in (of_town, of_district):
        assert lists.items(desk, items.reader(actor), "mine", clock.now()) == [item]
    with pytest.raises(Forbidden, match="for others"):
        act(desk, edition, of_town, item, "countersign", countersigner="区住建局", **answer)
    with pytest.raises(Forbidden, match="for others"):
        act(desk, edition, OFFICIAL, item, "countersign", countersigner="区住建局", **answer)
    item = act(desk, edition, of_town, item, "countersign", countersigner="执法队", **answer)
    assert (item.state, item.turn) == ("reviewed", "asked"), "one of two has answered"
    assert lists.items(desk, items.reader(of_town), "mine", clock.now()) == []
    assert lists.may_see(items.reader(of_town), item)
    with pytest.raises((Forbidden, Refused)):
        act(desk, edition, of_town, item, "countersign", countersigner="执法队", **answer)
    item = act(
        desk, edition, of_district, item, "countersign", countersigner="区住建局", **answer | {"verdict": "disagree"}
    )
    assert (item.state, [one.answered for one in item.asked]) == ("countersigned", [True, True])
    assert (
        store.derived(rules(settings.current()), item, store.events(desk, rules(settings.current()), item.id)) == item
    )
    item = act(desk, edition, LEADER, item, "return", reason="补充材料")
    item = act(desk, edition, LEADER, act(desk, edition, CADRE, item, "submit"), "review", units=["区住建局"])
    assert [(one.unit, one.answered) for one in item.asked] == [("区住建局", False)], "asked again"


def test_units_that_do_not_exist_are_not_asked(desk: Desk, edition: Edition) -> None:
    item = act(desk, edition, CADRE, start(desk, edition, kind="approval"), "submit")
    for given in (["区住建局", "无此单位"], "区住建局", [["区住建局"]], {"a": 1}):
        with pytest.raises(Refused):
            act(desk, edition, LEADER, item, "review", units=given)
    assert store.find(desk, item.number) == item


def test_publication_has_to_last_its_days(desk: Desk, edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    item = start(desk, edition, CADRE, "problem", unit="执法队", due=DUE)
    item = act(desk, edition, OFFICIAL, item, "claim")
    item = act(desk, edition, OFFICIAL, item, "apply", proof="已整改")
    item = act(desk, edition, LEADER, item, "pass", finding="属实")
    item = act(desk, edition, LEADER, item, "publish")
    with pytest.raises(Refused, match="not over yet"):
        act(desk, edition, LEADER, item, "clear")
    later = clock.now() + timedelta(days=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    item = act(desk, edition, LEADER, item, "clear")
    assert item.state == "cleared"
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=91))
    with pytest.raises(Refused, match="time for this step is over"):
        act(desk, edition, LEADER, item, "rebound", reason="反弹", due=DUE + timedelta(days=300))


def test_areas_and_units_have_to_exist(desk: Desk, edition: Edition) -> None:
    beginning = Beginning("order", "题", VILLAGES[0] + 50, {"matter": "x"})
    with pytest.raises(Refused, match="no area"):
        items.start(desk, LEADER, settings.current(), edition, beginning, "k")
    with pytest.raises(Refused, match="no unit"):
        start(desk, edition, CADRE, unit="不存在的单位")
    assert store.count(desk) == 0


def test_the_same_key_again_gives_the_same_event(desk: Desk, edition: Edition) -> None:
    item = start(desk, edition)
    first = act(desk, edition, LEADER, item, "issue", "key", unit="执法队", due=DUE)
    assert act(desk, edition, LEADER, item, "issue", "key", unit="执法队", due=DUE) == first
    with pytest.raises(Refused, match="key was used"):
        act(desk, edition, LEADER, item, "issue", "key", unit="区住建局", due=DUE)


def test_nothing_is_stored_when_the_audit_row_cannot_be(desk: Desk, edition: Edition) -> None:
    item = start(desk, edition)
    with desk.begin() as session:
        session.execute(text("ALTER TABLE audit RENAME TO away"))
    with pytest.raises(DeskError):
        act(desk, edition, LEADER, item, "issue", unit="执法队", due=DUE)
    assert store.find(desk, item.number) == item


def about(
    desk: Desk, edition: Edition, origin: str, *links: Link, actor: Actor = LEADER, area: int = VILLAGES[0]
) -> Item:
    kind = "note" if origin == "area" else "order"
    beginning = Beginning(kind, "题", area, {"matter": "x"}, origin=origin, links=links)
    return items.start(desk, actor, settings.current(), edition, beginning, f"{time.time_ns()}").item


def fired(desk: Desk, area: int) -> int:
    """The id of a new alert."""
    observed = [Observed("beyond_limit", area, "backlog", value=9.0)]
    return alerts.settle(desk, f"e{time.time_ns()}", datetime(2026, 11, 22), observed, {}).fired[0]


def test_an_item_is_found_from_what_it_is_about_and_keeps_its_address(desk: Desk, edition: Edition) -> None:
    number = number_reference("backlog", VILLAGES[0])
    for origin, link, page in (
        ("case", Link("case", "hotline/1"), "/case"), ("row", Link("case", "hotline/1"), "/case"),
        ("red", Link("metric", number), "/"), ("area", Link("area", f"{VILLAGES[0]}"), "/"),
    ):  # fmt: skip
        item = about(desk, edition, origin, link)
        (stored,) = of_item(desk, item.id)
        assert stored.address.startswith(page + "?"), stored
        assert edition.id in stored.address
        assert items_about(desk, link.kind, [link.reference])[link.reference][0] == item


def test_a_cockpit_shows_an_item_at_once_and_changes_of_other_processes_within_seconds(
    desk: Desk, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "desk", lambda: desk)
    now = 10_000.0
    monkeypatch.setattr(shown, "time", SimpleNamespace(monotonic=lambda: now))
    number = number_reference("backlog", VILLAGES[0])
    assert shown.about("metric", number) == ()
    item = about(desk, edition, "red", Link("metric", number))
    assert shown.about("metric", number) == (item,)
    elsewhere = open_desk(settings.current().desk_url, settings.current().custody)  # as another process would
    issued = act(elsewhere, edition, LEADER, item, "issue", unit="执法队", due=DUE)
    elsewhere.close()
    assert shown.about("metric", number) == (item,), "it is not read again in each run"
    now += shown.FRESH_SECONDS
    assert shown.about("metric", number) == (issued,)


@pytest.mark.parametrize(
    ("origin", "link"),
    [
        ("case", Link("case", "hotline/none")), ("case", Link("case", "hotline")), ("site", Link("site", "units/u")),
        ("red", Link("metric", "nothing 990101001201")), ("red", Link("metric", "backlog x")),
        ("red", Link("metric", f"backlog {TOWNS[1]}")), ("case", Link("metric", "backlog 1")),
        ("alert", Link("alert", "99")), ("alert", Link("alert", "x")), ("free", Link("case", "hotline/1")),
        ("area", Link("area", f"{TOWNS[1]}")), ("area", Link("area", "1")), ("area", Link("area", "x")),
        ("case", Link("case", "hotline/2")), ("red", Link("metric", "")),
    ],
)  # fmt: skip
def test_unknown_or_hidden_subject_is_no_origin(desk: Desk, edition: Edition, origin: str, link: Link) -> None:
    local = who("chen", "leader", TOWNS[0])
    with pytest.raises(Refused):
        about(desk, edition, origin, link, actor=local)
    assert store.count(desk) == 0


def test_an_alert_becomes_ordered_in_the_transaction_of_its_item(desk: Desk, edition: Edition) -> None:
    id = fired(desk, VILLAGES[0])
    with pytest.raises(Refused, match="alert's area"):
        about(desk, edition, "alert", Link("alert", f"{id}"), area=TOWNS[0])
    state = alerts.find(desk, id)
    assert state
    assert (state.state, store.count(desk)) == ("firing", 0)
    item = about(desk, edition, "alert", Link("alert", f"{id}"))
    ordered = alerts.find(desk, id)
    assert ordered
    assert ordered.state == "ordered"
    assert alerts.history(desk, [id])[id][-1].note == item.number
    assert items_about(desk, "alert", [f"{id}"])[f"{id}"] == [item]
    with pytest.raises(Refused, match="already"):
        about(desk, edition, "alert", Link("alert", f"{id}"))
    assert store.count(desk) == 1


def test_the_key_of_an_order_about_an_alert_may_come_twice(desk: Desk, edition: Edition) -> None:
    link = Link("alert", f"{fired(desk, VILLAGES[0])}")
    beginning = Beginning("order", "题", VILLAGES[0], {"matter": "x"}, origin="alert", links=(link, link))
    first = items.start(desk, LEADER, settings.current(), edition, beginning, "k")
    again = items.start(desk, LEADER, settings.current(), edition, beginning, "k")
    assert (again.item, again.again) == (first.item, True)


FLOWS = definitions.of(settings.load())
STEPS = {(kind, "start"): flow.start for kind, flow in FLOWS.items()} | {
    (kind, id): step for kind, flow in FLOWS.items() for id, step in flow.transitions.items()
}


@pytest.mark.parametrize(("kind", "id"), STEPS)
def test_rights_by_role_area_and_party(kind: str, id: str) -> None:
    """Every role on every area, as stranger, author and holder, against what the file says in plain words."""
    step = STEPS[kind, id]
    place = Place(
        VILLAGES[0],
        "author",
        TOWNS[0],
        "holder",
        "执法队",
        (Asked("执法队", TOWNS[0]), Asked("区住建局", DISTRICT, True)),
    )
    for role, area, unit in product(ROLES, AREAS, ("", "执法队", "便民中心")):
        grant = Held(role, area, end_of(area), unit) if role in BUSINESS else Held(role, 0, 0)
        for name in ("author", "holder", "stranger"):
            may = permitted(step, place, name, (grant,))  # type: ignore[arg-type]
            assert bool(may) == expected(step, role, area, name, unit), (role, area, name, unit)
            assert may in (None, role)
            if may:
                assert Can.ACT in MATRIX[role]
    if id == "start":
        nobody = (Held("leader", TOWNS[1], end_of(TOWNS[1])),)
        assert may_start(FLOWS[kind], VILLAGES[0], "author", nobody) is None


def expected(step: Permission, role: str, area: int, name: str, unit: str) -> bool:
    """The rule in words: the item is in VILLAGES[0], its unit in TOWNS[0]; a grant without a unit is any unit.

    Its unit and one of the district are asked at once; that of the district has answered.
    """
    of_unit = area == TOWNS[0] and unit in ("", "执法队")
    reach = {
        "own": area in (VILLAGES[0], TOWNS[0], DISTRICT),
        "above": area in (TOWNS[0], DISTRICT),
        "unit": of_unit or (area == DISTRICT and unit == ""),
    }[step.scope]
    parties = {
        "author": name == "author",
        "holder": name == "holder",
        "unit": of_unit,
        "asked": of_unit,
        "supervisor": role in ("leader", "inspector") and name != "holder",
        "anyone": True,
        "others": not of_unit,
    }
    return role in step.roles and reach and any(parties[party] for party in step.party)


def test_a_transition_notifies_the_parties_that_its_workflow_names(desk: Desk, edition: Edition) -> None:
    ids = {}
    for person in (LEADER, OFFICIAL, CADRE, STRANGER):
        ids[person.name] = accounts.add(desk, person.name, "Long enough 4 all").id
        (held,) = person.grants.held
        accounts.grant(desk, person.name, held.role, held.first)
    item = start(desk, edition)
    config = settings.current()
    fields = {"unit": "执法队", "due": DUE.isoformat()}
    for _twice in range(2):
        items.act(desk, LEADER, config, edition, item.number, "issue", fields, key="issue")
    received = {name: notifications.listing(desk, id) for name, id in ids.items()}
    assert {name: len(rows) for name, rows in received.items()} == {"wang": 0, "zhang": 1, "li": 0, "sun": 0}
    (notice,) = received["zhang"]
    assert str(notice.message) == f"Order {item.number}, 新河村: Issue"
    assert notice.link == f"/item?item={item.number}"
    with pytest.raises(Refused):
        items.act(desk, OFFICIAL, config, edition, item.number, "reply", {"reply": "好了"}, key="too early")
    assert len(notifications.listing(desk, ids["wang"])) == 0
