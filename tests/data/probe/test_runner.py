"""The probing loop: politeness, robots.txt, two attempts, own network failures, evidence, deliveries, kills."""

import asyncio
import json
import socket
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.errors import DataError
from data.home import Home
from data.probe import plan, runner, service
from data.probe.checks.contents import ELEMENTS
from data.probe.checks.rules import Check
from data.probe.deliver import OPEN, Spool, row_of
from data.probe.evidence import ID, Evidence
from data.probe.network import connect, net
from data.probe.network.failures import Failure
from data.probe.network.net import Answer
from data.probe.network.own_network import OwnNetwork
from data.probe.register import Extra, Register, Request, Search, Thing, read_extras, register
from data.probe.state import State
from tests.data.probe import zoo as z
from tests.data.probe.conftest import LIMIT, FakeClock
from tests.data.probe.district import SOURCE, checks, delivered, driven, options, probed, registered
from tests.data.probe.zoo import Authority, Zoo

BEGIN = datetime(2026, 11, 1, 8)
OPEN_PAGE = "<title>临江区人民政府</title><p>网站标识码 ICP备 公网安备 联系我们 找错 长者助手</p>"


def result_of(rows: list[dict[str, Any]], rule: str, asset: str = "site") -> dict[str, Any]:
    return next(check for check in rows if (check["rule"], check["asset"]) == (rule, asset))


def test_a_healthy_site_passes_and_its_checks_are_checks_like_any_other(
    home: Home, zoo: Zoo, authority: Authority, tmp_path: Path, clock: FakeClock
) -> None:
    url = zoo.house(z.page(f'<html lang="zh">{OPEN_PAGE}</html>'), secure=authority.context(zoo.host))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    results = probed(home, edition, options(tmp_path, authorities=authority.file), clock)
    failed = {check["rule"] for check in results if not check["passed"]}
    assert failed == {"ipv6"}, "loopback has no IPv6 record"
    assert result_of(results, "certificate")["observed"] == 90
    assert {check["area"] for check in results} == {990101000000}
    assert {(check["source"], check["asset_source"], check["method"]) for check in results} == {
        ("prober", SOURCE, "auto")
    }
    assert not list(Evidence.of(home).folder.rglob("*.gz")) or result_of(results, "ipv6")


