"""The examples of docs/extending.md work: each code block is written to the file that its first line names."""

import re
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.commands.serve import check_own_files
from cockpit.reports.request import Request, check
from cockpit.reports.sections import content
from cockpit.server.alerting import rules_of
from data.areas.levels import LEVELS
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from metrics.assessment import schemes
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer
from tests.cockpit.pages.conftest import AS_OF, ROOT, Screen, drawn, words_raw
from tests.factory import DISTRICT, TOWNS, areas, published

PAGE, CHINESE = ROOT / "docs" / "extending.md", ROOT / "docs" / "zh" / "extending.md"
CODE = ("cockpit/", "data/", "layouts/figures.yaml")
"""Examples that change the code, or need it."""
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def examples(page: Path) -> dict[str, str]:
    """The code blocks by the words of their first line."""
    return dict(re.findall(r"^```\w+\n# ([^\n]+)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_the_chinese_page_has_the_same_examples() -> None:
    assert examples(CHINESE) == examples(PAGE)


# --- YAML alone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples that are files of the district's own."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in examples(PAGE).items():
        if not name.startswith(CODE):
            write(folder, name, text)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Home:
    """The source of the page, loaded and published with its metric."""
    home = Home(tmp_path_factory.mktemp("extended"), memory="1GB")
    areas(home)
    report = load(home, read_source(folder / "sources" / "lamps.yaml"))
    assert (report.read, report.accepted, report.rejected) == (3, 3, 0)
    published(home, AS_OF, load_catalog(folder / "catalog"))
    return home


@pytest.fixture(autouse=True)
def _own_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alerts", "catalog", "layouts", "reports", "schemes"):
        monkeypatch.setenv(f"COCKPIT_{name.upper()}", str(folder / name))


def test_the_scheme_stands_beside_ours(folder: Path) -> None:
    known = schemes.load(load_catalog(folder / "catalog"), folder / "schemes")
    assert [line.metric for line in known["lamps"].lines] == ["lamps_closed_rate", "satisfaction_rate"]


def test_the_metric_has_values_of_the_source(home: Home, folder: Path) -> None:
    edition, catalog = published(home, AS_OF, load_catalog(folder / "catalog")), load_catalog(folder / "catalog")
    frame = answer(edition, ["lamps_closed_rate"], DISTRICT, NOVEMBER, by="town", catalog=catalog)
    assert dict(zip(frame["group"].astype(int), frame["value"], strict=True)) == {TOWNS[0]: 100, TOWNS[1]: 0}


@pytest.mark.parametrize("area", [DISTRICT, TOWNS[0]])
def test_the_topic_shows_the_metric(screen: Screen, area: int) -> None:
    shown = screen("cockpit", topic="lamps", area=area)
    assert 'role="alert"' not in words_raw(shown)
    assert [tile["name"] for tile in drawn(shown, "tiles")[0]["tiles"]] == ["路灯办结率", "积压件数"]


@pytest.mark.parametrize(("lang", "text"), [("zh", "路灯办结率66.7%"), ("en", "66.7% of the street light cases")])
def test_the_report_kind_makes_a_document(home: Home, lang: str, text: str) -> None:
    config = settings.load(home=home.root)
    requested = Request(kind="lamp_brief", areas=(DISTRICT,), start=date(2026, 11, 1), end=date(2026, 12, 1), lang=lang)
    made_at = datetime(2026, 11, 23, 8)
    document = content.build(check(requested, config, OPERATOR), id="R20261123-00000001", who="leader", made_at=made_at)
    assert text in re.sub(r"(?<=\d) %", "%", str(document))


def test_the_alert_rule_is_in_force() -> None:
    rule = rules_of(settings.load())["many_open_lamps"]
    assert (rule.levels, rule.metrics, rule.acknowledge_hours) == (("town",), ("backlog",), 8)


def test_all_files_pass_the_check_of_the_server() -> None:
    check_own_files(settings.load())


# --- code: in a copy of the project, so that its own tests run over what was added


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all examples."""
    copy = tmp_path_factory.mktemp("checkout")
    skipped = shutil.ignore_patterns("__pycache__", "img")
    for name in ("cockpit", "data", "docs", "metrics", "pages", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=skipped)
    for file in ROOT.glob("[!.]*.*"):
        if file.is_file():
            shutil.copy(file, copy)
    for name, text in examples(PAGE).items():
        if row := re.fullmatch(r"(\S+) after (\w+)", name):
            insert(copy / row[1], row[2], text)
        else:
            write(copy if name.startswith("cockpit/") else copy / "own", name, text)
    return copy


def insert(file: Path, level: str, text: str) -> None:
    """Put a row behind that of a level."""
    before = file.read_text("utf-8")
    lines = before.splitlines(keepends=True)
    following = LEVELS[LEVELS.index(level) + 1]
    at = next(i for i, line in enumerate(lines) if f'"{following}", 10**' in line)
    at -= 0 if "Level(" in lines[at] else 1
    file.write_text("".join([*lines[:at], text, *lines[at:]]), "utf-8")


def run(folder: Path, *command: str) -> None:
    ran = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]


def test_the_code_is_formatted_and_free_of_faults(checkout: Path) -> None:
    files = [name for name in examples(PAGE) if name.endswith(".py")]
    run(checkout, "ruff", "check", *files)
    run(checkout, "ruff", "format", "--check", *files)


def test_panel_kind_action_and_level_work(checkout: Path) -> None:
    """Their own tests, and those of the project that cover whatever is there: rights of actions, Chinese texts."""
    files = ("pages/extending/extended.py", "labels/test_i18n.py", "actions/test_actions.py")
    chosen = "extended or i18n or (titles.set and sqlite)"
    tests = [f"tests/cockpit/{file}" for file in files]
    run(checkout, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests, "-k", chosen)
