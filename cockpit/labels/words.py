"""Labels of stored values: columns, codes, levels, bases, source marks."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.labels.measures import measure
from data.areas.levels import BY_ID, is_urban
from data.formats.csv_tables import SWALLOWED
from data.ingest.validation_sql import ERROR_CELL, LONG_NUMBER, ONE_OF, REMEDY
from data.push.metadata import FOREIGN, OUTSIDE
from data.schema import FACTS
from data.site_rules import site_rules
from data.values import times
from data.values.functions import WORKDAYS
from metrics.areas import BELOW
from metrics.catalog import Domain, Metric
from metrics.catalog.model import Text

NOT_GIVEN = "–"
"""Stands in an address for the facts that have nothing in the column filtered by."""


def column(name: str, fact: str = "") -> str:
    """The heading of a column, a split or a page's own word: that of `fact` where facts differ; else the name."""
    own = (FACTS[fact].by_name.get(name) if fact else None) or _COLUMNS.get(name)
    return own.label[language()] if own else _further().get(name, name)


def lacked(names: Iterable[str]) -> str:
    """What an edition of an older release does not have: columns, and functions of working days."""
    return listed(dict.fromkeys(_("working days") if name in WORKDAYS else column(name) for name in names))


_COLUMNS = {
    name: column
    for fact in reversed(FACTS.values())
    for column in fact.columns
    for name in (column.name, column.split)
    if name
}
"""The columns of all facts by name and by the name of their split; those of cases first."""


def _further() -> dict[str, str]:
    """Labels of values that no fact stores: columns of site verdicts, and page parameters."""
    return {
        "area_name": _("Area name"), "state": _("State"), "score": _("Score"), "vetoes": _("Vetoes"),
        "visits": _("Visits, 7 days"), "down": _("Not opened"), "home_age": _("Home page age, days"),
        "stale": _("Stale columns"), "blank": _("Blank columns"), "lost": _("Points lost"),
        "unanswered": _("Messages unanswered"), "elements": _("Classes of elements, of 8"), "tests": _("Tests"),
        "stale_listed": _("Stale: news, notices, policies"), "stale_other": _("Stale: other columns"),
        "lowest": _("Lowest value"), "highest": _("Highest value"), "by_lowest": _("Source of the lowest"),
        "by_highest": _("Source of the highest"), "part": _("Part"), "age": _("Age"), "q": _("Search"),
        "before": _("Year before"), "increase": _("Rise"),
        "minutes": _("Minutes with 20 waiting"), "most": _("Most waiting"), "snapshots": _("Readings of the day"),
    }  # fmt: skip


def value(name: str, stored: object) -> str:
    """A stored value in words: times to the minute, yes and no, an enumeration's words, numbers with separators."""
    if stored is None or stored != stored:
        return ""
    if isinstance(stored, bool):
        return _("Yes") if stored else _("No")
    if isinstance(stored, datetime):
        return format.stamp(stored)
    if name in AS_STORED:
        return f"{stored:.0f}" if isinstance(stored, float) and name in CODES else str(stored)
    if isinstance(stored, (int, float)):
        return format.number(stored, 0 if stored == int(stored) else 2)
    if name == "measure":
        return measure(str(stored))
    return (kinds().get(str(stored)) if name == "kind" else None) or _enumerated(name, str(stored))


CODES = ("area", "area_then", "batch")
AS_STORED = (*CODES, "lon", "lat", "key")


def kinds() -> dict[str, str]:
    """The kinds of cases, with their labels."""
    return {
        "event": _("Event"), "hotline": _("Hotline"), "message": _("Message"), "service": _("Service"),
        "share_req": _("Data request"), "open_req": _("Open-data request"), "flow_req": _("Return-flow request"),
        "review": _("Bad rating"), "order": _("Order"), "escalation": _("Escalation"), "whistle": _("Whistle"),
        "problem": _("Problem"), "wish": _("Wish"), "approval": _("Approval"), "task": _("Task"),
        "topic": _("Topic of the month"), "project": _("Project of the year"), "pairing": _("Pairing"),
        "abnormal": _("Listed as abnormal"), "risk": _("Clue of risk"), "discipline": _("Joint discipline"),
    }  # fmt: skip


def _enumerated(name: str, stored: str) -> str:
    """The contract's own Chinese word of an enumerated value, or the value as an English word."""
    for fact in FACTS.values():
        known = fact.by_name.get(name)
        if known and known.words and stored in known.words:
            return known.words[stored] if language() == "zh" else stored.replace("_", " ").capitalize()
    return stored


