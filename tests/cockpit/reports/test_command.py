"""The report command: one line for invalid requests, no partial file, and no unneeded library."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.commands import main
from cockpit.commands.serve import check_own_files
from cockpit.reports import make
from cockpit.reports.errors import ReportError
from cockpit.settings import Settings, load
from data.desk import reports
from data.desk.store import Desk
from tests.factory import DISTRICT

ROOT = Path(__file__).parents[3]
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-12-01")
HEAVY = ("streamlit", "plotly", "pydeck", "alembic", "matplotlib", "apscheduler", "argon2", "fastapi")
"""What no report needs, and what only a server or a screen does."""
WRITERS = {"docx": "docx", "pdf": "typst", "xlsx": "xlsxwriter", "csv": ""}
"""The library of each format, and of no other."""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("brief", "--area", DISTRICT, "--from", "2026-11-01", "--to", "2026-11-01"), "is empty"),
        (("brief", "--area", DISTRICT, "--from", "1990-01-01", "--to", "1990-02-01"), "nothing is known of 临江区"),
        (("brief", "--area", DISTRICT, *NOVEMBER, "--edition", "20200101-000000-aaaa"), "there is no edition"),
        (("brief", "--area", 990101009000, *NOVEMBER), "is not in edition"),
        (("brief", "--area", DISTRICT, *NOVEMBER, "--where", "category=没有这一类"), "nothing is known of 临江区"),
        (("brief", "--area", "没有这个区", *NOVEMBER), "there is no area 没有这个区"),
        (("breif", "--area", "临江区", *NOVEMBER), 'Did you mean "brief"?'),
    ],
)  # fmt: skip
def test_invalid_request_is_one_line_and_no_file(
    config: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[object, ...], expected: str
) -> None:
    before = set(make.store(config).glob("*"))
    home = ("--home", config.home)
    assert main([str(word) for word in ("report", *words, "-o", tmp_path / "out.docx", *home)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), expected in err) == ("", 1, True), err
    assert list(tmp_path.iterdir()) == []
    assert set(make.store(config).glob("*")) <= before | {make.store(config) / ".worker"}


def test_unwritable_target_makes_nothing(
    config: Settings, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = reports.listing(desk)
    words = (
        "report",
        "brief",
        "--area",
        DISTRICT,
        *NOVEMBER,
        "-o",
        tmp_path / "none" / "x.docx",
        "--home",
        config.home,
    )
    assert main([str(word) for word in words]) == 2
    assert f"the folder {tmp_path / 'none'} does not exist" in capsys.readouterr().err
    assert reports.listing(desk) == before


def test_a_template_with_a_missing_field_is_one_line_and_no_file(
    config: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "lamps.yaml").write_text("id: lamps\nname: {zh: 路灯}\n", "utf-8")
    monkeypatch.setenv("COCKPIT_REPORTS", str(tmp_path / "kinds"))
    words = ("report", "lamps", "--area", DISTRICT, *NOVEMBER, "-o", tmp_path / "out.docx", "--home", config.home)
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "lamps.yaml: name.en: is missing; lamps.yaml: title: is missing" in err
    assert not (tmp_path / "out.docx").exists()
    with pytest.raises(ReportError, match=r"lamps\.yaml: title: is missing"):
        check_own_files(load(home=config.home))  # and no server starts with it


EACH_FORMAT = """
import json, os, sys
from cockpit.commands import main
for format, words in json.loads(sys.argv[1]).items():
    if not (child := os.fork()):
        code = main(words)
        print("loaded", format, *sys.modules, flush=True)
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0, format
"""
"""Makes a report of each format, in a process that has imported no more than the command line."""


def test_a_brief_needs_no_more_than_its_format(config: Settings, desk: Desk, tmp_path: Path) -> None:
    brief = ["report", "brief", "--area", str(DISTRICT), *NOVEMBER, "--format"]
    words = {format: [*brief, format, "-o", str(tmp_path / format)] for format in WRITERS}
    environment = {**os.environ, "COCKPIT_HOME": str(config.home)}
    ran = subprocess.run(
        [sys.executable, "-c", EACH_FORMAT, json.dumps(words)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines() if line.startswith("loaded ")]
    assert [format for _, format, *_ in lines] == list(WRITERS)
    for _, format, *loaded in lines:
        others = {library for name, library in WRITERS.items() if library and name != format}
        if format == "docx":
            others.discard("typst")  # how close a page must be set is tried by the typesetter
        assert set(loaded) & {*HEAVY, *others} == set(), format
