"""The role matrix: every page, route and file for every role and kind of scope."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard, pages, visitors
from cockpit.access.policy import MATRIX, Can, Grants, Held
from cockpit.components.navigation import header
from cockpit.panels import answers
from cockpit.panels.kinds.todo import todo_query
from cockpit.screens.admin import data
from cockpit.screens.listing import rows as rows_screen
from cockpit.view import BadParameter, View, read
from data.areas.levels import end_of
from data.desk.alerting import alerts
from data.desk.auditing import audit
from data.home import Home
from metrics.cases.todo import todo
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.scope import OutOfScope
from tests.asking import ageing, answer, count_rows, rows, scoped, why
from tests.cockpit.access.test_routes import LIKE_CODES
from tests.drawn import components, html
from tests.drawn import text as text_of
from tests.examples import examples
from tests.factory import DISTRICT, TOWNS, VILLAGES, deliver

ROOT = Path(__file__).parents[3]
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
OWN, CHILD, SIBLING, PARENT = TOWNS[0], VILLAGES[0], TOWNS[1], DISTRICT
REFUSAL = "不在您的权限范围内"
PAGES = {name: page.right for name, page in pages.PAGES.items()}
LOOKING = [name for name, need in PAGES.items() if need is Can.LOOK]
LOOKERS = [role for role, rights in MATRIX.items() if Can.LOOK in rights]
SHOWN = (
    "timemap",
    "tiles",
    "table",
    "record",
    "ranking",
    "bars",
    "todo",
    "today",
    "timeline",
    "visits",
    "areamap",
    "waterfall",
    "chooser",
)
"""Components that show data. What a page offers to do differs by role, what it shows does not."""


def run_page(name: str, **parameters: object) -> AppTest:
    """A page as the account of `guard.token` sees it."""
    tested = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
    tested.switch_page(f"../pages/{name}.py")
    for key, value in parameters.items():
        tested.query_params[key] = str(value)
    tested.run()
    assert not tested.exception
    return tested


def without_links(given: Any) -> Any:
    """What is read: a link to a page, or an action on rows, that needs another right is there only for who holds it."""
    if isinstance(given, dict):
        return {key: without_links(value) for key, value in given.items() if key not in ("href", "picks")}
    return [without_links(value) for value in given] if isinstance(given, list) else given


@pytest.fixture
def ask(run_page: Callable[..., AppTest]) -> Callable[..., str]:
    """The texts of a page for a role on OWN."""

    def texts(page: str, role: str, **parameters: object) -> str:
        tested = run_page(page, role, **parameters)
        assert not tested.exception
        return text_of(tested)

    return texts


def test_no_page_was_forgotten() -> None:
    assert set(PAGES) == {path.stem for path in (ROOT / "pages").glob("*.py")}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", MATRIX)
def test_a_page_opens_for_the_roles_of_the_matrix(ask: Callable[..., str], page: str, role: str) -> None:
    need = PAGES[page]
    said = ask(page, role, **of_case(page, CHILD))
    allowed = need is None or need in MATRIX[role]
    assert (REFUSAL not in said) is allowed
    if allowed:
        check_navigation(said, role)


def of_case(page: str, code: int) -> dict[str, str]:
    """The parameters that name a case of an area, for the page of a case."""
    return {"source": "hotline", "key": f"{code}-1"} if page == "case" else {}


def check_navigation(said: str, role: str) -> None:
    """Nothing is linked that the role may not open, and all that it may open is in the menu."""
    for name, need in PAGES.items():
        if need not in (None, Can.LOOK):
            linked = re.search(rf'"href": "/{name}[?"]', said) is not None
            in_menu = pages.PAGES[name].menu != ""
            assert (linked is (need in MATRIX[role])) if in_menu else (not linked or need in MATRIX[role]), name
    if Can.LOOK not in MATRIX[role]:
        assert re.search(r'"(?:href|home)": "/(?:\?|"|rows|why|passport|case|wall)', said) is None


@pytest.mark.parametrize("page", LOOKING)
@pytest.mark.parametrize("role", MATRIX)
def test_page_shows_granted_areas_only(ask: Callable[..., str], page: str, role: str) -> None:
    """One area inside and one outside: which of them takes turns, so that each page and each role has all four."""
    looks = Can.LOOK in MATRIX[role]
    places = (OWN, SIBLING) if turn(page, role) % 2 else (CHILD, PARENT)
    for area, inside in zip(places, (True, False), strict=True):
        code = area if area % 1000 else VILLAGES[0] if area == OWN else VILLAGES[2]
        said = ask(page, role, area=area, **of_case(page, code))
        assert (REFUSAL not in said) is (looks and inside), (area, said[:200])
        assert (looks and inside) or f"{code}-1" not in re.sub(r'"href": "[^"]*"', "", said), "its own address aside"


def turn(page: str, role: str) -> int:
    """A number that differs between neighbours in the matrix of pages and roles."""
    return LOOKING.index(page) + list(MATRIX).index(role)


@pytest.mark.parametrize(
    ("metric", "area"),
    [*product(("intake", "backlog", "oldest_open_days"), (OWN, CHILD)), ("site_health", OWN)],
)
@pytest.mark.parametrize("role", LOOKERS)
def test_rows_page_lists_as_many_rows_as_its_title_says(
    monkeypatch: pytest.MonkeyPatch, session: Callable[..., str], role: str, metric: str, area: int
) -> None:
    monkeypatch.setattr(guard, "token", lambda: session(role, OWN))
    count = count_rows(read({}, settings.current()).edition, metric, area, NOVEMBER)
    listed = []
    for page in range(1, count // rows_screen.PER_PAGE + 2):
        tested = run_page("rows", area=area, metric=metric, page=page)
        said = re.sub("<[^>]+>", " ", html(tested))
        assert re.search(rf"(?<![\d,]){count} (?:件|个网站)", said), said
        listed += [
            row[0]["text"] + row[0].get("note", "") for table in components(tested, "table") for row in table["rows"]
        ]
    assert len(listed) == len(set(listed)) == count
    assert count > 0


@pytest.mark.parametrize("page", LOOKING)
def test_a_page_shows_the_same_to_every_role_that_may_look(
    monkeypatch: pytest.MonkeyPatch, session: Callable[..., str], page: str
) -> None:
    """Nothing is drawn only inside a check of another right, such as the right to export."""
    case = {"source": "hotline", "key": f"{CHILD}-1"} if page == "case" else {}
    case |= {"source": "register", "key": "site"} if page == "site" else {}
    case |= {"areas": f"{VILLAGES[0]},{VILLAGES[1]}"} if page == "compare" else {}
    case |= {"q": "新河"} if page == "search" else {}
    if page == "alerts":
        red = alerts.Observed("beyond_limit", OWN, "backlog", value=3)
        alerts.settle(visitors.desk(), "matrix", datetime(2026, 11, 20), [red], {})
    shown = {}
    for role in LOOKERS:
        monkeypatch.setattr(guard, "token", lambda role=role: session(role, OWN))
        tested = run_page(page, area=OWN, **case)
        shown[role] = {name: without_links(components(tested, name)) for name in SHOWN}
    has_no_polygons = page == "map"  # of this home: the page says so in words
    assert has_no_polygons or any(shown["leader"].values()), "the page shows no data at all"
    for role in LOOKERS:
        assert shown[role] == shown["leader"], role


@pytest.mark.parametrize("page", LOOKING)
@pytest.mark.parametrize("role", MATRIX)
def test_invalid_scope_shows_nothing(ask: Callable[..., str], page: str, role: str) -> None:
    invalid = ("0", "-1", "990109000000", "; DROP TABLE cases", "９９")
    said = ask(page, role, area=invalid[turn(page, role) % len(invalid)])
    assert "没有这个区划" in said or REFUSAL in said
    assert "-1-1" not in said


def test_readers_have_no_commands(ask: Callable[..., str]) -> None:
    for role in ("leader", "inspector"):
        assert "python -m cockpit" not in ask("data", role), role


def test_a_demonstration_says_so_on_every_screen(ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEMO", "1")
    settings.current.cache_clear()
    header._packed.cache_clear()
    for page in PAGES:
        for role in ("leader", "audit_admin"):
            assert "演示登录" in ask(page, role), (page, role)
    assert "演示登录" in ask("cockpit", "leader", wall=1)
    header._packed.cache_clear()


@pytest.mark.parametrize(
    ("page", "source", "key"), [("case", "hotline", f"{SIBLING}-1"), ("site", "register", "elsewhere")]
)
def test_key_outside_the_grants_looks_like_an_unknown_key(
    ask: Callable[..., str], page: str, source: str, key: str
) -> None:
    """Numbers of cases can be guessed: the answer must not say which of them others have. The audit does."""

    def shown(key: str) -> str:
        """Without the number of the session's run, which goes on."""
        return re.sub(r'"run": \d+', "", ask(page, "official", area=OWN, source=source, key=key))

    others = shown(key)
    refused = audit.entries(visitors.desk(), event="refused", limit=1)[0]
    assert (refused["what"], refused["result"]) == (f"{page} {source}/{key}", "refused")
    unknown = "x" * len(key)
    assert others.replace(key, unknown) == shown(unknown)
    assert "没有您可以查看的" in others


