"""Each rule at its exact limit, and what pages say in words and dates."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.probe.checks import contents, rules
from data.probe.checks.contents import ELEMENTS, elements, listed, months_after, unanswered
from data.probe.checks.page import Page, decode
from data.probe.network.net import Answer
from data.probe.register import Thing

AT = datetime(2026, 11, 22, 8)
TODAY = AT.date()


def thing(**more: Any) -> Thing:
    return Thing(**{"source": "s", "key": "k", "kind": "site", "name": "n", "url": "http://x/", **more})


def page(html: str) -> Page:
    return Page("http://x/", html, "utf-8")


@pytest.mark.parametrize(("seconds", "passed"), [(0.2, True), (14.99, True), (15.0, False), (20.0, False)])
def test_a_site_is_open_within_15_seconds(seconds: float, passed: bool) -> None:
    assert rules.site_open(thing(), Answer("http://x/", AT, seconds)).passed is passed


@pytest.mark.parametrize(
    ("age", "days", "passed"),
    [(timedelta(days=13, hours=23), 13, True), (timedelta(days=14), 14, False), (timedelta(days=-1), 0, True)],
)
def test_a_home_page_is_fresh_under_14_days(age: timedelta, days: int, passed: bool) -> None:
    check = rules.home_updated(thing(), AT, AT - age)
    assert (check.observed, check.passed, check.veto) == (days, passed, not passed)


@pytest.mark.parametrize(
    ("kind", "newest", "passed"),
    [
        ("news", date(2026, 11, 8), True), ("news", date(2026, 11, 7), False),
        ("notice", date(2026, 5, 22), True), ("notice", date(2026, 5, 21), False),
        ("policy", date(2026, 5, 22), True), ("policy", date(2026, 5, 21), False),
        ("other", date(2026, 10, 23), True), ("other", date(2026, 10, 22), False),
    ],
)  # fmt: skip
def test_a_column_is_fresh_by_its_kind(kind: str, newest: date, passed: bool) -> None:
    """14 days of news, 6 calendar months of notices and policies, 30 days where 30 are agreed."""
    assert rules.column_updated(thing(column_kind=kind, must_update_days=30), AT, newest).passed is passed


@pytest.mark.parametrize(("items", "passed"), [(0, False), (1, True)])
def test_a_column_without_an_item_is_blank(items: int, passed: bool) -> None:
    assert rules.column_items(thing(), AT, items).passed is passed


@pytest.mark.parametrize(
    ("received", "today", "late"),
    [
        (date(2025, 5, 1), datetime(2025, 8, 1, 9), 0),
        (date(2025, 5, 1), datetime(2025, 8, 2, 9), 1),
        (date(2025, 2, 1), datetime(2025, 5, 2, 9), 1),
        (date(2025, 5, 1), datetime(2026, 5, 1, 9), 1),
        (date(2025, 5, 1), datetime(2026, 5, 2, 9), 0),
    ],
    ids=["three months to the day", "a day more", "90 days that are more than three months", "a year", "longer ago"],
)
def test_messages_wait_three_calendar_months_at_most(received: date, today: datetime, late: int) -> None:
    check = rules.messages_unanswered(thing(), today, [received])
    assert (check.observed, check.passed, check.veto) == (late, late == 0, late > 0)


@pytest.mark.parametrize(("bits", "classes", "passed"), [(255, 8, True), (0b11111110, 7, False), (0, 0, False)])
def test_a_guide_has_eight_classes(bits: int, classes: int, passed: bool) -> None:
    check = rules.guide_elements(thing(), AT, bits)
    assert (check.observed, check.passed) == (classes, passed)
    assert ("事项名称" in check.evidence) is not passed


@pytest.mark.parametrize(("days", "passed"), [(0.5, True), (0, True), (-0.1, False), (None, False)])
def test_certificate_is_valid_on_the_day(days: float | None, passed: bool) -> None:
    ends = None if days is None else AT + timedelta(days=days)
    assert rules.certificate(thing(), AT, ends, AT).passed is passed


@pytest.mark.parametrize(("faults", "passed"), [(10, True), (11, False)])
def test_a_page_may_have_ten_faults_of_access(faults: int, passed: bool) -> None:
    check = rules.accessibility(thing(), AT, page('<html lang="zh"><body>' + "<img src=x>" * faults))
    assert (check.observed, check.passed) == (faults, passed)


def test_faults_of_access_are_what_a_reader_misses() -> None:
    html = """<body><img src=a><img src=b alt=""><input id=q><label for=w>w</label><input id=w><input type=hidden>
        <a href=/x></a><a href=/y aria-label=y></a><a href=/z><img src=c alt=z></a></body>"""
    assert rules.faults_of_access(page(html)) == {"lang": 1, "alt": 1, "label": 1, "link": 1}


def test_home_page_requirements() -> None:
    foot = "网站标识码：9901010001 皖ICP备05000001号 皖公网安备 99010102000001号 <a href=/c>联系我们</a>"
    full = page(f"<title>临江区人民政府</title><body>长者助手 {foot} <a href='http://zfwzgl.www.gov.cn/x'>x</a></body>")
    assert rules.required_links(thing(), AT, full).passed
    assert rules.page_title(thing(), AT, full).passed
    assert rules.elder_mode(thing(), AT, full).passed
    bare = page("<title>首页</title><body>网站标识码 ICP备 公网安备 联系我们</body>")
    check = rules.required_links(thing(), AT, bare)
    assert (check.passed, check.observed, check.evidence) == (False, 1, "缺：我为政府网站找错")
    assert not rules.page_title(thing(), AT, bare).passed
    assert not rules.elder_mode(thing(), AT, bare).passed


# --- words of pages -----------------------------------------------------------------------------------------------

CHINESE = "临江区召开防汛工作会议 关于开展安全生产检查的通知"


@pytest.mark.parametrize(
    ("encoding", "header", "meta", "expected"),
    [
        ("utf-8", "text/html", "", "utf-8"),
        ("gbk", "text/html; charset=GBK", "", "gb18030"),
        ("gbk", "text/html", "gb2312", "gb18030"),
        ("gb18030", "text/html", "", "gb18030"),
        ("gbk", "text/html; charset=utf-8", "", "gb18030"),
        ("utf-8", "text/html; charset=gb2312", "utf-8", "utf-8"),
        ("utf-8-sig", "text/html; charset=gbk", "", "utf-8-sig"),
        ("utf-16", "text/html", "", "utf-16"),
    ],
)
def test_charset_by_header_meta_and_detection(encoding: str, header: str, meta: str, expected: str) -> None:
    html = f'<html><head><meta charset="{meta}"><title>标题</title></head><body>{CHINESE}</body></html>'
    text, charset = decode(html.encode(encoding), header)
    assert CHINESE in text
    assert charset == expected


def test_one_broken_byte_does_not_spoil_a_page() -> None:
    text, charset = decode(CHINESE.encode() * 20 + b"\xff" + CHINESE.encode(), "text/html")
    assert (charset, text.count(CHINESE)) == ("utf-8", 21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", [date(2026, 11, 20)]), ("2026年1月2日", [date(2026, 1, 2)]), ("[11-21]", [date(2026, 11, 21)]),
        ("12-25", [date(2025, 12, 25)]), ("20261120", [date(2026, 11, 20)]), ("2026/11/31", []), ("10:32:11", []),
        ("1.5.2", []), ("2026.11.20 08:00", [date(2026, 11, 20)]), ("电话 0571-88001234", []),
    ],
)  # fmt: skip
def test_dates_as_pages_print_them(text: str, expected: list[date]) -> None:
    assert list(contents.dates(text, TODAY)) == expected


NAV = "<div class='nav'><ul>" + "<li><a href='/x'>政府信息公开目录总览</a></li>" * 8 + "</ul></div>"
FOOT = "<footer><p><a href='/f'>主办：临江区人民政府办公室</a> 2026-11-22</p></footer>"


@pytest.mark.parametrize(
    ("html", "items", "newest"),
    [
        ("<ul><li><a href=/1>甲</a> 2026-11-20</li><li><a href=/2>乙</a> 2026-11-02</li></ul>", 2, date(2026, 11, 20)),
        ("<table><tr><td><a href=/1>甲</a></td><td>11-19</td></tr></table>", 1, date(2026, 11, 19)),
        ("<ul><li><a href=/1>甲</a> 2026-11-20</li><li><a href=/2>乙</a> 2027-01-01</li></ul>", 1, date(2026, 11, 20)),
        ("<ul><li><a href=/1>关于印发临江区防汛应急预案的通知</a></li></ul>", 1, None),
        ("<p>暂无数据</p>", 0, None),
        ("<p>栏目建设中</p>", 0, None),
    ],
    ids=["list", "table", "a date ahead is no update", "undated", "says it is empty", "empty"],
)
def test_what_a_column_lists(html: str, items: int, newest: date | None) -> None:
    listing = listed(page(f"<body>{NAV}{html}{FOOT}</body>"), TODAY)
    assert (listing.items, listing.newest) == (items, newest)


def test_selectors_of_the_file_find_an_unusual_list() -> None:
    rows = ("<b>甲</b><i class=t>2026-11-01</i>", "<b>乙 2026-11-20</b><i class=t>x</i>")
    html = "".join(f"<div class=row>{row}</div>" for row in rows)
    listing = listed(page(html), TODAY, items="div.row", when="i.t")
    assert (listing.items, listing.newest) == (2, date(2026, 11, 1))


def guide(**changes: str) -> Page:
    """A guide as a table, its parts by their first names."""
    said = dict.fromkeys(ELEMENTS, "区政务服务中心二楼 8 号窗口") | changes
    return page(
        "<table>" + "".join(f"<tr><th>{name}：</th><td>{text}</td></tr>" for name, text in said.items()) + "</table>"
    )


def test_the_eight_classes_of_a_guide() -> None:
    assert elements(guide()) == 255
    assert elements(guide(事项名称="无")) == 0b11111110
    assert elements(guide(办理流程="", 联系电话="暂无")) == 0b00111111
    assert elements(guide(办理流程="<img src='flow.png'>")) == 255
    other = page(
        "<h3>一、办理依据</h3><p>《行政许可法》</p><p>咨询电话：0571-88001234</p><h3>三、申报材料</h3><h3>四、办公时间</h3>"
    )
    assert elements(other) == 0b01000010


def test_messages_without_an_answer() -> None:
    rows = "".join(f"<tr><td><a href=/m>路灯不亮</a></td><td>2026-0{m}-01</td><td>{s}</td></tr>" for m, s in
                   ((5, "未回复"), (6, "已回复"), (7, "办理中"), (8, "已办结")))  # fmt: skip
    assert unanswered(page(f"<table>{rows}</table>"), TODAY) == [date(2026, 5, 1), date(2026, 7, 1)]


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2024, 11, 30), 3, date(2025, 2, 28)),
        (date(2025, 9, 15), 3, date(2025, 12, 15)), (date(2025, 12, 31), 6, date(2026, 6, 30)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_months_end_with_their_last_day(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


def test_a_clock_a_counter_and_a_turned_carousel_are_no_change() -> None:
    def home(clock: str, count: int, items: list[str]) -> set[bytes]:
        listing = "".join(
            f"<li><a href='/n/{hash(i) % 99}.html;jsessionid={count}?s={count}'>{i}</a></li>" for i in items
        )
        return page(
            f"<body><script>var t={count}</script><p>今天是{clock}</p><div id=hits>您是第 {count} 位访客</div>"
            f"<ul>{listing}</ul><span>访问量：{count}</span><span>{clock}</span></body>"
        ).pieces()

    items = ["临江区召开防汛工作会议", "关于安全生产检查的通知"]
    before = home("2026年11月21日 星期六 08:00:00", 100, items)
    assert before
    assert home("2026年11月22日 星期日 09:30:12", 3777, items[::-1]) == before
    assert home("2026年11月22日 星期日 09:30:12", 3777, [*items, "新的一条消息来了"]) - before


@pytest.mark.parametrize(
    ("href", "leads_to"),
    [
        ("\\news\\1.html", "http://x/news/1.html"), (" /a b.html\n", "http://x/a%20b.html"),
        ("//other.example/x", "http://other.example/x"), ("新闻.html", "http://x/in/%E6%96%B0%E9%97%BB.html"),
        ("?id=1", "http://x/in/?id=1"), ("../up", "http://x/up"),
    ],
)  # fmt: skip
def test_links_lead_where_a_browser_goes(href: str, leads_to: str) -> None:
    page = Page("http://x/", f"<base href='/in/'><a href='{href}'>一条新闻</a>", "utf-8")
    assert [url for _text, url in page.links] == [leads_to]
