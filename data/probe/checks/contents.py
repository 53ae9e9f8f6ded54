"""Recognize lists, guides and messages in a page without a template: by dates, labels and state words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from selectolax.lexbor import LexborNode

from data.probe.checks.page import Page

DATE = re.compile(
    r"(?<!\d)(20\d\d)\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})(?!\d)|(?<!\d)(20\d\d)(0\d|1[0-2])([0-3]\d)(?!\d)"
)
DAY = re.compile(r"(?<![\d\-./:])(\d{1,2})\s*[-./月]\s*(\d{1,2})日?(?![\d\-./:])")
NONE_YET = re.compile(
    r"暂无|没有(相关)?(数据|内容|信息|记录)|内容(更新|建设|整理)中|敬请期待|no (data|content|records?)", re.IGNORECASE
)
FRAME = re.compile(r"nav|menu|foot|header|crumb|sidebar|friend|copyright|toolbar|banner", re.IGNORECASE)
"""Names of the parts around the content; links in them are no items."""
LONG = 8
"""Characters from which an undated link in the content reads as an item."""
MOST_LINKS, MOST_DEPTH, MOST_NODES, MOST_TEXT = 4_000, 60, 120, 400
"""Limits against pages made to exhaust the prober."""
BLOCKS = ("li", "tr", "dd", "article", "div", "p")
OPEN = re.compile(
    r"未(回复|答复|受理|办理|处理|办结)|待(回复|答复|受理|办理|处理)|(处理|办理|受理)中|unanswered|pending",
    re.IGNORECASE,
)
CLOSED = re.compile(r"已(回复|答复|办结|处理)|answered|closed", re.IGNORECASE)

ELEMENTS: dict[str, tuple[str, ...]] = {
    "事项名称": ("事项名称", "办理事项", "服务名称", "项目名称"),
    "设定依据": ("设定依据", "办理依据", "法律依据", "实施依据", "政策依据"),
    "申请条件": ("申请条件", "受理条件", "办理条件", "申报条件", "适用范围"),
    "办理材料": ("办理材料", "申请材料", "申报材料", "所需材料", "提交材料", "材料清单"),
    "办理地点": ("办理地点", "办事地点", "受理地点", "办公地点", "办公地址", "办理地址"),
    "办理时间": ("办理时间", "办公时间", "受理时间", "工作时间", "办事时间"),
    "联系电话": ("联系电话", "咨询电话", "联系方式", "咨询方式", "办公电话"),
    "办理流程": ("办理流程", "办事流程", "办理程序", "流程图", "受理流程", "审批流程"),
}
"""The eight classes of a service guide in bit order, with their labels on pages."""
NOTHING = re.compile(r"^(无|暂无|略|待补充|待完善|详见|[-—/\\\s:：.。]*)$")


@dataclass(frozen=True)
class Listed:
    """A column's list: how many items, and the newest date printed in it that is not in the future."""

    items: int
    newest: date | None


def listed(page: Page, today: date, *, items: str = "", when: str = "") -> Listed:
    """The items that a column's page lists. items, when: CSS selectors of an item and of its date, if configured."""
    if items:
        nodes = page.tree.css(items)
        texts = [_text((n.css_first(when) if when else None) or n) for n in nodes[:MOST_LINKS]]
        return Listed(len(nodes), _newest(texts, today))
    dated, plain = _items(page, today)
    if dated:
        return Listed(len(dated), max(dated))
    empty = NONE_YET.search(" ".join(page.texts))
    return Listed(0 if empty else plain, None)


def newest_on(page: Page, today: date) -> date | None:
    """The newest date printed next to a link of a page."""
    return max(_items(page, today)[0], default=None)


def dates(text: str, today: date) -> Iterator[date]:
    """Dates printed in a text; a month and a day alone are the last such day."""
    for match in DATE.finditer(text):
        year, month, day = (int(part) for part in match.groups() if part)
        if printed := _date(year, month, day):
            yield printed
    for match in DAY.finditer(DATE.sub(" ", text)):
        month, day = int(match[1]), int(match[2])
        printed = _date(today.year, month, day)
        if printed and printed > today:
            printed = _date(today.year - 1, month, day)
        if printed:
            yield printed