def listed(items: Iterable[str]) -> str:
    return ("、" if language() == "zh" else ", ").join(items)


def standing(case: Mapping[str, Any], as_of: datetime) -> tuple[str, str]:
    """State of a case against its deadline at a time: words and state."""
    due, closed = case["due_at"], case["closed_at"]
    if closed:
        if case["close_kind"] not in (None, "done"):
            return value("close_kind", case["close_kind"]), "none"
        if due is None:
            return _("Closed"), "none"
        return (_("Closed in time"), "green") if closed <= due else (_("Closed late"), "red")
    if due is None:
        return _("Open, no deadline"), "none"
    if due < as_of:
        return _("Overdue by {age}", age=format.age(as_of - due)), "red"
    left = due - as_of
    return _("{age} left", age=format.age(left)), "amber" if left <= timedelta(days=3) else "green"


def veto(rule: str) -> str:
    """The label of a veto rule."""
    known = site_rules().vetoes.get(rule)
    return known.veto[language()] if known else rule


def rule(name: str) -> str:
    """The label of a check rule; of a deduction, its name."""
    kind, colon, what = name.partition(":")
    checks = site_rules().checks
    known = checks[kind][language()] if kind in checks else kind
    if kind == "deduction":
        return _("Deduction: {what}", what=deduction(what))
    return f"{known} {what}" if colon else known


def deduction(name: str) -> str:
    """The label of a deduction; of the district's own entries, their name."""
    known = site_rules().deductions.get(name)
    return known[language()] if known else name.replace("_", " ")


def limit(rule: str) -> str:
    """A veto rule as a heading."""
    known = site_rules().vetoes.get(rule)
    return known.heading[language()] if known else rule


def bound(rule: str) -> str:
    """The limit of a veto rule, in words."""
    return site_rules().bound(rule, language()) if rule in site_rules().vetoes else rule


def unit(stored: str) -> str:
    """The unit that a check's number is counted in."""
    if language() == "zh":
        return stored
    return {"秒": "s", "天": "days", "条": "items", "类": "classes", "个": "", "处": "faults", "分": "points"}.get(
        stored, stored
    )


def lacking(*, source: str, key: str) -> list[str]:
    """The parameters that an address must have and lacks, in words."""
    named = (
        (source, _("the source ({parameter})", parameter="source=")),
        (key, _("the number ({parameter})", parameter="key=")),
    )
    return [name for value, name in named if not value]


def reason(text: str) -> str:
    """Why a row was refused; columns by their headings."""
    kind, _colon, what = text.removesuffix(REMEDY).partition(": ")
    if kind == "unparseable time" and what.endswith(")"):
        named, _paren, hint = what.removesuffix(")").partition(" (")
        return _("{text} ({more})", text=reason(f"{kind}: {named}"), more=time_hint(hint))
    if kind == "unknown value":
        named, _one_of, allowed = what.partition(ONE_OF)
        return _("{text} ({more})", text=_("{text}: {more}", text=_("Unknown value"), more=column(named)), more=allowed)
    if kind.startswith("missing "):
        kind, what = "missing", kind.removeprefix("missing ")
    known = {
        "missing": _("Missing"), "unknown area": _("Unknown area"), "ambiguous area": _("Name of several areas"),
        "area not valid on that day": _("Area did not exist on that day"), "unparseable time": _("Not a time"),
        "unparseable number": _("Not a number"), "unparseable boolean": _("Neither yes nor no"),
        "out of range": _("Out of range"), "closed before registered": _("Closed before it was registered"),
        "ended before it began": _("Ended before it began"),
        "duplicate key in the delivery": _("Number twice in the delivery"), "unreadable row": _("Unreadable row"),
        SWALLOWED: _("Rows inside a quoted value, as if its quote was left open"),
        LONG_NUMBER: _("Number of more than 15 digits, rounded by Excel; format the column as text, export again"),
        ERROR_CELL: _("Formula error in the workbook"),
        OUTSIDE: _("Area that the sender may not push"), FOREIGN: _("Number of a row that the sender may not push"),
    }.get(kind)  # fmt: skip
    if known is None:
        return text
    return _("{text}: {more}", text=known, more=column(what)) if what else known


def skip(name: str) -> str:
    """Why a row of a delivery is no fact and no fault."""
    return {
        "blank": _("blank row"), "total": _("row of totals"), "note": _("remark"),
        "where": _("left out by the source file"),
    }.get(name, name)  # fmt: skip


