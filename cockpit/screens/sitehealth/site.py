"""The page of a government site: veto lights, calendar, rules with evidence, and decisions."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.access.visitors import Visitor
from cockpit.actions import sites as actions
from cockpit.actions.action import Actor
from cockpit.actions.origins import key_reference
from cockpit.components.charts.visits import Line, Mark, visits
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, ngettext
from cockpit.labels import format, words
from cockpit.labels import site_verdicts as verdicts
from cockpit.labels.names import area_name
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.sitehealth import evidence
from cockpit.screens.sitehealth import sites as screen
from cockpit.screens.sitehealth.publishing import publish_in_background
from cockpit.screens.work import origins
from cockpit.view_state import View
from data.desk import findings
from data.desk.findings import HOLDS, Choice, Decision
from metrics import sites
from metrics.scope import OutOfScope
from metrics.sites import LIMITS, UNDECIDED

MOST_HISTORY = 50
DECISIONS = "decisions"
"""The part of the page that says how a decision went."""
Site = Mapping[str, Any]
Check = Mapping[str, Any]


def find(view: View) -> Site | None:
    """The site that the address names; says so where this edition holds none."""
    source, key = st.query_params.get("source", ""), st.query_params.get("key", "")
    try:
        site = sites.site(view.edition, source, key) if source and key else None
    except OutOfScope:  # in the words of a key that does not exist
        site = None
        guard.note_refusal(f"site {source}/{key}")
    if site is None and not (source and key):
        header.title(_("No site chosen"), level=1)
        header.notice(
            _(
                "The address lacks {what}. Open a site from the list.",
                what=words.listed(words.lacking(source=source, key=key)),
            ),
            links=[(_("All sites"), view.href("sites"))],
        )
    elif site is None:
        header.title(_("No such site"), level=1)
        header.notice(
            _("The data of {time} hold no site {key} that you may see.", time=format.stamp(view.as_of), key=key),
            links=[(_("All sites"), view.href("sites"))],
        )
    return site


def checks(view: View, site: Site) -> pd.DataFrame:
    return sites.checks(view.edition, site)


def top(view: View, site: Site) -> None:
    """Name, owner, address and verdict."""
    header.title(str(site["name"]), note=str(site["key"]), level=1)
    verdict = screen.verdict(site)
    score = format.number(site["score"], 1) if site["score"] is not None else ""
    record(
        [
            Item(_("Verdict"), verdict.text, state=verdict.state),
            Item(_("Score"), score, note=_("veto: 0; else 100 less the deductions") if score else ""),
            Item(words.column("unit"), str(site["unit"] or "")),
            Item(words.column("area"), area_name(view.edition, site["area"])),
            Item(words.column("url"), str(site["url"] or "")),
        ],
        key="about",
    )


def lights(view: View, site: Site) -> None:
    """Every veto rule: the site's value, and the remaining margin."""
    if site["uncertain"]:
        header.notice(
            _(
                "The last visit is uncertain: the prober could not open the page, and no browser has looked at it. "
                "Open it yourself before you decide. Such visits count neither for nor against the site."
            ),
            state="amber",
        )
    if site["vetoes"] is None:
        if not site["uncertain"]:
            header.notice(_("Nothing was checked here in the last two weeks."))
        return
    rows: list[list[Cell | str]] = []
    for limit in LIMITS:
        value = sites.observed(site, limit.rule)
        if value is None:
            rows.append([words.limit(limit.rule), Cell(_("Not known"), state="none"), "", words.bound(limit.rule), ""])
            continue
        state = screen.state(site, limit, value)
        said = {"red": _("Vetoed"), "amber": _("Near a veto"), "green": _("Passes")}[state]
        left = "" if state == "red" else verdicts.left(limit.rule, sites.until_veto(site, limit))
        number = screen.number(site, limit, value)
        rows.append([words.limit(limit.rule), Cell(said, state=state), number, words.bound(limit.rule), left])
    columns = [Column(_("Veto rule"), lead=True), Column(_("State")), Column(_("Now")), Column(_("Limit"))]
    table([*columns, Column(_("Left"))], rows, key="lights")


def calendar(view: View, frame: pd.DataFrame) -> None:
    """The visits of two weeks."""
    lines = []
    for day in sites.calendar(frame, view.as_of):
        text = ngettext("{n} visit", "{n} visits", len(day.visits)) if day.visits else _("No visit")
        failed = _(", {n} failed", n=day.down) if day.down else ""
        state = "red" if day.down else "green" if day.visits else "none"
        marks = [_mark(at, opened) for at, opened in day.visits]
        lines.append(Line(format.day(day.start), text + failed, state, marks))
    visits(lines)


def _mark(at: datetime, opened: bool) -> Mark:
    outcome = _("opened") if opened else _("not opened")
    return Mark(at.hour * 60 + at.minute, "green" if opened else "red", f"{at:%H:%M} {outcome}")


