"""The builder of the page of reports: the request, a preview, and the order to make it."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st
from pydantic import ValidationError

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.visitors import Visitor
from cockpit.actions import reports
from cockpit.actions.action import Actor
from cockpit.components.navigation import header
from cockpit.errors import CockpitError
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.labels.wording import worded
from cockpit.panels import answers
from cockpit.reports import request as requests
from cockpit.reports.errors import explained
from cockpit.reports.kind import Kind
from cockpit.reports.request import MOST_AREAS, Request, kinds_of
from cockpit.reports.sections import content
from cockpit.reports.writers import page
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.errors import DataError
from metrics import areas
from metrics.engine.plan import filters

FORMATS = {"docx": "Word (DOCX)", "pdf": "PDF", "xlsx": "Excel (XLSX)", "csv": "CSV (ZIP)"}
A_ROW = 4
"""Filters side by side."""
MOST_CHOICES = 600
_SHOWN = "reports.preview"


def builder(view: View) -> Request | None:
    """Kind, areas, format and, where the kind lets choose, metrics and filters. None where none may be made here."""
    offered = _offered(view)
    if not offered:
        header.notice(_("No report can be made for {area} with your grants.", area=view.area.name))
        return None
    wanted = st.query_params.get("kind", "")
    ids = [kind.id for kind in offered]
    if wanted and wanted not in ids:
        header.notice(_("No report of the kind {kind} can be made here.", kind=wanted[:60]), state="amber")
    first, second, third = st.columns([3, 5, 2])
    named = {kind.id: kind.name[language()] for kind in offered}
    index = ids.index(wanted) if wanted in ids else 0
    id = first.selectbox(_("Kind of report"), ids, index=index, format_func=lambda name: named[name], key="kind")
    kind = next(kind for kind in offered if kind.id == id)
    codes = [view.area.code, *(place.code for place in areas.children(view.edition, view.area)[:MOST_CHOICES])]
    codes = [code for code in codes if areas.area(view.edition, code).level in kind.levels]
    chosen = second.multiselect(
        _("Areas"), codes, default=codes[:1], format_func=partial(area_name, view.edition), max_selections=MOST_AREAS,
        key=f"areas-{view.area.code}-{id}",
    )  # fmt: skip
    layout = third.selectbox(_("Format"), kind.formats, format_func=lambda name: FORMATS[name], key=f"format-{id}")
    metrics = _metrics(view, kind) if kind.choose else ()
    where = _filters(view, kind)
    deadline = _deadline(kind) if kind.reply_days else None
    header.notice(kind.about[language()])
    try:
        return Request.model_validate({
            "kind": id, "areas": tuple(chosen), "start": view.period.start, "end": view.period.end,
            "vs": view.compare, "format": layout, "lang": language(), "edition": view.edition.id,
            "metrics": metrics, "where": where, "deadline": deadline,
        })  # fmt: skip
    except ValidationError:
        header.notice(_("Choose an area."), state="amber")
        return None


def when(view: View) -> str:
    """The period and what it is compared with, which are chosen in the header."""
    period, against = format.period(view.period), format.period(view.against)
    return _("{period}, compared with {against}; change both above", period=period, against=against)


def _offered(view: View) -> list[Kind]:
    """The kinds that may be made for the area or for those right below it."""
    place, own = view.area, kinds_of(settings.current()).values()
    levels = [place.level, *areas.lower_levels(view.edition, place)]
    return [
        kind
        for kind in own
        if view.grants.may(kind.needs, place.code, place.end) and not set(kind.levels).isdisjoint(levels)
    ]


def _metrics(view: View, kind: Kind) -> tuple[str, ...]:
    """The metrics chosen, none where they are the kind's own."""
    known = view.catalog.metrics
    chosen = st.multiselect(
        _("Metrics"), list(known), default=list(kind.metrics), format_func=lambda name: known[name].name[language()],
        key=f"metrics-{kind.id}",
    )  # fmt: skip
    return tuple(chosen) if tuple(chosen) != kind.metrics else ()


def _filters(view: View, kind: Kind) -> dict[str, str]:
    """One choice a column that any of the kind's metrics has: verdicts on sites have none."""
    metrics = [view.catalog.metrics[name] for name in kind.metrics]
    of_cases = filters(view.catalog, view.catalog.metrics[view.catalog.id_of("intake")])
    offered = [name for name in of_cases if any(name in filters(view.catalog, m) for m in metrics)]
    places = [place for _row in range(0, len(offered), A_ROW) for place in st.columns(min(A_ROW, len(offered)))]
    where = dict(view.query.where)
    choices = {name: _groups(view, name) for name in offered}
    chosen = {
        name: place.selectbox(
            words.column(name), choices[name],
            index=choices[name].index(where[name]) if where.get(name) in choices[name] else None, placeholder=_("All"),
            format_func=partial(_group, view, name), key=f"{name}-{where.get(name, '')}-{view.area.code}",
        )
        for name, place in zip(offered, places, strict=False)
    }  # fmt: skip
    return {name: value for name, value in chosen.items() if value}


def _groups(view: View, name: str) -> Sequence[str]:
    """The groups that something came in of, the most first."""
    parts = answers.parts(view.query.filtered(()).of(view.catalog.id_of("intake"), by=name))
    return [part.group for part in sorted(parts, key=lambda part: -part.now.n) if part.group and part.now.n]


def _group(view: View, name: str, group: str) -> str:
    return source_name(view.edition, group) if name == "source" else words.value(name, group)


def _deadline(kind: Kind) -> date | None:
    """A day; None for the kind's own."""
    label = _("Deadline of the reply; {n} working days if left empty", n=kind.reply_days)
    return desk.day(st.columns([3, 7])[0], label)


def buttons(visitor: Visitor, requested: Request) -> None:
    """Look at it, or have it made."""
    with st.container(horizontal=True, key="ask"):
        if st.button(_("Preview")):
            st.session_state[_SHOWN] = requested
        if st.button(_("Make the report"), type="primary", key=desk.form_key("report")):
            st.session_state.pop(_SHOWN, None)
            _ask(visitor, requested)


def _ask(visitor: Visitor, requested: Request) -> None:
    try:
        reports.ask(visitors.desk(), Actor.of(visitor), settings.current(), requested)
        desk.sent("report")
    except (CockpitError, DataError) as error:
        header.notice(worded(explained(error)), state="red")


def preview(view: View, requested: Request) -> None:
    """The shortened document, as long as the request is the one that was previewed."""
    if st.session_state.get(_SHOWN) != requested:
        return
    header.title(_("Preview"), note=_("Tables are cut short"))
    try:
        with st.spinner(_("Making the preview…"), show_time=True):
            checked = requests.check(requested, settings.current(), view.grants)
            document = content.build(checked, id=_("not made yet"), who="", made_at=view.as_of)
        st.html(page.write(document))
    except (CockpitError, DataError) as error:
        header.notice(worded(explained(error)), state="red")
