"""A topic of two metrics over readings, added as one YAML file, appears everywhere in both languages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.api.app import topics
from cockpit.commands.serve import check_own_files
from cockpit.errors import UsageError
from cockpit.panels import layouts
from cockpit.reports.request import check, kinds_of
from cockpit.reports.sections import content
from data.home import Home
from tests import forms
from tests.cockpit.pages.conftest import AS_OF, Screen, drawn, hotline, words, words_raw
from tests.cockpit.reports.conftest import MADE_AT, november
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published

TOPIC = """
id: water
use: topic
name: {zh: 水务, en: Water}
metrics: [meters_count, meters_ratio]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("topics"), memory="1GB")
    areas(home, AREAS)
    deliver(home, "cases", hotline(60))
    forms.deliver_all(home)
    published(home, AS_OF, forms.catalog())
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "layouts"
    folder.mkdir()
    (folder / "water.yaml").write_text(TOPIC, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _own_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CATALOG", str(forms.FOLDER))
    monkeypatch.setenv("COCKPIT_LAYOUTS", str(folder))


def tiles(shown: AppTest) -> list[str]:
    return [tile["name"] for tile in drawn(shown, "tiles")[0]["tiles"]]


NAMES = {"zh": ("水务", ["读数数", "读数比例"]), "en": ("Water", ["Readings counted", "Readings share"])}


@pytest.mark.parametrize("lang", NAMES)
@pytest.mark.parametrize("area", [DISTRICT, TOWNS[0], VILLAGES[0]])
def test_a_topic_is_in_the_menu_and_shows_its_metrics(screen: Screen, area: int, lang: str) -> None:
    name, metrics = NAMES[lang]
    cockpit = screen("cockpit", area=area, lang=lang)
    menu = next(menu for menu in drawn(cockpit, "header")[0]["menus"] if name in str(menu))
    assert name in [item["text"] for item in menu["items"]][1:]
    shown = screen("cockpit", area=area, lang=lang, topic="water")
    assert 'role="alert"' not in words_raw(shown)
    assert f">{name}<" in words_raw(shown)
    assert tiles(shown) == metrics
    if area != VILLAGES[0]:
        assert "topic=water" in str(drawn(shown, "ranking")[0]), "one level down the topic stays"


@pytest.mark.parametrize("lang", NAMES)
@pytest.mark.parametrize("page", ["rows", "passport", "why"])
def test_the_numbers_of_a_topic_open(screen: Screen, page: str, lang: str) -> None:
    shown = screen(page, topic="water", lang=lang)
    assert 'role="alert"' not in words_raw(shown), words(shown)
    assert NAMES[lang][1][0] in words(shown)


@pytest.mark.parametrize("lang", NAMES)
def test_a_wall_shows_a_topic(screen: Screen, lang: str) -> None:
    shown = screen("cockpit", topic="water", wall=1, lang=lang)
    assert 'role="alert"' not in words_raw(shown)
    assert tiles(shown) == NAMES[lang][1]


@pytest.mark.parametrize("lang", NAMES)
def test_a_topic_is_a_kind_of_report(home: Home, lang: str) -> None:
    config = settings.load(home=home.root)
    kinds = kinds_of(config)
    kind = kinds["topic_water"]
    assert list(kinds)[-1] == kind.id, "our own kinds are offered first"
    assert kind.name[lang] == NAMES[lang][0]
    requested = november("topic_water", DISTRICT, lang=lang)
    document = content.build(check(requested, config, OPERATOR), id="R20261123-00000001", who="leader", made_at=MADE_AT)
    assert all(name in str(document) for name in NAMES[lang][1])


def test_the_api_lists_topics(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    settings.current.cache_clear()
    water = next(topic for topic in topics(None) if topic.id == "water")  # type: ignore[arg-type]
    assert (water.name, water.metrics) == ({"zh": "水务", "en": "Water"}, ["meters_count", "meters_ratio"])


def test_an_unknown_topic_says_which_there_are(screen: Screen) -> None:
    shown = words(screen("cockpit", topic="watr"))
    assert "没有这个专题" in shown
    assert "水务" in words_raw(screen("cockpit", topic="watr"))


GROUP = "{title: {zh: 乙, en: B}, metrics: [backlog]}"
OWN = "id: a\nuse: topic\nname: {zh: 甲, en: A}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN + "metrics: [metres_count]", 'Did you mean "meters_count"?'),
        (OWN, "metric: "),
        ("id: a\nuse: topic\nname: {zh: 甲}\nmetrics: [backlog]", "name.en: is missing"),
        ("id: a\nuse: topics\nname: {zh: 甲, en: A}\nmetrics: [backlog]", "use: "),
        (OWN + "metrics: [backlog]\nrows: [[{kind: pie}]]", "there is no panel pie: use"),
        (OWN + "metrics: [backlog]\nrows: [[{kind: tiles, wide: 3}]]", "no such field"),
        (OWN + "metrics: [backlog]\nrows: [[{kind: split, split: colour}]]", "is not a column"),
        (
            OWN + f"metrics: [backlog]\nrows: [[{{kind: tiles, groups: [{GROUP}, {GROUP}]}}]]",
            "more than one group: backlog",
        ),
        (
            OWN + f"metrics: [backlog]\nrows: [[{{kind: tiles, groups: [{GROUP.replace('log', 'lag')}]}}]]",
            'Did you mean "backlog"',
        ),
        (OWN + "metrics: [backlog]\nlevels: [hamlet]", "is not a level"),
        (OWN.replace("id: a", "id: village") + "metrics: [backlog]", "no layout with use: cockpit has village"),
        ("- a list", "a layout has id"),
        ("id: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_layout_is_one_line_with_file_and_field(folder: Path, text: str, message: str) -> None:
    (folder / "wrong.yaml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as fault:
        check_own_files(settings.load())
    assert message in str(fault.value)
    assert "\n" not in str(fault.value)
    assert "wrong.yaml" in str(fault.value) or "no layout" in str(fault.value)


def test_district_layout_replaces_a_built_in_one(folder: Path, screen: Screen) -> None:
    ours = (layouts.HERE / "overview.yaml").read_text("utf-8")
    (folder / "overview.yaml").write_text(ours.replace("  - backlog\n", "  - meters_count\n", 1), "utf-8")
    assert tiles(screen("cockpit"))[0] == "读数数"
