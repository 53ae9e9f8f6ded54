"""The pages of the government sites: lights, the calendar, evidence, and what inspectors decide of findings."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.commands import main
from cockpit.screens.sitehealth import site as screen_of_site
from data.desk import deductions, findings
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.home import Home
from data.probe.evidence import Evidence
from data.probe.network.failures import Failure
from data.probe.network.net import Answer
from metrics import sites
from tests.asking import scoped
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, texts, words
from tests.factory import AREAS, DISTRICT, TOWNS, areas, deliver, published

ROOT = Path(__file__).parents[2]
AS_OF = datetime(2026, 11, 22, 8)
PICTURE = b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
"""A WebP of one point."""


def check(asset: str, rule: str, at: datetime, passed: bool, observed: float | None = None, **more: Any) -> Any:
    return {
        "key": f"{asset}/{rule}/{at:%d%H%M}", "asset_source": "register", "asset": asset, "rule": rule,
        "checked_at": at, "passed": passed, "observed": observed, "observed_unit": "天", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("sites"), memory="1GB")
    three_sites(home, AS_OF)
    return home


def three_sites(home: Home, as_of: datetime) -> None:
    """A vetoed site of the district with evidence, one near a veto and one never checked of a town."""
    areas(home, AREAS)
    names = {"down": ("区住建局网站", DISTRICT), "near": ("北塘街道网站", TOWNS[0]), "new": ("新网站", TOWNS[0])}
    register = [
        {"key": key, "kind": "site", "name": name, "area": area, "url": f"https://{key}.example/"}
        for key, (name, area) in names.items()
    ]
    deliver(home, "assets", register, source="register")
    answer = Answer(
        "https://down.example/", as_of, 0.4, Failure.SERVER, "HTTP 500", 500, body="系统维护".encode(), picture=PICTURE
    )
    evidence = Evidence.of(home).keep(answer)
    rows = [
        check("down", "site_open", as_of - timedelta(minutes=70 * (i + 1)), i >= 7, 0.4,
              evidence=f"5xx HTTP 500 · {evidence}" if i < 7 else None)
        for i in range(140)
    ]  # fmt: skip
    rows += [check("near", "site_open", as_of - timedelta(hours=i + 1), True, 0.4) for i in range(100)]
    rows += [check("near", "home_updated", as_of - timedelta(days=13 - i, hours=1), i < 14, i) for i in range(14)]
    rows += [check("near", "https", as_of - timedelta(days=d, hours=1), d > 0) for d in range(3)]
    rows += [check("near", "accessibility", as_of - timedelta(hours=1), False, 12, evidence="lang×1 alt×11")]
    deliver(home, "checks", rows, source="probe")
    published(home, as_of)


@pytest.fixture
def screen(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Runs a page with parameters of its address; no page may end in a traceback. Nothing is published meanwhile."""
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setattr(screen_of_site, "publish_in_background", lambda: None)
    settings.current.cache_clear()

    def run(name: str, **parameters: object) -> AppTest:
        page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        page.switch_page(f"../pages/{name}.py")
        for key, value in parameters.items():
            page.query_params[key] = str(value)
        page.run()
        assert not page.exception, page.exception
        return page

    yield run
    settings.current.cache_clear()


def test_site_list_shows_the_worst_first_with_remaining_margin(screen: Screen) -> None:
    page = screen("sites")
    data = drawn(page, "table")[0]
    assert texts(data, "网站") == ["区住建局网站", "北塘街道网站", "新网站"]
    assert texts(data, "结论") == ["打不开", "1 天后否决", "未检查"]
    assert [row[1]["state"] for row in data["rows"]] == ["red", "amber", "none"]
    assert texts(data, "打不开的访问") == ["7／140", "0／100", ""]
    assert "3 个网站：1 个否决，1 个接近否决" in words(page)


