"""Forms of items: the fields of a step, and the form that begins an item."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.actions import items as actions
from cockpit.components.charts.areamap import map_note
from cockpit.components.navigation import actions as ways
from cockpit.components.navigation import drafts, header
from cockpit.components.navigation.locate import Located, locate
from cockpit.drawing import outlines
from cockpit.errors import CockpitError
from cockpit.i18n import _, language, pgettext
from cockpit.labels.wording import worded
from cockpit.nav import here
from cockpit.screens.admin import desk
from cockpit.screens.work import evidence, kept, origins, shared
from cockpit.view_state import View
from data.areas.levels import LOWEST
from data.desk.items.item import Item
from data.desk.items.store import Beginning
from data.errors import DataError
from data.workflow.fields import LONGEST_TITLE, MOST_UNITS
from data.workflow.model import START, FieldType, Workflow
from data.workflow.parties import answerable
from metrics import areas, directory

LONGEST_KIND = 40
"""Of an unknown kind in an address so much is repeated."""
_BEGUN = "work.begun"


PREFILLED = ("unit", "units", "asked", "date", "choice")
"""Types of fields that show what an earlier step recorded; texts are written again."""


def fields(
    view: View, flow: Workflow, transition: str, area: int, known: Mapping[str, Any] | None = None,
    item: Item | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Draw the fields of a step; gives what is filled in. known: what earlier steps recorded.

    item: whose step it is; what was typed into the same step before others changed it stands there again.
    """
    required, optional = flow.inputs(transition)
    values: dict[str, Any] = {}
    for name in (*required, *optional):
        field = flow.fields[name]
        if field.type == "point":
            continue  # drawn by `points`, outside of the form
        if flow.routing and name == flow.routing.field:
            values[name] = _pills(field)
            continue
        label = field.name[language()] + ("" if name in required else _(" (optional)"))
        before = (known or {}).get(name) if field.type in PREFILLED else None
        if field.type == "text":
            values[name] = kept.field(field, label, item, transition, name)
        else:
            values[name] = _field(view, field, label, area, before)
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def points(view: View, flow: Workflow, transition: str, area: int, key: str) -> dict[str, Located]:
    """Draw the positions of a step, which no form of Streamlit takes; gives what was taken."""
    named = [name for name in sum(flow.inputs(transition), ()) if flow.fields[name].type == "point"]
    if not named:
        return {}
    place = areas.area(view.edition, area)
    own = place.level == LOWEST.id
    geometry = outlines.url(view.edition, place, own=own) if outlines.drawable(view.edition, place, own=own) else ""
    taken = {
        name: locate(flow.fields[name].name[language()], geometry=geometry, note=map_note(), key=f"{key} {name}")
        for name in named
    }
    return {name: located for name, located in taken.items() if located.point}


def _pills(field: FieldType) -> Any:
    """A choice of one tap."""
    label, choices = field.name[language()], list(field.choices)
    return st.pills(label, choices, default=field.default, format_func=lambda id: field.choices[id][language()])


def _field(view: View, field: FieldType, label: str, area: int, before: Any) -> Any:
    match field.type:
        case "choice":
            choices = list(field.choices)
            return st.selectbox(
                label, choices, index=_index(choices, before or field.default), placeholder="",
                format_func=lambda id: field.choices[id][language()],
            )  # fmt: skip
        case "yes_no":
            words = {True: _("Yes"), False: _("No")}
            return st.selectbox(label, list(words), index=None, placeholder="", format_func=words.__getitem__)
        case "integer":
            return st.number_input(label, None, None, None, 1)  # the action says its limits
        case "date":
            day = date.fromisoformat(before) if before else None
            return desk.day(st, label, day)  # type: ignore[arg-type]  # a module that draws like a container
        case "unit":
            names = units(view, area)
            return st.selectbox(label, names, index=_index(names, before), placeholder="")
        case "units":
            names = units(view, area)
            chosen = [name for name in before or () if name in names]
            return st.multiselect(label, names, chosen, max_selections=MOST_UNITS, placeholder="")
        case "asked":
            names = list(before or ())
            return st.selectbox(label, names, index=0 if len(names) == 1 else None, placeholder="")


def _index(choices: list[str], before: Any) -> int | None:
    return choices.index(before) if before in choices else None


def units(view: View, area: int) -> list[str]:
    """The names of the directory's units that can be named for an area: above it, and of the area itself."""
    above = [place.code for place in areas.path(view.edition, areas.area(view.edition, area))]
    return directory.unit_names(view.edition, above)


def step(view: View, flow: Workflow, item: Item, id: str, known: Mapping[str, Any]) -> None:
    """The form of one transition. Sent twice, it is one event. known: what earlier steps recorded."""
    transition = flow.transitions[id]
    taken = points(view, flow, id, item.area, f"{item.number} {item.version} {id}")
    draft = drafts.name(item.number, id)
    known = _routed(view, flow, item.area, known)
    if answering := flow.answer_field(id):
        known = {answering: answerable(item.place, actions.reader(shared.actor()).held)}
    with drafts.draft(draft), st.form(f"{item.number} {item.version} {id}", enter_to_submit=False, border=False):
        filled = fields(view, flow, id, item.area, known, item) | {name: one.point for name, one in taken.items()}
        sent = st.form_submit_button(transition.name[language()])
    if sent:
        key = _key(f"{item.number} {item.version} {id}")

        def work() -> None:
            written = actions.act(
                visitors.desk(), shared.actor(), settings.current(), view.edition, item.number, id, filled, key=key,
                version=item.version,
            )  # fmt: skip
            set_seen(written.item)
            kept.forget(item.number)

        desk.act(work, _("Done: {step}", step=transition.name[language()]), draft=draft)


