"""Tests of the examples in docs/extending.md; run by test_extending.py in a copy of the project that contains them."""

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard
from cockpit.access.policy import Grants, Held
from cockpit.actions.action import OPERATOR, Actor, Forbidden, registry
from cockpit.panels import layouts
from cockpit.reports.kind import of_topic
from data.areas.levels import LEVELS
from data.desk.auditing import audit
from data.desk.identity import accounts
from data.desk.store import open_desk
from data.editions.edition import current
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics import areas
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import AS_OF, ROOT, Screen, drawn, words, words_raw
from tests.factory import AREAS, DISTRICT, TOWNS, published
from tests.factory import areas as load_areas

OWN = ROOT / "own"
ZONE = 990101000000 + 100_000
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
ZONES = [{"code": ZONE, "name": "沙洲片区", "level": "zone"}]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A district with a zone above one of its towns."""
    home = Home(tmp_path_factory.mktemp("extended"), memory="1GB")
    load_areas(home, [*AREAS, *ZONES])
    load(home, read_source(OWN / "sources" / "lamps.yaml"))
    published(home, AS_OF, load_catalog(OWN / "catalog"))
    return home


@pytest.fixture(autouse=True)
def _own_files(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    for name in ("catalog", "layouts"):
        monkeypatch.setenv(f"COCKPIT_{name.upper()}", str(OWN / name))


@pytest.mark.parametrize(
    ("lang", "shown"), [("zh", ("路灯办结率", "66.7")), ("en", ("Street lights closed", "Backlog"))]
)
def test_a_panel_kind_draws_in_a_layout(screen: Screen, lang: str, shown: tuple[str, ...]) -> None:
    page = words(screen("cockpit", topic="figures", lang=lang))
    assert [text for text in shown if text not in page] == []


def test_a_panel_kind_is_a_section_of_a_report() -> None:
    kind = of_topic(layouts.of(settings.load()).by_id["figures"])
    assert [(section.type, section.metrics) for section in kind.sections] == [
        ("tiles", ("lamps_closed_rate",)),
        ("tiles", ("backlog",)),
    ]


def test_an_action_checks_its_right_and_is_in_the_audit(tmp_path: Path) -> None:
    from cockpit.actions import titles

    assert registry()["titles.set"] is titles.SET_TITLE
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}", settings.load().custody)
    accounts.add(desk, "li", "Hongqi+2026+x")
    leader = Actor.holding("wang", Grants((Held("leader", DISTRICT, DISTRICT + 10**6),)))
    with pytest.raises(Forbidden):
        titles.set_title(desk, leader, "li", "镇长")
    titles.set_title(desk, OPERATOR, "li", "李镇长")
    assert accounts.named(desk, "li").title == "李镇长"
    assert [row["result"] for row in audit.entries(desk, limit=2)] == ["ok", "refused"]
    desk.close()


def drawn_form() -> None:
    from cockpit.screens import titles

    titles.form()


@pytest.mark.parametrize(("role", "offered"), [("system_admin", True), ("leader", False)])
def test_form_is_shown_only_with_the_right(monkeypatch: pytest.MonkeyPatch, role: str, offered: bool) -> None:
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (role,)))
    page = AppTest.from_function(drawn_form).run()
    assert not page.exception
    assert bool(page.text_input) == offered
    if offered:
        name = "system_admin-990000000000"
        page.text_input[0].set_value(name)
        page.text_input[1].set_value("王主任")
        page.button[0].click().run()
        desk = open_desk(settings.current().desk_url, settings.current().custody)
        assert accounts.named(desk, name).title == "王主任"
        desk.close()


def test_a_level_is_one_row(home: Home, screen: Screen) -> None:
    catalog = load_catalog(OWN / "catalog")
    edition = current(home)
    zone = areas.area(edition, ZONE)
    assert (zone.level, "zone" in LEVELS) == ("zone", True)
    assert {place.code for place in areas.children(edition, zone)} == {TOWNS[1]}
    assert {place.code for place in areas.children(edition, areas.area(edition, DISTRICT))} == {TOWNS[0], ZONE}
    frame = answer(edition, ["lamps_closed_rate"], DISTRICT, NOVEMBER, by="zone", catalog=catalog)
    assert dict(zip(frame["group"].astype(int), frame["denominator"], strict=True))[ZONE] == 1
    header = screen("cockpit", topic="lamps", area=ZONE)
    assert "沙洲片区" in str(drawn(header, "header"))
    assert 'role="alert"' not in words_raw(header)