def test_failure_is_confirmed_and_has_evidence(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    url = zoo.house(z.page("<h1>数据库连接失败</h1>", "500 Internal Server Error", X_Powered_By="old"))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    visit = result_of(probed(home, edition, options(tmp_path, {"site": {"waive_robots": True}}), clock), "site_open")
    assert (visit["passed"], visit["evidence"].startswith("5xx HTTP 500 · ")) == (False, True)
    store = Evidence.of(home)
    record = store.record(ID.search(visit["evidence"])[0])  # type: ignore[index]
    assert record is not None
    assert (record["url"], record["status"], record["failure"]) == (url, 500, Failure.SERVER)
    assert ["x-powered-by", "old"] in record["headers"]
    assert {"dns", "connect", "answer"} <= record["phases"].keys()
    assert "数据库连接失败" in store.body(record).decode()
    assert store.record("../../etc/passwd") is None


def test_one_bad_attempt_does_not_count(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    answers = iter(["503 Busy", *["200 OK"] * 50])

    async def once_busy(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(z.answer(OPEN_PAGE, next(answers)))

    edition = registered(home, [{"key": "site", "url": zoo.house(once_busy)}], BEGIN)
    results = probed(home, edition, options(tmp_path, {"site": {"waive_robots": True}}), clock)
    assert result_of(results, "site_open")["passed"]


def test_robots_are_heeded_unless_the_owner_waives_them(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    pages = {"/": OPEN_PAGE, "/robots.txt": "User-agent: *\nDisallow: /\n"}
    shy, waived = zoo.house(z.site(pages)), zoo.house(z.site(pages))
    edition = registered(home, [{"key": "shy", "url": shy}, {"key": "site", "url": waived}], BEGIN)
    results = probed(home, edition, options(tmp_path, {"site": {"waive_robots": True}}), clock)
    assert {check["asset"] for check in results} == {"site"}
    assert zoo.pages(shy) == []
    assert "/robots.txt" not in zoo.requests[waived]


def test_blocking_site_is_not_reported_as_down(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    url = zoo.house(z.page("<p>请求被拦截</p>", "403 Forbidden"))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    results = probed(home, edition, options(tmp_path), clock)
    assert not [check for check in results if check["rule"] == "site_open"]
    assert result_of(results, "measured")["evidence"].startswith("blocked HTTP 403")


def test_an_empty_page_is_uncertain_where_no_browser_looks_at_it(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock
) -> None:
    empty, scripted = zoo.house(z.page("<body></body>")), zoo.house(z.page("<body><script>go()</script></body>"))
    edition = registered(home, [{"key": "site", "url": empty}, {"key": "app", "url": scripted}], BEGIN)
    results = probed(home, edition, options(tmp_path), clock)
    assert not [check for check in results if check["rule"] == "site_open"], "it counts neither way"
    for asset in ("site", "app"):
        assert result_of(results, "uncertain", asset)["evidence"].startswith("empty no text, no picture · ")


def test_guides_functions_search_and_messages(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    all_rows = "".join(f"<tr><td>{name}</td><td>详细内容在此</td></tr>" for name in ELEMENTS)
    url = zoo.house(
        z.site({
            "/": OPEN_PAGE, "/whole": f"<table>{all_rows}</table>",
            "/half": "<p>事项名称</p><p>取水许可</p><p>联系电话</p>",
            "/api/ok": '{"code":0}', "/api/bad": '{"code":500}', "/s?q=%E9%80%9A%E7%9F%A5": "<p>关于通知的结果</p>",
            "/s?q=nothing": "<p>暂无结果</p>",
            "/mail": "<p><a href=/m>噪声</a> 2026-07-31 未回复</p><p><a href=/m>路灯</a> 2026-08-01 未回复</p>",
        })
    )  # fmt: skip
    parts = [
        {"key": "whole", "kind": "service_item", "parent": "site", "url": f"{url}whole"},
        {"key": "half", "kind": "service_item", "parent": "site", "url": f"{url}half"},
        {"key": "gone", "kind": "service_item", "parent": "site", "url": f"{url}gone"},
        {"key": "ok", "kind": "function", "url": f"{url}api/ok"},
        {"key": "bad", "kind": "function", "url": f"{url}api/bad"},
        {"key": "lost", "kind": "mini_program", "url": f"{url}api/lost"},
        {"key": "closed", "kind": "app", "url": f"{url}api/lost"},
        {"key": "posted", "kind": "mini_program", "url": ""},
        {"key": "mute", "url": url},
    ]
    described = {"request": {"expect": '"code":0'}}
    edition = registered(home, [{"key": "site", "url": url}, *parts], BEGIN)
    extras = {
        "site": {"search": {"url": f"{url}s?q={{word}}", "word": "通知"}, "messages": f"{url}mail"},
        "ok": described, "bad": described, "closed": {"request": {"status": 404}},
        "posted": {"request": {"url": f"{url}api/ok", "method": "POST", "body": '{"id":"0"}', "expect": '"code":0'}},
        "mute": {"search": {"url": f"{url}s?q={{word}}", "word": "nothing"}},
    }  # fmt: skip
    results = probed(home, edition, options(tmp_path, extras), clock)
    guides = {key: result_of(results, "guide_elements", key)["observed"] for key in ("whole", "half", "gone")}
    assert guides == {"whole": 8, "half": 1, "gone": 0}
    functions = {
        key: result_of(results, "function_answers", key)["passed"] for key in ("ok", "bad", "lost", "closed", "posted")
    }
    assert functions == {"ok": True, "bad": False, "lost": False, "closed": True, "posted": True}
    assert ("POST", '{"id":"0"}') in zoo.sent[url]
    assert result_of(results, "function_answers", "bad")["evidence"].startswith('text missing: “"code":0”')
    assert result_of(results, "search_works")["passed"]
    assert not result_of(results, "search_works", "mute")["passed"], "it finds what is not there"
    late = result_of(results, "messages_unanswered")
    assert (late["observed"], late["passed"], late["veto"]) == (1, False, True), "1 August is three months to the day"


def test_dead_links_are_found_on_registered_hosts_only(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    other = zoo.house(z.page("<p>elsewhere</p>"))
    links = f"<a href=/a>甲</a><a href=/gone>乙</a><a href='{other}x'>丙</a><a href='javascript:x()'>丁</a>"
    url = zoo.house(z.site({"/": OPEN_PAGE + links, "/a": "<p>a</p>"}))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    dead = result_of(probed(home, edition, options(tmp_path), clock), "links_dead")
    assert (dead["observed"], f"{url}gone" in dead["evidence"]) == (1, True)
    assert zoo.requests[other] == []


@pytest.mark.parametrize("leads", [True, False], ids=["led to HTTPS", "left at HTTP"])
def test_https_certificate_and_ipv6_of_a_site_at_the_usual_ports(
    home: Home, zoo: Zoo, authority: Authority, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch,
    leads: bool,
) -> None:  # fmt: skip
    """A name with an IPv6 address as well; HTTP redirects to HTTPS, or does not."""
    name = "gov.example"
    secure = zoo.house(z.page(OPEN_PAGE), secure=authority.context(name, until=30))
    plain = zoo.house(z.leading(f"https://{name}/") if leads else z.page(OPEN_PAGE))
    at = {443: net.place(secure), 80: net.place(plain)}
    real, looked_up = connect._connect_socket, socket.getaddrinfo

    def resolver(host: str, port: int, family: int = 0, *more: Any) -> list[tuple[Any, ...]]:
        if host != name:  # threads of other tests may still look up theirs
            return looked_up(host, port, family, *more)
        address = "::1" if family == socket.AF_INET6 else at[port][0]
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    monkeypatch.setattr(connect, "_connect_socket", lambda _address, port: real(*at[port]))
    edition = registered(home, [{"key": "site", "url": f"http://{name}/"}], BEGIN)
    chosen = options(tmp_path, networks=(z.NETWORK, "::1/128"), authorities=authority.file)
    results = probed(home, edition, chosen, clock)
    assert result_of(results, "site_open")["passed"]
    assert result_of(results, "https")["passed"] is leads
    assert (result_of(results, "certificate")["passed"], result_of(results, "certificate")["observed"]) == (True, 30)
    assert result_of(results, "ipv6")["passed"]


def test_a_column_in_the_charset_of_old_sites_is_read(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    """GBK by its meta alone, and a character that only GB 18030 has; its date is printed the Chinese way."""
    html = '<meta charset="gb2312"><ul><li><a href=/1>关于㐀字路口改造的通知</a> 2026年10月30日</li></ul>'
    url = zoo.house(z.page(html.encode("gb18030"), Content_Type="text/html"))
    column = {"key": "c", "kind": "column", "parent": "site", "url": url, "column_kind": "news"}
    results = probed(home, registered(home, [{"key": "site", "url": url}, column], BEGIN), options(tmp_path), clock)
    assert (
        result_of(results, "column_items", "c")["observed"],
        result_of(results, "column_updated", "c")["observed"],
    ) == (1, 2)


# --- our own network ----------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_outage_of_our_network_is_no_failure_of_a_site(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    url = zoo.house(z.resetting)
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    down = options(tmp_path, {"site": {"waive_robots": True}}, references=(("127.0.0.1", closed_port()),))
    counts = asyncio.run(service.once(home, edition, down, clock=clock))
    assert (counts.checks, set(counts.withheld)) == (0, {"our own network"})
    assert zoo.requests[url] == [], "our network is looked at first"
    host, port = zoo.house(z.page("x"))[7:-1].split(":")
    up = options(tmp_path, {"site": {"waive_robots": True}}, references=((host, int(port)),))
    assert result_of(probed(home, edition, up, clock), "site_open")["evidence"].startswith("reset")


def test_tasks_are_retried_after_an_outage_of_our_network(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock
) -> None:
    edition = registered(home, [{"key": "site", "url": zoo.house(z.page(OPEN_PAGE))}], BEGIN)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    chosen = options(tmp_path, references=(listener.getsockname(),))

    async def mend(run: runner.Runner) -> None:
        if clock.now() >= BEGIN + timedelta(hours=3):
            listener.listen(100)

    done = driven(home, edition, chosen, clock, 40, 10, between=mend)
    listener.close()
    visits = [c for c in checks(delivered(home, clock)) if c["rule"] == "site_open"]
    assert done.counts.withheld["our own network"] > 2
    assert visits
    assert all(visit["passed"] for visit in visits)


def test_without_references_the_hosts_reached_last_are_knocked_at(zoo: Zoo, clock: FakeClock) -> None:
    own, host = OwnNetwork(clock), zoo.house(z.page("x"))[7:-1].split(":")
    assert not asyncio.run(own.is_ours("lost")), "a host alone is taken at its word"
    own.note(("127.0.0.1", closed_port()), reached=True)
    assert asyncio.run(own.is_ours("lost")), "whom we reached just before does not answer either"
    assert not asyncio.run(own.is_up()), "nobody is visited for a while"
    clock.at += timedelta(seconds=30)
    own.note((host[0], int(host[1])), reached=True)
    assert asyncio.run(own.is_up())
    assert not asyncio.run(own.is_ours("lost"))


def test_hosts_lost_with_none_reached_speak_against_us(clock: FakeClock) -> None:
    own = OwnNetwork(clock)
    for number in range(3):
        own.note((f"host{number}", 80), reached=False)
    assert not asyncio.run(own.is_ours("host2")), "two others are too few"
    assert asyncio.run(own.is_ours("host3"))


# --- the loop -----------------------------------------------------------------------------------------------------


def test_one_request_at_a_time_to_a_host_with_a_pause(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    state = {"now": 0, "most": 0}

    async def counting(path: str, writer: asyncio.StreamWriter) -> None:
        state["now"] += 1
        state["most"] = max(state["most"], state["now"])
        await asyncio.sleep(0.01)
        state["now"] -= 1
        writer.write(z.answer("<p>x</p>"))

    url = zoo.house(counting)
    columns = [{"key": f"c{i}", "kind": "column", "url": f"{url}{i}"} for i in range(12)]
    edition = registered(home, [{"key": "site", "url": url}, *columns], BEGIN)
    chosen = options(tmp_path)
    (tmp_path / "extras.yaml").write_text("delay: 2\n")
    before = clock.now()
    asyncio.run(service.once(home, edition, chosen, clock=clock))
    assert state["most"] == 1
    assert clock.now() - before >= timedelta(seconds=2 * 13), "fifteen tasks, two seconds between them"


def test_slow_sites_do_not_delay_others(home: Home, zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty hosts that never answer before ten that do, and five places: the ten are done while the sixty wait.

    The next time the sixty are known, and begin when the ten are done.
    """
    monkeypatch.setattr(runner, "BEGINNING", 5)
    monkeypatch.setattr(runner, "PATIENCE", 0.05)
    monkeypatch.setattr(runner, "SLOW_SECONDS", LIMIT)
    monkeypatch.setattr(plan, "tasks", lambda r: (plan.Task("visit", thing) for thing in r.things.values()))
    slow = [{"key": f"a{i:02}", "url": zoo.house(z.hanging)} for i in range(60)]
    quick = [{"key": f"b{i:02}", "url": zoo.house(z.page(OPEN_PAGE))} for i in range(10)]
    edition = registered(home, [*slow, *quick], BEGIN)
    waive = {asset["key"]: {"waive_robots": True} for asset in (*slow, *quick)}
    began = time.monotonic()
    when: dict[str, float] = {}

    async def run() -> None:
        made = service.made(home, edition, options(tmp_path, waive), service.RealClock(home.zone))
        made.jobs.own.references = (("127.0.0.1", listener.getsockname()[1]),)
        made.write = lambda rows: [when.setdefault(c.asset, time.monotonic() - began) for c in rows]
        monkeypatch.setattr(runner, "LOOK_SECONDS", 0.02)
        await made.once()
        do = made.jobs.do
        monkeypatch.setattr(made.jobs, "do", lambda job, thing: begun.append(thing.key) or do(job, thing))
        await made.once()

    begun: list[str] = []
    monkeypatch.setattr(runner, "CALM", 1)
    monkeypatch.setattr("data.probe.jobs.RETRY_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asyncio.run(run())
    last_quick, first_slow = (max(when[q["key"]] for q in quick), min(when[s["key"]] for s in slow))
    assert last_quick < first_slow
    assert sorted(begun[:10]) == [q["key"] for q in quick]
    assert len(begun) == 70


def test_a_task_that_is_under_way_at_a_crash_is_done_again_and_counted_once(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock
) -> None:
    edition = registered(home, [{"key": "site", "url": zoo.house(z.page(OPEN_PAGE))}], BEGIN)
    chosen = options(tmp_path)
    results = probed(home, edition, chosen, clock)
    rows = "".join(json.dumps(_as_written(check)) + "\n" for check in results)
    spool = Spool(home)
    spool.folder.mkdir(parents=True, exist_ok=True)
    (spool.folder / OPEN).write_text(rows + '{"key": "torn in the mid', "utf-8")
    again = checks(delivered(home, clock))
    assert len(again) == len(results), "a result delivered twice is one row, and the torn line is gone"


def _as_written(check: dict[str, Any]) -> dict[str, object]:
    at = check["checked_at"].to_pydatetime()
    return row_of(
        Check(check["asset_source"], check["asset"], check["rule"], at, bool(check["passed"]), check["observed"])
    )


def test_second_prober_of_a_home_is_refused(home: Home) -> None:
    with service.alone(home), pytest.raises(DataError, match="another process"), service.alone(home):
        pass
    with service.alone(home):
        pass


def test_the_plan_spreads_what_is_due() -> None:
    things = {f"s/{i}": Thing("s", str(i), "site", "n", f"http://h{i}.example/") for i in range(700)}
    now = datetime(2026, 11, 1)
    visits = [t for t in plan.tasks(Register(things)) if t.job == "visit"]
    minutes = [int((plan.first_due(task, {}, now) - now).total_seconds() // 60) for task in visits]
    counts = [minutes.count(minute) for minute in range(70)]
    assert sum(counts) == 700, "within one period"
    assert max(counts) < 30, "ten a minute on average"
    assert plan.first_due(visits[0], {visits[0].id: now - timedelta(minutes=10)}, now) == now + timedelta(minutes=60)


def test_a_clock_that_was_set_back_stops_no_task(home: Home) -> None:
    now = datetime(2026, 11, 1)
    task = next(plan.tasks(Register({"s/0": Thing("s", "0", "site", "n", "http://h0.example/")})))
    assert plan.first_due(task, {task.id: now + timedelta(hours=26)}, now) == now + task.period
    clock = SimpleNamespace(now=lambda: now + timedelta(hours=26))
    prober = runner.Runner(SimpleNamespace(state=State(":memory:"), clock=clock), lambda checks: None)  # type: ignore[arg-type]
    prober._due = [(now + timedelta(hours=27), 0, task, True)]
    clock.now = lambda: now
    prober.take()
    assert prober._due[0][0] == now + timedelta(hours=1)


@pytest.mark.parametrize("minutes", [15, 180])
def test_quick_restarts_delay_no_check(minutes: int) -> None:
    """Started again and again with nothing ever done, every task has its time within a day."""
    things = {f"s/{i}": Thing("s", str(i), "site", "n", f"http://h{i}.example/") for i in range(50)}
    for task in plan.tasks(Register(things)):
        starts = [BEGIN + timedelta(minutes=minutes * n) for n in range(24 * 60 // minutes)]
        comes = [s for s in starts if plan.first_due(task, {}, s) < s + timedelta(minutes=minutes)]
        assert comes, task.id


# --- evidence, register, extras -----------------------------------------------------------------------------------


def test_evidence_is_kept_once_bounded_and_goes_after_180_days(home: Home) -> None:
    store = Evidence.of(home)
    answers = [z_answer(url=f"http://x/{i}", body=b"the same page" * 100) for i in range(3)]
    ids = {store.keep(answer) for answer in answers}
    assert (len(ids), len(list(store.folder.rglob("bodies/**/*.gz")))) == (3, 1)
    assert store.keep(answers[0]) in ids, "the very same is the same"
    now = time.time()
    assert store.sweep(now=now + 179 * 86400) == 0
    assert store.sweep(now=now + 181 * 86400) == 4
    for i in range(20):
        store.keep(z_answer(url=f"http://x/{i}", body=bytes(str(i), "ascii") * 2000))
    size = sum(file.stat().st_size for file in store.folder.rglob("*.gz"))
    store.sweep(most=size // 2)
    assert 0 < sum(file.stat().st_size for file in store.folder.rglob("*.gz")) <= size // 2


def z_answer(url: str, body: bytes) -> Answer:
    return Answer(url, BEGIN, 0.1, Failure.SERVER, "HTTP 500", 500, (), body)


def test_only_registered_hosts_may_be_contacted() -> None:
    site = Thing("s", "1", "site", "n", "http://gov.example:8080/", extra=_extra())
    known = Register({"s/1": site})
    for place in (("gov.example", 8080), ("www.gov.example", 80), ("gov.example", 443), ("cdn.example", 80)):
        assert known.allows(*place)
    for place in (("gov.example", 22), ("evil.example", 80), ("", 80)):
        assert not known.allows(*place)


def _extra() -> Extra:
    return Extra(
        hosts=("cdn.example",), search=Search(url="http://gov.example/s?q={word}", word="x"), request=Request()
    )


def test_site_is_chosen_by_key_and_an_unknown_key_gives_an_error(home: Home) -> None:
    assets = [
        {"key": "site-1", "url": "http://a.example/"},
        {"key": "c1", "kind": "column", "parent": "site-1", "url": "http://a.example/c"},
        {"key": "site-2", "url": "http://b.example/"},
        {"key": "old", "url": "http://c.example/", "retired_at": datetime(2020, 1, 1)},
        {"key": "bare"},
    ]
    edition = registered(home, assets, BEGIN)
    assert set(register(edition).things) == {f"{SOURCE}/{key}" for key in ("site-1", "c1", "site-2")}
    assert set(register(edition, site="site-1").things) == {f"{SOURCE}/site-1", f"{SOURCE}/c1"}
    with pytest.raises(DataError, match=r"no site site-3 .*did you mean site-"):
        register(edition, site="site-3")


def test_faulty_register_file_reports_all_keys(tmp_path: Path) -> None:
    file = tmp_path / "extras.yaml"
    file.write_text("delay: -1\nassets: {a: {waive: true}}\n")
    with pytest.raises(DataError, match=r"extras.yaml: delay: .*; assets.a.waive: "):
        read_extras(file)
