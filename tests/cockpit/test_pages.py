"""The pages behind a number: rows, case, passport, why, dictionary and data, over editions made by the real road."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.i18n import using
from cockpit.screens import data, download, passport, rows, why
from cockpit.screens import words as spoken
from cockpit.view import View, read
from data.contract import DUPLICATE, UNREADABLE_ROW
from data.editions import ROLLED_BACK
from data.home import Home
from data.ingest import load
from data.intake import Intake, Limits
from data.pushed import FOREIGN, OUTSIDE
from data.pushes import Publisher
from data.sources import read_source
from data.spool import Sender, Spool
from metrics.catalog import load as load_catalog
from metrics.query import query
from tests.cockpit.api.conftest import declare, row
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published

ROOT = Path(__file__).parents[2]
AS_OF = datetime(2026, 11, 22, 8)
GONE, MERGED = 990101001203, datetime(2026, 11, 10)
CATEGORIES = ("路灯照明", "噪声扰民", None)
METRICS = load_catalog().metrics
BY_CASES = [name for name, metric in METRICS.items() if metric.domain == "cases"]
Screen = Callable[..., AppTest]


def hotline(n: int = 130) -> list[dict[str, Any]]:
    """Cases of two months, every third one open, some at a town's own level, some of a village that is merged since."""
    made = []
    for i in range(n):
        at = datetime(2026, 10 + i % 2, 1 + i % 20, 9)
        area = (*VILLAGES, *TOWNS, GONE)[i % 6]
        closed = None if i % 3 == 0 else at.replace(day=at.day + 1, hour=9 + 8 * (i % 2))
        made.append(
            {
                "key": f"H{i:03}",
                "area": VILLAGES[0] if area == GONE and at >= MERGED else area,
                "registered_at": at,
                "due_at": at.replace(day=at.day + 1, hour=12),
                "closed_at": closed,
                "category": CATEGORIES[i % 3],
                "unit": "区城管局" if i % 2 else "区住建局",
                "place": f"{i // 4} 号",
                "title": f"第 {i} 件" if i else "=1+1 请回电 13812345678",
                "urgency": "urgent" if i % 4 == 0 else "normal",
                "returned": i % 3,
                "reworked": i % 5 // 4,
                "reached": closed is not None,
                "solved": i % 7 != 0,
                "satisfied": i % 5 != 0,
                "reporter": f"caller {i % 40}",
                "lon": 118.1,
                "lat": 32.1,
            }
        )
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A district of a few cases, one site that does not open, and a delivery that is held."""
    home = Home(tmp_path_factory.mktemp("pages"), memory="1GB")
    gone = {"code": GONE, "name": "旧渡村", "level": "village", "valid_to": "2026-11-10", "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, gone])
    late = {"key": "LATE", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 22, 9), "title": "明天的件"}
    deliver(home, "cases", [*hotline(), late], cycle_days=0.25)
    site = {"key": "site", "area": TOWNS[0], "kind": "site", "name": "北塘街道网站"}
    deliver(home, "assets", [site], source="register")
    checks = [
        {
            "key": str(i), "asset_source": "register", "asset": "site", "rule": "site_open", "passed": i > 1,
            "checked_at": datetime(2026, 11, 21, i),
        }
        for i in range(20)
    ]  # fmt: skip
    deliver(home, "checks", checks, source="probe")
    _held(home)
    published(home, AS_OF)
    return home


def _held(home: Home) -> None:
    """Three rows, two of them in an area that does not exist, one with a phone number in it."""
    folder = home.root / "deliveries"
    told = (f"1,{VILLAGES[0]},2026-11-01 08:00,好", "2,123,2026-11-01 08:00,电话 13812345678", "3,123,昨天,")
    (folder / "grid.csv").write_text("\n".join(("id,area,registered,note", *told)), "utf-8")
    definition = {
        "source": "grid", "name": {"zh": "网格", "en": "Grid"}, "fact": "cases", "file": "grid.csv", "zone": home.zone,
        "key": "id", "area": "area", "columns": {"kind": "'event'", "registered_at": "registered", "title": "note"},
    }  # fmt: skip
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    assert load(home, read_source(path), reject_limit=0.2).status == "held"


@pytest.fixture
def screen(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Runs a page with parameters of its address; no page may end in a trace."""

    def run(name: str, root: Path = home.root, **parameters: object) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(root))
        settings.current.cache_clear()
        page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        page.switch_page(f"../pages/{name}.py")
        for key, value in parameters.items():
            page.query_params[key.rstrip("_")] = str(value)
        page.run()
        assert not page.exception, page.exception
        return page

    yield run
    settings.current.cache_clear()


