"""`limit`: propose, approve, refuse, end and list limits; `publish` brings the approved ones to the figures."""

import json
from datetime import date, datetime

import pytest
from click.testing import CliRunner

from cockpit import settings
from cockpit.commands import cli
from data.desk.register import limits
from data.desk.register.limits import Proposal
from data.desk.store import open_desk
from data.editions.edition import current
from data.editions.from_desk import read
from data.home import Home
from tests.factory import DISTRICT, TOWNS, areas, published

PROPOSED = ("limit", "propose", "on_time_rate", "--area", str(TOWNS[0]), "--green", ">= 60", "--red", "< 40", "--from",
            "2026-11-01", "--to", "2026-12-31", "--source", "区办12号")  # fmt: skip


DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("limits"), memory="1GB")
    areas(home)
    published(home, datetime(2026, 11, 22, 8))
    return home


def run(home: Home, *words: str) -> str:
    """The output of a command; of a refused one its message."""
    done = CliRunner().invoke(cli, [*words, "--home", str(home.root)])
    return str(done.exception) if done.exit_code else done.output


def test_limits_are_proposed_listed_and_decided_by_somebody_else(home: Home) -> None:
    assert run(home, *PROPOSED).strip().endswith("proposed")
    assert "nobody decides on an own proposal" in run(home, "limit", "approve", "1")
    (row,) = json.loads(run(home, "limit", "list", "--format", "json"))
    assert (row["state"], row["metric"], row["valid_to"], row["proposed_by"]) == (
        "proposed", "on_time_rate", "2027-01-01", "operator"
    )  # fmt: skip
    assert "there is no limit 9" in run(home, "limit", "refuse", "9", "--reason", "x")
    assert run(home, *(word.replace("区办12号", "区办13号") for word in PROPOSED)).startswith("limit 2")
    assert run(home, "limit", "withdraw", "2").strip() == "limit 2: withdrawn"
    assert "decided already" in run(home, "limit", "withdraw", "2")
    assert "is not a bound" in run(home, *(word.replace("< 40", "40") for word in PROPOSED))


def test_an_approved_limit_is_in_the_next_edition_until_it_is_ended(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    settings.current.cache_clear()
    config = settings.load()
    desk = open_desk(config.desk_url, config.custody)
    what = Proposal("on_time_rate", DISTRICT, ">= 60", "< 40", datetime(2026, 11, 1).date(), "区办12号")
    id = limits.propose(desk, what, "officer")
    desk.close()
    assert "approved" in run(home, "limit", "approve", str(id))
    run(home, "publish")
    edition = current(home)
    assert edition is not None
    assert [(row.id, row.red) for row in read(edition).limits] == [(id, "< 40")]
    assert "ends before" in run(home, "limit", "end", str(id), "--from", "2026-12-01")
    settings.current.cache_clear()


def test_a_proposal_that_shares_days_with_an_approved_limit_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two that begin on one day the later proposal applies."""
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    config = settings.load()
    desk = open_desk(config.desk_url, config.custody)
    first, second = (
        limits.propose(desk, Proposal("closure_rate", DISTRICT, ">= 90", "< 80", DAY, text), "officer")
        for text in ("first", "second")
    )
    desk.close()
    assert "overlaps" not in run(home, "limit", "approve", str(second))
    listed = {row["id"]: row["overlaps"] for row in json.loads(run(home, "limit", "list", "--format", "json"))}
    assert (listed[first], listed[second]) == (str(second), "")
    said = run(home, "limit", "approve", str(first))
    assert f"overlaps limit {second} from 2026-11-01: limit {second} applies then" in said
    proposed = run(home, "limit", "propose", "closure_rate", "--area", str(DISTRICT), "--green", ">= 90", "--red",
                   "< 80", "--from", "2026-12-01", "--to", "2026-12-31", "--source", "x")  # fmt: skip
    for other in (first, second):
        assert f"overlaps limit {other} from 2026-12-01 to 2026-12-31: the new one applies then" in proposed
