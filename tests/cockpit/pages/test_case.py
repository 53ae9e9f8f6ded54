"""One case: stages, delivery, and what a user may see of it."""

from datetime import datetime
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access import guard
from data.home import Home
from data.values.calendar import calendar
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import (
    Screen,
    drawn,
    hotline,
    lines,
    parameters,
    tables,
    texts,
    words,
    words_raw,
)
from tests.factory import TOWNS, VILLAGES, areas, deliver, published


def test_case_shows_its_stages_against_their_clocks(screen: Screen) -> None:
    late, open_, timely = ({s["name"]: s for s in stages(screen, key)} for key in ("H001", "H003", "H002"))
    assert (late["办结"]["state"], late["办结"]["note"]) == ("late", "超期 5 小时")
    assert (open_["办结"]["state"], open_["办结"]["when"]) == ("overdue", "")
    assert (timely["办结"]["state"], timely["办结"]["limit"]) == ("done", "截止 2026-10-04 12:00")


def stages(screen: Screen, key: str) -> list[dict[str, str]]:
    return drawn(screen("case", source="hotline", key=key), "timeline")[0]["stages"]


def test_stage_shows_its_duration(screen: Screen) -> None:
    line = {stage["name"]: stage for stage in stages(screen, "H001")}
    assert line["办结"]["spent"] == "用时 1 天"
    assert {stage["name"]: stage for stage in stages(screen, "H003")}["办结"]["spent"].startswith("已用 ")


def said(screen: Screen, key: str) -> list[tuple[str, str]]:
    page = screen("case", source="hotline", key=key)
    return [(item["text"], item["state"]) for item in drawn(page, "verdicts")[0]["items"]]


def test_case_consequences_are_listed_worst_first(screen: Screen) -> None:
    """H035: closed late, the caller neither satisfied nor helped, sent back twice, extended once."""
    assert said(screen, "H035") == [
        ("超期办结", "red"), ("退回 2 次", "red"), ("未解决", "red"), ("不满意", "red"), ("延期 1 次", "amber"),
    ]  # fmt: skip
    assert all(state != "green" for _, state in said(screen, "H035"))


def test_verdicts_follow_what_was_delivered(screen: Screen) -> None:
    order = ["red", "amber", "green", "none"]
    for case in hotline(60):
        words_ = dict(said(screen, case["key"]))
        assert [order.index(state) for state in words_.values()] == sorted(map(order.index, words_.values()))
        assert words_.get("不满意") == ("red" if case["reached"] and not case["satisfied"] else None), case["key"]
        assert words_.get("未解决") == ("red" if case["reached"] and not case["solved"] else None), case["key"]
        times = case["returned"]
        assert words_.get(f"退回 {times} 次") == ((None, "amber", "red")[times])


def test_case_shows_its_description_or_that_it_has_none(screen: Screen) -> None:
    items = lines(screen("case", source="hotline", key="H001"))
    assert items["内容"]["text"] == "反映第 1 件，电话 138****5678"
    assert lines(screen("case", source="hotline", key="H002"))["内容"]["text"] == "来源未提供"


def test_the_log_lists_the_steps_of_this_case_in_order(screen: Screen) -> None:
    table = tables(screen("case", source="hotline", key="H001"))["步骤"]
    assert texts(table, "步骤") == ["受理", "退单", "处置"]
    assert texts(table, "经办人")[-1] == "承办人员 张*"
    assert texts(table, "用时") == ["1 小时", "1 小时", "22 小时"]
    assert texts(table, "办理情况") == ["", "不属本单位职责", "已处置，回电 138****5678"]
    page = screen("case", source="hotline", key="H005")
    assert "来源未提供此件的办理过程" in words(page)


def test_units_have_their_telephones_but_no_mobile_one(screen: Screen) -> None:
    page = screen("case", source="hotline", key="H001")
    items = lines(page)
    assert items["责任单位"]["text"] == "区城管局"
    assert items["责任单位"]["links"] == [["0000-8001234", "tel:00008001234"]]
    assert "13812345678" not in str(drawn(page, "record"))
    assert (items["上级单位"]["text"], items["上级单位"]["note"]) == ("临江区人民政府", "电话未提供")
    handled = [i for record in drawn(page, "record") for i in record["items"] if i["label"] == "经办单位"]
    assert [(i["text"], [text for text, _ in i["links"]], i["note"]) for i in handled] == [
        ("热线中心", [], "电话未提供"), ("村委会", ["0000-8000001"], "部门"),
    ]  # fmt: skip
    assert lines(screen("case", source="hotline", key="H002"))["责任单位"]["note"] == "电话未提供"


def test_working_days_are_counted_by_the_calendar(screen: Screen) -> None:
    """H015: closed a day later; 16 October 2026 is a Friday, so that one day of the two is worked on."""
    items = lines(screen("case", source="hotline", key="H005"))
    case = next(case for case in hotline() if case["key"] == "H005")
    days = calendar()
    worked = days.working_minutes(case["registered_at"], case["closed_at"]) / 1440
    allowed = days.workdays_between(case["registered_at"].date(), case["due_at"].date())
    assert items["用时"]["note"] == f"折合 {worked:.1f} 个工作日，时限 {allowed} 个工作日"
    assert lines(screen("case", source="hotline", key="H004"))["用时"]["note"].startswith("时限 1 天")