def items(view: View, site: Site) -> None:
    """The work items about the site, and those that may be begun."""
    reference = key_reference(site["source"], site["key"])
    origins.about(view, "site", reference, area=int(site["area"]), title=str(site["name"]))


# --- rules -------------------------------------------------------------------------------------------


def rules(view: View, site: Site, frame: pd.DataFrame) -> None:
    """The newest check of each rule, failed ones first; without a browser it says what that leaves out."""
    decided = _decided(site, frame)
    newest = sites.newest(frame)
    passed = [] if _unfolded() else [check for check in newest if check["passed"]]
    rows = [_rule_row(view, site, check, decided) for check in newest if _unfolded() or not check["passed"]]
    rows += [_passed_row(rule, list(checks)) for rule, checks in groupby(passed, itemgetter("rule"))]
    if sites.lacks_browser(frame):
        header.notice(
            _("Accessibility was checked without a browser: what needs one, such as contrast, is not included.")
        )
    columns = [
        Column(_("Rule"), lead=True), Column(_("State"), short=True), Column(_("Observed"), number=True),
        Column(_("Checked"), short=True), Column(_("What was found")), Column(_("Decision")),
    ]  # fmt: skip
    if rows:
        table(columns, rows, key="rules")
    else:
        header.notice(_("Nothing was checked here in the last two weeks."))


def folding(view: View, site: Site) -> list[tuple[str, str]]:
    """The link that shows every check that passed, or one line a rule again."""
    text, show = (_("One line a rule"), None) if _unfolded() else (_("Every check"), "all")
    return [(text, view.href("site", **evidence.key_of(site), show=show))]


def _unfolded() -> bool:
    return st.query_params.get("show") == "all"


def _passed_row(rule: str, passed: list[Check]) -> list[Cell | str]:
    """A rule that passed, whatever the number of columns or guides it passed for."""
    pages = ngettext("{n} page", "{n} pages", len(passed)) if len(passed) > 1 else ""
    value = observed(passed[0]) if len(passed) == 1 else ""
    at = format.stamp(max(check["checked_at"] for check in passed))
    return [Cell(words.rule(rule), note=pages), Cell(_("Passed"), state="green"), value, at, "", ""]


def _rule_row(view: View, site: Site, check: Check, decided: list[Decision]) -> list[Cell | str]:
    about = "" if check["kind"] == "site" else str(check["name"])
    choice = next((d for d in decided if _is_of(d, check)), None)
    return [
        Cell(words.rule(str(check["rule"])), note=about), _state(check), observed(check),
        format.stamp(check["checked_at"]),
        evidence.cell(view, site, check), Cell(_choice(choice.choice), note=choice.note) if choice else "",
    ]  # fmt: skip


def _state(check: Check) -> Cell:
    if check["passed"]:
        return Cell(_("Passed"), state="green")
    return Cell(_("Uncertain"), state="amber") if check["rule"] in UNDECIDED else Cell(_("Failed"), state="red")


def observed(check: Check) -> str:
    if check["observed"] is None:
        return ""
    unit = words.unit(str(check["observed_unit"] or ""))
    return f"{format.number(check['observed'], 0 if float(check['observed']).is_integer() else 2)} {unit}".strip()


# --- what changed -------------------------------------------------------------------------------------------------


def changes(view: View, site: Site, frame: pd.DataFrame) -> None:
    turned = sites.changes(frame)[:MOST_HISTORY]
    if not turned:
        header.notice(_("No rule turned from passed to failed, or back."), state="green")
        return
    columns = [
        Column(_("When"), short=True),
        Column(_("Rule"), lead=True),
        Column(_("Turned")),
        Column(_("What was found")),
    ]
    table(columns, [_change_row(view, site, check) for check in turned], key="changes")


def _change_row(view: View, site: Site, check: Check) -> list[Cell | str]:
    about = "" if check["kind"] == "site" else str(check["name"])
    turned = Cell(_("Mended"), state="green") if check["passed"] else Cell(_("Failed"), state="red")
    rule = Cell(words.rule(str(check["rule"])), note=about)
    return [format.stamp(check["checked_at"]), rule, turned, evidence.cell(view, site, check)]


def history(view: View, site: Site, frame: pd.DataFrame) -> None:
    failed = sites.failed(frame)[:MOST_HISTORY]
    if not failed:
        header.notice(_("No check failed."), state="green")
        return
    columns = [Column(_("When"), short=True), Column(_("Rule"), lead=True), Column(_("Observed"), number=True)]
    table([*columns, Column(_("What was found"))], [_failed_row(view, site, check) for check in failed], key="history")


def _failed_row(view: View, site: Site, check: Check) -> list[Cell | str]:
    about = "" if check["kind"] == "site" else str(check["name"])
    rule = Cell(words.rule(str(check["rule"])), note=about)
    return [format.stamp(check["checked_at"]), rule, observed(check), evidence.cell(view, site, check)]


