"""Settings are checked once; a wrong value is reported in one line."""

from pathlib import Path

import pytest

from cockpit.errors import UsageError
from cockpit.settings import PREFIX, Settings, load


def test_defaults_hold_without_variables() -> None:
    settings = load()
    assert (settings.home, settings.zone, settings.port, settings.threads > 0) == (
        Path("var"),
        "Asia/Shanghai",
        8501,
        True,
    )


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PORT", "")
    assert load().port == 8501


def test_variables_reach_the_home_of_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"HOME": str(tmp_path), "ZONE": "America/New_York", "MEMORY": "512MB", "THREADS": "3"}.items():
        monkeypatch.setenv(PREFIX + name, value)
    home = load().data
    assert (home.root, home.zone, home.memory, home.threads) == (tmp_path, "America/New_York", "512MB", 3)


def test_missing_calendar_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COCKPIT_CALENDAR", str(tmp_path / "days.csv"))
    with pytest.raises(UsageError, match=r"COCKPIT_CALENDAR=.*a CSV of day, workday and note"):
        load()
    (tmp_path / "days.csv").write_text("day,workday,note\n", "utf-8")
    assert load().data.calendar == tmp_path / "days.csv"


@pytest.mark.parametrize(("size", "count"), [("50MB", 50_000_000), ("1.5 GB", 1_500_000_000), ("2MiB", 2_097_152)])
def test_a_size_is_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch, size: str, count: int) -> None:
    monkeypatch.setenv("COCKPIT_PUSH_SIZE", size)
    assert load().push_bytes == count


def test_weights_are_three_numbers_that_sum_to_100(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_THREE_RATE_WEIGHTS", "20, 40,40")
    assert load().three_rate_weights == (20, 40, 40)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZONE", "Mars/Olympus"),
        ("PORT", "0"),
        ("PORT", "eighty"),
        ("HOST", " "),
        ("LANGUAGE", "fr"),
        ("REJECT_LIMIT", "1.5"),
        ("REJECT_LIMIT", "20%"),
        ("MEMORY", "4"),
        ("READ_MEMORY", "much"),
        ("THREADS", "0"),
        ("KEEP_EDITIONS", "0"),
        ("CATALOG", "/no/such/folder"),
        ("SOURCES", "/no/such/folder"),
        ("PUSH_SIZE", "50"),
        ("PUSH_ROWS", "0"),
        ("PUSH_RATE", "0"),
        ("PUBLISH_SECONDS", "1"),
        ("THREE_RATE_WEIGHTS", "30,35"),
        ("THREE_RATE_WEIGHTS", "30,35,36"),
        ("THREE_RATE_WEIGHTS", "-30,65,65"),
        ("OIDC_ISSUER", "http://id.example"),
        ("OIDC_SCOPES", "profile"),
        ("OIDC_ROLES", "leaders"),
        ("OIDC_ROLES", '["leaders"]'),
        ("OIDC_ROLES", '{"a": "king:990101000000"}'),
        ("OIDC_ROLES", '{"a": "leader"}'),
        ("OIDC_ROLES", '{"a": "audit_admin:990101000000"}'),
        ("DEBUG", "perhaps"),
    ],
)
def test_bad_value_is_reported_in_one_line_with_variable_value_and_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(UsageError) as error_info:
        load()
    message = str(error_info.value)
    assert f"{PREFIX}{name}={value!r}" in message
    assert str(Settings.model_fields[name.lower()].description) in message
    assert "\n" not in message


def test_a_provider_needs_to_know_this_cockpit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_OIDC_ISSUER", "https://id.example")
    with pytest.raises(UsageError, match="COCKPIT_OIDC_CLIENT_ID"):
        load()
    monkeypatch.setenv("COCKPIT_OIDC_CLIENT_ID", "cockpit")
    monkeypatch.setenv("COCKPIT_OIDC_ROLES", '{"cn=leaders,ou=x": "leader:990101000000", "audit": "audit_admin"}')
    assert load().oidc_roles == (("cn=leaders,ou=x", "leader", 990101000000), ("audit", "audit_admin", None))


def test_all_bad_values_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PORT", "x")
    monkeypatch.setenv("COCKPIT_ZONE", "y")
    with pytest.raises(UsageError, match=r"COCKPIT_ZONE.*COCKPIT_PORT"):
        load()


@pytest.mark.parametrize(
    ("name", "value"),
    [("PROBE_NETWORKS", "10.0.0.1/8"), ("PROBE_REFERENCES", "gateway"), ("PROBE_EXTRAS", "nowhere.yaml")],
)
def test_wrong_setting_of_the_prober_is_reported(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(UsageError, match=f"{PREFIX}{name}='{value}' is not valid"):
        load()


def test_how_sites_are_checked_comes_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PROBE_NETWORKS", "10.8.0.0/16, 127.0.0.0/8")
    monkeypatch.setenv(f"{PREFIX}PROBE_REFERENCES", "10.8.0.1:53,[fd00::1]:443")
    options = load().probing
    assert options.networks == ("10.8.0.0/16", "127.0.0.0/8")
    assert options.references == (("10.8.0.1", 53), ("fd00::1", 443))
