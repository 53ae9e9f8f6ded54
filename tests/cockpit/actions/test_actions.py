"""Every action checks right and scope; its change and audit row are one transaction."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from cockpit import settings
from cockpit.access.policy import MATRIX, Grants, Held
from cockpit.actions import accounts as account_actions
from cockpit.actions import data as data_actions
from cockpit.actions import grants as grant_actions
from cockpit.actions import reports as report_actions
from cockpit.actions import sites as site_actions
from cockpit.actions.action import OPERATOR, Action, Actor, Forbidden, registry
from cockpit.reports.delivery.access import NotThere
from cockpit.reports.request import Request
from data.areas.levels import end_of
from data.desk import deductions, reports
from data.desk.auditing import audit
from data.desk.deductions import Deduction
from data.desk.errors import DeskError, Refused
from data.desk.events import Event
from data.desk.identity import accounts, tokens
from data.desk.store import Desk, open_desk
from data.editions.edition import current
from data.home import Home
from metrics.scope import OutOfScope
from tests.desks import postgres_tables, sqlite_tables
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

PASSWORD = "Hongqi+2026+x"
REGISTRY = registry()
EVENT = Event(date(2026, 11, 9), "台风过境", "Typhoon")
ENTRY = Deduction("own", "x", "x", "column_updated", "news", 3, 1.0, enabled=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A published home with a case and a site in each town."""
    home = Home(tmp_path_factory.mktemp("actions"), memory="1GB")
    areas(home)
    deliver(home, "cases", [{"key": str(a), "area": a, "registered_at": datetime(2026, 11, 2)} for a in VILLAGES])
    sites = [{"key": f"site-{a}", "area": a, "kind": "site", "name": str(a)} for a in TOWNS]
    deliver(home, "assets", sites, source="sites")
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, home: Home, tmp_path: Path) -> Iterator[Desk]:
    """A new desk with one account."""
    yield from opened(request, home, tmp_path)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def common_desk(request: pytest.FixtureRequest, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for all tests that only add to its audit. Rights do not depend on its database: PostgreSQL is slow."""
    yield from opened(request, home, tmp_path_factory.mktemp("desk"))


def opened(request: pytest.FixtureRequest, home: Home, folder: Path) -> Iterator[Desk]:
    if request.param == "postgresql":
        url = postgres_tables(request.getfixturevalue("postgres"), f"actions{time.time_ns()}")
    else:
        url = sqlite_tables(folder / "desk.sqlite")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_HOME", str(home.root))
        patch.setenv("COCKPIT_DESK", url)
        settings.current.cache_clear()
        desk = open_desk(url, settings.current().custody)
        accounts.add(desk, "li", PASSWORD)
        yield desk
        desk.close()
    settings.current.cache_clear()


def holder(role: str, area: int = DISTRICT) -> Actor:
    """Somebody with one role on an area."""
    return Actor.holding("wang", Grants((Held(role, area, end_of(area)),)))


def newest(desk: Desk) -> dict[str, object]:
    return audit.entries(desk, limit=1)[0]


@pytest.mark.parametrize("role", MATRIX)
@pytest.mark.parametrize("name", REGISTRY)
def test_only_roles_that_hold_the_right_run_an_action(common_desk: Desk, name: str, role: str) -> None:
    desk, action = common_desk, REGISTRY[name]
    ran = []
    area = ((DISTRICT, end_of(DISTRICT)),)
    try:
        with action.by(desk, holder(role), "something", area):
            ran.append(True)
    except Forbidden:
        assert newest(desk)["result"] == "refused"
    else:
        assert (newest(desk)["event"], newest(desk)["result"]) == (action.event, "ok")
    assert bool(ran) == (action.right is None or action.right in MATRIX[role])


@pytest.mark.parametrize("name", [name for name, one in REGISTRY.items() if one.reach != "somewhere"])
def test_a_right_on_a_town_does_not_reach_the_district(desk: Desk, name: str) -> None:
    action = REGISTRY[name]
    role = next(role for role, rights in MATRIX.items() if action.right in rights)
    elsewhere = ((TOWNS[1], TOWNS[1] + 1),)
    with pytest.raises(Forbidden), action.by(desk, holder(role, TOWNS[0]), "something", elsewhere):
        pytest.fail("the block must not run")


def test_unnamed_areas_are_not_granted(desk: Desk) -> None:
    with pytest.raises(Forbidden), site_actions.DECIDE.by(desk, holder("inspector"), "something", ()):
        pytest.fail("the block must not run")


CHANGES: dict[str, Callable[[Desk], object]] = {
    "add": lambda desk: account_actions.add(desk, OPERATOR, "zhao"),
    "lock": lambda desk: account_actions.lock(desk, OPERATOR, "li"),
    "set password": lambda desk: account_actions.set_password(desk, OPERATOR, "li"),
    "grant": lambda desk: grant_actions.grant(desk, OPERATOR, "li", "leader", DISTRICT),
    "token": lambda desk: grant_actions.issue_token(
        desk, OPERATOR, settings.current(), "hotline", area=DISTRICT, days=1
    ),
    "deduction": lambda desk: site_actions.save_deduction(desk, OPERATOR, ENTRY),
    "event": lambda desk: data_actions.add_event(desk, OPERATOR, EVENT),
    "report": lambda desk: report_actions.ask(desk, OPERATOR, settings.current(), ASKED),
}  # fmt: skip
ASKED = Request(kind="monthly", areas=(DISTRICT,), start=date(2026, 11, 1), end=date(2026, 12, 1), format="csv")


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_changes_when_the_audit_row_cannot_be_written(desk: Desk, change: str) -> None:
    before = state(desk)
    break_audit(desk)
    with pytest.raises(DeskError):
        CHANGES[change](desk)
    assert state(desk) == before


def state(desk: Desk) -> tuple[object, ...]:
    """What the actions change."""
    account = accounts.sign_in(desk, "li", PASSWORD)
    people = [(a.name, a.disabled, held) for a, held in accounts.listing(desk)]
    made = len(reports.listing(desk))
    return account.outcome, people, tokens.listing(desk), deductions.listing(desk), made


def break_audit(desk: Desk) -> None:
    """No row can be added to the audit from now on."""
    with desk.begin() as session:
        if desk.dialect == "sqlite":
            session.execute(text("CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END"))
        else:
            session.execute(text("ALTER TABLE audit ADD CONSTRAINT no_audit CHECK (false) NOT VALID"))


def test_a_failed_change_is_undone_and_recorded_as_failed(desk: Desk) -> None:
    with pytest.raises(Refused):
        account_actions.set_password(desk, OPERATOR, "li", "short")
    assert (newest(desk)["event"], newest(desk)["result"]) == ("password", "failed")


def test_an_inner_transaction_ends_with_the_outer_one(desk: Desk) -> None:
    with pytest.raises(RuntimeError), desk.begin():
        accounts.add(desk, "zhao", PASSWORD)
        assert accounts.named(desk, "zhao").name == "zhao"  # a read inside sees what was written
        raise RuntimeError
    assert [account.name for account, _held in accounts.listing(desk)] == ["li"]


@pytest.mark.parametrize("action", [account_actions.lock, account_actions.set_password, account_actions.remove_factor])
def test_an_administrator_does_not_act_on_the_own_account(desk: Desk, action: Callable[..., object]) -> None:
    actor = Actor.holding("li", Grants((Held("system_admin", 0, 0),)))
    with pytest.raises(Forbidden, match="your own account"):
        action(desk, actor, "li")


def test_own_account_cannot_be_granted_a_role(desk: Desk) -> None:
    actor = Actor.holding("li", Grants((Held("security_admin", 0, 0),)))
    with pytest.raises(Forbidden, match="your own grants"):
        grant_actions.grant(desk, actor, "li", "leader", DISTRICT)


def test_a_finding_is_decided_where_the_right_is_held(desk: Desk, home: Home) -> None:
    edition = current(home)
    assert edition is not None
    inspector = holder("inspector", TOWNS[0])
    scoped = edition.scoped(inspector.grants.scope(site_actions.DECIDE.right))  # type: ignore[arg-type]
    about = {"rule": "site_open", "choice": "dismissed", "note": "维护公告", "at": datetime(2026, 11, 20)}
    number = site_actions.decide(desk, inspector, scoped, source="sites", asset=f"site-{TOWNS[0]}", **about)
    with pytest.raises(OutOfScope):
        site_actions.decide(desk, inspector, scoped, source="sites", asset=f"site-{TOWNS[1]}", **about)
    with pytest.raises(Refused):
        site_actions.decide(desk, inspector, scoped, source="sites", asset="unknown", **about)
    with pytest.raises(OutOfScope):
        site_actions.take_back(desk, holder("inspector", TOWNS[1]), edition.scoped(((TOWNS[1], TOWNS[1] + 1),)), number)
    with pytest.raises(Forbidden):
        site_actions.take_back(desk, holder("official", TOWNS[0]), scoped, number)
    assert site_actions.take_back(desk, inspector, scoped, number).taken_back_at


def test_a_town_leader_leaves_the_deductions_of_the_district_alone(desk: Desk) -> None:
    before = deductions.listing(desk)
    with pytest.raises(Forbidden):
        site_actions.save_deduction(desk, holder("leader", TOWNS[0]), ENTRY)
    assert deductions.listing(desk) == before
    site_actions.save_deduction(desk, holder("leader"), ENTRY)
    assert len(deductions.listing(desk)) == len(before) + 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "((a{1,9}){1,9}){1,9}b", "新闻|公告"])
def test_no_pattern_runs_for_long(pattern: str) -> None:
    names = ["a" * 5_000 + "!", "新闻中心"]
    assert deductions.matching(pattern, names) <= set(names)


@pytest.mark.parametrize(
    ("role", "own", "moves"),
    [
        ("cadre", True, {"final": True, "draft": False, "issued": False}),
        ("cadre", False, {"final": False, "draft": False, "issued": False}),
        ("inspector", False, {"final": True, "draft": True, "issued": True}),
    ],
)
def test_rights_to_change_the_state_of_a_report(desk: Desk, role: str, own: bool, moves: dict[str, bool]) -> None:
    config, actor = settings.current(), holder(role)
    author = actor if own else holder("inspector")
    for to, may in moves.items():
        report = report_actions.ask(desk, author if own else OPERATOR, config, ASKED)
        reports.finish(desk, report.id, file="x", sha256="", size=0, definitions={})
        if to != "final":
            reports.move(desk, report.id, "final", "operator")
        if may:
            assert report_actions.move(desk, actor, config, report.id, to).status == to
        else:
            with pytest.raises((Forbidden, NotThere)):
                report_actions.move(desk, actor, config, report.id, to)


def test_an_effect_outside_of_the_desk_needs_its_audit_row_first(
    desk: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(data_actions.editions, "rollback", lambda _home, edition: done.append(edition))
    data_actions.rollback(desk, OPERATOR, settings.current(), "e1")
    break_audit(desk)
    with pytest.raises(DeskError):
        data_actions.rollback(desk, OPERATOR, settings.current(), "e2")
    assert done == ["e1"]


def test_each_action_is_registered_once() -> None:
    assert all(isinstance(one, Action) and one.event in audit.EVENTS for one in REGISTRY.values())
