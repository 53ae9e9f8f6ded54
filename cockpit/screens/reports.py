"""The page of reports: the builder, the preview, what is being made, and what was."""

from functools import partial

import streamlit as st
from pydantic import ValidationError

from cockpit import format, settings
from cockpit.access import record, visitors
from cockpit.access.policy import Can
from cockpit.access.visitors import Visitor
from cockpit.components import actions, header
from cockpit.components.record import Item
from cockpit.components.record import record as shown
from cockpit.components.table import Cell, Column, table
from cockpit.errors import CockpitError
from cockpit.i18n import _, language
from cockpit.nav import link
from cockpit.reports import content, make, shelf
from cockpit.reports import request as requests
from cockpit.reports.kind import Kind
from cockpit.reports.request import MOST_AREAS, Request, kinds_of
from cockpit.reports.writers import page
from cockpit.screens import desk, words
from cockpit.screens.shared import area_name
from cockpit.view import View
from data.desk import reports
from data.desk.reports import DRAFT, FAILED, FINAL, ISSUED, QUEUED, RUNNING, Report
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError

FORMATS = {"docx": "Word (DOCX)", "pdf": "PDF", "xlsx": "Excel (XLSX)", "csv": "CSV (ZIP)"}
ACTIVE = (QUEUED, RUNNING)
LOOK_SECONDS = 1.0
MOST_CHOICES = 600
_SHOWN = "reports.preview"


# --- the builder --------------------------------------------------------------------------------------------------


def builder(view: View) -> Request | None:
    """Kind, areas, format and, where the kind lets choose, metrics. None where the visitor may make none here."""
    offered = _offered(view)
    if not offered:
        header.notice(_("No report can be made for {area} with your grants.", area=view.area.name))
        return None
    wanted = st.query_params.get("kind", "")
    ids = [kind.id for kind in offered]
    first, second, third = st.columns([3, 5, 2])
    named = {kind.id: kind.name[language()] for kind in offered}
    index = ids.index(wanted) if wanted in ids else 0
    id = first.selectbox(_("Kind"), ids, index=index, format_func=lambda name: named[name], key="kind")
    kind = next(kind for kind in offered if kind.id == id)
    codes = [view.area.code, *(place.code for place in areas.children(view.edition, view.area)[:MOST_CHOICES])]
    codes = [code for code in codes if requests.fits(kind, areas.area(view.edition, code).level)]
    chosen = second.multiselect(
        _("Areas"), codes, default=codes[:1], format_func=partial(area_name, view.edition), max_selections=MOST_AREAS,
        key=f"areas-{view.area.code}-{id}",
    )  # fmt: skip
    layout = third.selectbox(_("Format"), kind.formats, format_func=lambda name: FORMATS[name], key=f"format-{id}")
    metrics = _metrics(view, kind) if kind.choose else ()
    deadline = desk.day(st.columns([3, 7])[0], _("Deadline of the reply")) if id == "notice" else None
    header.notice(kind.about[language()])
    try:
        return Request(
            kind=id, areas=tuple(chosen), start=view.period.start, end=view.period.end, vs=view.compare,
            format=layout, lang=language(), edition=view.edition.id, metrics=metrics, deadline=deadline,  # type: ignore[arg-type]
        )  # fmt: skip
    except ValidationError:
        header.notice(_("Choose an area."), state="amber")
        return None


def _offered(view: View) -> list[Kind]:
    """The kinds that may be made for the area or for those right below it."""
    place, own = view.area, kinds_of(settings.current()).values()
    below = areas.below(place.level)
    levels = [place.level, *([below] if below else [])]
    return [
        kind
        for kind in own
        if view.grants.may(shelf.takes(kind), place.code, place.end)
        and any(requests.fits(kind, level) for level in levels)
    ]


def _metrics(view: View, kind: Kind) -> tuple[str, ...]:
    """The metrics chosen, none where they are the kind's own."""
    known = view.catalog.metrics
    chosen = st.multiselect(
        _("Metrics"), list(known), default=list(kind.metrics), format_func=lambda name: known[name].name[language()],
        key=f"metrics-{kind.id}",
    )  # fmt: skip
    return tuple(chosen) if tuple(chosen) != kind.metrics else ()


def buttons(visitor: Visitor, asked: Request) -> None:
    """Look at it, or have it made."""
    with st.container(horizontal=True, key="ask"):
        if st.button(_("Preview")):
            st.session_state[_SHOWN] = asked
        if st.button(_("Make the report"), type="primary"):
            st.session_state.pop(_SHOWN, None)
            _ask(visitor, asked)


def _ask(visitor: Visitor, asked: Request) -> None:
    try:
        kept, _told = make.ask(visitors.desk(), settings.current(), asked, visitor.grants, visitor.name)
    except (CockpitError, MetricsError) as error:
        header.notice(str(error), state="red")
        return
    assert kept is not None  # only a turn of a plan is kept once
    record.write(visitor=visitor, event="export", what=f"report {kept.id} {asked.kind} {asked.format} asked for")


def preview(view: View, asked: Request) -> None:
    """The document cut short, as long as what is asked for stays as it was looked at."""
    if st.session_state.get(_SHOWN) != asked:
        return
    header.title(_("Preview"), note=_("Tables are cut short"))
    try:
        with st.spinner(_("Making the preview…"), show_time=True):
            told = requests.check(asked, settings.current(), view.grants)
            document = content.build(told, id=_("not made yet"), who="", made_at=view.as_of)
        st.html(page.write(document))
    except (CockpitError, DataError, MetricsError) as error:
        header.notice(str(error), state="red")


