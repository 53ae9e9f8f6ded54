"""Checks derived from observations by the rules of 国办秘函〔2019〕19号, limits inclusive as the text has them.

One small function a rule. Metrics know the rules by these names:
  site_open           a visit; observed = seconds until the page was there, passed when under 15
  measured            an inconclusive visit, always failed: blocked, or redirected out of the register
  uncertain           a page that the prober could not open but a browser might, with none to look; always failed
  home_updated        observed = days since the home page changed, passed under 14
  column_open         a column's page opens
  column_updated      observed = days since its newest item, passed within 14 days, 6 months, or its own limit
  column_items        observed = items in the column, passed when there are any
  guide_elements      of a service item; observed = classes of elements present, passed with all 8
  messages_unanswered observed = messages of the last year open for more than three calendar months, passed without
  function_answers    of an app, mini-program or function; observed = seconds, passed when it answers as described
  links_dead, search_works, certificate, https, ipv6, required_links, page_title, elder_mode, accessibility, axe_faults
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from data.probe.checks.axe import Fault, grave
from data.probe.checks.contents import ELEMENTS, months_after
from data.probe.checks.page import Page
from data.probe.register import Thing
from data.probe.web.answer import Answer
from data.site_rules import site_rules

UNCERTAIN = "uncertain"
TERMS = site_rules().terms
OPEN_SECONDS, OPEN_DAYS = float(TERMS["open_seconds"]), TERMS["visit_days"]
HOME_DAYS, NEWS_DAYS = site_rules().vetoes["home_updated"].limit, TERMS["news_days"]
LISTED_MONTHS, MESSAGE_MONTHS, YEAR_MONTHS = TERMS["listed_months"], TERMS["message_months"], 12
CERTIFICATE_DAYS = 0
MOST_FAULTS = 10
"""Faults of accessibility that a page may have, by the basics and by axe-core each."""
MOST_SAID = 8
"""Rules of axe-core that a check names; its evidence has all."""
REQUIRED = {
    "网站标识码": r"标识码",
    "ICP备案": r"ICP\s*备",
    "公网安备": r"公网安备",
    "联系我们": r"联系(我们|方式|电话)",
    "我为政府网站找错": r"找错|zfwzgl\.www\.gov\.cn",
}
"""Required links and texts in the footer of a home page."""
ELDER = re.compile(r"适老|长者|关怀|老年|无障碍|elder|barrier", re.IGNORECASE)
NAMELESS = ("", "首页", "index", "home", "untitled", "无标题文档", "document", "welcome")


@dataclass(frozen=True)
class Check:
    """One row: what a rule found of an asset at a time."""

    source: str
    asset: str
    rule: str
    at: datetime
    passed: bool
    observed: float | None = None
    unit: str = ""
    window: int = 1
    veto: bool = False
    points: float | None = None
    evidence: str = ""


def site_open(thing: Thing, answer: Answer) -> Check:
    """One visit. A page that is there after 15 seconds counts as not opened."""
    passed = answer.ok and answer.seconds < OPEN_SECONDS
    return _check(thing, "site_open", answer.at, passed, round(answer.seconds, 2), "秒", OPEN_DAYS)


def measured(thing: Thing, at: datetime) -> Check:
    """An inconclusive visit: the prober is refused, which is no fault for citizens."""
    return _check(thing, "measured", at, False)


def uncertain(thing: Thing, at: datetime) -> Check:
    """A failure that only a browser could confirm, and none is installed. It counts in no verdict."""
    return _check(thing, UNCERTAIN, at, False)


def home_updated(thing: Thing, at: datetime, changed: datetime) -> Check:
    """Whole days since the home page changed."""
    days = max((at - changed).total_seconds() // 86400, 0)
    return _check(thing, "home_updated", at, days < HOME_DAYS, days, "天", HOME_DAYS, veto=days >= HOME_DAYS)


def column_open(thing: Thing, answer: Answer) -> Check:
    return _check(thing, "column_open", answer.at, answer.ok, round(answer.seconds, 2), "秒")


def column_updated(thing: Thing, at: datetime, newest: date) -> Check:
    """By its kind: news within 14 days, notices and policies within 6 months, others within their own limit."""
    days = (at.date() - newest).days
    if thing.column_kind == "news":
        passed, window = days <= NEWS_DAYS, NEWS_DAYS
    elif thing.column_kind in ("notice", "policy"):
        passed, window = at.date() <= months_after(newest, LISTED_MONTHS), 182
    else:
        window = thing.must_update_days or 0
        passed = not thing.must_update_days or days <= thing.must_update_days
    return _check(thing, "column_updated", at, passed, days, "天", window)


def column_items(thing: Thing, at: datetime, items: int) -> Check:
    return _check(thing, "column_items", at, items > 0, items, "条")


def guide_elements(thing: Thing, at: datetime, bits: int) -> Check:
    """The number of the eight classes that a service guide has."""
    present = bits.bit_count()
    missing = [name for bit, name in enumerate(ELEMENTS) if not bits & 1 << bit]
    return _check(thing, "guide_elements", at, not missing, present, "类", 14, evidence=_missing(missing))


def messages_unanswered(thing: Thing, at: datetime, received: Sequence[date]) -> Check:
    """Messages of the last year that are open for more than three calendar months; one is a veto."""
    today = at.date()
    late = [
        day for day in received
        if months_after(day, MESSAGE_MONTHS) < today and months_after(day, YEAR_MONTHS) >= today
    ]  # fmt: skip
    return _check(thing, "messages_unanswered", at, not late, len(late), "条", 14, veto=bool(late))


def function_answers(thing: Thing, answer: Answer, problem: str = "") -> Check:
    passed = answer.ok and not problem and answer.seconds < OPEN_SECONDS
    return _check(thing, "function_answers", answer.at, passed, round(answer.seconds, 2), "秒", evidence=problem)


def links_dead(thing: Thing, at: datetime, dead: Sequence[str]) -> Check:
    return _check(thing, "links_dead", at, not dead, len(dead), "个", 7, evidence=" ".join(dead[:5]))


def search_works(thing: Thing, answer: Answer, has_results: bool) -> Check:
    return _check(thing, "search_works", answer.at, answer.ok and has_results, None, "", 7)


def certificate(thing: Thing, at: datetime, ends: datetime | None, now_utc: datetime) -> Check:
    """Days until the certificate expires; None if it was refused."""
    days = (ends - now_utc).total_seconds() // 86400 if ends else None
    return _check(thing, "certificate", at, days is not None and days >= CERTIFICATE_DAYS, days, "天")


def https(thing: Thing, at: datetime, secure: bool) -> Check:
    """The site is reached by HTTPS, whichever way somebody comes."""
    return _check(thing, "https", at, secure)


def ipv6(thing: Thing, at: datetime, addresses: Sequence[str]) -> Check:
    return _check(thing, "ipv6", at, bool(addresses), len(addresses), "个", evidence=" ".join(addresses[:2]))


def required_links(thing: Thing, at: datetime, page: Page) -> Check:
    wanted = {text: re.escape(text) for text in thing.extra.links} or REQUIRED
    missing = [name for name, pattern in wanted.items() if not re.search(pattern, page.text)]
    return _check(thing, "required_links", at, not missing, len(missing), "个", evidence=_missing(missing))


def page_title(thing: Thing, at: datetime, page: Page) -> Check:
    """The label of the page names the site."""
    named = page.title.strip().lower() not in NAMELESS
    return _check(thing, "page_title", at, named, evidence=page.title[:80])


def elder_mode(thing: Thing, at: datetime, page: Page) -> Check:
    return _check(thing, "elder_mode", at, ELDER.search(page.text) is not None)


def accessibility(thing: Thing, at: datetime, page: Page) -> Check:
    """Basics that a screen reader needs: a language, words for pictures, labels for fields, texts for links."""
    faults = faults_of_access(page)
    said = " ".join(f"{name}×{count}" for name, count in faults.items() if count)
    total = sum(faults.values())
    return _check(thing, "accessibility", at, total <= MOST_FAULTS, total, "处", evidence=said)


def axe_faults(thing: Thing, at: datetime, faults: Sequence[Fault]) -> Check:
    """Elements that axe-core finds to keep somebody out, by WCAG 2 A and AA."""
    counted = grave(faults)
    total = sum(fault.count for fault in counted)
    said = " ".join(f"{fault.rule}×{fault.count}" for fault in counted[:MOST_SAID])
    return _check(thing, "axe_faults", at, total <= MOST_FAULTS, total, "处", evidence=said)


def faults_of_access(page: Page) -> dict[str, int]:
    tree = page.tree
    root = tree.css_first("html")
    labelled = {node.attributes.get("for") for node in tree.css("label[for]")}
    fields = [
        n for n in tree.css("input, select, textarea")
        if n.attributes.get("type") not in ("hidden", "submit", "button", "image", "reset")
    ]  # fmt: skip
    named = ("aria-label", "aria-labelledby", "title", "placeholder")
    return {
        "lang": int(root is None or not root.attributes.get("lang")),
        "alt": sum("alt" not in n.attributes for n in tree.css("img")),
        "label": sum(
            not any(n.attributes.get(a) for a in named) and n.attributes.get("id") not in labelled for n in fields
        ),
        "link": sum(
            not n.text().strip() and not any(n.attributes.get(a) for a in named) and n.css_first("img[alt]") is None
            for n in tree.css("a[href]")
        ),
    }


def _missing(names: Sequence[str]) -> str:
    return f"缺：{'、'.join(names)}" if names else ""


def _check(
    thing: Thing, rule: str, at: datetime, passed: bool, observed: float | None = None, unit: str = "", window: int = 1,
    *, veto: bool = False, evidence: str = "",
) -> Check:  # fmt: skip
    number = None if observed is None else float(observed)
    return Check(thing.source, thing.key, rule, at, passed, number, unit, window, veto, None, evidence)
