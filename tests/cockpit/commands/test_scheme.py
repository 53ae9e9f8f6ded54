"""`scheme` and `assessment`: propose a file, decide, list; show the lines of an assessment."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from cockpit import settings
from cockpit.commands import cli
from data.desk.assessing import assessments, schemes
from data.desk.assessing.assessments import Draft
from data.desk.assessing.schemes import Proposal, SchemeLine
from data.desk.store import open_desk
from data.home import Home
from metrics.assessment.schemes import OURS
from metrics.assessment.score import Assessed, LineScore, packed
from tests.factory import DISTRICT, TOWNS, areas, published

TOWN_SCHEME = str(OURS / "towns.yaml")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("schemes"), memory="1GB")
    areas(home)
    published(home, datetime(2026, 11, 22, 8))
    return home


@pytest.fixture(autouse=True)
def _home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))


def run(home: Home, *words: str) -> str:
    """The output of a command; of a refused one its message."""
    done = CliRunner().invoke(cli, [*words, "--home", str(home.root)])
    return str(done.exception) if done.exit_code else done.output


def propose(home: Home, file: str) -> str:
    return run(home, "scheme", "propose", file, "--area", str(DISTRICT), "--from", "2027-01-01", "--source", "区办5号")


def test_a_scheme_of_a_file_is_proposed_and_decided_by_somebody_else(home: Home, tmp_path: Path) -> None:
    assert propose(home, TOWN_SCHEME).strip() == "scheme 1: proposed"
    assert "is proposed already" in propose(home, TOWN_SCHEME)
    assert "nobody decides on an own proposal" in run(home, "scheme", "approve", "1")
    (row,) = json.loads(run(home, "scheme", "list", "--format", "json"))
    assert (row["state"], row["scheme"], row["proposed_by"]) == ("proposed", "towns", "operator")
    assert row["lines"].startswith("on_time_rate 25 97 85; ")
    assert run(home, "scheme", "withdraw", "1").strip() == "scheme 1: withdrawn"
    assert "decided already" in run(home, "scheme", "withdraw", "1")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(Path(TOWN_SCHEME).read_text("utf-8").replace("weight: 25", "weight: 20", 1), "utf-8")
    assert "wrong.yaml: lines: the weights add up to 95" in propose(home, str(wrong))


def test_the_operator_approves_and_refuses_the_schemes_of_others(home: Home) -> None:
    config = settings.load()
    desk = open_desk(config.desk_url, config.custody)
    lines = (SchemeLine("on_time_rate", 100, 97, 85),)
    first, second = (
        Proposal(name, "考核", "Assessment", "town", "quarter", 10, lines, DISTRICT, date(2027, 1, 1), "区办5号")
        for name in ("first", "second")
    )
    ids = [schemes.propose(desk, what, "wang") for what in (first, second)]
    assert "approved" in run(home, "scheme", "approve", str(ids[0]))
    assert "refused" in run(home, "scheme", "refuse", str(ids[1]), "--reason", "依据不足")
    assert [schemes.find(desk, id).state for id in ids] == ["approved", "refused"]
    assert "there is no proposed scheme 99" in run(home, "scheme", "approve", "99")
    desk.close()


def test_an_assessment_is_listed_and_shown_line_by_line(home: Home) -> None:
    config = settings.load()
    desk = open_desk(config.desk_url, config.custody)
    few = LineScore("on_time_rate", 100, 97, 85, 50.0, 2, 4, None, None, None)
    results = packed([Assessed(TOWNS[0], "北塘街道", "街道", (few,), None, None, None)])
    draft = Draft({"id": "towns"}, DISTRICT, date(2026, 7, 1), date(2026, 10, 1), "20261122-080000-0000", results)
    id = assessments.add(desk, draft, "qian")
    desk.close()
    (listed,) = json.loads(run(home, "assessment", "list", "--format", "json"))
    assert (listed["id"], listed["scheme"], listed["state"], listed["to"]) == (id, "towns", "draft", "2026-10-01")
    (line,) = json.loads(run(home, "assessment", "show", str(id), "--format", "json"))
    assert (line["metric"], line["numerator"], line["denominator"]) == ("on_time_rate", 2, 4)
    assert (line["points"], line["total"], line["place"]) == (None, None, None), "never below the minimum sample"
    assert "there is no assessment 99" in run(home, "assessment", "show", "99")
