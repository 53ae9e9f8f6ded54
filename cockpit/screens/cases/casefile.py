"""The file of a case: verdicts, durations, log, contacts, chain of repeats."""

from collections.abc import Iterable, Mapping
from typing import Any

from cockpit import settings
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.components.status.verdicts import ORDER, Verdict
from cockpit.i18n import _, ngettext
from cockpit.labels import format, phones, words
from cockpit.screens.shared import case_href
from cockpit.view_state import View
from data.values.calendar import calendar
from data.values.zones import elapsed
from metrics.availability.feeds import lacked_columns
from metrics.cases.casefile import Contact, Step, contacts
from metrics.cases.chain import Chain

Case = Mapping[str, Any]
DAY_MINUTES = 1440
OFTEN = {"returned": 2, "extended": 2, "reworked": 3}
"""From how many times on it is red: a second refusal or extension, a third failed check."""


def verdicts(view: View, case: Case) -> list[Verdict]:
    """Everything that a reader must know at once, the worst first."""
    worded_verdicts = [
        Verdict(*words.standing(case, view.as_of)),
        *_clocks(view, case),
        *_counts(case),
        *_of_the_caller(case),
        *([Verdict(_("Repeat"), "amber")] if case["repeated"] or case["repeat_of"] else []),
        *([Verdict(_("Deferred"))] if case["deferred"] else []),
    ]
    return sorted(worded_verdicts, key=lambda verdict: ORDER.index(verdict.state))


def _clocks(view: View, case: Case) -> Iterable[Verdict]:
    """The clocks before the last one, where they were missed."""
    names = {"signed_at": _("Signed for late"), "responded_at": _("Responded to late")}
    waiting = {"signed_at": _("Not signed for in time"), "responded_at": _("Not responded to in time")}
    for done, due in (("signed_at", "sign_due_at"), ("responded_at", "respond_due_at")):
        at, limit = case[done], case[due]
        if limit is None:
            continue
        if at is not None and at > limit:
            yield Verdict(names[done], "amber")
        elif at is None and case["closed_at"] is None and limit < view.as_of:
            yield Verdict(waiting[done], "red")


def _counts(case: Case) -> Iterable[Verdict]:
    returned, extended, reworked = (case[name] or 0 for name in OFTEN)
    texts = {
        "returned": ngettext("Returned {n} time", "Returned {n} times", returned),
        "extended": ngettext("Extended {n} time", "Extended {n} times", extended),
        "reworked": ngettext("Failed {n} check", "Failed {n} checks", reworked),
    }
    for name, often in OFTEN.items():
        if n := case[name] or 0:
            yield Verdict(texts[name], "red" if n >= often else "amber")


def _of_the_caller(case: Case) -> Iterable[Verdict]:
    """The caller's answers; none if the caller was not reached."""
    if case["reached"] is False:
        yield Verdict(_("Caller not reached"))
        return
    said = {"solved": (_("Solved"), _("Not solved")), "satisfied": (_("Satisfied"), _("Dissatisfied"))}
    for name, (good, bad) in said.items():
        if case[name] is not None:
            yield Verdict(good if case[name] else bad, "green" if case[name] else "red")


def spent(view: View, case: Case) -> list[Item]:
    """The time taken in all, in working days too where the deadline is counted in them."""
    start, end = case["registered_at"], case["closed_at"] or view.as_of
    label = _("Time taken") if case["closed_at"] else _("Time so far")
    took = format.age(elapsed(start, end, view.edition.zone))
    due, days = case["due_at"], calendar(settings.current().calendar)
    if case["due_calendar"] == "workday":
        worked = days.working_minutes(start, end) / DAY_MINUTES
        note = _("{n} working days", n=format.number(worked, 1))
        if due is not None:
            limit = days.workdays_between(start.date(), due.date())
            note += _(", ") + ngettext("{n} working day allowed", "{n} working days allowed", limit)
        return [Item(label, took, note=note)]
    allowed = _("{age} allowed", age=format.age(elapsed(start, due, view.edition.zone))) if due and due > start else ""
    return [Item(label, took, note=allowed)]


def description(view: View, case: Case) -> None:
    """The description of the case, as its source gives it."""
    item = Item(words.column("description", "cases"), case["description"] or "")
    without = _older(view, "cases", "description") or _("Not delivered by the source")
    record([item if item.text else Item(item.label, without, state="none")], key="description")


def _older(view: View, fact: str, column: str) -> str:
    """What to say where an edition of an older release lacks a column of a fact; else nothing."""
    lacked = column in lacked_columns(view.edition, fact)
    return _("An earlier release published this edition: publish again") if lacked else ""


