"""The case page: stages with their clocks, and all stored fields."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from cockpit.access import district_wide, guard
from cockpit.access.policy import Can
from cockpit.actions.origins import key_reference
from cockpit.components.charts import areamap
from cockpit.components.charts.areamap import MapPoint
from cockpit.components.charts.timeline import Stage
from cockpit.components.lists.record import Item
from cockpit.components.navigation import actions, header
from cockpit.i18n import _, ngettext
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.screens.cases.casefile import verdicts
from cockpit.screens.shared import case_href
from cockpit.screens.work import origins
from cockpit.view_state import View
from data.desk.items.deliver import SOURCE as DESK
from data.ingest.ledger import Batch, batch_of
from data.values.zones import elapsed
from metrics import areas
from metrics.cases.repeated import earlier
from metrics.errors import MetricsError
from metrics.links import HIDDEN
from metrics.rows import fact
from metrics.scope import OutOfScope

Case = Mapping[str, Any]
CLOCKS = (("signed_at", "sign_due_at"), ("responded_at", "respond_due_at"), ("closed_at", "due_at"))
"""Stages of a case, and their deadlines."""


def find(view: View) -> Case | None:
    """The case that the address names; says so where this edition holds none."""
    source, key = st.query_params.get("source", ""), st.query_params.get("key", "")
    try:
        case = fact(view.edition, "cases", source, key) if source and key else None
    except OutOfScope:  # the same words as for an unknown key: they do not reveal which keys others have
        case = None
        guard.note_refusal(f"case {source}/{key}")
    if case is not None:
        guard.note("view_case", f"{source}/{key}")
        return case
    lists = [(_("All open cases"), view.href("rows", metric=view.catalog.id_of("open"))), (_("Cockpit"), view.href())]
    if not (source and key):
        header.title(_("No case chosen"), level=1)
        header.notice(
            _("The address lacks {what}. Open a case from a list, or type its number into the search box.",
              what=words.listed(words.lacking(source=source, key=key))), links=lists,
        )  # fmt: skip
        return None
    header.title(_("No such case"), level=1)
    header.notice(
        _("The data of {time} hold no case {key} of source {source} that you may see.", time=format.stamp(view.as_of),
          key=key, source=source), links=lists,
    )  # fmt: skip
    return None


def items(view: View, case: Case) -> None:
    """The work items about the case, and those that may be begun; an item of our own desk is one itself."""
    if case["source"] == DESK:
        actions.actions([(_("Open the work item"), view.href("item", item=case["key"]))], key="item")
        return
    reference = key_reference(case["source"], case["key"])
    origins.about(view, "case", reference, area=int(case["area"]), title=title(case))


def title(case: Case) -> str:
    """The case's own title, else what it is about."""
    about = " · ".join(str(case[name]) for name in ("category", "subcategory") if case[name])
    return str(case["title"] or about or words.value("kind", case["kind"]))


def stages(view: View, case: Case) -> list[Stage]:
    """Registered, accepted, signed for, responded to, closed; those that neither happened nor were due are left out."""
    since, closed = case["registered_at"], case["closed_at"]
    line = [Stage(_("Registered"), format.stamp(since), "done")]
    if at := case["accepted_at"]:
        line.append(Stage(_("Accepted"), format.stamp(at), "done", spent=_spent(view, since, at)))
        since = max(since, at)
    for done, due in CLOCKS:
        if done == "closed_at" or case[done] or (case[due] and not closed):
            first = not any(stage.state in ("now", "overdue") for stage in line)
            line.append(_stage(view, case, done, due, since, running=first and not closed))
            since = max(since, case[done] or since)
    return line


def _stage(view: View, case: Case, done: str, due: str, since: datetime, *, running: bool) -> Stage:
    """since: when the stage before it was done."""
    at, limit = case[done], case[due]
    name = words.column(done)
    by = _("by {time}", time=format.stamp(limit)) if limit else ""
    if at:
        over = elapsed(limit, at, view.edition.zone) if limit else timedelta(0)
        late = over > timedelta(0)
        note = _("late by {age}", age=format.age(over)) if late else ""
        if done == "closed_at" and case["close_kind"] not in (None, "done"):
            name, late, note = words.value("close_kind", case["close_kind"]), False, ""
        return Stage(name, format.stamp(at), "late" if late else "done", note, by, _spent(view, since, at))
    so_far = _("so far {age}", age=format.age(elapsed(since, view.as_of, view.edition.zone))) if running else ""
    if limit is not None and limit < view.as_of:
        over = elapsed(limit, view.as_of, view.edition.zone)
        return Stage(name, "", "overdue", _("overdue by {age}", age=format.age(over)), by, so_far)
    left = _("{age} left", age=format.age(elapsed(view.as_of, limit, view.edition.zone))) if limit else ""
    return Stage(name, "", "now" if running else "todo", left, by, so_far)


def _spent(view: View, since: datetime, at: datetime) -> str:
    took = elapsed(since, at, view.edition.zone)
    return _("took {age}", age=format.age(took)) if took > timedelta(0) else ""


