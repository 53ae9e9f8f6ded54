"""The page of the register: the assets of the district, and one with its loaded and edited values and its versions."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.actions import register as actions
from cockpit.actions.action import Actor
from cockpit.actions.register import Change
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import actions as links
from cockpit.components.navigation import header, searchbox
from cockpit.i18n import _, pgettext
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.labels.wording import worded
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.sitehealth.publishing import publish_decided_in_background
from cockpit.view_state import View
from data.desk.errors import Refused
from data.desk.register import edits
from data.desk.register.edits import EDITABLE
from data.editions.scoped import ScopedEdition
from data.schema import ASSETS
from metrics import register

FORM = "registry"
"""The part of the page that says how an action went."""
UNSEEN = ("source", "key", "area_then", "batch", "valid_from", "valid_to")


def _edition(view: View) -> ScopedEdition:
    """The edition as far as the visitor may see data."""
    return view.edition.unscoped.scoped(guard.enter().grants.scope(Can.DATA))


def listed(view: View) -> None:
    """The assets that the visitor may see, by kind and search."""
    edition, kind = _edition(view), st.query_params.get("show", "")
    search = st.query_params.get("q", "").strip()
    header.title(_("Register of assets"), note=_("An edited value wins over the loaded one"), level=1)
    kinds = register.kinds(edition)
    left, box = st.columns([5, 3], vertical_alignment="center")
    with left:
        links.actions([(words.value("kind", name), view.here(show=name, page=None)) for name in kinds if name != kind]
                      + ([(_("All kinds"), view.here(show=None, page=None))] if kind else []))  # fmt: skip
    with box:
        searchbox.searchbox(_("Name, number or unit"), view.here(q=None, page=None), value=search)
    top = view.top
    rows = register.assets(edition, top.code, top.end, kind if kind in kinds else "", search)
    if not rows:
        header.notice(_("No asset is like that."), links=[(_("Register of assets"), view.href("registry"))])
        return
    shown, pages = desk.some(rows)
    columns = [
        Column(_("Name"), lead=True), Column(_("Kind")), Column(_("Area"), short=True), Column(_("Unit")),
        Column(_("Source")), Column(_("State")),
    ]  # fmt: skip
    table(columns, [_line(view, row) for row in shown], pages=pages, key="registry")


def _line(view: View, row: Mapping[str, Any]) -> list[Cell | str]:
    state = Cell(_("retired"), state="none") if row["retired_at"] is not None else Cell(_("in use"), state="green")
    href = view.href("registry", asset_source=row["source"], asset=row["key"])
    return [
        Cell(str(row["name"]), href=href, note=str(row["key"])), words.value("kind", row["kind"]),
        area_name(view.edition, row["area"]), row["unit"] or "–", source_name(view.edition, row["source"]), state,
    ]  # fmt: skip


def chosen(view: View) -> tuple[str, str] | None:
    """Source and key of the asset that the address names, if the visitor may see it."""
    source, key = st.query_params.get("asset_source", ""), st.query_params.get("asset", "")
    if not key:
        return None
    try:
        actions.registered(_edition(view), source, key)
    except Refused as error:
        header.notice(worded(error), state="amber")
        return None
    return source, key


def card(view: View, source: str, key: str) -> None:
    """The values of an asset: the one that applies, the loaded one where it was edited, and which one wins."""
    edition = _edition(view)
    asset = actions.registered(edition, source, key)
    header.title(str(asset["name"]), note=f"{words.value('kind', asset['kind'])} · {key}",
                 links=[(_("Register of assets"), view.href("registry"))], level=1)  # fmt: skip
    desk.show_outcome(FORM)
    with desk.answering():
        made = edits.listing(visitors.desk(), source, key)
    edited = edits.applying(made)
    in_edition = register.edited_columns(edition.unscoped, source, key)
    loaded = register.loaded_values(edition, source, key)
    rows = []
    for column in ASSETS.exported:
        value, edit = asset.get(column.name), edited.get(column.name)
        if column.name in UNSEEN or (value is None and edit is None):
            continue
        was = loaded.get(column.name) if column.name in in_edition else value
        rows.append(_value_line(view, column.name, was, edit))
    columns = [
        Column(_("Field"), lead=True),
        Column(_("Loaded value")),
        Column(_("Edited value")),
        Column(_("What applies")),
    ]
    table(columns, rows, key="asset")
    if set(edited) ^ set(in_edition):
        header.notice(_("Edits that are not in the figures yet follow with the next edition."))
    _history(view, source, key)
    _edits(made)


def _value_line(view: View, name: str, loaded: Any, edit: edits.Row | None) -> list[Cell | str]:
    shown = area_name(view.edition, loaded) if name == "area" else words.value(name, loaded) or "–"
    if edit is None:
        return [words.column(name, "assets"), shown, "", _("as loaded")]
    note = f"{edit.who} {format.stamp(desk.local(edit.at))} {edit.reason}"
    return [
        words.column(name, "assets"), shown, Cell(words.value(name, edit.value) or "–", note=note),
        Cell(_("the edited value"), state="amber"),
    ]  # fmt: skip


def _history(view: View, source: str, key: str) -> None:
    """The versions of the asset: what changed, and when."""
    versions = register.versions(_edition(view), source, key)
    if len(versions) < 2:
        return
    header.title(_("Versions"), note=_("Figures of a day use the version of that day"))
    rows: list[list[Cell | str]] = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        start = format.stamp(version["valid_from"]) if version["valid_from"] is not None else _("always")
        names = [c.name for c in ASSETS.exported if c.name not in UNSEEN and c.name != "updated_at"]
        changed = [name for name in names if before is not None and version[name] != before[name]]
        texts = [f"{words.column(name, 'assets')}: {words.value(name, version[name]) or '–'}" for name in changed]
        rows.append([start, _("; ").join(texts) or _("first version")])
    table([Column(_("Valid from"), lead=True), Column(pgettext("what", "Changed"))], rows, key="versions")


def _edits(made: list[edits.Row]) -> None:
    if not made:
        return
    header.title(_("Edits"), note=_("Each one is in the audit as well"))
    applying = {row.id for row in edits.applying(made).values()}
    rows: list[list[Cell | str]] = [
        [
            format.stamp(desk.local(row.at)), words.column(row.field, "assets"),
            " → ".join(words.value(row.field, value) or "–" for value in (edits.replaced(row, made), row.value)),
            row.reason, row.who, _state(row, applies=row.id in applying),
        ]
        for row in made
    ]  # fmt: skip
    columns = [Column(_("Time"), lead=True), Column(_("Field")), Column(_("Values")), Column(_("Reason")),
               Column(_("By")), Column(_("State"))]  # fmt: skip
    table(columns, rows, key="edits")


def _state(row: edits.Row, *, applies: bool) -> str:
    if row.withdrawn_at:
        return _("withdrawn by {name}", name=row.withdrawn_by)
    return _("applies") if applies else _("replaced by a newer one")


def editing(view: View, source: str, key: str) -> None:
    """Edit a column of the asset, or withdraw an edit; for those who may."""
    actor, edition = Actor.of(guard.enter()), _edition(view)
    area = int(actions.registered(edition, source, key)["area"])
    if not actions.EDIT_ASSET.allowed(actor, ((area, area + 1),)):
        return
    header.title(_("Edit a value"), note=_("It wins over all deliveries until it is withdrawn"))
    with st.form(desk.form_key("edit asset"), border=False):
        left, middle, right = st.columns([2, 2, 3])
        field = left.selectbox(_("Field"), list(EDITABLE), format_func=lambda name: words.column(name, "assets"))
        value = middle.text_input(_("New value; empty for none"), max_chars=edits.LONGEST_VALUE, autocomplete="off")
        reason = right.text_input(_("Reason"), max_chars=edits.LONGEST_REASON, autocomplete="off")
        saved = st.form_submit_button(_("Save"))
    made: list[edits.Row] = []
    with desk.answering():
        made = edits.listing(visitors.desk(), source, key)
    seen = _seen(source, key, made)
    if saved and field:
        change = Change(field, value, reason, seen.get(field, 0))
        work = partial(actions.edit_asset, visitors.desk(), actor, edition, source, key, change)
        _act(work, _("Saved; the next edition has it."), "edit asset")
    choice = RowChoice("withdraw edit", {row.id: _title(row) for row in edits.applying(made).values()})
    if not choice:
        return
    with st.form(desk.form_key("withdraw edit"), border=False):
        id = choice.draw(_("Edit"))
        withdrawn = st.form_submit_button(_("Withdraw"))
    if withdrawn and choice.made() and id:
        withdraw = partial(actions.withdraw_edit, visitors.desk(), actor, edition, source, key, id)
        _act(withdraw, _("Withdrawn; the loaded value applies again."), "withdraw edit")


def _seen(source: str, key: str, made: list[edits.Row]) -> dict[str, int]:
    """By column the edit that applied when the page was last drawn, which is what the visitor decided on."""
    place = "registry.seen"
    before: tuple[tuple[str, str], dict[str, int]] | None = st.session_state.get(place)
    now = {field: row.id for field, row in edits.applying(made).items()}
    st.session_state[place] = ((source, key), now)
    return before[1] if before and before[0] == (source, key) else now


def _title(row: edits.Row) -> str:
    return f"{words.column(row.field, 'assets')}: {words.value(row.field, row.value) or '–'}"


def _act(action: "partial[Any]", said: str, form: str) -> None:
    """Run an action on an asset. What it changed is published at once, in the background."""

    def run() -> None:
        action()
        desk.sent("withdraw edit")  # an edit that was replaced is not one that others have dealt with
        publish_decided_in_background()

    desk.act(run, said, form=form, place=FORM)