@pytest.fixture
def view(home: Home) -> Callable[..., View]:
    """The view of parameters, outside a page."""
    config = settings.load(home=home.root)
    return lambda **parameters: read({key.rstrip("_"): str(value) for key, value in parameters.items()}, config)


def drawn(page: AppTest, component: str) -> list[dict[str, Any]]:
    """What a component was given, each time it was drawn, in the order of the page."""
    elements = [element.proto for element in page.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in elements if proto.component_name == f"cockpit_{component}"]


def words(page: AppTest) -> str:
    """The headings, notices and chips of a page."""
    return " ".join(re.sub("<[^>]+>", " ", element.proto.body) for element in page.get("html"))


def texts(table: dict[str, Any], heading: str) -> list[str]:
    """A column of a table by its heading."""
    at = [column["text"] for column in table["columns"]].index(heading)
    return [row[at]["text"] for row in table["rows"]]


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


# --- rows ---------------------------------------------------------------------------------------------------------


def test_the_rows_behind_a_number_are_as_many_as_the_number(screen: Screen, view: Callable[..., View]) -> None:
    seen = view(metric="on_time_rate")
    where = {"category": "噪声扰民"}
    told = query(seen.edition, ["on_time_rate"], TOWNS[0], seen.period, where=where).iloc[0]
    expected = int(told["denominator"] - told["numerator"])
    page = screen("rows", metric="on_time_rate", part="rest", area=TOWNS[0], **where)
    assert f"北塘街道 2026-11-01 至 2026-11-22 到期未按期办结 {expected} 件，按期办结率的分母 − 分子" in words(page)
    assert len(drawn(page, "table")[0]["rows"]) == expected > 0


@pytest.mark.parametrize("metric", [name for name in BY_CASES if name != "three_rate_score"])
def test_every_metric_has_rows_and_english_words(screen: Screen, metric: str) -> None:
    page = screen("rows", metric=metric, lang="en")
    when = "as of 2026-11-22 08:00" if METRICS[metric].basis == "stock" else "2026-11-01 to 2026-11-22"
    assert f"临江区, {when}: " in words(page)
    assert METRICS[metric].name.en in words(page)
    assert re.search(r"[\u4e00-\u9fff]", words(page).replace("临江区", "")) is None


def test_a_sum_over_cases_tells_both_numbers(screen: Screen, view: Callable[..., View]) -> None:
    seen = view(metric="bounce_rate")
    returns = int(query(seen.edition, ["bounce_rate"], DISTRICT, seen.period).iloc[0]["numerator"])
    page = screen("rows", metric="bounce_rate", part="numerator")
    cases = len(drawn(page, "table")[0]["rows"])
    assert cases != returns
    assert f"退回的派单 {returns}，涉及 {cases} 件" in words(page)


def test_pages_hold_fifty_rows_and_together_all_of_them(screen: Screen) -> None:
    pages = [
        drawn(screen("rows", metric="intake", from_="2026-10-01", to="2026-12-01", page=n), "table")[0]
        for n in (1, 2, 3)
    ]
    assert [len(page["rows"]) for page in pages] == [50, 50, 30]
    keys = [row[0]["note"] for page in pages for row in page["rows"]]
    assert sorted(keys) == sorted(case["key"] for case in hotline())
    assert [page["href"] for page in pages[0]["pages"] if page["text"] == "1"] == [""]
    assert parameters(pages[0]["pages"][-1]["href"])["page"] == "2"


