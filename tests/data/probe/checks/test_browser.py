"""Pages as a browser shows them: what scripts write, pictures as evidence, axe-core; nothing else is reached."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest

from data.home import Home
from data.probe import plan
from data.probe.checks import axe, rules
from data.probe.checks.axe import Fault
from data.probe.checks.browser import Unseen, pinned
from data.probe.checks.render import MOST_PICTURE, Rendered, renderer
from data.probe.evidence import ID, Evidence
from data.probe.network.failures import Failure
from data.probe.network.net import place
from data.probe.plan import Task
from data.probe.register import Thing
from tests.data.probe import zoo as z
from tests.data.probe.conftest import FakeClock
from tests.data.probe.district import options, probed, registered
from tests.data.probe.zoo import Zoo

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 8)
THING = Thing("s", "k", "site", "n", "http://x/")
WEBP = (b"RIFF", b"WEBP")
FOOT = "<p>网站标识码 ICP备 公网安备 联系我们 找错 长者助手</p>"


@pytest.fixture
def browser(chromium: str | None) -> str:
    assert chromium, "install Chromium: the README says how"
    return f"{chromium} --no-sandbox"


def show(browser: str, url: str, *, audit: bool = False) -> Rendered | None:
    host = url[7:].split(":")[0]
    return asyncio.run(renderer(browser)(url, {host: host}, audit))


def seen(browser: str, url: str, *, audit: bool = False) -> Rendered:
    shown = show(browser, url, audit=audit)
    assert shown is not None
    return shown


def test_a_page_that_scripts_fill_is_read_and_photographed(browser: str, zoo: Zoo) -> None:
    """What it asks of another host leads nowhere, it has no way past the names, and its dialogs hold up nobody."""
    other = zoo.house(z.page("<p>elsewhere</p>"))
    script = f"""
        fetch('{other}leak').catch(() => 0); alert('shall we?')
        setTimeout(() => document.body.innerHTML = `<h1>由脚本写出的首页</h1>${{typeof RTCPeerConnection}}`, 900)
    """
    shown = seen(browser, zoo.house(z.page(f"<body><script>{script}</script></body>")))
    assert "由脚本写出的首页</h1>undefined" in shown.html.decode()
    assert zoo.requests[other] == []
    assert (shown.picture[:4], shown.picture[8:12]) == WEBP
    assert len(shown.picture) <= MOST_PICTURE
    assert shown.faults is None, "the run did not check them"


def test_a_host_that_the_file_names_is_reached_as_well(
    browser: str, home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Styles and scripts of a site often lie on another host; one that is not named stays out of reach."""
    script = "document.body.innerHTML = '<h1>由另一台主机的脚本写出</h1>'"
    other, foreign = zoo.house(z.page(script)), zoo.house(z.page(script))
    sites = []
    for key, source in (("named", other), ("not-named", foreign)):
        url = zoo.house(z.page(f"<body><script src='{source}x.js'></script></body>"))
        sites.append({"key": key, "url": url})
    named = {"hosts": [place(other)[0]]}
    monkeypatch.setattr("data.probe.checks.render.FILLING", 1.0)
    monkeypatch.setattr(plan, "tasks", lambda register: (Task("visit", thing) for thing in register.things.values()))
    checks = probed(home, registered(home, sites, AT), options(tmp_path, {"named": named}, chromium=browser), clock)
    visits = {check["asset"]: bool(check["passed"]) for check in checks if check["rule"] == "site_open"}
    assert visits == {"named": True, "not-named": False}
    assert zoo.requests[foreign] == []


@pytest.mark.parametrize("host", ["a.example, MAP * 10.0.0.1", "a b", "x*"])
def test_browser_reads_nothing_from_an_unregistered_host(host: str) -> None:
    with pytest.raises(Unseen, match="no name of a host"):
        pinned({host: "127.0.0.1"})