def test_the_list_is_filtered_searched_and_kept_to_an_area(screen: Screen) -> None:
    assert texts(drawn(screen("sites", show="near"), "table")[0], "网站") == ["北塘街道网站"]
    assert texts(drawn(screen("sites", q="住建"), "table")[0], "网站") == ["区住建局网站"]
    assert texts(drawn(screen("sites", area=TOWNS[0]), "table")[0], "网站") == ["北塘街道网站", "新网站"]
    assert "没有符合条件的网站" in words(screen("sites", q="没有这个"))


def test_uncertain_visit_is_explained_until_the_site_opens(home: Home, tmp_path: Path, screen: Screen) -> None:
    """It is no failure of the site: neither red nor counted, on the list and on the page."""
    answer = Answer("https://new.example/", AS_OF, 0.4, Failure.EMPTY, "no text, no picture", 200)
    evidence = Evidence.of(home).keep(answer)
    text = f"empty no text, no picture · {evidence}"
    doubt = check("new", "uncertain", AS_OF - timedelta(hours=2), False, evidence=text)
    older = check("near", "uncertain", AS_OF - timedelta(hours=3), False, evidence=text)
    deliver(home, "checks", [doubt, older], source="prober")
    published(home, AS_OF)
    listed = drawn(screen("sites"), "table")[0]
    assert texts(listed, "结论") == ["打不开", "1 天后否决", "存疑"]
    assert [row[1]["state"] for row in listed["rows"]] == ["red", "amber", "amber"]
    page = screen("site", source="register", key="new")
    assert "最近一次访问存疑" in words(page)
    rules = drawn(page, "table")[0]
    assert texts(rules, "规则") == ["能否在浏览器中打开"]
    assert texts(rules, "状态") == ["存疑"]
    assert texts(rules, "发现情况") == ["页面空白（没有文字，也没有图片）"]
    near = screen("site", source="register", key="near")
    assert "存疑" not in words(near), "a later visit opened it"
    assert "能否在浏览器中打开" not in texts(drawn(near, "table")[1], "规则")


def test_area_without_a_site_gets_a_notice(screen: Screen) -> None:
    page = screen("sites", area=TOWNS[1])
    assert "这里没有登记政府网站" in words(page)
    assert drawn(page, "table") == []


def test_a_site_shows_its_lights_calendar_rules_and_changes(screen: Screen) -> None:
    page = screen("site", source="register", key="near")
    lights, rules, changed, failed = drawn(page, "table")
    assert texts(lights, "余量")[:2] == ["再有 5 次打不开即否决", "1 天后否决"]
    days = drawn(page, "visits")[0]["lines"]
    assert len(days) == 14
    assert sum(len(day["marks"]) for day in days) == 100
    assert texts(rules, "规则")[:2] == ["无障碍基础", "HTTPS"]
    assert texts(rules, "发现情况")[0] == "页面未标明语言 ×1；图片缺替代文字 ×11"
    assert "无障碍检查未使用浏览器" in words(page)
    assert texts(changed, "变化") == ["不通过"]
    assert sorted(texts(failed, "规则")) == ["HTTPS", "无障碍基础"]


def test_the_evidence_of_a_failed_check_opens_and_no_other(screen: Screen, home: Home) -> None:
    page = screen("site", source="register", key="down")
    link = next(row for row in drawn(page, "table")[2]["rows"])[3]["href"]
    id = link.split("evidence=")[1]
    opened = screen("site", source="register", key="down", evidence=id)
    items = {item["label"]: item["text"] for item in drawn(opened, "record")[1]["items"]}
    assert (items["结果"], items["访问地址"]) == ("服务器出错", "https://down.example/")
    assert items["处置建议"] == "查网站程序和数据库的日志。"
    assert items["页面原文"] == "系统维护"
    picture = next(item for item in drawn(opened, "record")[1]["items"] if item["label"] == "页面截图")
    assert picture["image"] == f"data:image/webp;base64,{b64encode(PICTURE).decode()}"
    other = screen("site", source="register", key="near", evidence=id)
    assert "没有这份证据" in words(other)