def log(view: View, lines: list[Step]) -> None:
    """The steps in order, each with the time it took."""
    header.title(_("Log"))
    if not lines:
        older = _older(view, "steps", "case_key")
        header.notice(older or _("The source delivers no log of this case."))
        return
    columns = [
        Column(words.column("action", "steps"), lead=True),
        Column(words.column("unit", "steps")),
        Column(words.column("officer", "steps")),
        Column(words.column("started_at", "steps"), short=True),
        Column(words.column("ended_at", "steps"), short=True),
        Column(_("Time taken"), short=True),
        Column(words.column("result", "steps")),
    ]
    table(columns, [_line(view, line) for line in lines], key="log")


def _line(view: View, line: Step) -> list[Cell | str]:
    took = elapsed(line.started_at, line.ended_at or view.as_of, view.edition.zone)
    age = format.age(took) if took.total_seconds() >= 60 else ""
    return [
        words.value("action", line.action),
        line.unit or "",
        " ".join(filter(None, (line.post, line.officer))),
        format.stamp(line.started_at),
        format.stamp(line.ended_at) if line.ended_at else _("In hand"),
        age if line.ended_at else _("so far {age}", age=format.age(took)),
        line.result or "",
    ]


def units(view: View, case: Case, lines: list[Step]) -> None:
    """The responsible unit, co-operating units and earlier handlers, each with the telephone of the office."""
    roles = {case["unit"]: words.column("unit", "cases")} if case["unit"] else {}
    for name in phones.SEPARATORS.split(case["co_units"] or ""):
        if name.strip():
            roles.setdefault(name.strip(), words.column("co_units", "cases"))
    for line in lines:
        if line.unit:
            roles.setdefault(line.unit, words.column("unit", "steps"))
    known = contacts(view.edition, case["area"], roles)
    header.title(_("Units and contacts"))
    if not roles:
        header.notice(_("The source names no unit."))
        return
    items = [_unit(role, name, known.get(name)) for name, role in roles.items()]
    record([item for pair in items for item in pair], key="units")


def _unit(role: str, name: str, contact: Contact | None) -> Iterable[Item]:
    """A unit, and below the responsible one the unit above it."""
    notes = [words.value("unit_kind", contact.kind)] if contact and contact.kind else []
    yield _with_phone(role, name, contact.phone if contact else None, notes)
    if contact and contact.parent and role == words.column("unit", "cases"):
        yield _with_phone(_("Unit above"), contact.parent, contact.parent_phone, [])


def _with_phone(label: str, name: str, phone: str | None, notes: list[str]) -> Item:
    parts = phones.parts(phone)
    numbers = [(part, phones.href(part)) for part in parts if phones.is_number(part)]
    others = [part for part in parts if not phones.is_number(part)]
    missing = [] if parts else [_("telephone not provided")]
    return Item(label, name, note=_(", ").join([*notes, *others, *missing]), links=numbers)


def repeats(view: View, case: Case, chain: Chain) -> None:
    """The chain of repeats, the oldest first; those of other areas are counted only."""
    if chain.length < 2:
        return
    own = [(row["source"], row["key"]) for row in chain.cases].index((case["source"], case["key"])) + 1
    note = ngettext("{n} of another area is not shown", "{n} of other areas are not shown", chain.hidden)
    header.title(
        ngettext("Chain of repeats: {n} case", "Chain of repeats: {n} cases", chain.length),
        note=note if chain.hidden else "",
    )
    if chain.cut:
        header.notice(_("The chain is longer; shown are the cases nearest to this one."))
    columns = [
        Column(_("No."), number=True),
        Column(words.column("title", "cases"), lead=True),
        Column(words.column("registered_at", "cases"), short=True),
        Column(words.column("unit", "cases")),
        Column(_("State"), short=True),
        Column(_("Callback")),
    ]
    lines = [_repeat(view, row, n, n == own) for n, row in enumerate(chain.cases, 1)]
    table(columns, lines, key="chain")


def _repeat(view: View, row: Case, n: int, this: bool) -> list[Cell | str]:
    about = str(row["title"] or row["subcategory"] or row["category"] or words.value("kind", row["kind"]))
    text, state = words.standing(row, view.as_of)
    said = list(_of_the_caller(row))
    return [
        format.number(n),
        Cell(
            about,
            "" if this else case_href(view, row["source"], row["key"]),
            note=_("this case") if this else row["key"],
        ),
        format.stamp(row["registered_at"]),
        row["unit"] or "",
        Cell(text, state=state),
        words.listed(verdict.text for verdict in said),
    ]
