"""A parsed page: text in any charset, title, links, and its content without navigation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from urllib.parse import urlsplit

from ada_url import join_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

from data.probe.web.answer import Answer
from data.probe.web.charset import decode

UNSEEN = ("script", "style", "noscript", "template", "svg", "iframe", "object")
SEEN = "img[src], frame, video, canvas, input:not([type=hidden]), button, select, textarea"
"""Elements that are visible without text."""
CLOCK = re.compile(
    r"\d{1,2}\s*[:：时点]\s*\d{1,2}|星期|礼拜|周[一二三四五六日]|农历|今天是|现在是|当前时间|天气|℃|气温"
)
COUNTER = re.compile(
    r"访问(量|人数|次数|人次|总数)?|浏览|点击|人次|在线|第\s*\d+\s*位|访客|visit|counter|online|hits|views",
    re.IGNORECASE,
)
DIGITS = re.compile(r"[\d０-９,.:：\-/年月日时分秒\s()（）\[\]【】]+")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
WHOLE_TAG = re.compile(r"<[a-zA-Z](?>[^>\"']++|\"[^\"]*+\"?|'[^']*+'?)*+")
QUOTED = re.compile(r"\"[^\"]*+\"?|'[^']*+'?")
FLAT = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li",
     "td", "tr", "th", "dt", "dd", "option", "tbody", "thead")
)  # fmt: skip
"""Elements that end by themselves, or where the next one begins."""
FEW_TAGS, MOST_DEPTH = 4_000, 1_000
LONG_TEXT, LONG_TAG = 20_000, 4_000
"""A tag is looked at from so many characters on; what of it is not quoted must be shorter."""
MOST_READ = 1_500_000
"""Bytes of a page that are looked into."""
SHORTEST = 4
"""Characters of a text that is content and not decoration."""


@dataclass(frozen=True)
class Page:
    """One page as it came. `text` is its HTML, decoded."""

    url: str
    text: str
    charset: str

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The page as it is read: without scripts, styles and what stands in for them."""
        tree = LexborHTMLParser(shallow(self.text))
        tree.strip_tags(list(UNSEEN), recursive=True)
        return tree

    @cached_property
    def title(self) -> str:
        node = self.tree.css_first("title")
        return " ".join(node.text().split()) if node else ""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The visible texts in their order, one a piece of the page."""
        return tuple(_texts(self.tree.body)) if self.tree.body else ()

    @property
    def has_scripts(self) -> bool:
        """Whether something may appear that the HTML itself does not hold."""
        return re.search(r"<(script|iframe|frame|object|embed)\b", self.text, re.IGNORECASE) is not None

    @property
    def is_empty(self) -> bool:
        """Whether the HTML contains neither text nor pictures."""
        first_text = next(_texts(self.tree.body), "") if self.tree.body else ""
        return (
            not first_text
            and self.tree.css_first(SEEN) is None
            and re.search(r"<svg\b", self.text, re.IGNORECASE) is None
        )

    @cached_property
    def base(self) -> str:
        """The base URL of the page."""
        node = self.tree.css_first("base[href]")
        try:
            return join_url(self.url, node.attributes.get("href") or "") if node else self.url
        except ValueError:
            return self.url

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """Text and absolute address of every link to a page, as a browser resolves it."""
        for node in self.tree.css("a[href]"):
            href = (node.attributes.get("href") or "").strip()
            if href and not href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
                try:
                    yield " ".join(node.text().split()), join_url(self.base, href)
                except ValueError:
                    continue

    def pieces(self, select: str = "") -> set[bytes]:
        """Hashes of what is content: texts without clocks, counters and bare numbers, and where links lead.

        A set: a carousel that turns is no change. select: a CSS selector of the part that counts.
        """
        roots = self.tree.css(select) if select else [self.tree.body] if self.tree.body else []
        pieces: set[str] = set()
        for root in roots:
            pieces |= {piece for text in _texts(root) if (piece := content(text))}
            for node in root.css("a[href]"):
                path = _path(node.attributes.get("href") or "")
                if path and content(node.text()):
                    pieces.add(path)
        return {blake2b(piece.encode("utf-8", "replace"), digest_size=8).digest() for piece in pieces}


def read(answer: Answer) -> Page:
    """The page of an answer, whatever its charset."""
    text, charset = decode(answer.body[:MOST_READ], answer.header("content-type"))
    return Page(answer.final or answer.url, text, charset)


def shallow(text: str) -> str:
    """HTML up to where parsing would take the square of its length: elements too deep, a tag of too many attributes."""
    if len(text) > LONG_TEXT:
        for tag in WHOLE_TAG.finditer(text):
            if len(tag[0]) > LONG_TAG and len(QUOTED.sub("", tag[0])) > LONG_TAG:
                text = text[: tag.start()]
                break
    if text.count("<") < FEW_TAGS:
        return text
    depth = 0
    for tag in TAG.finditer(text):
        if tag[2].lower() not in FLAT:
            depth = max(depth + (-1 if tag[1] else 1), 0)
            if depth > MOST_DEPTH:
                return text[: tag.start()]
    return text


def content(text: str) -> str:
    """A text as it counts for change: empty for clocks, counters, bare dates and decoration."""
    text = " ".join(text.split())
    if CLOCK.search(text) and len(text) < 60:
        return ""
    if COUNTER.search(text) and any(c.isdigit() for c in text) and len(text) < 40:
        return ""
    bare = DIGITS.sub("", text)
    return bare if len(bare) >= SHORTEST else ""


def _texts(root: LexborNode) -> Iterator[str]:
    for node in root.traverse(include_text=True):
        if node.tag == "-text" and (text := " ".join((node.text_content or "").split())):
            yield text


def _path(href: str) -> str:
    """The path of a link, without session parameters."""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return ""
    return parts.path.split(";")[0]
