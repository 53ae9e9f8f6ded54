"""The headline of the demo district is its planted emergency, in a demo of 8,000 cases and more."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.panels import answers
from cockpit.view import read
from data.demo.stories import DISTRICT, GROWING_TOWN

ROOT = Path(__file__).parents[2]
DEMOS = ((8_000, date(2026, 11, 20)), (8_000, date(2026, 11, 29)), (40_000, date(2026, 11, 29)))
"""Cases and last day."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("cases", "until"), DEMOS)
def test_the_headline_is_the_town_whose_backlog_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: int, until: date
) -> None:
    command = [sys.executable, "-m", "cockpit", "demo", "--cases", str(cases), "--until", str(until)]
    environment = {**os.environ, "COCKPIT_HOME": str(tmp_path)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    settings.current.cache_clear()
    problem = answers.headline(read({"area": str(DISTRICT)}, settings.current()).ask())
    settings.current.cache_clear()
    assert problem
    assert (problem.red.kind, problem.red.area) == ("below", GROWING_TOWN)
    assert problem.red.metric in ("backlog", "days_to_clear")