# --- decisions ----------------------------------------------------------------------------------------------------


def decisions(view: View, site: Site, frame: pd.DataFrame) -> None:
    """The decisions on the findings of this site, and for inspectors the form to decide."""
    visitor = guard.enter()
    may = visitor.grants.may(Can.JUDGE, int(site["area"]), int(site["area"]) + 1)
    decided = _decided(site, frame)
    failed = [check for check in sites.newest(_with_visits(frame)) if not check["passed"]]
    by_id = {f"{check['rule']} {check['asset']}": check for check in failed} if may else {}
    choice = RowChoice("decide", {id: _label(check) for id, check in by_id.items()})
    if not decided and not by_id:
        return
    header.title(_("Decisions"), note=_("A dismissed finding stays visible and does not count"))
    desk.show_outcome(DECISIONS)
    for decision in decided:
        _one(view, visitor, decision, may)
    if by_id:
        _form(view, visitor, choice, by_id)


def _with_visits(frame: pd.DataFrame) -> pd.DataFrame:
    """A site that opens now may have failed this week: its last failed visit represents the week's."""
    visits_ = frame[(frame["rule"] == "site_open") & ~frame["passed"].astype(bool)]
    return pd.concat([frame[frame["rule"] != "site_open"], visits_.tail(1)])


def _decided(site: Site, frame: pd.DataFrame) -> list[Decision]:
    assets = {str(site["key"]), *map(str, frame["asset"].unique())}
    return findings.listing(visitors.desk(), str(site["source"]), assets)


def _is_of(decision: Decision, check: Check) -> bool:
    same = decision.asset == check["asset"] and decision.rule == check["rule"] and decision.taken_back_at is None
    return same and decision.covers(pd.Timestamp(check["checked_at"]).to_pydatetime())


def _one(view: View, visitor: Visitor, decision: Decision, may: bool) -> None:
    line, button = st.columns([5, 1], vertical_alignment="center")
    past = decision.taken_back_at is not None
    state = "none" if past else {"dismissed": "amber", "confirmed": "red"}[decision.choice]
    until = _(", holds for {n} days", n=decision.holds) if decision.holds else ""
    what = f"{words.rule(decision.rule)} {decision.asset}"
    text = _("Taken back") if past else _choice(decision.choice)
    with line:
        header.notice(
            f"{text}: {what} · {decision.note} · {decision.who} {format.stamp(decision.at)}{until}", state=state
        )
    if may and not past and button.button(_("Take back"), key=f"back{decision.id}"):
        take_back = partial(actions.take_back, visitors.desk(), Actor.of(visitor), view.edition, decision.id)
        desk.act(partial(_act, take_back), _("Taken back; it counts again in a minute."), place=DECISIONS)


def _choice(choice: str) -> str:
    return {"confirmed": _("Confirmed"), "dismissed": _("Dismissed")}[choice]


def _form(view: View, visitor: Visitor, choice: RowChoice[str], by_id: Mapping[str, Check]) -> None:
    with st.form(desk.form_key("decide"), enter_to_submit=False, border=False):
        first, second, third = st.columns([3, 4, 2])
        id = choice.draw(_("Finding"), first)
        note = second.text_input(_("Note: why"), autocomplete="off", max_chars=findings.LONGEST_NOTE)
        holds = third.selectbox(
            _("Holds on"), HOLDS, format_func=lambda n: ngettext("{n} day", "{n} days", n) if n else _("no")
        )
        with st.container(horizontal=True):
            confirmed = st.form_submit_button(_("Confirm"))
            dismissed = st.form_submit_button(_("Dismiss"))
    if (confirmed or dismissed) and choice.made() and id:
        _decide(view, visitor, by_id[id], "dismissed" if dismissed else "confirmed", note, holds)


def _label(check: Check) -> str:
    about = "" if check["kind"] == "site" else f" · {check['name']}"
    return f"{words.rule(str(check['rule']))}{about}"


def _decide(view: View, visitor: Visitor, check: Check, choice: Choice, note: str, holds: int) -> None:
    decide = partial(
        actions.decide, visitors.desk(), Actor.of(visitor), view.edition, source=str(st.query_params.get("source", "")),
        asset=str(check["asset"]), rule=str(check["rule"]), choice=choice, note=note, at=_now(view), holds=holds,
    )  # fmt: skip
    said = _("Noted; the verdict follows in a minute.") if choice == "dismissed" else _("Noted.")
    desk.act(partial(_act, decide), said, form="decide", place=DECISIONS)


def _act(work: Callable[[], Any]) -> None:
    """Do it, and have it published."""
    work()
    publish_in_background()


def _now(view: View) -> datetime:
    """The present; in a demonstration, whose data stay as of their own time, the last instant of these."""
    if view.edition.demo:
        return view.as_of - timedelta(seconds=1)
    return datetime.now(ZoneInfo(view.edition.zone)).replace(tzinfo=None)
