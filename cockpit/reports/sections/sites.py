"""The websites: the verdict of each, and what the checks found of each, with the evidence."""

from collections.abc import Iterator
from typing import Any

from cockpit.i18n import _
from cockpit.labels import faults, format, words
from cockpit.labels import site_verdicts as verdicts
from cockpit.reports.context import ReportContext
from cockpit.reports.kind import Sites
from cockpit.reports.model import Block, Cell, Column, Heading, Table, Text
from cockpit.reports.sections.numbers import count, measured
from data.site_rules import site_rules
from metrics.analysis.findings import findings
from metrics.engine.frames import records
from metrics.sites import UNDECIDED


def site_tables(section: Sites, context: ReportContext) -> Iterator[Block]:
    """The tables of site checks; empty when no site is checked."""
    if len(context.sites):
        yield from _verdicts(context) if section.show == "verdicts" else _findings(section, context)


def _verdicts(context: ReportContext) -> Iterator[Block]:
    columns = [
        Column(_("No."), True, 0.6), Column(_("Site"), width=2.2), Column(_("Responsible unit"), width=1.5),
        Column(_("Score"), True, 0.8), Column(_("Verdict"), width=2.6),
        Column(_("Visits, 7 days"), True), Column(_("Not opened"), True, 0.9),
        Column(_("Home page age, days"), True), Column(_("Stale columns"), True, 0.9),
        Column(_("Blank columns"), True, 0.9), Column(_("Points lost"), True, detail=True),
        Column(_("Messages unanswered"), True, detail=True), Column(_("Address"), detail=True),
    ]  # fmt: skip
    rows = []
    for i, row in enumerate(records(context.sites), 1):
        text, state = verdicts.verdict(row)
        rows.append(
            [
                Cell(str(i), i), Cell(str(row["name"])), Cell(row["unit"] or ""), measured(row["score"], 1),
                Cell(text, state=state if state in ("red", "amber") else ""),
                count(row["visits"]), count(row["down"]), count(row["home_age"]),
                count(row["stale_listed"] + row["stale_other"]), count(row["blank"]), count(row["lost"]),
                count(row["unanswered"]), Cell(str(row.get("url") or "")),
            ]
        )  # fmt: skip
    yield Table(_("Verdicts on the sites"), columns, rows)


def _findings(section: Sites, context: ReportContext) -> Iterator[Block]:
    """A table a site: the failing sites, or all; of those that pass only what failed of a rule."""
    view = context.view
    frame = findings(view.edition, view.area.code, view.period, only_failed=section.only == "failed")
    failing = {row["key"]: set(row["vetoes"]) for row in records(context.failing_sites)}
    for (key, site), rows in frame.groupby(["site_key", "site"], sort=True):
        if section.only == "failed" and key not in failing:
            continue
        yield Heading(str(site), 2 if section.heading and section.level == 1 else 3)
        columns = [
            Column(_("Rule"), width=1.7), Column(_("Of"), width=1.4), Column(_("Found"), True),
            Column(_("Verdict"), width=1.6), Column(_("Veto"), width=0.8), Column(_("Failed"), True, 1),
            Column(_("Checked"), width=2.5), Column(_("Evidence"), width=1.8), Column(_("Checked by"), detail=True),
        ]  # fmt: skip
        yield Table(str(site), columns, [_finding(row, failing.get(key, set())) for row in records(rows)])
    if section.only == "failed" and not failing:
        yield Text(_("Every site passes."))


def _finding(row: dict[str, Any], vetoes: set[str]) -> list[Cell]:
    veto = row["veto"] or (not row["passed"] and not vetoes.isdisjoint(site_rules().vetoes_of(row["rule"])))
    observed = format.given(row["observed"])
    value = "" if observed is None else format.number(observed, 0 if observed == int(observed) else 1)
    value = f"{value} {row['observed_unit'] or ''}".strip() if value else ""
    evidence = words.listed(faults.texts(str(row["evidence"] or "")))
    return [
        Cell(rule(str(row["rule"]))), Cell(str(row["name"])), Cell(value, observed),
        _verdict(row),
        Cell(_("Yes") if veto else _("No")), Cell(f"{row['failed']}/{row['checks']}"),
        Cell("", row["checked_at"]), Cell(evidence or _("none kept")), Cell(str(row["checker"] or "")),
    ]  # fmt: skip


def _verdict(row: dict[str, Any]) -> Cell:
    if row["passed"]:
        return Cell(_("passed"))
    return Cell(_("uncertain"), state="amber") if row["rule"] in UNDECIDED else Cell(_("not passed"), state="red")


def rule(name: str) -> str:
    """The requirement of a check rule."""
    names = {
        "site_open": _("opens within 15 s"), "home_updated": _("home page updated within 14 days"),
        "column_open": _("column opens"), "column_updated": _("column updated in time"),
        "column_items": _("column has items"), "guide_elements": _("guide is complete"),
        "messages_unanswered": _("messages answered"), "function_answers": _("function answers"),
        "links_dead": _("no dead links"), "search_works": _("search works"), "certificate": _("certificate is valid"),
        "https": "HTTPS", "ipv6": "IPv6", "required_links": _("required marks and links"),
        "page_title": _("page has a title"), "elder_mode": _("elder mode"), "accessibility": _("accessibility"),
        "axe_faults": _("accessibility in a browser"), "measured": _("could be judged"),
        "uncertain": _("opens in a browser"),
    }.get(name)  # fmt: skip
    if names:
        return names
    kind, colon, what = name.partition(":")
    return _("deduction: {what}", what=words.deduction(what)) if colon and kind == "deduction" else name