@pytest.mark.parametrize(
    "body",
    ["<script>for (;;);</script>", "<script>while (true) location = '/' + Math.random()</script>"],
    ids=["busy", "going round"],
)
def test_a_page_that_keeps_its_browser_busy_ends_in_time(
    browser: str, zoo: Zoo, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.probe.checks.render.SECONDS", 4.0)
    monkeypatch.setattr("data.probe.checks.render.AUDIT_SECONDS", 2.0)
    show(browser, zoo.house(z.page(f"<body>{body}</body>")))


def test_page_left_empty_by_scripts_fails_with_a_screenshot(
    browser: str, home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.probe.checks.render.FILLING", 0.5)
    monkeypatch.setattr(plan, "tasks", lambda register: (Task("visit", thing) for thing in register.things.values()))
    full = zoo.house(z.page("<body><script>document.body.innerHTML = '<h1>首页</h1>'</script></body>"))
    empty = zoo.house(z.page("<body><script>1</script></body>"))
    edition = registered(home, [{"key": "full", "url": full}, {"key": "empty", "url": empty}], AT)
    checks = probed(home, edition, options(tmp_path, chromium=browser), clock)
    visits = {check["asset"]: check for check in checks if check["rule"] == "site_open"}
    assert visits["full"]["passed"]
    assert visits["empty"]["evidence"].startswith(Failure.EMPTY)
    store = Evidence.of(home)
    record = store.record(ID.search(visits["empty"]["evidence"])[0])  # type: ignore[index]
    assert record is not None
    assert store.picture(record)[8:12] == b"WEBP"
    assert store.sweep(now=AT.timestamp() + 10**9) > 2
    assert store.picture(record) == b"", "a picture is kept no longer than the rest"


def test_bot_protection_that_admits_browsers_is_no_failure(
    browser: str, home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first answer is a script that sets a cookie and asks again: without a browser nothing is said of the site."""
    script = "<script>document.cookie = 'let=in'; setTimeout(() => location.reload(), 300)</script>"

    async def protected(path: str, writer: asyncio.StreamWriter) -> None:
        came = zoo.cookies[-1]
        writer.write(z.answer("<h1>首页</h1>") if "let=in" in came else z.answer(script, "412 Precondition Failed"))

    monkeypatch.setattr(plan, "tasks", lambda register: (Task("visit", thing) for thing in register.things.values()))
    edition = registered(home, [{"key": "site", "url": zoo.house(protected)}], AT)
    for chromium, rule in (("", "measured"), (browser, "site_open")):
        checks = probed(home, edition, options(tmp_path, chromium=chromium), clock)
        assert checks[-1]["rule"] == rule
    assert checks[-1]["passed"]


def test_a_browser_that_cannot_be_started_is_no_fault_of_the_page(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    url = zoo.house(z.page("<body><script>1</script></body>"))
    edition = registered(home, [{"key": "site", "url": url}], AT)
    checks = probed(home, edition, options(tmp_path, chromium="/no/browser"), clock)
    assert {check["rule"] for check in checks} & {"site_open", "uncertain"} == {"uncertain"}
    assert "axe_faults" not in {check["rule"] for check in checks}
    assert "/no/browser cannot be started" in caplog.text


# --- axe-core -----------------------------------------------------------------------------------------------------


def faults(count: int, impact: str = "serious") -> list[Fault]:
    return [Fault("color-contrast", impact, count, ("p",))]


@pytest.mark.parametrize(
    ("reported", "observed", "passed"),
    [(faults(10), 10, True), (faults(11), 11, False), (faults(99, "moderate"), 0, True), ([], 0, True)],
    ids=["ten", "eleven", "what keeps nobody out", "none"],
)
def test_page_passes_up_to_ten_axe_faults(reported: list[Fault], observed: int, passed: bool) -> None:
    check = rules.axe_faults(THING, AT, reported)
    assert (check.observed, check.passed) == (observed, passed)


@pytest.mark.parametrize(("pale", "passed"), [(10, True), (11, False)])
def test_sites_that_axe_passes_and_fails_at_the_limit(
    browser: str, home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, pale: int, passed: bool
) -> None:
    assert axe.script(), "axe-core comes with requirements-optional.txt"
    text = "".join(f'<p style="color: #ccc; background: #fff">第{i}条浅色的消息</p>' for i in range(pale))
    body = f"<body><main><h1>首页</h1>{text}{FOOT}</main></body>"
    url = zoo.house(z.page(f'<html lang="zh"><title>临江区人民政府</title>{body}</html>'))
    edition = registered(home, [{"key": "site", "url": url}], AT)
    by_rule = {check["rule"]: check for check in probed(home, edition, options(tmp_path, chromium=browser), clock)}
    assert by_rule["accessibility"]["passed"], "the basics do not see colours"
    result = by_rule["axe_faults"]
    assert (result["observed"], bool(result["passed"])) == (pale, passed)
    if not passed:
        assert result["evidence"].startswith("color-contrast×11 · ")
        store = Evidence.of(home)
        record = store.record(ID.search(result["evidence"])[0])  # type: ignore[index]
        assert record is not None
        assert [(fault["rule"], fault["count"]) for fault in record["faults"]] == [("color-contrast", 11)]
        assert len(json.dumps(record["faults"])) < 2_000
        assert store.picture(record)


def test_without_axe_core_the_basics_stay(
    browser: str, home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(axe, "script", lambda: "")
    edition = registered(home, [{"key": "site", "url": zoo.house(z.page(FOOT))}], AT)
    rules_failed = {check["rule"] for check in probed(home, edition, options(tmp_path, chromium=browser), clock)}
    assert "accessibility" in rules_failed
    assert "axe_faults" not in rules_failed