def seen(number: str) -> int | None:
    """The version of an item that this session has seen last."""
    version: int | None = st.session_state.get(f"work.seen {number}")
    return version


def set_seen(item: Item) -> None:
    """Keep the version of an item that is shown now, or that this session has made."""
    st.session_state[f"work.seen {item.number}"] = item.version


def _routed(view: View, flow: Workflow, area: int, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """What earlier steps recorded, with the unit that the workflow proposes where none was named."""
    unit = next((id for id, field in flow.fields.items() if field.type == "unit"), "")
    ending = flow.routing.units.get(str(known.get(flow.routing.field))) if flow.routing else None
    if not ending or not unit or known.get(unit):
        return known
    above = [place.code for place in areas.path(view.edition, areas.area(view.edition, area))]
    return {**known, unit: directory.nearest_unit(view.edition, above[::-1], ending)}


def report_link(view: View) -> None:
    """On a village's cockpit: the way to report an event, for who may act there."""
    quick = next((id for id, flow in shared.rules().flows.items() if flow.routing), None)
    if quick and view.area.level == LOWEST.id and guard.enter().grants.may(Can.ACT, view.area.code, view.area.end):
        ways.actions([(_("Report an event"), view.href("start", kind=quick))], key="report")


def begin(view: View) -> None:
    """The form that begins an item of the kind that the address names, in the area of the view.

    A tap on the map names the area below, where the visitor may begin it there.
    """
    drafts.drafts(guard.enter().session.account_id)
    number, failed = st.session_state.pop(_BEGUN, ("", ""))
    if number:
        header.title(_("Work items"), level=1)
        if failed:
            header.notice(_("The photo was not added: {why}", why=failed), state="red", alert=True)
        header.notice(
            _("{number} has begun.", number=number), state="green",
            links=[(pgettext("a page", "Open"), view.href("item", item=number)), (_("Work items"), view.href("inbox"))],
        )  # fmt: skip
        return
    kinds = shared.startable(view.area.code)
    kind = st.query_params.get("kind", "")
    if kind not in kinds:
        _offer(view, kind, kinds)
        return
    flow = kinds[kind]
    header.title(flow.name[language()], note=view.area.name, level=1)
    desk.show_outcome()
    origin, links, place = origins.of_address(view, flow)
    origins.shown(view, links)
    taken = points(view, flow, START, place, f"begin {kind}")
    place = next((code for one in taken.values() if (code := _tapped(view, kind, one))), place)
    draft = drafts.name("begin", kind, view.area.code, origin, *(link.reference for link in links))
    with drafts.draft(draft), st.form("begin", enter_to_submit=False, border=False):
        usual = f"{view.area.name} {flow.name[language()]}" if flow.routing else ""
        given = st.query_params.get("title", "")[:LONGEST_TITLE] or usual
        title = st.text_input(_("Title"), given, max_chars=LONGEST_TITLE, autocomplete="off")
        filled = fields(view, flow, START, place, origins.unit_of_address(flow))
        filled |= {name: one.point for name, one in taken.items()}
        photos = evidence.photo(draft) if flow.routing else []
        sent = st.form_submit_button(_("Begin"), type="primary")
    if sent:
        if flow.routing and title == usual and filled.get(flow.routing.field):
            title = (
                f"{view.area.name} {flow.fields[flow.routing.field].choices[filled[flow.routing.field]][language()]}"
            )
        beginning = Beginning(kind, title, place, filled, origin=origin, links=links)
        _begin(view, beginning, draft, photos)


def _offer(view: View, kind: str, kinds: Mapping[str, Workflow]) -> None:
    """The kinds that the visitor may begin here, in place of one that is not named, not known or not theirs to begin.

    They keep what the address says that the item is about: those that begin so, if there are any.
    """
    header.title(_("Begin an item"), note=view.area.name, level=1)
    known = shared.rules().flows.get(kind)
    if known:
        header.notice(_("You may not begin this kind here: {kind}.", kind=known.name[language()]))
    elif kind:
        header.notice(_("There is no kind of item “{kind}”.", kind=kind[:LONGEST_KIND]))
    if not kinds:
        header.notice(_("Your role may begin no item here."), links=[(_("Work items"), view.href("inbox"))])
        return
    origin = st.query_params.get("origin", "free")
    fitting = [id for id, flow in kinds.items() if origin in flow.origins] or list(kinds)
    ways.actions([(kinds[id].name[language()], here(kind=id)) for id in fitting], key="kinds")


def _tapped(view: View, kind: str, located: Located) -> int | None:
    """The area that was tapped on the map, if it lies in the view's and the visitor may begin this kind there."""
    code = located.area
    if code is None or not view.area.code <= code < view.area.end or not directory.is_area(view.edition, code):
        return None
    return code if kind in shared.startable(code) else None


def _begin(view: View, beginning: Beginning, draft: str, photos: Sequence[Any]) -> None:
    name = f"begin {beginning.kind} {beginning.area}"
    try:
        written = actions.start(
            visitors.desk(), shared.actor(), settings.current(), view.edition, beginning, _key(name)
        )
    except (DataError, CockpitError) as error:
        st.session_state.pop(f"work.key {name}", None)  # the mended form is another request
        header.notice(worded(error), state="red")
        return
    st.session_state.pop(f"work.key {name}", None)
    drafts.delete(draft)
    st.session_state[_BEGUN] = written.item.number, evidence.attached(written.item.number, photos)
    st.rerun()


def _key(name: str) -> str:
    """The key of a form: the same until it has been sent with success."""
    return str(st.session_state.setdefault(f"work.key {name}", uuid.uuid4().hex))
