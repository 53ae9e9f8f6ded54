"""The rows behind a number, and their file."""

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import urlsplit

import pandas as pd
import pytest

from cockpit.labels.spreadsheets import safe_csv
from cockpit.screens.listing import download, rows
from cockpit.view import View
from metrics.rows import Selection
from tests.asking import answer
from tests.cockpit.pages.conftest import (
    AS_OF,
    BY_CASES,
    METRICS,
    Screen,
    drawn,
    hotline,
    parameters,
    texts,
    words,
    words_raw,
)
from tests.factory import DISTRICT, TOWNS, VILLAGES


def test_the_rows_behind_a_number_are_as_many_as_the_number(screen: Screen, view: Callable[..., View]) -> None:
    view_state = view(metric="on_time_rate")
    where = {"category": "噪声扰民"}
    row = answer(view_state.edition, ["on_time_rate"], TOWNS[0], view_state.period, where=where).iloc[0]
    expected = int(row["denominator"] - row["numerator"])
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


def test_sum_over_cases_shows_both_numbers(screen: Screen, view: Callable[..., View]) -> None:
    view_state = view(metric="bounce_rate")
    returns = int(answer(view_state.edition, ["bounce_rate"], DISTRICT, view_state.period).iloc[0]["numerator"])
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


def test_a_page_behind_the_last_is_the_last_and_what_is_no_page_is_refused(screen: Screen) -> None:
    asked = {"metric": "intake", "from_": "2026-10-01", "to": "2026-12-01"}
    table = drawn(screen("rows", **asked, page="999"), "table")[0]
    assert [p["text"] for p in table["pages"] if not p["href"]] == ["3"]
    for page in ("0", "-1", "x", "1e9"):
        assert f"page={page}" in words(screen("rows", **asked, page=page))


def test_a_heading_sorts_and_then_turns_the_order_round(screen: Screen) -> None:
    table = drawn(screen("rows", metric="backlog", sort="due_at"), "table")[0]
    assert texts(table, "办理期限") == sorted(texts(table, "办理期限"))
    due = next(column for column in table["columns"] if column["text"] == "办理期限")
    assert due["sorted"] == "up"
    turned = drawn(screen("rows", **parameters(due["sort"])), "table")[0]
    assert texts(turned, "办理期限") == sorted(texts(table, "办理期限"), reverse=True)


def headings(screen: Screen, **requested: object) -> list[str]:
    return [column["text"] for column in drawn(screen("rows", **requested), "table")[0]["columns"]]


def test_a_list_shows_what_its_metric_counts_by(screen: Screen) -> None:
    assert headings(screen, metric="satisfaction_rate")[-2:] == ["回访接通", "满意"]
    assert "满意" not in headings(screen, metric="intake")
    assert headings(screen, metric="bounce_rate")[-1] == "退回次数"


def test_open_cases_have_no_column_of_their_end(screen: Screen) -> None:
    october = {"from_": "2026-10-01", "to": "2026-11-01"}
    assert "办结" not in headings(screen, metric="backlog")
    assert "办结" not in headings(screen, metric="oldest_open_days")
    assert "办结" in headings(screen, metric="backlog", **october)
    assert "办结" in headings(screen, metric="closure_rate")