# --- what is being made -------------------------------------------------------------------------------------------


def queue(visitor: Visitor) -> None:
    """What the visitor waits for; looks again each second until nothing is left, then draws the page anew."""
    if _waiting(visitor):
        st.fragment(partial(_queue, visitor), run_every=LOOK_SECONDS)()


def _queue(visitor: Visitor) -> None:
    left = _waiting(visitor)
    if not left:
        st.rerun()
    header.title(_("Being made"), note=_("You may leave this page: it goes on"))
    for report in left:
        name = shelf.title(settings.current(), report)
        told = _("waiting its turn") if report.status == QUEUED else _("being made")
        st.progress(report.share, f"{name} · {told} {report.step if '/' in report.step else ''}")


def _waiting(visitor: Visitor) -> list[Report]:
    return [r for r in reports.listing(visitors.desk(), who=visitor.name, limit=20) if r.status in ACTIVE]


# --- what was made ------------------------------------------------------------------------------------------------


def history(visitor: Visitor, view: View) -> None:
    """The reports that the visitor may have; a line opens one."""
    found = shelf.listing(visitors.desk(), settings.current(), visitor.grants)
    if not found:
        header.notice(_("No report was made yet."))
        return
    rows, pages = desk.some(found)
    columns = [
        Column(_("Report"), lead=True), Column(_("Areas")), Column(_("Period")), Column(_("State")),
        Column(_("Format")), Column(_("Made by")), Column(_("Asked for"), short=True), Column(_("File")),
    ]  # fmt: skip
    table(columns, [_line(view, report) for report in rows], pages=pages, key="history")


def _line(view: View, report: Report) -> list[Cell | str]:
    asked = make.request_of(report)
    names = [area_name(view.edition, code) for code in asked.areas[:3]]
    more = f" +{len(asked.areas) - 3}" if len(asked.areas) > 3 else ""
    kind = kinds_of(settings.current()).get(report.kind)
    return [
        Cell(kind.name[language()] if kind else report.kind, href(report), note=report.id),
        words.listed(names) + more,
        format.period(asked.period),
        state(report),
        asked.format.upper(),
        report.who,
        format.stamp(desk.local(report.asked_at)),
        Cell(_("Download"), f"/files/report/{report.id}") if report.made else "",
    ]


def state(report: Report) -> Cell:
    told = {
        QUEUED: (_("Waiting"), "none"), RUNNING: (_("Being made"), "none"), DRAFT: (_("Draft"), "none"),
        FINAL: (_("Final"), "green"), ISSUED: (_("Issued"), "green"), FAILED: (_("Failed"), "red"),
    }  # fmt: skip
    text, shape = told[report.status]
    return Cell(text, state=shape)


def href(report: Report) -> str:
    return link("reports", {"report": report.id, "lang": st.query_params.get("lang")})


def chosen(visitor: Visitor) -> Report | None:
    """The report that the address names; a line where it names none of theirs."""
    id = st.query_params.get("report", "")
    try:
        return shelf.find(visitors.desk(), settings.current(), visitor.grants, id) if id else None
    except shelf.NotThere as error:
        header.notice(str(error), state="red")
        return None


def one(visitor: Visitor, view: View, report: Report) -> None:
    """One report: where it comes from, its file, and what becomes of it."""
    asked = make.request_of(report)
    back = [(_("All reports"), link("reports", {"lang": st.query_params.get("lang")}))]
    header.title(shelf.title(settings.current(), report), note=report.id, links=back, level=1)
    desk.told()
    told = state(report)
    shown(
        [
            Item(_("State"), told.text, state=told.state, note=report.issued_by),
            Item(_("Fault"), report.fault),
            Item(_("Areas"), words.listed(f"{area_name(view.edition, code)}（{code:012}）" for code in asked.areas)),
            Item(_("Period"), format.period(asked.period)),
            Item(_("Compared with"), format.period(view.against)),
            Item(_("Filters"), words.listed(f"{words.column(k)}: {v}" for k, v in asked.where.items())),
            Item(_("Edition"), report.edition),
            Item(_("Definitions"), words.listed(_defined(view, report))),
            Item(_("Made by"), f"{report.who} · {format.stamp(desk.local(report.asked_at))}"),
            Item("SHA-256", report.sha256),
            Item(_("Sent to"), report.mail, note=report.mail_fault),
        ],
        key="report",
    )
    doors = [
        (_("Download"), f"/files/report/{report.id}" if report.made else ""),
        (_("The same view"), view.permalink(area=asked.areas[0])),
    ]
    actions.actions(doors, copy=link("cockpit", {"report": report.id}))
    if report.made:
        _moves(visitor, report)


def _defined(view: View, report: Report) -> list[str]:
    known = view.catalog.metrics
    return [f"{known[n].name[language()] if n in known else n} v{v}" for n, v in report.versions.items()]


def _moves(visitor: Visitor, report: Report) -> None:
    """From draft to final and back, from final to issued; who may take rows away may issue."""
    steps = {DRAFT: [(FINAL, _("Make it final"))], FINAL: [(DRAFT, _("Back to draft"))]}.get(report.status, [])
    if report.status == FINAL and visitor.grants.may(Can.EXPORT):
        steps.append((ISSUED, _("Mark as issued")))
    with st.container(horizontal=True, key="moves"):
        for to, text in steps:
            if st.button(text, key=f"to-{to}"):
                work = partial(reports.move, visitors.desk(), report.id, to, visitor.name)
                said = _("Done: {what}", what=text)
                desk.act(visitor, "act", f"report {report.id} {to}", work, said)