def test_a_page_without_a_session_says_so_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "token", lambda: None)
    for page in PAGES:
        tested = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        tested.switch_page(f"../pages/{page}.py").run()
        said = text_of(tested)
        assert "请先登录" in said
        assert "临江区" not in said


def test_every_download_has_a_route() -> None:
    """Streamlit serves what a download button holds to any session that knows its hash, without right and audit."""
    without_route = [
        str(path.relative_to(ROOT))
        for folder in ("pages", "cockpit")
        for path in (ROOT / folder).rglob("*.py")
        if "download_button(" in path.read_text("utf-8")
    ]
    assert without_route == []


@pytest.mark.parametrize("role", MATRIX)
def test_download_is_offered_only_with_the_export_right(ask: Callable[..., str], role: str) -> None:
    assert ("/files/rows.csv?" in ask("rows", role)) is (Can.EXPORT in MATRIX[role])


@pytest.mark.parametrize(("area", "total"), [(OWN, False), (PARENT, True)])
def test_refused_rows_require_district_wide_permission(
    home: Path, monkeypatch: pytest.MonkeyPatch, session: Callable[..., str], area: int, total: bool
) -> None:
    rows = [{"key": "x", "area": SIBLING, "registered_at": None, "title": "secret"}]
    deliver(Home(home, memory="1GB"), "cases", rows, source="broken")
    data.delivered.clear()
    monkeypatch.setattr(guard, "token", lambda: session("data_officer", area))
    tested = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
    assert ("secret" in text_of(tested.switch_page("../pages/data.py").run())) is total