def test_every_column_sorts_and_state_puts_the_worst_first(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", from_="2026-10-01", to="2026-11-23"), "table")[0]
    assert all(column["sort"] for column in table["columns"])
    sort = next(column["sort"] for column in table["columns"] if column["text"] == "状态")
    parsed = parameters(sort)
    by_state = drawn(screen("rows", **{"from_" if name == "from" else name: parsed[name] for name in parsed}), "table")[
        0
    ]
    states = texts(by_state, "状态")
    overdue = [int(text.split()[1]) if text.endswith("天") else 0 for text in states if text.startswith("超期 ")]
    assert len(overdue) > 30
    assert all(text.startswith("超期 ") for text in states[: len(overdue)])
    assert overdue == sorted(overdue, reverse=True)
    turned = drawn(screen("rows", metric="intake", from_="2026-10-01", to="2026-11-23", sort="-state"), "table")[0]
    assert not any(text.startswith("超期 ") for text in texts(turned, "状态"))


@pytest.mark.parametrize(("due", "word"), [("overdue", "超期"), ("soon", "三日内")])
def test_open_cases_are_filtered_by_their_deadline(screen: Screen, due: str, word: str) -> None:
    page = screen("rows", metric="backlog", due=due)
    low, high = (datetime.min, AS_OF) if due == "overdue" else (AS_OF, AS_OF + timedelta(days=3, seconds=1))
    expected = [case for case in hotline() if case["closed_at"] is None and low <= case["due_at"] < high]
    drawn_ = drawn(page, "table")
    assert len(texts(drawn_[0], "标题") if drawn_ else []) == min(len(expected), rows.PER_PAGE)
    assert word in words(page)


def test_a_filter_by_deadline_that_is_none_is_named(screen: Screen) -> None:
    assert "overdue, soon" in words(screen("rows", metric="backlog", due="yesterday"))
    assert "due" in words(screen("rows", metric="site_pass_rate", due="soon"))


@pytest.mark.parametrize("sort", ["reporter", "-nope", "key; DROP TABLE cases"])
def test_an_unknown_order_is_refused(screen: Screen, sort: str) -> None:
    assert "due_at" in words(screen("rows", metric="backlog", sort=sort))


def test_filters_are_chips_that_can_be_taken_away(screen: Screen) -> None:
    page = screen("rows", metric="intake", category="路灯照明", unit="区城管局", q="第", age="")
    removed = [parameters(href) for href in re.findall(r'<a href="([^"]+)"', words_raw(page).replace("&amp;", "&"))]
    assert {"metric": "intake", "unit": "区城管局", "q": "第"} in removed
    assert {"metric": "intake", "category": "路灯照明", "q": "第"} in removed
    assert {"metric": "intake", "category": "路灯照明", "unit": "区城管局"} in removed


def test_a_search_leaves_the_rows_that_hold_the_words(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", q="第 11 件"), "table")[0]
    assert [row[0]["note"] for row in table["rows"]] == ["H011"]
    nothing = screen("rows", metric="intake", q="没有这样的字")
    assert not drawn(nothing, "table")
    assert "没有符合的件" in words(nothing)


def test_rows_without_category_can_be_filtered(screen: Screen) -> None:
    table = drawn(screen("rows", metric="intake", category="–"), "table")[0]
    assert set(texts(table, "类别")) == {""}
    expected = sum(case["category"] is None for case in hotline() if case["registered_at"].month == 11)
    assert len(table["rows"]) == expected


def test_an_age_takes_what_is_as_old(screen: Screen, view: Callable[..., View]) -> None:
    ages = [(AS_OF - case["registered_at"]).total_seconds() / 86400 for case in hotline() if case["closed_at"] is None]
    young = drawn(screen("rows", metric="backlog", age="7-15"), "table")[0]
    assert len(young["rows"]) == sum(7 <= age < 15 for age in ages)


def test_own_level_case_is_shown_with_the_towns_name(screen: Screen) -> None:
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


def test_score_links_to_the_rows_of_its_components(screen: Screen) -> None:
    page = screen("rows", metric="three_rate_score")
    assert all(name in words(page) for name in ("按期响应率", "解决率", "满意率"))


@pytest.mark.parametrize(
    "requested",
    [{"part": "x"}, {"age": "3-1"}, {"age": "old"}, {"metric": "x"}],
)
def test_invalid_address_gets_a_friendly_page(screen: Screen, requested: dict[str, str]) -> None:
    assert 'role="alert"' in words_raw(screen("rows", **requested))


def test_unavailable_metric_links_to_a_level_that_has_it(screen: Screen) -> None:
    for name in ("rows", "passport", "why"):
        page = screen(name, metric="site_health", area=VILLAGES[0])
        assert "北塘街道" in words(page)
        assert not drawn(page, "table")


def test_file_has_the_entire_selection_and_no_reporters(view: Callable[..., View]) -> None:
    view_state = view(metric="intake", from_="2026-10-01", to="2026-12-01")
    everything = rows.Chosen(view_state.query, Selection())
    content = download.file(view_state, everything, "zh").decode("utf-8-sig")
    lines = content.splitlines()
    assert len(lines) == 1 + len(hotline())
    assert "区划名称" in lines[0]
    assert "reporter" not in content
    assert "'=1+1 请回电 138****5678" in content
    rest = rows.Chosen(view_state.query, Selection("rest"))
    assert download.file_name(view_state, rest) == f"intake-rest-{DISTRICT}-2026-10-01-2026-11-30.csv"


def test_the_file_stops_at_its_limit(view: Callable[..., View], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_IN_FILE", 7)
    view_state = view(metric="intake")
    everything = rows.Chosen(view_state.query, Selection())
    assert len(download.file(view_state, everything, "en").decode("utf-8-sig").splitlines()) == 8


def test_no_text_of_a_file_is_a_formula_and_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"a": ["=1", "+1", "-1", "@x", "\tx", "\rx", "a=1", None], "b": range(-4, 4)})
    content = safe_csv(frame)
    _heading, *back = csv.reader(StringIO(content, newline=""))
    assert [a for a, _b in back] == ["'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=1", ""]
    assert [int(b) for _a, b in back] == list(range(-4, 4))


def test_headings_and_categories_are_no_formulas_either() -> None:
    frame = pd.DataFrame([["=1", 2, "x"]], columns=["=cmd", "=cmd", "@unit"])
    frame.isetitem(2, pd.Categorical(["=2"]))
    assert list(csv.reader(StringIO(safe_csv(frame), newline=""))) == [
        ["'=cmd", "'=cmd", "'@unit"],
        ["'=1", "2", "'=2"],
    ]


@pytest.mark.parametrize("page", ["rows", "registry", "grants", "limits"])
def test_the_name_of_an_area_is_kept_in_one_line(screen: Screen, page: str) -> None:
    """Names of several words, such as `Ward 21 Precinct 2`, made every row twice as high."""
    tables = drawn(screen(page, metric="backlog", lang="en"), "table")
    headings = [column for table in tables for column in table["columns"] if column["text"] == "Area"]
    assert all(column["short"] for column in headings)
    assert headings or page not in ("rows", "registry")
