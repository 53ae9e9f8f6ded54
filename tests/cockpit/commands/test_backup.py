"""`backup`, `restore` and `inventory` as commands: what they say, what they record, how they fail."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cockpit.commands import main
from data.desk.auditing import audit, proof
from data.desk.identity import accounts
from data.desk.store import open_desk
from data.home import Home
from tests.factory import DISTRICT, areas, deliver, published


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A published home with two cases and an account."""
    home = Home(tmp_path / "var", memory="1GB")
    areas(home)
    deliver(home, "cases", [{"key": str(i), "area": DISTRICT, "registered_at": "2026-11-02 08:00"} for i in range(2)])
    published(home)
    desk = open_desk(f"sqlite:///{home.root / 'desk.sqlite'}")
    accounts.add(desk, "li", "Hongqi+2026+x")
    desk.close()
    return home


def said(root: Path) -> list[str]:
    desk = open_desk(f"sqlite:///{root / 'desk.sqlite'}")
    assert proof.verify(desk).ok
    entries = [str(row["what"]) for row in audit.entries(desk)]
    desk.close()
    return entries


def test_a_backup_is_restored_by_command_and_both_are_recorded(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, copy = tmp_path / "backup.tar", tmp_path / "copy"
    assert main(["backup", str(file), "--home", str(home.root)]) == 0
    assert "2 cases, 1 batches, edition 2" in capsys.readouterr().out
    assert main(["restore", str(file), "--check", "--home", str(copy)]) == 0
    assert "is whole: 2 cases" in capsys.readouterr().out
    assert not copy.exists()
    assert main(["restore", str(file), "--home", str(copy)]) == 0
    assert "is restored into" in capsys.readouterr().out
    assert said(copy)[0].startswith("restored from the backup of ")
    assert said(copy)[1] == said(home.root)[0] == "backup to backup.tar"
    period = ["--from", "2026-11-01", "--to", "2026-12-01"]
    assert main(["query", "intake", "--area", str(DISTRICT), *period, "--home", str(copy)]) == 0
    assert main(["restore", str(file), "--home", str(copy)]) == 1
    output = capsys.readouterr().err
    assert "is not empty" in output
    assert output.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\0" * 20_000])
def test_invalid_backup_file_gives_a_one_line_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "other.tar"
    file.write_bytes(content)
    assert main(["restore", str(file), "--home", str(tmp_path / "copy")]) == 1
    output = capsys.readouterr().err
    assert "is no whole backup" in output
    assert output.count("\n") == 1
    assert not (tmp_path / "copy").exists()


def test_without_an_audit_row_there_is_no_backup(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DESK", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert main(["backup", str(tmp_path / "backup.tar"), "--home", str(home.root)]) == 1
    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.slow
def test_the_inventory_lists_the_installed_libraries_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    file = tmp_path / "bom.json"
    assert main(["inventory", str(file)]) == 0
    body = json.loads(file.read_text("utf-8"))
    assert body["bomFormat"] == "CycloneDX"
    known = {part["name"].lower(): part for part in body["components"]}
    for name in ("duckdb", "streamlit", "sqlalchemy", "protego"):
        assert known[name]["version"] == version(name)
        assert known[name]["purl"].startswith(f"pkg:pypi/{name}@")
    assert known["duckdb"]["licenses"]


def test_missing_generator_error_names_the_install_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'No module named cyclonedx_py' >&2; exit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    assert main(["inventory"]) == 1
    assert "pip install -r requirements-optional.txt" in capsys.readouterr().err