def test_a_chain_of_repeats_lists_all_its_cases_in_order(screen: Screen) -> None:
    page = screen("case", source="hotline", key="H041")
    chain = tables(page)["序号"]
    keys = [row[1]["note"] for row in chain["rows"]]
    assert keys.count("本件") == 1
    assert texts(chain, "登记") == sorted(texts(chain, "登记"))
    assert {parameters(row[1]["href"])["key"] for row in chain["rows"] if row[1]["href"]} == set(keys) - {"本件"}


def test_case_of_a_merged_village_shows_both_villages(screen: Screen) -> None:
    items = lines(screen("case", source="hotline", key="H005"))
    assert items["区划"]["text"] == "临江区 ▸ 北塘街道 ▸ 新河村"
    assert (items["原属"]["text"], items["原属"]["note"]) == ("旧渡村", "2026-11-10 并入新河村")


def test_case_shows_its_delivery(screen: Screen) -> None:
    items = lines(screen("case", source="hotline", key="H001"))
    assert items["批次"]["text"].startswith("1：hotline-cases-0.parquet")
    assert parameters(items["批次"]["href"])["batch"] == "1"


def test_repeat_links_to_the_repeated_case(screen: Screen) -> None:
    cases = {case["key"]: case for case in hotline()}
    items = lines(screen("case", source="hotline", key="H081"))
    earlier = cases[parameters(items["重复"]["href"])["key"]]
    assert earlier["registered_at"] <= cases["H081"]["registered_at"]
    assert earlier["reporter"] == cases["H081"]["reporter"] or earlier["place"] == cases["H081"]["place"]


@pytest.mark.parametrize(
    ("requested", "lacking"),
    [({}, "来源（source=）、编号（key=）"), ({"source": "hotline"}, "编号（key=）"), ({"key": "1"}, "来源（source=）")],
)
@pytest.mark.parametrize(("page", "title"), [("case", "没有指定是哪一件"), ("site", "没有指定是哪个网站")])
def test_an_address_without_a_case_or_site_says_what_it_lacks(
    screen: Screen, page: str, title: str, requested: dict[str, str], lacking: str
) -> None:
    shown = screen(page, **requested)
    assert title in words(shown)
    assert f"网址中缺少{lacking}。" in words(shown)
    assert "href" in words_raw(shown)


@pytest.mark.parametrize("requested", [{"key": "LATE"}, {"key": "nothing"}, {"key": "' OR 1=1"}])
def test_missing_case_gets_a_friendly_page(screen: Screen, requested: dict[str, str]) -> None:
    page = screen("case", source="hotline", **requested)
    assert "没有这一件" in words(page)
    assert not drawn(page, "timeline")


def test_events_after_the_data_time_are_not_shown(home: Home, tmp_path: Path, screen: Screen) -> None:
    other = Home(tmp_path, memory="1GB")
    areas(other)
    case = {
        "key": "1",
        "area": VILLAGES[0],
        "registered_at": datetime(2026, 11, 1),
        "closed_at": datetime(2026, 11, 20),
    }
    deliver(other, "cases", [case])
    published(other, datetime(2026, 11, 10))
    page = screen("case", root=other.root, source="hotline", key="1")
    assert drawn(page, "timeline")[0]["stages"][-1]["state"] == "now"


def test_linked_case_of_another_area_is_shown_without_its_key(
    tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Home(tmp_path, memory="1GB")
    areas(other)
    at = datetime(2026, 11, 2, 9)
    cases = [
        {"key": "FAR", "area": VILLAGES[2], "registered_at": at, "reporter": "somebody"},
        {"key": "named", "area": VILLAGES[0], "registered_at": at, "parent": "FAR", "repeat_of": "FAR"},
        {"key": "found", "area": VILLAGES[0], "registered_at": at.replace(day=3), "reporter": "somebody"},
    ]
    deliver(other, "cases", cases)
    published(other, datetime(2026, 11, 22, 8))
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, ("official",), TOWNS[0]))
    for key in ("named", "found"):
        page = screen("case", root=tmp_path, source="hotline", key=key)
        said = lines(page)
        assert (said["重复"]["text"], said["重复"].get("href", "")) == ("与其他区划的一件重复", "")
        assert "FAR" not in str(said)
    assert lines(screen("case", root=tmp_path, source="hotline", key="named"))["上级件"]["text"] == "其他区划的一件"


def test_row_count_of_a_delivery_requires_the_whole_district(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    key = next(case["key"] for case in hotline() if case["area"] == TOWNS[0])
    assert lines(screen("case", source="hotline", key=key))["批次"]["note"].endswith(" 条")
    of_town = session_of(settings.current().desk_url, ("cadre",), TOWNS[0])
    monkeypatch.setattr(guard, "token", lambda: of_town)
    batch = lines(screen("case", area=TOWNS[0], source="hotline", key=key))["批次"]
    assert batch["text"].startswith("1：hotline-cases-0.parquet")
    assert not batch["note"]
