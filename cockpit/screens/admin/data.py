"""The data page: editions, deliveries, rejects, and reconciliation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cockpit import editions, problem, settings
from cockpit import view as views
from cockpit.access import district_wide, guard
from cockpit.access.policy import Can
from cockpit.address import link
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, ngettext
from cockpit.labels import format, wording, words
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.editions.edition import EditionInfo
from data.editions.edition import editions as published
from data.editions.files import rolled_back
from data.errors import DataError
from data.home import Home
from data.ingest import ledger
from data.ingest.ledger import Batch, Reject
from data.messages import Message
from data.push.spool import Spool
from metrics.analysis.reconcile import reconciled as stored_findings
from metrics.engine.frames import records

SECONDS = 5
"""Cache lifetime of store queries: the store changes while deliveries are loaded."""
MOST_RAW = 600
LOAD, LET_IN, PUBLISH, ALL, PUSHES = (
    f"python -m cockpit {command}"
    for command in ("load SOURCE.yaml", "load SOURCE.yaml --force", "publish", "rejects", "pushes")
)
Facts = list[dict[str, Any]]


@dataclass(frozen=True)
class Delivered:
    """The deliveries in the store, or why it cannot be read now."""

    batches: Sequence[Batch] = ()
    fault: Message | None = None


@dataclass(frozen=True)
class Refused:
    """Why rows of one delivery were refused, and a page of them."""

    reasons: Sequence[tuple[str, int]] = ()
    rows: Sequence[Reject] = ()
    fault: Message | None = None


def home() -> Home:
    return settings.current().data


def view_or_none() -> View | None:
    """The view of the address; None before the first publication, when the page still lists the deliveries."""
    try:
        editions.current(settings.current())
    except DataError as fault:
        guard.open_page("data")
        problem.no_edition(wording.worded(fault))
        return None
    return views.current("data")


@st.cache_data(ttl=SECONDS, max_entries=8, show_spinner=False)
def delivered(root: str, _home: Home) -> Delivered:
    """The deliveries, newest first."""
    try:
        return Delivered(ledger.batches(_home))
    except DataError as error:
        return Delivered(fault=error.message)


@st.cache_data(ttl=SECONDS, max_entries=64, show_spinner=False)
def refused(root: str, batch: int, first: int, _home: Home) -> Refused:
    """A page of the rejected rows of one delivery, after the `first` ones."""
    try:
        return Refused(ledger.reasons(_home, batch), ledger.rejects(_home, batch, desk.AT_ONCE, first))
    except DataError as error:
        return Refused(fault=error.message)


@st.cache_data(ttl=SECONDS, max_entries=8, show_spinner=False)
def listed(root: str, newest: str, _home: Home) -> list[EditionInfo]:
    """The editions, newest first. `newest` is in the key so that one just published is seen at once."""
    return published(_home)


@st.cache_data(max_entries=16, show_spinner=False)
def reconciled(edition: str, _view: View) -> Facts:
    """The reconciliations of an edition, which never change."""
    # it says whether the numbers agree, not what they are: of the whole district, for every user
    return records(stored_findings(editions.named(settings.current(), _view.edition.id), _view.catalog))


# --- editions -----------------------------------------------------------------------------------------------------


def editions_table(view: View) -> None:
    """The published editions; one opens the cockpit as it was then. How much they hold is for the whole district."""
    own = home()
    rows = listed(str(own.root), view.newest, own)
    counted = district_wide.may(view.grants, Can.DATA)
    columns = [Column(_("Edition"), lead=True), Column(_("State")), Column(_("As of")), Column(_("Published"))]
    columns += [Column(_("Cases"), number=True), Column("MB", number=True)] if counted else []
    table(columns, [_edition_row(view, edition, counted) for edition in rows], key="editions")


def _edition_row(view: View, edition: EditionInfo, counted: bool) -> list[Cell | str]:
    href = view.href(edition=None if edition.current else edition.id) if view.grants.may(Can.LOOK) else ""
    return [
        Cell(edition.id, href, note=_("shown here") if edition.id == view.edition.id else ""),
        Cell(_("Current"), state="green") if edition.current else Cell(_("Kept"), state="none"),
        format.stamp(edition.as_of),
        format.stamp(edition.published_at),
        *((format.number(edition.cases), format.number(edition.size_mb, 1)) if counted else ()),
    ]


# --- deliveries ---------------------------------------------------------------------------------------------------


def batches() -> Sequence[Batch]:
    """The deliveries as a table, newest first; what is held says how it is let in.

    Deliveries are of the whole district: users of a part see when they arrived, not how many rows.
    """
    own, counted = home(), district_wide.may(guard.enter().grants, Can.DATA)
    if counted:
        _pushes(own, operates())
    deliveries = delivered(str(own.root), own)
    if deliveries.fault:
        busy(deliveries.fault)
        return ()
    if not deliveries.batches:
        header.notice(_("Nothing was delivered yet."))
        return ()
    for batch in deliveries.batches:
        if counted and batch.held and not batch.push and batch is newest_of(deliveries.batches, batch.source):
            _held(batch, operates())
    counts = (_("Rows read"), _("Rows accepted"), _("Rows updated"), _("Rows refused"), _("Rows skipped"), _("Seconds"))
    columns = [
        Column(_("Batch")),
        Column(_("Source"), lead=True),
        Column(_("State")),
        Column(_("File")),
        Column(_("Loaded")),
        *(Column(text, number=True) for text in counts if counted),
    ]
    table(columns, [_batch_row(batch, counted) for batch in deliveries.batches], key="batches")
    return deliveries.batches


def operates() -> bool:
    """Whether the visitor loads and publishes: commands are for them, not for those who only read."""
    return district_wide.may(guard.enter().grants, Can.REJECTS)


def _pushes(own: Home, commands: bool) -> None:
    """Counts of pushes in progress, and of those that wait for a decision."""
    try:
        counts = Spool(own).counts()
    except DataError as fault:
        busy(fault.message)
        return
    if waiting := counts["queued"] + counts["loaded"]:
        text = ngettext("{n} push waits to be published.", "{n} pushes wait to be published.", waiting)
        if rolled_back(own) and commands:
            text += (
                " " + _("An older edition was chosen, so nothing is published before somebody does:") + f" {PUBLISH}"
            )
        header.notice(text)
    for state in ("held", "failed"):
        if commands and (count := counts[state]):
            header.notice(f"{_stopped(state, count)} {PUSHES} --state {state}", state="amber")


def _stopped(state: str, count: int) -> str:
    if state == "held":
        return ngettext(
            "{n} push is held, as too many of its rows were refused. See it, and let it in with --let-in:",
            "{n} pushes are held, as too many of their rows were refused. See them, and let them in with --let-in:",
            count,
        )
    return ngettext("{n} push could not be read. See why:", "{n} pushes could not be read. See why:", count)


def newest_of(deliveries: Sequence[Batch], source: str) -> Batch:
    """The last delivery of a source: an older one that was held is past."""
    return next(batch for batch in deliveries if batch.source == source)


def _held(batch: Batch, commands: bool) -> None:
    share = format.number(100 * batch.rejected / batch.rows_read, 1) if batch.rows_read else "100"
    if not commands:
        text = _(
            "Batch {n} of {source} is held: {share} % of its rows were refused. The data officer decides about it.",
            n=batch.batch,
            source=batch.source,
            share=share,
        )
        header.notice(text, state="amber")
        return
    header.notice(
        _("Batch {n} of {source} is held: {share} % of its rows were refused. Mend it, or let it in as it is:",
          n=batch.batch, source=batch.source, share=share) + f" {LET_IN}",
        state="amber",
        links=[(_("What was refused"), here(batch=batch.batch))],
    )  # fmt: skip


def _batch_row(batch: Batch, counted: bool) -> list[Cell | str]:
    states = {
        "accepted": (_("Taken in"), "green"),
        "held": (_("Held"), "amber"),
        "unloaded": (_("Unloaded"), "none"),
    }
    text, state = states.get(batch.status, (batch.status, "none"))
    cells: list[Cell | str] = [
        str(batch.batch),
        batch.source,
        Cell(text, state=state, note=_("forced") if batch.forced else ""),
        batch.name,
        format.stamp(batch.finished_at) if batch.finished_at else "",
    ]
    return [*cells, *_counts(batch)] if counted else cells


def _counts(batch: Batch) -> list[Cell | str]:
    return [
        *(format.number(count) for count in (batch.rows_read, batch.accepted, batch.updated)),
        Cell(format.number(batch.rejected), here(batch=batch.batch) if batch.rejected else ""),
        _skipped(batch),
        format.number(batch.seconds, 1) if batch.seconds is not None else "",
    ]


def _skipped(batch: Batch) -> Cell | str:
    """Counts of rejected rows by reason."""
    if not batch.skipped:
        return "" if batch.skipped is None else "0"
    why = words.listed(f"{words.skip(name)} {format.number(count)}" for name, count in sorted(batch.skipped.items()))
    return Cell(format.number(sum(batch.skipped.values())), note=why)


# --- what was refused ---------------------------------------------------------------------------------------------


def rejects(deliveries: Sequence[Batch]) -> None:
    """Rejects of the delivery in the address, else of the newest with rejects: counts by reason, rows by pages."""
    chosen = _chosen(deliveries)
    if chosen is None:
        header.notice(_("No row was refused in these deliveries."), state="green")
        return
    own = home()
    last = max(1, -(-chosen.rejected // desk.AT_ONCE))
    number = min(desk.page_number(), last)
    what = refused(str(own.root), chosen.batch, (number - 1) * desk.AT_ONCE, own)
    if what.fault:
        busy(what.fault)
        return
    header.title(
        _("Batch {n} of {source}: {rejected} of {read} rows", n=chosen.batch, source=chosen.source,
          rejected=format.number(chosen.rejected), read=format.number(chosen.rows_read)), level=3,
    )  # fmt: skip
    if not what.reasons:
        header.notice(_("No row of it was refused."), state="green")
        return
    table(
        [Column(_("Reason"), lead=True), Column(_("How many"), number=True)],
        [[words.reason(reason), format.number(count)] for reason, count in what.reasons],
        key="reasons",
    )
    every = ngettext("{n} row, phone and ID numbers masked", "{n} rows, phone and ID numbers masked", chosen.rejected)
    table(
        [Column(_("Line"), number=True), Column(_("Number"), lead=True), Column(_("Reasons")), Column(_("As it came"))],
        [_reject_row(row) for row in what.rows],
        caption=_("{rows}; as a file: {command}", rows=every, command=f"{ALL} --source {chosen.source} --format csv"),
        pages=desk.pages(number, more=number < last),
        key="rejects",
    )


def _reject_row(row: Reject) -> list[Cell | str]:
    raw = row.raw if len(row.raw) <= MOST_RAW else f"{row.raw[:MOST_RAW]}…"
    fixed = _("mended by batch {n}", n=row.fixed_by) if row.fixed_by else ""
    reasons = Cell(words.listed(map(words.reason, row.reasons)), note=fixed)
    return [format.number(row.row), row.key or "–", reasons, Cell(raw, code=True)]


def _chosen(deliveries: Sequence[Batch]) -> Batch | None:
    requested = st.query_params.get("batch", "")
    named = next((batch for batch in deliveries if str(batch.batch) == requested), None)
    if requested and named is None:
        header.notice(_("There is no batch {n} among the last {count}.", n=requested, count=len(deliveries)))
    return named or next((batch for batch in deliveries if batch.rejected), None)


def busy(fault: Message) -> None:
    """The store is not to be had now; everything else on the page is."""
    text = _("The store is busy, most likely with a delivery being loaded. Look again in a minute.")
    header.notice(_("{text} ({why})", text=text, why=wording.worded(fault)), state="amber")


def here(**changes: object) -> str:
    return link("data", st.query_params.to_dict() | changes)


# --- do the numbers agree -----------------------------------------------------------------------------------------


def reconciliations(view: View) -> None:
    """Every check with pass or fail; made once an edition."""
    with st.spinner(_("Checking whether the numbers agree…"), show_time=True):
        facts = reconciled(view.edition.id, view)
    columns = [
        Column(_("Check"), lead=True),
        Column(_("State")),
        Column(_("Tried"), number=True),
        Column(_("Faults"), number=True),
        Column(_("First faults")),
    ]
    everywhere = district_wide.may(view.grants, Can.DATA)
    table(columns, [_finding_row(finding, everywhere) for finding in facts], key="reconcile")


def _finding_row(finding: dict[str, Any], everywhere: bool) -> list[Cell | str]:
    """Reconciliation results; details require district-wide permission."""
    if not finding["tried"]:
        state = Cell(_("Nothing to check"), state="none")
    else:
        state = Cell(_("Passed"), state="green") if finding["passed"] else Cell(_("Failed"), state="red")
    return [
        check(finding["check"]),
        state,
        format.number(finding["tried"]) if everywhere else "",
        format.number(finding["faults"]) if everywhere else "",
        wording.worded(finding["detail"]) if everywhere else "",
    ]


def check(name: str) -> str:
    """The two quantities that a reconciliation compares."""
    return {
        "balance": _("Backlog at the start + intake − closed − cancelled = backlog at the end, each town and month"),
        "children": _("Own level and areas below together = the area, every metric that adds up"),
        "parts": _("A part is not more than its whole, every rate, town and month"),
        "conflict": _("Two sources of one reading agree within 1 % or one unit"),
        "chains": _("Satisfied ≤ rated ≤ closed, and in time ≤ closed ≤ due, each town and month"),
        "due_before_accepted": _("No deadline before the case was accepted"),
        "area_not_valid": _("Every case lies in an area that existed on its day"),
        "negative_time": _("No stage ends before it begins"),
        "printed": _("A rate delivered in % with its sample is that of a whole count"),
        "closed_before_registered": _("No case closed before it was registered"),
        "due_before_registered": _("No deadline before the case was registered"),
        "unknown_area": _("Every case lies in a known area"),
        "from_the_future": _("No case registered after the data's time"),
        "fresh": _("Every source delivered within two of its cycles"),
    }.get(name, name)


# --- how to -------------------------------------------------------------------------------------------------------


def how_to() -> None:
    """Two lines that load and publish."""
    record(
        [
            Item(_("Load a delivery"), LOAD),
            Item(_("Publish what is loaded"), PUBLISH),
        ],
        key="how",
    )