def test_refusal_is_audited(ask: Callable[..., str]) -> None:
    ask("cockpit", "cadre", area=PARENT)
    newest = audit.entries(visitors.desk(), event="refused", limit=1)[0]
    assert (newest["who"], newest["role"], newest["what"]) == (f"cadre-{OWN}", "cadre", f"area {PARENT}")


@given(
    held=st.lists(st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]), max_size=3),
    code=st.one_of(st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]), st.integers(-5, 10**13)),
)
@hypothesis(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_function_answers_for_what_was_not_granted(held: list[int], code: int) -> None:
    """For any grants and any query, answers come only from inside the scope."""
    grants = Grants(tuple(Held("official", area, end_of(area)) for area in held))
    edition = read({}, settings.current(), grants).edition
    inside = any(area <= code < end_of(area) and end_of(code) <= end_of(area) for area in held) if code > 0 else False
    calls = (
        lambda: answer(edition, ["intake"], code, NOVEMBER),
        lambda: rows(edition, "intake", code, NOVEMBER),
        lambda: count_rows(edition, "intake", code, NOVEMBER),
        lambda: ageing(edition, "backlog", code, NOVEMBER),
        lambda: todo(scoped(edition), code),
        lambda: why(edition, "intake", code, NOVEMBER, OCTOBER),
    )
    known = code in {DISTRICT, *TOWNS, *VILLAGES}
    for ask in calls:
        if not known:
            with contextlib.suppress(MetricsError):
                assert ask() is None
        elif inside:
            ask()
        else:
            with pytest.raises(OutOfScope):
                ask()


@given(held=st.lists(st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]), max_size=2), area=LIKE_CODES)
@hypothesis(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_an_address_writes_an_area_its_view_answers_for_what_was_granted(held: list[int], area: str) -> None:
    grants = Grants(tuple(Held("official", code, end_of(code)) for code in held))
    try:
        view = read({"area": area}, settings.current(), grants)
    except BadParameter:
        return
    if grants.may(Can.LOOK, view.area.code, view.area.end):
        answer(view.edition, ["intake"], view.area.code, NOVEMBER)
    else:
        with pytest.raises(OutOfScope):
            answer(view.edition, ["intake"], view.area.code, NOVEMBER)


def test_viewers_of_one_scope_share_answers_and_others_do_not() -> None:
    def view(*areas: int) -> View:
        return read({}, settings.current(), Grants(tuple(Held("official", area, end_of(area)) for area in areas)))

    assert view(OWN) == view(OWN)
    assert view(OWN).edition != view(SIBLING).edition != view(OWN, SIBLING).edition
    assert answers.open_cases(todo_query(view(OWN))) == 30
    with pytest.raises(OutOfScope):
        answers.open_cases(replace(todo_query(view(SIBLING)), area=view(OWN).area.code))