def test_unknown_site_and_site_of_another_area_are_refused(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "没有这个网站" in words(screen("site", source="register", key="none"))
    assert "没有指定是哪个网站" in words(screen("site"))
    official = session_of(settings.current().desk_url, ("official",), TOWNS[0])
    monkeypatch.setattr(guard, "token", lambda: official)
    elsewhere = words(screen("site", source="register", key="down", area=TOWNS[0]))
    assert elsewhere.replace("down", "none") == words(screen("site", source="register", key="none", area=TOWNS[0]))
    page = screen("site", source="register", key="near", area=TOWNS[0])
    assert "认定" not in [button.label for button in page.button], "an official may look and not decide"
    assert not page.text_input


def test_finding_dismissed_with_a_note_does_not_count(screen: Screen, home: Home) -> None:
    page = screen("site", source="register", key="down")
    page.text_input[0].set_value("已公告停机检修")
    next(button for button in page.button if button.label == "不予认定").click()
    page.run()
    assert "已记录" in words(page)
    noted = audit.entries(visitors.desk(), event="act", limit=1)[0]
    assert noted["what"] == "dismissed site_open of down: 已公告停机检修"
    decided = findings.listing(visitors.desk(), "register", ["down"])[0]
    _move(decided.id, AS_OF - timedelta(seconds=1))
    assert main(["probe", "--deliver", "--home", str(home.root)]) == 0
    published(home, AS_OF)
    settings.current.cache_clear()
    again = screen("site", source="register", key="down")
    assert "打不开" not in {item["text"] for item in drawn(again, "record")[0]["items"]}
    assert "不予认定" in words(again)
    assert "已公告停机检修" in words(again)
    assert drawn(again, "table")[0]["rows"][0][2]["text"] == "0／133"
    next(button for button in again.button if button.label == "撤回").click()
    again.run()
    assert findings.listing(visitors.desk(), "register", ["down"])[0].taken_back_at is not None


def _move(id: int, at: datetime) -> None:
    """The decision was made at the edition's time: the tests' editions are of a day long past or to come."""
    from data.desk import models

    with visitors.desk().begin() as session:
        session.get_one(models.Finding, id).at = at


def test_a_decision_needs_a_note(screen: Screen) -> None:
    page = screen("site", source="register", key="near")
    before = len(findings.listing(visitors.desk()))
    next(button for button in page.button if button.label == "确认").click()
    page.run()
    assert words(page).index("请填写理由") > words(page).index("认定"), "the refusal stands by the form"
    assert len(findings.listing(visitors.desk())) == before


# --- deductions ---------------------------------------------------------------------------------------------------


def test_three_deductions_are_confirmed_and_the_others_are_to_be(screen: Screen) -> None:
    data = drawn(screen("deductions"), "table")[0]
    points = {row[1]["note"]: (row[4]["text"], row[5]["text"], row[6]["text"]) for row in data["rows"]}
    assert {name for name, (_points, mark, _state) in points.items() if mark == "已核"} == {
        "policy_files", "statistics", "replies",
    }  # fmt: skip
    assert [points[name][0] for name in ("policy_files", "statistics", "replies")] == ["5", "2", "3"]
    assert points["ipv6"] == ("–", "待核", "不计分")


def test_a_leader_edits_an_entry_and_an_inspector_does_not(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    page = screen("deductions")
    page.selectbox[0].set_value("ipv6").run()
    page.number_input[0].set_value(3.0)
    page.checkbox[1].set_value(True)
    next(button for button in page.button if button.label == "保存").click()
    page.run()
    entry = next(e for e in deductions.listing(visitors.desk()) if e.name == "ipv6")
    assert (entry.points, entry.enabled, entry.confirmed) == (3.0, True, False)
    assert "deduction ipv6: None -> 3.0 points" in str(
        audit.entries(visitors.desk(), event="settings", limit=1)[0]["what"]
    )
    inspector = session_of(settings.current().desk_url, ("inspector",))
    monkeypatch.setattr(guard, "token", lambda: inspector)
    assert not screen("deductions").selectbox


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"points": None}, "without points"),
        ({"points": 101.0}, "at most 100"),
        ({"columns": "(", "months": 3}, "pattern"),
        ({"columns": "", "months": None}, "which columns"),
        *(
            ({"rule": rule, "months": months}, "months are 1 to 600")
            for rule in ("column_updated", "ipv6")
            for months in (-1, 0, 601, 2**63, int(1e308))
        ),
        ({"points": float("nan")}, "points are above 0"),
        ({"points": float("inf")}, "at most 100"),
        ({"title": "x" * 201}, "more than 200"),
        ({"indicator": "a\0b"}, "cannot be kept"),
        ({"name": "Not a word"}, "named by a short word"),
    ],
)
def test_an_entry_that_cannot_be_applied_is_refused(screen: Screen, change: dict[str, Any], expected: str) -> None:
    screen("deductions")
    entry = {
        "name": "own", "indicator": "x", "title": "x", "rule": "column_updated", "columns": "news", "months": 3,
        "points": 1.0, "enabled": True,
    }  # fmt: skip
    with pytest.raises(Refused, match=expected):
        deductions.save(visitors.desk(), deductions.Deduction(**(entry | change)))