def about(view: View, case: Case) -> list[Item]:
    """Place, subject and units, as delivered."""
    names = ("kind", "category", "subcategory", "urgency", "complexity", "channel")
    items = [Item(words.column(name), words.value(name, case[name])) for name in names]
    return [_area_item(view, case), _then_item(view, case), Item(_("Place"), case["place"] or ""), *items]


def _area_item(view: View, case: Case) -> Item:
    try:
        path = areas.path(view.edition, areas.area(view.edition, case["area"]))
    except MetricsError:
        return Item(_("Area"), str(case["area"]))
    return Item(_("Area"), " ▸ ".join(place.name for place in path), href=view.href(area=path[-1]))


def _then_item(view: View, case: Case) -> Item:
    """The area at registration, if it has been merged into another one since."""
    then = case["area_then"]
    if then is None or then == case["area"]:
        return Item(_("Area then"), "")
    try:
        place = areas.area(view.edition, then)
    except MetricsError:
        return Item(_("Area then"), str(then))
    now = area_name(view.edition, case["area"])
    note = _("merged into {area} on {day}", area=now, day=format.day(place.valid_to)) if place.valid_to else ""
    return Item(_("Area then"), place.name, note=note or _("now part of {area}", area=now))


def history(view: View, case: Case) -> list[Item]:
    """Repeated, part of another, deferred: one sentence each, and only what happened."""
    return [
        Item(_("Deferred"), _("deferred: not counted among what is due") if case["deferred"] else ""),
        _repeat(view, case),
        _parent(view, case),
    ]


def _parent(view: View, case: Case) -> Item:
    if case["parent"] == HIDDEN:
        return Item(_("Part of"), _("a case of another area"))
    return Item(_("Part of"), case["parent"] or "", href=_known(view, case["source"], case["parent"]))


def _repeat(view: View, case: Case) -> Item:
    """The case it repeats: the one its source names, or the previous one of the same caller or place and category."""
    if case["repeat_of"] == HIDDEN:
        return Item(_("Repeat"), _("repeats a case of another area"))
    if case["repeat_of"]:
        href = _known(view, case["source"], case["repeat_of"])
        return Item(_("Repeat"), _("repeats case {key}", key=case["repeat_of"]), href=href)
    if not case["repeated"]:
        return Item(_("Repeat"), "")
    definition = _("the same caller, or the same place and category, within the 30 days before")
    before = earlier(view.edition, case)
    if before is None:
        return Item(_("Repeat"), definition)
    if not before.visible:
        return Item(_("Repeat"), _("repeats a case of another area"), note=definition)
    text = _("repeats case {key} of {day}", key=before.key, day=format.day(before.registered_at))
    return Item(_("Repeat"), text, href=case_href(view, before.source, before.key), note=definition)


def _known(view: View, source: str, key: str | None) -> str:
    """The address of another case of the same source, if the edition holds it."""
    return case_href(view, source, key) if key and fact(view.edition, "cases", source, key) else ""


def callback(case: Case) -> list[Item]:
    """The result of the callback after the case was closed."""
    if case["reached"] is None and case["rating"] is None:
        return []
    reached = {True: _("Reached"), False: _("Not reached"), None: ""}[case["reached"]]
    said = [
        {True: _("solved"), False: _("not solved"), None: ""}[case["solved"]],
        {True: _("satisfied"), False: _("not satisfied"), None: ""}[case["satisfied"]],
    ]
    items = [Item(_("Callback"), _(", ").join(filter(None, (reached, *(said if case["reached"] else ())))))]
    return [*items, Item(_("Rating"), _("{n} of 5", n=case["rating"]) if case["rating"] else "")]


def origin(view: View, case: Case) -> list[Item]:
    """The delivery it came in."""
    name = source_name(view.edition, case["source"])
    items = [
        Item(_("Source"), name, note=case["source"] if case["source"] != name else ""),
        Item(_("Number"), str(case["key"])),
    ]
    batch = batch_of(view.edition, case["batch"])
    return [*items, *([_batch_item(view, batch)] if batch else [])]


def _batch_item(view: View, batch: Batch) -> Item:
    """The delivery. How many rows it had is the whole district's."""
    at = format.stamp(batch.finished_at) if batch.finished_at else "–"
    text = _("{batch}: {file}, loaded {time}", batch=batch.batch, file=batch.name, time=at)
    rows = ngettext("{n} row", "{n} rows", batch.rows_read) if district_wide.may(view.grants, Can.LOOK) else ""
    return Item(_("Batch"), text, href=view.data_page(batch=batch.batch), note=rows)


def place_map(view: View, case: Case) -> None:
    """The area's outline and the point, where the case has one."""
    if case["lon"] is None or case["lat"] is None:
        return
    try:
        place = areas.area(view.edition, case["area"])
    except MetricsError:
        return
    point = MapPoint(case["lon"], case["lat"], title(case), key=verdicts(view, case)[0].state)
    areamap.areamap(view, (), parent=place, points=[point], own=True, title=place.name, height=260, key="place")