def elements(page: Page) -> int:
    """Bit set of the guide's classes: one bit per label with content."""
    labelled = list(_labelled(page))
    bits = 0
    for bit, names in enumerate(ELEMENTS.values()):
        if any(label in names and _has_content(value) for label, value in labelled):
            bits |= 1 << bit
    return bits


def unanswered(page: Page, today: date) -> list[date]:
    """Dates of a page's unanswered messages."""
    days = []
    for _node, text in _rows(page):
        if OPEN.search(text) and not CLOSED.search(text) and (day := _newest([text], today)):
            days.append(day)
    return days


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one: 31 January and one month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def _items(page: Page, today: date) -> tuple[list[date], int]:
    """Dates of the dated items, and how many undated links read as items."""
    dated = [day for _node, text in _rows(page) if (day := _newest([text], today))]
    plain = 0
    for node in page.tree.css("li a[href], dd a[href], td a[href], article a[href]")[:MOST_LINKS]:
        if len("".join(_text(node).split())) >= LONG and not _framed(node):
            plain += 1
    return dated, plain


def _rows(page: Page) -> Iterator[tuple[LexborNode, str]]:
    """The smallest blocks that hold a link, with their text: an item of a list, a row of a table."""
    visited: set[int] = set()
    for link in page.tree.css("a[href]")[:MOST_LINKS]:
        node = next((node for node in _above(link) if node.tag in BLOCKS), None)
        if node is None or node.mem_id in visited or _framed(link):
            continue
        visited.add(node.mem_id)
        if text := _text(node):
            yield node, text


def _above(node: LexborNode) -> Iterator[LexborNode]:
    """The ancestors of a node, from the inside out, up to the body."""
    for _step in range(MOST_DEPTH):
        if node.parent is None or node.parent.tag in ("body", "html"):
            return
        node = node.parent
        yield node


def _text(node: LexborNode) -> str:
    """The text of a small block; empty for a large one, which is no item."""
    parts: list[str] = []
    for count, part in enumerate(node.traverse(include_text=True)):
        if count > MOST_NODES:
            return ""
        if part.tag == "-text" and (said := (part.text_content or "").strip()):
            parts.append(said)
    text = " ".join(parts)
    return text if len(text) <= MOST_TEXT else ""


def _framed(node: LexborNode) -> bool:
    """Whether a link is part of the navigation around the content."""
    for above in _above(node):
        named = f"{above.attributes.get('class') or ''} {above.attributes.get('id') or ''}"
        if above.tag in ("nav", "header", "footer") or FRAME.search(named):
            return True
    return False


def _newest(texts: list[str], today: date) -> date | None:
    """A date of tomorrow or later is no update: somebody may have put it ahead."""
    return max((d for text in texts for d in dates(text, today) if d <= today), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _labelled(page: Page) -> Iterator[tuple[str, str]]:
    """Labels of a guide and what follows them: in the same text, or in the next one."""
    names = tuple(name for known in ELEMENTS.values() for name in known)
    texts = page.texts
    for at, text in enumerate(texts):
        bare = text.lstrip("一二三四五六七八九十0123456789、.．()（）【[ ")
        label = next((name for name in names if bare.startswith(name)), None)
        if label is None:
            continue
        rest = bare.removeprefix(label).strip("】]:：、 ")
        if not rest:
            after = texts[at + 1] if at + 1 < len(texts) else ""
            rest = "" if after.lstrip("一二三四五六七八九十0123456789、.．()（）【[ ").startswith(names) else after
        if not rest and any(name in label for name in ("流程",)) and page.tree.css_first("img[src]"):
            rest = "image"
        yield label, rest


def _has_content(value: str) -> bool:
    return bool(value) and NOTHING.match(value) is None