@pytest.mark.parametrize(("page", "shown"), [("999", "3"), ("0", "1"), ("-1", "1"), ("x", "1"), ("1e9", "1")])
def test_a_page_that_is_not_there_is_the_nearest_one(screen: Screen, page: str, shown: str) -> None:
    table = drawn(screen("rows", metric="intake", from_="2026-10-01", to="2026-12-01", page=page), "table")[0]
    assert [p["text"] for p in table["pages"] if not p["href"]] == [shown]


def test_a_heading_sorts_and_then_turns_the_order_round(screen: Screen) -> None:
    table = drawn(screen("rows", metric="backlog", sort="due_at"), "table")[0]
    assert texts(table, "办理期限") == sorted(texts(table, "办理期限"))
    due = next(column for column in table["columns"] if column["text"] == "办理期限")
    assert due["sorted"] == "up"
    turned = drawn(screen("rows", **parameters(due["sort"])), "table")[0]
    assert texts(turned, "办理期限") == sorted(texts(table, "办理期限"), reverse=True)


def test_an_unknown_order_is_the_usual_one(screen: Screen) -> None:
    usual, asked = (drawn(screen("rows", metric="backlog", sort=sort), "table")[0] for sort in ("", "reporter"))
    assert usual["rows"] == asked["rows"]


def test_filters_are_chips_that_can_be_taken_away(screen: Screen) -> None:
    page = screen("rows", metric="intake", category="路灯照明", department="区城管局", q="第", age="")
    removed = [parameters(href) for href in re.findall(r'<a href="([^"]+)"', words_raw(page).replace("&amp;", "&"))]
    assert {"metric": "intake", "department": "区城管局", "q": "第"} in removed
    assert {"metric": "intake", "category": "路灯照明", "q": "第"} in removed
    assert {"metric": "intake", "category": "路灯照明", "department": "区城管局"} in removed


