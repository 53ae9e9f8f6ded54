"""Screens, API, command and reports on trees of three, five and six levels and on trees that leave levels out."""

import ast
import io
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from cockpit import i18n, settings
from cockpit.access import guard
from cockpit.access.policy import OPERATOR, Can, Grants, Held
from cockpit.api.app import api
from cockpit.api.caller import Caller, asking
from cockpit.commands import main
from cockpit.components.navigation import header
from cockpit.panels.kinds import areas as panels
from cockpit.reports.model import Table
from cockpit.reports.request import Request, check
from cockpit.reports.sections import content
from cockpit.screens import wall
from cockpit.settings import Settings
from cockpit.view import View, home, read
from data.areas.levels import LEVELS, LOWEST, end_of
from data.desk.identity import accounts
from data.desk.store import open_desk
from data.home import Home
from metrics import areas
from tests import drawn, trees
from tests.cockpit.conftest import ROLES, session_of
from tests.factory import edition_of

ROOT = Path(__file__).parents[2]
MONTH = {"from": "2026-11-01", "to": "2026-12-01"}
See = Callable[..., View]


@pytest.fixture(scope="module", params=trees.TREES)
def tree(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def root(tree: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Home(tmp_path_factory.mktemp(tree), memory="1GB")
    edition_of(made, trees.cases(tree), datetime.fromisoformat(trees.AS_OF), places=trees.places(tree))
    return made.root


@pytest.fixture
def config(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("COCKPIT_HOME", str(root))
    settings.current.cache_clear()
    with i18n.using("zh"):
        yield settings.current()
    settings.current.cache_clear()


@pytest.fixture
def see(config: Settings) -> See:
    return lambda **parameters: read({name: str(value) for name, value in parameters.items()}, config)


@pytest.fixture
def client(config: Settings) -> Iterator[Callable[[int], TestClient]]:
    """A client of the API whose grant is on an area."""

    def granted(code: int) -> TestClient:
        held = (Held("official", code, end_of(code)),)
        api.dependency_overrides[asking] = lambda: Caller("system:test", Grants(held), "127.0.0.1")
        return TestClient(api, raise_server_exceptions=False)

    yield granted
    api.dependency_overrides.clear()


def names_below(tree: str, code: int, see: See) -> set[str]:
    view = see(area=code)
    return {child.name for child in areas.children(view.edition, view.area)}


def test_map_and_ranking_show_the_areas_right_below_and_lead_into_them(tree: str, see: See) -> None:
    for code in trees.codes(tree):
        view = see(area=code)
        below = {child.code for child in areas.children(view.edition, view.area)}
        assert panels.has_below(view) is bool(below)
        if not below:
            assert view.area.level == LOWEST.id
            continue
        rows = panels.area_rows(view)
        assert {f"area={child}" in "".join(row.href for row in rows) for child in below} == {True}
        assert {drawn.code for drawn in panels.map_areas(view)[0]} == below
        assert f"{len(below)} 个" in panels.title(view)


def test_breadcrumbs_lead_from_the_top_through_every_level_there_is(tree: str, see: See) -> None:
    for code in trees.codes(tree):
        view = see(area=code)
        crumbs = header._crumbs(view)
        climbed = areas.path(view.edition, view.area)
        assert [crumb["text"] for crumb in crumbs] == [place.name for place in climbed]
        assert all(f"area={place.code}" in crumb["href"] for place, crumb in zip(climbed, crumbs, strict=True))


def test_wall_rotates_from_the_top_through_areas_below(tree: str, see: See) -> None:
    stops = {stop.area.code for stop in wall.stops_of(see(wall=1))}
    assert trees.ROOTS[tree] in stops
    assert stops - {trees.ROOTS[tree]} <= trees.CHILDREN[tree]


def test_user_lands_on_the_granted_area_and_sees_no_other(
    tree: str, config: Settings, see: See, client: Callable[[int], TestClient]
) -> None:
    edition, codes = see().edition, trees.codes(tree)
    for code in codes:
        held = Grants((Held("official", code, end_of(code)),))
        assert home(edition, held).code == code
        for other in codes:
            assert held.may(Can.LOOK, other, end_of(other)) is (code <= other < end_of(code)), (code, other)
        asking_client = client(code)
        for other in trees.around(tree, code):
            status = asking_client.get("/metrics/intake", params={**MONTH, "area": other}).status_code
            assert status == (200 if code <= other < end_of(code) else 403), (code, other)


def test_the_desk_grants_every_area(tree: str, config: Settings) -> None:
    desk = open_desk(config.desk_url, config.custody)
    for code in trees.codes(tree):
        name = f"user-{code}"
        accounts.add(desk, name, "Hongqi+2026+x", must_change=False)
        accounts.grant(desk, name, "official", code)
        account = accounts.named(desk, name)
        grants = accounts.grants_of(desk, account.id, date(2026, 11, 22))
        assert [(grant.role, grant.area) for grant in grants] == [("official", code)]
    desk.close()


@pytest.mark.parametrize("page", ["cockpit", "passport", "why", "rows", "reports", "sites"])
def test_user_of_the_top_area_opens_every_page_below(
    tree: str, config: Settings, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    top = trees.ROOTS[tree]
    monkeypatch.setattr(guard, "token", lambda: session_of(config.desk_url, ROLES, top))
    for code in {top, max(trees.CHILDREN[tree])}:
        app = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        if page != "cockpit":
            app.switch_page(f"../pages/{page}.py")
        app.query_params["area"], app.query_params["metric"] = str(code), "intake"
        app.run()
        assert not app.exception
        assert 'role="alert"' not in drawn.html(app), (page, code)


def test_api_gives_the_tree_and_equal_numbers_by_any_level(tree: str, client: Callable[[int], TestClient]) -> None:
    top = trees.ROOTS[tree]
    response = client(top)
    body = response.get("/areas", params={"area": top}).json()
    assert {int(place["code"]) for place in body["below"]} == trees.CHILDREN[tree]
    level = next(level for level in LEVELS if level == body["level"])
    for by in ("below", *LEVELS[LEVELS.index(level) :]):
        rows = response.get("/metrics/intake", params={**MONTH, "area": top, "by": by}).json()
        assert sum(row["value"] for row in rows) == len(trees.cases(tree)), by


def test_command_splits_by_the_level_below(tree: str, config: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code = f"{trees.ROOTS[tree]:012}"
    command = ["query", "intake", "--area", code, "--from", MONTH["from"], "--to", MONTH["to"], "--format", "json"]
    assert main([*command, "--by", "below"]) == 0
    rows = json.load(io.StringIO(capsys.readouterr().out))
    assert {int(row["group"]) for row in rows} == {*trees.CHILDREN[tree], trees.ROOTS[tree]}
    assert sum(row["value"] for row in rows) == len(trees.cases(tree))
    above = LEVELS[: LEVELS.index(str(areas.root(read({}, config).edition).level))]
    for by in above:
        assert main([*command, "--by", by]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "kind", ["cockpit", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("monthly", "ledger"))]
)
def test_a_report_is_made_of_every_area_that_has_areas_below(tree: str, config: Settings, see: See, kind: str) -> None:
    start, end = date(2026, 11, 1), date(2026, 12, 1)
    for code in trees.shapes(tree):
        view = see(area=code)
        below = names_below(tree, code, see)
        assert below
        checked = check(Request(kind=kind, areas=(code,), start=start, end=end), config, OPERATOR)
        document = content.build(checked, id="R20261123-00000001", who="王镇长", made_at=datetime(2026, 11, 23))
        tables = [block for part in document.parts for block in part.blocks if isinstance(block, Table)]
        assert tables, view.area.name
        if kind != "ledger":
            firsts = {row[0].text for table in tables for row in table.rows}
            assert below <= firsts, view.area.name


def test_open_data_leaves_small_counts_out_on_every_tree(tree: str, config: Settings) -> None:
    start, end = date(2026, 11, 1), date(2026, 12, 1)
    checked = check(
        Request(kind="open_data", areas=(trees.ROOTS[tree],), start=start, end=end, format="csv"), config, OPERATOR
    )
    document = content.build(checked, id="R20261123-00000001", who="王镇长", made_at=datetime(2026, 11, 23))
    tables = [block for part in document.parts for block in part.blocks if isinstance(block, Table)]
    counts = [cell.value for table in tables for row in table.rows for cell in row[2:4]]
    assert tables
    assert not [value for value in counts if isinstance(value, (int, float)) and 0 < value < 10]


def _level_strings(path: Path) -> Iterator[str]:
    """Where code compares with, or lists, the id of a level."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and node.value in LEVELS:
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"


def test_no_code_names_a_level() -> None:
    """The table does, and the demonstration, which makes up one district."""
    files = [file for folder in ("data", "metrics", "cockpit", "pages") for file in (ROOT / folder).rglob("*.py")]
    table, demo = ROOT / "data" / "areas" / "levels.py", ROOT / "data" / "demo"
    lines_found = [
        line for file in files if file != table and demo not in file.parents for line in _level_strings(file)
    ]
    assert lines_found == []
