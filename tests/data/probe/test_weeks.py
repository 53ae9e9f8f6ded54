"""Weeks of a site's life, with a clock that tests set, and the site metrics that follow."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.probe import plan
from data.probe.plan import VISIT
from data.probe.runner import Runner
from tests.data.probe import zoo as z
from tests.data.probe.conftest import FakeClock
from tests.data.probe.district import checks, delivered, driven, options, probed, registered, verdict
from tests.data.probe.zoo import Zoo
from tests.factory import published

BEGIN = datetime(2026, 11, 1, 8)
FOOT = "<p>网站标识码 ICP备 公网安备 联系我们 找错</p>"


def of(rows: list[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    return [check for check in rows if check["rule"] == rule]


@pytest.fixture
def visits_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tasks of a site would ask a flapping server between its visits."""
    real = plan.tasks
    monkeypatch.setattr(plan, "tasks", lambda register: (task for task in real(register) if task.job == "visit"))


@pytest.mark.usefixtures("visits_only")
@pytest.mark.parametrize(("down", "vetoed"), [(6, False), (7, True)])
def test_seven_of_140_visits_are_a_veto_and_six_are_not(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, down: int, vetoed: bool
) -> None:
    fails = {20 * day + 3 for day in range(down)}
    url = zoo.house(z.flapping(fails))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    chosen = options(tmp_path, {"site": {"waive_robots": True}})
    driven(home, edition, chosen, clock, 141, int(VISIT.total_seconds() // 60))
    edition = delivered(home, clock)
    visits = of(checks(edition), "site_open")
    site = verdict(edition)
    assert (len(visits), sum(not visit["passed"] for visit in visits)) == (140, down)
    assert (site["visits"], site["down"]) == (140, down)
    assert list(site["vetoes"]) == (["site_open"] if vetoed else [])


@pytest.mark.usefixtures("visits_only")
def test_twenty_spaced_visits_a_day(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    edition = registered(home, [{"key": "site", "url": zoo.house(z.page("<p>open</p>"))}], BEGIN)
    driven(home, edition, options(tmp_path, {"site": {"waive_robots": True}}), clock, 24 * 6 * 2, 10)
    times = [visit["checked_at"] for visit in of(checks(delivered(home, clock)), "site_open")]
    first, second = (
        sum(at < BEGIN + timedelta(days=1) for at in times),
        sum(at >= BEGIN + timedelta(days=1) for at in times),
    )
    assert min(first, second) >= 20
    assert all(b - a >= VISIT * 0.85 for a, b in pairwise(times))


@pytest.mark.usefixtures("visits_only")
def test_visits_go_on_after_a_restart_where_they_stopped(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock
) -> None:
    url = zoo.house(z.page("<p>open</p>"))
    edition = registered(home, [{"key": "site", "url": url}], BEGIN)
    chosen = options(tmp_path, {"site": {"waive_robots": True}})
    for _start in range(6):
        driven(home, edition, chosen, clock, 24, 10)
    times = [visit["checked_at"] for visit in of(checks(delivered(home, clock)), "site_open")]
    assert len(times) >= 20
    assert all(b - a >= VISIT * 0.85 for a, b in pairwise(times))


def test_a_home_page_that_does_not_change_for_two_weeks(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    """Its clock and its counter go on; what it says does not: 13 days pass, 14 are a veto, and a new item ends it."""
    state = {"items": 1, "hits": 0}

    def page() -> str:
        state["hits"] += 17
        said = "".join(
            f"<li><a href='/{i}.html'>关于第{'甲乙丙'[i]}件事情的通知</a></li>" for i in range(state["items"])
        )
        now = f"今天是{clock.now():%Y年%m月%d日 %H:%M:%S}"
        return f"<body><p>{now}</p><ul>{said}</ul>{FOOT}<p>访问量 {state['hits']}</p></body>"

    async def write_at_last(runner: Runner) -> None:
        state["items"] = 2 if clock.now() >= BEGIN + timedelta(days=16, hours=1) else 1

    edition = registered(home, [{"key": "site", "url": zoo.house(z.site({"/": page}))}], BEGIN)
    chosen = options(tmp_path, {"site": {"waive_robots": True}})
    driven(home, edition, chosen, clock, 24 * 17, 60, between=write_at_last)
    results = of(checks(delivered(home, clock)), "home_updated")
    assert [check["observed"] for check in results] == [*range(16), 0]
    assert [check["passed"] for check in results] == [True] * 14 + [False, False, True]
    for age, vetoes in ((13, []), (14, ["home_updated"])):
        site_row = verdict(published(home, results[age]["checked_at"] + timedelta(seconds=1)))
        assert (site_row["home_age"], list(site_row["vetoes"])) == (age, vetoes)


def rows_of(days: list[int], today: date) -> str:
    return "".join(f"<li><a href=/{d}>一条消息</a><span>{today - timedelta(days=d)}</span></li>" for d in days)


@pytest.mark.parametrize(("stale", "vetoed"), [(4, False), (5, True)])
def test_five_stale_columns_of_news_and_notices_are_a_veto(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, stale: int, vetoed: bool
) -> None:
    today = clock.now().date()
    old, fresh = f"<ul>{rows_of([15, 40], today)}</ul>", f"<ul>{rows_of([14, 40], today)}</ul>"
    pages = {"/": f"<p>政府网站</p>{FOOT}"} | {f"/{i}": old if i < stale else fresh for i in range(6)}
    url = zoo.house(z.site(pages))  # type: ignore[arg-type]
    columns = [
        {"key": f"c{i}", "kind": "column", "parent": "site", "url": f"{url}{i}", "column_kind": "news"}
        for i in range(6)
    ]
    edition = registered(home, [{"key": "site", "url": url}, *columns], BEGIN)
    results = probed(home, edition, options(tmp_path), clock)
    assert sum(not check["passed"] for check in of(results, "column_updated")) == stale
    site_row = verdict(delivered(home, clock))
    assert site_row["stale_listed"] == stale
    assert ("stale_listed" in site_row["vetoes"]) is vetoed


@pytest.mark.parametrize(("blank", "vetoed"), [(4, False), (5, True)])
def test_five_blank_columns_are_a_veto(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, blank: int, vetoed: bool
) -> None:
    today = clock.now().date()
    full, empty = f"<ul>{rows_of([1, 2], today)}</ul>", "<div class=nav><a href=/>首页</a></div><p>暂无内容</p>"
    pages = {"/": f"<p>政府网站</p>{FOOT}"} | {f"/{i}": empty if i < blank else full for i in range(6)}
    url = zoo.house(z.site(pages))  # type: ignore[arg-type]
    columns = [{"key": f"c{i}", "kind": "column", "parent": "site", "url": f"{url}{i}"} for i in range(6)]
    edition = registered(home, [{"key": "site", "url": url}, *columns], BEGIN)
    results = probed(home, edition, options(tmp_path), clock)
    failed = [check for check in of(results, "column_items") if not check["passed"]]
    assert len(failed) == blank
    site_row = verdict(delivered(home, clock))
    assert (site_row["blank"], "blank" in site_row["vetoes"]) == (blank, vetoed)