def time_hint(hint: str) -> str:
    """The fault of a text that is not a valid time."""
    return {
        times.WHICH_FIRST: _("day or month first: set dates: mdy or dates: dmy in the source file"),
        times.SHORT_YEAR: _("the year needs four digits"),
        times.NO_YEAR: _("the year is missing: write year, month and day"),
        times.NO_DAY: _("the day is missing: write year, month and day"),
        times.NO_DATE: _("only a time of day: write the date as well"),
        times.LUNAR: _("lunar calendar: write the date of the solar calendar"),
        times.NO_FIXED_DAY: _("no fixed day: write the date"),
        times.SEVERAL: _("several days: write one date"),
        times.MIXED: _("use one separator between year, month and day"),
        times.SECONDS: _("seconds since 1970: use to_timestamp(…) in the source file"),
        times.NO_SUCH_DAY: _("there is no such day or hour"),
        times.SKIPPED: _("the clocks skip this hour"),
        times.REPEATED: _("the clocks show this hour twice: give the offset"),
        times.OTHER_ZONE: _("the source's zone does not use this abbreviation then: give the offset"),
        times.CLASH: _("the hour contradicts its morning or afternoon"),
        times.NO_ORDER: _("does not fit dates in the source file"),
    }.get(hint, hint)


def assessment_state(name: str) -> str:
    """The state of an assessment."""
    return {
        "draft": _("draft"),
        "open": _("open to objections"),
        "approved": _("approved"),
        "published": _("published"),
        "withdrawn": _("withdrawn"),
    }[name]


def peers(name: str, kind: str | None) -> str:
    """The areas of a level that one of this kind is ranked with; empty where all are ranked together."""
    level = BY_ID[name]
    names = level.urban if is_urban(kind) else level.rural
    return dict(zip(("zh", "en"), names, strict=True))[language()] if names else ""


def level(name: str, n: int = 1) -> str:
    """The name of a level, singular or plural; BELOW stands for several levels."""
    if name == BELOW:
        return ngettext("area below", "areas below", n)
    named = BY_ID[name]
    return named.zh if language() == "zh" else named.en if n == 1 else named.plural


def level_heading(name: str, count: int = 1) -> str:
    """The heading of a column of areas of a level, or with a count of 2 of a list of them."""
    text = level(name, count)
    return text[:1].upper() + text[1:]


def basis(name: str) -> str:
    """The basis of a period: the event itself, the deadline, or the state at its end."""
    return {
        "flow": _("Flow: what happened in the period"),
        "due": _("Due: what had its deadline in the period"),
        "stock": _("Stock: the state at the end of the period"),
    }[name]


def direction(name: str) -> str:
    return {"up": _("Higher is better"), "down": _("Lower is better"), "none": _("Neither is better")}[name]


DEFAULTS = ("M", "G")
"""Marks of thresholds that no published text supports."""


def mark(name: str) -> str:
    """The source of a threshold; a default without a source says so."""
    return {
        "S": _("a published account of a real system"),
        "F": _("a published official text or bulletin"),
        "M": _("general knowledge; default, to be confirmed"),
        "G": _("our own proposal; default, to be confirmed"),
        "A": _("approved in this district"),
    }[name]


def facts(domain: Domain, n: int) -> str:
    """`161 件`, `5 个网站`: a number of what the domain counts."""
    of_fact = domain.view is None or domain.snapshot or domain.latest
    name = domain.fact if of_fact else domain.id if domain.id in ("sites", "guides", "functions") else ""
    return {
        "cases": ngettext("{n} case", "{n} cases", n),
        "sites": ngettext("{n} site", "{n} sites", n),
        "guides": ngettext("{n} guide", "{n} guides", n),
        "functions": ngettext("{n} function", "{n} functions", n),
        "checks": ngettext("{n} check", "{n} checks", n),
        "readings": ngettext("{n} reading", "{n} readings", n),
        "assets": ngettext("{n} asset", "{n} assets", n),
        "steps": ngettext("{n} step", "{n} steps", n),
        "": ngettext("{n} row", "{n} rows", n),
    }[name]


def side(metric: Metric, part: str) -> str:
    """The name of the facts in a ratio's numerator, denominator or rest."""
    named: Text | None = getattr(metric.sides, part, None)
    if named is not None:
        return named[language()]
    return {"numerator": _("numerator"), "denominator": _("denominator"), "rest": _("denominator − numerator")}[part]
