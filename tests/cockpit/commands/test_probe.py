"""The probe command."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.commands import main
from data.editions.edition import current
from data.home import Home
from data.probe import service
from data.probe.clock import RealClock
from tests.data.probe import zoo as z
from tests.data.probe.district import registered
from tests.data.probe.zoo import NETWORK, Zoo, open_zoo
from tests.factory import DISTRICT, deliver, published

PAGE = "<title>临江区人民政府</title><p>网站标识码 ICP备 公网安备 联系我们 找错</p>"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    with open_zoo(tmp_path_factory.mktemp("zoo")) as made:
        yield made


@pytest.fixture(scope="module")
def original(zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that opens, one that does not, and an edition as of now."""
    home = Home(tmp_path_factory.mktemp("original") / "var", memory="1GB")
    sites = [{"key": "opens", "url": zoo.house(z.page(PAGE))}, {"key": "fails", "url": zoo.house(z.resetting)}]
    registered(home, sites, RealClock(home.zone).now())
    return home.root


@pytest.fixture
def home(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A copy of that home, which is served."""
    home = Home(Path(shutil.copytree(original, tmp_path / "var")), memory="1GB")
    (home.root / "extras.yaml").write_text("delay: 0\nassets: {fails: {waive_robots: true}}")
    monkeypatch.setattr("data.probe.jobs.RETRY_SECONDS", 0.05)
    for name, value in (("HOME", home.root), ("PROBE_NETWORKS", NETWORK), ("PROBE_EXTRAS", home.root / "extras.yaml")):
        monkeypatch.setenv(f"COCKPIT_{name}", str(value))
    settings.current.cache_clear()
    yield home
    settings.current.cache_clear()


def probed(home: Home) -> dict[tuple[str, str], bool]:
    edition = current(home)
    assert edition is not None
    sql = "SELECT asset, rule, passed FROM checks WHERE source = 'prober'"
    return {(asset, rule): passed for asset, rule, passed in edition.cursor().execute(sql).fetchall()}


def test_once_checks_everything_delivers_and_publishes(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--once"]) == 0
    assert "tasks" in capsys.readouterr().out
    checks = probed(home)
    assert (checks["opens", "site_open"], checks["fails", "site_open"]) == (True, False)
    assert list((home.root / "probe" / "spool").iterdir()) == [], "all of it is loaded"


def test_single_site_is_checked_and_unregistered_site_is_refused(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--once", "--site", "opens"]) == 0
    assert {asset for asset, _rule in probed(home)} == {"opens"}
    assert main(["probe", "--once", "--site", "open"]) != 0
    assert "no site open with an address is registered" in capsys.readouterr().err


def test_a_second_prober_of_a_home_is_refused(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with service.alone(home):
        assert main(["probe", "--once"]) != 0
    assert "probed by another process" in capsys.readouterr().err


@pytest.mark.parametrize("span", ["5s", "2d", "soon", "25h"])
def test_invalid_time_span_is_refused(home: Home, capsys: pytest.CaptureFixture[str], span: str) -> None:
    assert main(["probe", "--every", span]) == 2
    assert "such as 60s, 15m or 1h" in capsys.readouterr().err


def test_no_registered_sites_error_names_the_remedy(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (home.root / "extras.yaml").write_text("delay: 0")
    gone = [{"key": key, "kind": "site", "name": key, "area": DISTRICT, "url": None} for key in ("opens", "fails")]
    deliver(home, "assets", gone, source="register")
    published(home, RealClock(home.zone).now())
    assert main(["probe", "--once"]) == 1
    assert "nothing could be checked" in capsys.readouterr().err


def test_rules_that_need_a_browser_are_listed(home: Home, zoo: Zoo, capsys: pytest.CaptureFixture[str]) -> None:
    sites = [{"key": f"empty-{i}", "url": zoo.house(z.page("<body></body>"))} for i in range(7)]
    registered(home, sites, RealClock(home.zone).now())
    assert main(["probe", "--once"]) == 0
    output = capsys.readouterr().out
    assert "7 uncertain: not opened here, and no browser has looked (set COCKPIT_PROBE_CHROMIUM)" in output
    assert "  register/empty-0: empty page (no text, no picture)\n" in output
    assert "  and 2 more" in output
    checks = probed(home)
    assert not [key for key in checks if key[0].startswith("empty") and key[1] == "site_open"]