def test_concurrent_edit_of_an_entry_is_refused(screen: Screen) -> None:
    first, second = screen("deductions"), screen("deductions")
    (name,) = [box.value for box in second.selectbox]

    def saved(page: AppTest, points: float) -> AppTest:
        page.number_input[0].set_value(points)
        page.button[0].click().run()
        assert not page.exception
        return page

    def stored() -> float | None:
        return next(e.points for e in deductions.listing(visitors.desk()) if e.name == name)

    assert "已被他人修改" not in words(saved(first, 4.0))
    assert stored() == 4
    assert "已被他人修改" in words(saved(second, 6.0))
    assert stored() == 4
    assert "已被他人修改" not in words(saved(second, 6.0))
    assert stored() == 6


def test_refused_value_shows_the_reason_instead_of_saved(screen: Screen) -> None:
    page = screen("deductions")
    before = next(e.points for e in deductions.listing(visitors.desk()) if e.name == page.selectbox[0].value)
    page.button[0].click().run()
    assert "已保存" in words(page)
    page.number_input[0].set_value(-5.0)
    page.button[0].click().run()
    assert "已保存" not in words(page)
    assert "分值须大于 0" in words(page)
    assert before == next(e.points for e in deductions.listing(visitors.desk()) if e.name == page.selectbox[0].value)


@pytest.mark.parametrize("months", [1, 600])
def test_the_months_of_an_entry_may_be_so_many(screen: Screen, months: int) -> None:
    screen("deductions")
    entry = deductions.Deduction("own", "x", "x", "column_updated", "news", months, 1.0)
    deductions.save(visitors.desk(), entry)
    assert entry in deductions.listing(visitors.desk())


def test_verdicts_of_an_edition_are_queried_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from data.editions.edition import current

    edition = current(home)
    assert edition is not None
    sites.warm(edition)
    before = sites._all.cache_info().misses
    assert len(sites.sites(scoped(edition), DISTRICT)) == 3
    assert len(sites.sites(scoped(edition), TOWNS[0])) == 2
    assert sites._all.cache_info().misses == before


def test_a_finding_that_was_mended_before_the_click_takes_no_other_with_it(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = screen("site", source="register", key="down")
    (box,) = [one for one in page.selectbox if one.label == "问题"]
    newest = sites.newest
    monkeypatch.setattr(
        sites,
        "newest",
        lambda frame: [one for one in newest(frame) if f"{one['rule']} {one['asset']}" != box.value],
    )
    before = findings.listing(visitors.desk())
    page.text_input[0].set_value("已公告停机检修")
    next(button for button in page.button if button.label == "不予认定").click()
    page.run()
    assert findings.listing(visitors.desk()) == before
    assert "已被他人处理，请重新查看" in words(page)
