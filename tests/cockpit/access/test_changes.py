"""A change of settings is audited once, without secrets."""

from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access import changes
from data.desk.auditing import audit
from data.desk.store import open_desk


def test_settings_are_noted_when_they_change_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    monkeypatch.setenv("COCKPIT_HOME", "var")
    for variables in ({}, {}, {"PORT": "8600"}, {"PORT": "8600", "SESSION_IDLE": "10"}, {"PORT": "8600"}):
        for name in ("PORT", "SESSION_IDLE"):
            monkeypatch.delenv(f"COCKPIT_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"COCKPIT_{name}", value)
        changes.note(desk, settings.load())
    noted = [row["what"] for row in audit.entries(desk, event="settings")]
    assert noted == ["COCKPIT_PORT=8600", "COCKPIT_PORT=8600 COCKPIT_SESSION_IDLE=10", "COCKPIT_PORT=8600", "defaults"]
    desk.close()


def test_described_settings_contain_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DESK", "postgresql+psycopg://cockpit:geheim@db/desk")
    monkeypatch.setenv("COCKPIT_OIDC_CLIENT_SECRET", "geheim")
    description = changes.describe(settings.load())
    assert "geheim" not in description
    assert "COCKPIT_DESK=postgresql+psycopg://cockpit:***@db/desk" in description
    assert "COCKPIT_OIDC_CLIENT_SECRET=…" in description


FILES = {"schedule", "calendar", "channels", "outbox", "probe_extras", "probe_authorities", "audit_syslog_authorities",
         "audit_syslog_certificate", "tiles"}  # fmt: skip
PATHS = sorted(
    name
    for name, field in settings.Settings.model_fields.items()
    if "Path" in str(field.annotation) and name not in changes.OF_STATE
)


@pytest.mark.parametrize("name", PATHS)
def test_a_changed_definition_file_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "var"))
    folder = tmp_path / name
    folder.mkdir()
    file = folder / "own.yaml"
    file.write_text("day,workday\n" if name == "calendar" else "[]")
    monkeypatch.setenv(f"COCKPIT_{name.upper()}", str(file if name in FILES else folder))
    before = changes.describe(settings.load())
    assert f"{name}=sha256:" in before
    assert changes.describe(settings.load()) == before
    file.write_text(file.read_text() + "\n")
    assert changes.describe(settings.load()) != before


def test_a_change_is_noted_behind_long_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CATALOG", str(tmp_path))
    hosts = [f"cockpit-{i}.example" for i in range(300)]
    described = set()
    for text, last in (("a", "x"), ("b", "x"), ("b", "y")):
        (tmp_path / "own.yaml").write_text(text)
        monkeypatch.setenv("COCKPIT_ALLOWED_HOSTS", ",".join([*hosts, last]))
        described.add(changes.describe(settings.load()))
    assert len(described) == 3
    assert max(map(len, described)) <= audit.LONGEST["what"]


def test_user_preferences_are_no_change_of_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    monkeypatch.setenv("COCKPIT_HOME", "var")
    for _start in range(2):
        changes.note(desk, settings.load())
        audit.write(desk, who="li", role="", scope="", event="settings", what="columns cases: title")
    assert [row["who"] for row in audit.entries(desk, event="settings")] == ["li", "li", "operator"]
    desk.close()