def words_raw(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_a_search_leaves_the_rows_that_hold_the_words(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", q="第 11 件"), "table")[0]
    assert [row[0]["note"] for row in table["rows"]] == ["H011"]
    nothing = screen("rows", metric="intake", q="没有这样的字")
    assert not drawn(nothing, "table")
    assert "没有符合的件" in words(nothing)


def test_what_has_no_category_can_be_asked_for(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", category="–"), "table")[0]
    assert set(texts(table, "类别")) == {""}
    expected = sum(case["category"] is None for case in hotline() if case["registered_at"].month == 11)
    assert len(table["rows"]) == expected


def test_an_age_takes_what_is_as_old(screen: Screen, view: Callable[..., View]) -> None:
    ages = [(AS_OF - case["registered_at"]).total_seconds() / 86400 for case in hotline() if case["closed_at"] is None]
    young = drawn(screen("rows", metric="backlog", age="7-15"), "table")[0]
    assert len(young["rows"]) == sum(7 <= age < 15 for age in ages)


def test_an_own_level_case_is_told_by_the_towns_name(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", area=TOWNS[0]), "table")[0]
    assert {"北塘街道", "新河村"} <= set(texts(table, "区划"))
    assert "区划" not in [column["text"] for column in drawn(screen("rows", area=VILLAGES[0]), "table")[0]["columns"]]


def test_a_row_opens_its_case(screen: Screen) -> None:
    cell = drawn(screen("rows", metric="intake"), "table")[0]["rows"][0][0]
    assert urlsplit(cell["href"]).path == "/case"
    assert parameters(cell["href"])["key"] == cell["note"]


def test_rows_of_a_site_metric_are_sites(screen: Screen) -> None:
    page = screen("rows", metric="site_pass_rate", part="rest")
    table = drawn(page, "table")[0]
    assert "不合格网站 1 个网站" in words(page)
    assert texts(table, "名称") == ["北塘街道网站"]
    assert texts(table, "单项否决") == ["打不开"]
    assert not drawn(page, "searchbox")


def test_a_score_leads_to_the_rows_of_its_parts(screen: Screen) -> None:
    page = screen("rows", metric="three_rate_score")
    assert all(name in words(page) for name in ("按期响应率", "解决率", "满意率"))


@pytest.mark.parametrize(
    "asked",
    [{"part": "x"}, {"age": "3-1"}, {"age": "old"}, {"metric": "site_health", "category": "a"}, {"metric": "x"}],
)
def test_an_odd_address_gets_a_friendly_page(screen: Screen, asked: dict[str, str]) -> None:
    assert 'role="alert"' in words_raw(screen("rows", **asked))


def test_a_metric_that_is_not_told_here_leads_to_where_it_is(screen: Screen) -> None:
    for name in ("rows", "passport", "why"):
        page = screen(name, metric="site_health", area=VILLAGES[0])
        assert "北塘街道" in words(page)
        assert not drawn(page, "table")


def test_the_file_holds_the_whole_selection_and_no_callers(view: Callable[..., View]) -> None:
    seen = view(metric="intake", from_="2026-10-01", to="2026-12-01")
    told = download.file(seen, rows.Chosen(), "zh").decode("utf-8-sig")
    lines = told.splitlines()
    assert len(lines) == 1 + len(hotline())
    assert "区划名称" in lines[0]
    assert "reporter" not in told
    assert "'=1+1 请回电 138****5678" in told
    assert download.file_name(seen, rows.Chosen(part="rest")) == f"intake-rest-{DISTRICT}-2026-10-01-2026-12-01.csv"


def test_the_file_stops_at_its_limit(view: Callable[..., View], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_IN_FILE", 7)
    assert len(download.file(view(metric="intake"), rows.Chosen(), "en").decode("utf-8-sig").splitlines()) == 8


def test_no_text_of_a_file_is_a_formula_and_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"a": ["=1", "+1", "-1", "@x", "\tx", "\rx", "a=1", None], "b": range(-4, 4)})
    told = download.safe_csv(frame)
    _heading, *back = csv.reader(StringIO(told, newline=""))
    assert [a for a, _b in back] == ["'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=1", ""]
    assert [int(b) for _a, b in back] == list(range(-4, 4))


# --- case ---------------------------------------------------------------------------------------------------------


def test_a_case_tells_its_stages_against_their_clocks(screen: Screen) -> None:
    late, open_, timely = ({s["name"]: s for s in stages(screen, key)} for key in ("H001", "H003", "H002"))
    assert (late["办结"]["state"], late["办结"]["note"]) == ("late", "超期 5 小时")
    assert (open_["办结"]["state"], open_["办结"]["when"]) == ("overdue", "")
    assert (timely["办结"]["state"], timely["办结"]["limit"]) == ("done", "截止 2026-10-04 12:00")


def stages(screen: Screen, key: str) -> list[dict[str, str]]:
    return drawn(screen("case", source="hotline", key=key), "timeline")[0]["stages"]


def lines(page: AppTest) -> dict[str, dict[str, Any]]:
    """The lines of all records of a page by label."""
    return {item["label"]: item for record in drawn(page, "record") for item in record["items"]}


def test_a_case_of_a_village_since_merged_tells_both(screen: Screen) -> None:
    told = lines(screen("case", source="hotline", key="H005"))
    assert told["区划"]["text"] == "临江区 ▸ 北塘街道 ▸ 新河村"
    assert (told["原属"]["text"], told["原属"]["note"]) == ("旧渡村", "2026-11-10 并入新河村")


def test_a_case_tells_the_delivery_it_came_in(screen: Screen) -> None:
    told = lines(screen("case", source="hotline", key="H001"))
    assert told["批次"]["text"].startswith("1：hotline-cases-0.parquet")
    assert parameters(told["批次"]["href"])["batch"] == "1"


def test_a_repeat_leads_to_the_case_it_repeats(screen: Screen) -> None:
    cases = {case["key"]: case for case in hotline()}
    told = lines(screen("case", source="hotline", key="H081"))
    earlier = cases[parameters(told["重复"]["href"])["key"]]
    assert earlier["registered_at"] <= cases["H081"]["registered_at"]
    assert earlier["reporter"] == cases["H081"]["reporter"] or earlier["place"] == cases["H081"]["place"]


@pytest.mark.parametrize("asked", [{"key": "LATE"}, {"key": "nothing"}, {}, {"key": "' OR 1=1"}])
def test_a_case_that_is_not_there_gets_a_friendly_page(screen: Screen, asked: dict[str, str]) -> None:
    page = screen("case", source="hotline", **asked)
    assert "没有这一件" in words(page)
    assert not drawn(page, "timeline")


def test_what_came_after_the_data_is_not_told(home: Home, tmp_path: Path, screen: Screen) -> None:
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


# --- passport -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_passport(screen: Screen, metric: str) -> None:
    page = screen("passport", metric=metric)
    told = lines(page)
    assert METRICS[metric].definition.zh in words(page)
    assert told["算法"]["text"]
    assert told["得出该数的 SQL"]["text"].startswith(("SELECT", "WITH"))
    assert len(drawn(page, "tiles")[0]["tiles"]) == 1


def test_the_sql_of_a_passport_gives_its_number(view: Callable[..., View], screen: Screen) -> None:
    seen = view(metric="on_time_rate", area=TOWNS[0])
    told = lines(screen("passport", metric="on_time_rate", area=TOWNS[0]))
    row = seen.edition.cursor().execute(told["得出该数的 SQL"]["text"]).fetchone()
    assert row is not None
    assert [f"{n:,}" for n in row[2:]] == [told["分子"]["text"], told["分母"]["text"]]
    number = query(seen.edition, ["on_time_rate"], TOWNS[0], seen.period).iloc[0]
    assert tuple(row[2:]) == (number["numerator"], number["denominator"])


def test_a_passport_says_how_many_areas_reported(screen: Screen) -> None:
    told = lines(screen("passport", metric="intake"))
    assert told["有数区划"]["text"] == "镇街 1 / 2；村社 2 / 3"
    assert "有数区划" not in lines(screen("passport", metric="intake", area=VILLAGES[0]))


def test_a_default_that_no_text_supports_says_so(screen: Screen) -> None:
    assert "待确认" in lines(screen("passport", metric="backlog"))["阈值依据"]["note"]
    assert "待确认" not in lines(screen("passport", metric="on_time_rate"))["阈值依据"]["note"]


def test_the_rest_is_offered_only_where_it_means_something(screen: Screen) -> None:
    some, none = (
        [name for name, _href in drawn(screen("passport", metric=metric), "actions")[0]["links"] if "明细" in name]
        for metric in ("on_time_rate", "bounce_rate")
    )
    assert some == ["明细：分子", "明细：分母", "明细：到期未按期办结"]
    assert none == ["明细：分子", "明细：分母"]


def test_a_copied_address_leaves_nothing_to_a_default(screen: Screen, view: Callable[..., View]) -> None:
    copied = parameters(drawn(screen("passport", metric="due"), "actions")[0]["copy"])
    assert set(copied) == {"area", "metric", "from", "to", "vs", "edition", "lang"}
    assert copied["edition"] == view().edition.id


# --- why ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", BY_CASES)
def test_the_parts_of_a_change_add_up_to_it_as_told(screen: Screen, view: Callable[..., View], metric: str) -> None:
    page = screen("why", metric=metric)
    found = why.ask(view(metric=metric), {})
    tables = drawn(page, "table")
    assert bool(tables) == bool(why.worth_telling(found))
    for table in tables:
        effects = [signed(row[-2]["text"]) for row in table["rows"]]
        assert sum(effects[:-1]) == pytest.approx(effects[-1], abs=1e-9)
        assert effects[-1] == pytest.approx(found.change, abs=0.05 if METRICS[metric].is_rate else 1e-9)
        if METRICS[metric].is_rate:
            for row in table["rows"]:
                assert signed(row[-4]["text"]) + signed(row[-3]["text"]) == pytest.approx(signed(row[-2]["text"]))


def signed(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_the_sentence_names_what_moved_it(screen: Screen) -> None:
    page = screen("why", metric="intake", from_="2026-11-01", to="2026-11-11", vs="last_year")
    assert re.search(r"受理量从 0 件 升到 \d+ 件，\+\d+ 件：\S+ \+\d+，\S+ \+\d+", words(page))


def test_a_part_leads_to_its_own_why_and_rows(screen: Screen) -> None:
    towns, categories, *_others = drawn(screen("why", metric="intake"), "table")
    own = next(row for row in towns["rows"] if row[0]["text"] == "北塘街道")
    assert parameters(own[0]["href"]) == {"area": str(TOWNS[0]), "metric": "intake"}
    assert urlsplit(own[-1]["href"]).path == "/rows"
    lights = next(row for row in categories["rows"] if row[0]["text"] == "路灯照明")
    drilled = screen("why", **parameters(lights[0]["href"]))
    assert "类别: 路灯照明" in words(drilled)
    assert len(drawn(drilled, "table")) == 1, "a category is not split by category again"


def test_what_does_not_split_gives_before_and_after(screen: Screen) -> None:
    page = screen("why", metric="oldest_open_days")
    assert len(drawn(page, "tiles")[0]["tiles"]) == 2
    assert "不能拆成" in words(page)


@given(
    st.lists(st.floats(-500, 500), max_size=40),
    st.integers(0, 2),
)
def test_rounded_parts_add_up_to_the_rounded_whole(values: list[float], places: int) -> None:
    told = why.apportion(values, sum(values), places)
    assert sum(told) == pytest.approx(round(sum(values), places), abs=1e-6) or not values
    assert all(abs(a - b) <= 1.001 / 10**places for a, b in zip(values, told, strict=True))


# --- dictionary ---------------------------------------------------------------------------------------------------


def test_the_dictionary_has_every_metric_and_opens_the_one_asked_for(screen: Screen) -> None:
    told = drawn(screen("dictionary", metric="due"), "glossary")[0]
    entries = [entry for section in told["sections"] for entry in section["entries"]]
    assert [entry["id"] for entry in entries] == list(METRICS)
    assert told["opened"] == "due"
    assert all(entry["text"] and dict(entry["items"])["适用层级"] for entry in entries)
    assert drawn(screen("dictionary"), "glossary")[0]["opened"] is None


def test_the_dictionary_says_what_the_marks_mean(screen: Screen) -> None:
    assert [item["label"] for item in drawn(screen("dictionary"), "record")[0]["items"]] == ["S", "F", "M", "G"]


# --- data ---------------------------------------------------------------------------------------------------------


def tables(page: AppTest) -> dict[str, dict[str, Any]]:
    return {table["columns"][0]["text"]: table for table in drawn(page, "table")}


def test_the_data_page_tells_editions_sources_and_deliveries(screen: Screen, view: Callable[..., View]) -> None:
    page = screen("data")
    told = tables(page)
    assert texts(told["版本"], "版本") == [view().edition.id]
    fresh = {row[0]["text"]: row[1]["state"] for row in told["来源"]["rows"]}
    assert (fresh["hotline"], fresh["probe"]) == ("red", "none")
    assert texts(told["批次"], "来源") == ["grid", "probe", "register", "hotline"]
    states = [row[1]["state"] for row in told["核对项"]["rows"]]
    assert states
    assert set(states) <= {"green", "red"}


def test_a_held_delivery_says_how_to_let_it_in(screen: Screen) -> None:
    page = screen("data")
    assert "grid 第 4 批待处理：66.7 % 的行被拒收" in words(page)
    assert "python -m cockpit load SOURCE.yaml --force" in words(page)
    held = tables(page)["批次"]["rows"][0]
    assert (held[2]["text"], held[2]["state"]) == ("待处理", "amber")


def test_pushes_that_wait_and_pushes_that_are_held_are_told(screen: Screen, tmp_path: Path) -> None:
    fresh = Home(tmp_path, memory="1GB")
    areas(fresh)
    declare(fresh.root)
    spool = Spool(fresh)
    for area in (VILLAGES[0], 1):
        body = Intake(spool.coming(), "json", Limits(10_000, 10))
        body.feed(json.dumps([row("1", village_code=str(area))]).encode())
        body.close()
        spool.accept(body, Sender(1, "tickets", None), "tickets", None)
    data.delivered.clear()
    assert "2 次推送等待发布" in words(screen("data", root=fresh.root))
    publisher = Publisher(fresh, fresh.root / "sources", load_catalog().rollups())
    while publisher.turn():
        pass
    data.delivered.clear()
    told = words(screen("data", root=fresh.root))
    assert "等待发布" not in told
    assert "1 次推送因拒收行过多待处理" in told
    assert "python -m cockpit pushes --state held" in told
    (fresh.editions / ROLLED_BACK).touch()
    spool.again(spool.newest(1)[0])
    data.delivered.clear()
    assert "当前已退回旧版本" in words(screen("data", root=fresh.root))


@pytest.mark.parametrize("reason", [OUTSIDE, FOREIGN, DUPLICATE, UNREADABLE_ROW])
def test_a_reason_is_told_in_the_reader_s_language(reason: str) -> None:
    with using("zh"):
        assert spoken.reason(reason) != reason
        assert "推送" in spoken.reason(reason) or reason in (DUPLICATE, UNREADABLE_ROW)


def test_refused_rows_are_counted_by_reason_and_masked(screen: Screen) -> None:
    page = screen("data", batch=4)
    told = tables(page)
    assert texts(told["原因"], "行数")[0] == "2"
    raw = " ".join(texts(told["行号"], "原始内容"))
    assert "138****5678" in raw
    assert "13812345678" not in raw
    assert "没有第 99 批" in words(screen("data", batch=99))


def test_while_a_load_runs_the_rest_of_the_page_works(screen: Screen, home: Home, tmp_path: Path) -> None:
    keep = f"import duckdb; c = duckdb.connect({str(home.store)!r}); print('open', flush=True); input()"
    data.delivered.clear()
    other = subprocess.Popen([sys.executable, "-c", keep], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        page = screen("data")
        other.communicate("\n")
    data.delivered.clear()
    assert "数据库正忙" in words(page)
    assert {"版本", "来源", "核对项"} <= set(tables(page))


def test_before_the_first_publication_the_page_still_tells_what_came_in(screen: Screen, tmp_path: Path) -> None:
    fresh = Home(tmp_path, memory="1GB")
    page = screen("data", root=fresh.root)
    assert "尚无数据入库" in words(page)
    assert not fresh.store.exists(), "a reader makes no file"
    areas(fresh)
    deliver(fresh, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 1)}])
    data.delivered.clear()
    assert texts(tables(screen("data", root=fresh.root))["批次"], "来源") == ["hotline"]


def test_passport_knows_every_way_a_metric_is_computed(view: Callable[..., View]) -> None:
    seen = view()
    assert all(passport.formula(seen, metric) for metric in METRICS.values())
