"""One assessment: ranking by kind of area, an area explained line by line, objections, and the next step."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import assessments as actions
from cockpit.actions.action import Action, Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language, pgettext
from cockpit.labels import format, words
from cockpit.screens.admin import desk, typed
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk import clock
from data.desk.assessing import assessments
from data.desk.assessing.assessments import Assessment, Objection
from data.desk.store import Desk
from metrics.assessment.score import Assessed, LineScore
from metrics.period import Period


def card(view: View, one: Assessment) -> None:
    """All of one assessment."""
    period = Period(one.first, one.end)
    header.title(one.scheme["name"][language()], note=format.period(period), level=1,
                 links=[(_("All assessments"), view.href("assessments"))])  # fmt: skip
    state, time = words.assessment_state(one.state), format.stamp(desk.local(one.made_at))
    said = _("{state}. Drafted by {who} on {time} from edition {edition}.", state=state, who=one.made_by, time=time,
             edition=one.edition)  # fmt: skip
    header.notice(" ".join([said, *_course(one)]))
    desk.show_outcome()
    areas = actions.within(view.grants, one)
    code = st.query_params.get("of", "")
    chosen = next((area for area in areas if str(area.code) == code), areas[0] if len(areas) == 1 else None)
    for name, group in groupby(areas, key=lambda area: words.peers(one.scheme["level"], area.kind)):
        _ranking(view, one, name, list(group))
    if chosen:
        _lines(view, one, chosen)
    _objections(view, one, chosen)
    _next(one)


def _course(one: Assessment) -> Iterator[str]:
    """What has happened since it was drafted, and until when objections are taken."""
    if one.state == "open" and one.open_until:
        until = format.stamp(desk.local(one.open_until))
        taken = _("Objections are taken until {time}.", time=until)
        yield taken if _takes_objections(one) else _("Objections were taken until {time}.", time=until)
    if one.approved_at:
        yield _("Approved by {who} on {time}.", who=one.approved_by, time=format.stamp(desk.local(one.approved_at)))
    if one.published_at:
        yield _("Published by {who} on {time}.", who=one.published_by, time=format.stamp(desk.local(one.published_at)))
    if one.reason:
        yield _("Withdrawn: {reason}", reason=one.reason)


def _takes_objections(one: Assessment) -> bool:
    return one.state == "open" and one.open_until is not None and clock.now() < one.open_until


def _ranking(view: View, one: Assessment, name: str, areas: Sequence[Assessed]) -> None:
    """Those that are ranked together: towns and streets apart."""
    header.title(name or pgettext("those ranked", "Areas"))
    columns = [
        Column(_("Rank"), number=True),
        Column(_("Area"), lead=True),
        Column(pgettext("reached", "Points"), number=True),
        Column(_("95 % interval"), number=True),
        Column(_("Note")),
    ]
    table(columns, [_place(view, one, area) for area in areas], key=f"ranking-{name}")


def _place(view: View, one: Assessment, area: Assessed) -> list[Cell | str]:
    link = view.href("assessments", id=one.id, of=area.code)
    if area.total is None or area.low is None or area.high is None:
        return ["", Cell(area.name, link), "", "", _("Sample too small: neither scored nor ranked")]
    note = _("not clearly apart from the one before") if area.tied else ""
    return [
        str(area.place), Cell(area.name, link), format.number(area.total, 1),
        f"{format.number(area.low, 1)} … {format.number(area.high, 1)}", note,
    ]  # fmt: skip


def _lines(view: View, one: Assessment, area: Assessed) -> None:
    """How an area's points come about; each line opens the rows that were counted."""
    header.title(_("{area}, line by line", area=area.name))
    columns = [
        Column(_("Metric"), lead=True),
        Column(_("Value"), number=True),
        Column(_("Counted rows"), number=True),
        Column(_("Floor → target"), number=True),
        Column(pgettext("reached", "Points"), number=True),
        Column(_("Weight"), number=True),
        Column(_("Counts"), number=True),
    ]
    total = format.number(area.total, 1) if area.total is not None else "–"
    table(columns, [_line(view, one, area, line) for line in area.lines], key="lines",
          total=[_("Total"), "", "", "", "", "100", total])  # fmt: skip


def _line(view: View, one: Assessment, area: Assessed, line: LineScore) -> list[Cell | str]:
    metric = view.catalog.metrics.get(line.metric)
    name = metric.name[language()] if metric else line.metric
    where = {"area": area.code, "period": Period(one.first, one.end), "edition": one.edition}
    rows = view.href("rows", metric=metric, **where) if metric else ""
    value = "–" if line.value is None else format.quantity(metric, line.value) if metric else f"{line.value:.1f}"
    counted = f"{format.number(line.numerator)} / {format.number(line.denominator)}"
    small = line.points is None
    return [
        Cell(name, view.href("passport", metric=metric, **where) if metric else ""),
        value,
        Cell(counted, rows),
        f"{line.floor:g} → {line.target:g}",
        _("sample too small") if small else format.number(line.points, 1),
        f"{line.weight:g}",
        "–" if small else format.number(line.weight * (line.points or 0) / 100, 1),
    ]


def _objections(view: View, one: Assessment, chosen: Assessed | None) -> None:
    """Those to what the visitor may see, their answers, and the forms of who may object or answer."""
    actor = Actor.of(guard.enter())
    named = {area.code: area.name for area in actions.within(view.grants, one)}
    raised = [objection for objection in assessments.objections(visitors.desk(), one.id) if objection.area in named]
    if raised:
        header.title(_("Objections"))
        columns = [
            Column(_("Area"), lead=True),
            Column(pgettext("of an assessment", "Line")),
            Column(_("Objection")),
            Column(_("Answer")),
        ]
        table(columns, [_objection(view, named, objection) for objection in raised], key="objections")
    where = ((one.area, end_of(one.area)),)
    may = one.state == "open" and actions.ANSWER.allowed(actor, where)
    asked = [each for each in raised if may and each.accepted is None and each.who != actor.name]
    objecting = chosen if one.state == "open" and chosen and _takes_objections(one) else None
    if objecting and not actions.OBJECT.allowed(actor, ((objecting.code, end_of(objecting.code)),)):
        objecting = None
    forms = [f"answer {objection.id}" for objection in asked] + (["object"] if objecting else [])
    typed.gone(_about(one, chosen), forms)
    for objection in asked:
        _answering(actor, objection, _about(one, chosen))
    if objecting:
        _objecting(view, actor, one, objecting)


def _about(one: Assessment, chosen: Assessed | None) -> str:
    """The part of the page that these forms are."""
    return f"objections {one.id} {chosen.code if chosen else ''}"


def _objection(view: View, named: dict[int, str], objection: Objection) -> list[Cell | str]:
    metric = view.catalog.metrics.get(objection.metric)
    line = metric.name[language()] if metric else objection.metric or _("the whole")
    state = "amber" if objection.accepted is None else "red" if objection.accepted else "green"
    word = (
        _("not answered yet")
        if objection.accepted is None
        else _("accepted")
        if objection.accepted
        else pgettext("of a proposal", "refused")
    )
    return [
        Cell(named[objection.area]), line, Cell(objection.text, note=objection.who),
        Cell(f"{word} {objection.answer}".strip(), state=state, note=objection.answered_by),
    ]  # fmt: skip


def _objecting(view: View, actor: Actor, one: Assessment, area: Assessed) -> None:
    with st.form(desk.form_key("object"), border=False):
        names = ["", *(line.metric for line in area.lines)]
        known = view.catalog.metrics
        label = {name: known[name].name[language()] if name in known else name for name in names} | {"": _("the whole")}
        metric = st.selectbox(pgettext("of an assessment", "Line"), names, format_func=label.__getitem__)
        text = typed.text(_about(one, area), "object", _("Objection"), assessments.LONGEST, lines=True)
        sent = st.form_submit_button(_("Object"))
    if sent:
        work = partial(actions.object_to, visitors.desk(), actor, one.id, area.code, metric, text)
        desk.act(work, _("Your objection is kept."), form="object")


def _answering(actor: Actor, objection: Objection, place: str) -> None:
    name = f"answer {objection.id}"
    with st.form(desk.form_key(name), border=False):
        label = _("Answer to: {text}", text=desk.plain(objection.text))
        text = typed.text(place, name, label, assessments.LONGEST, lines=True)
        accepts = st.checkbox(_("accept the objection"))
        sent = st.form_submit_button(_("Answer"))
    if sent:
        work = partial(actions.answer, visitors.desk(), actor, objection.id, text, accepts)
        desk.act(work, _("Answered."), form=name)


def _next(one: Assessment) -> None:
    """The buttons of the steps that are possible now."""
    actor, where = Actor.of(guard.enter()), ((one.area, end_of(one.area)),)
    own = visitors.desk()
    steps: dict[str, list[tuple[str, Action, Callable[[Desk, Actor, int], object]]]] = {
        "draft": [(_("Open to objections"), actions.TAKE_OBJECTIONS, actions.take_objections)],
        "open": [(_("Approve"), actions.APPROVE, actions.approve)],
        "approved": [(_("Publish"), actions.PUBLISH, actions.publish)],
    }
    for label, action, work in steps.get(one.state, []):
        approval = action is actions.APPROVE
        barred = approval and (one.made_by == actor.name or _takes_objections(one))
        if action.allowed(actor, where) and not barred and st.button(label):
            desk.act(partial(work, own, actor, one.id), _("Done."))
    if one.state in ("draft", "open", "approved") and actions.WITHDRAW.allowed(actor, where):
        with st.form(desk.form_key("withdraw"), border=False):
            reason = st.text_input(_("Reason"), max_chars=assessments.LONGEST, autocomplete="off")
            if st.form_submit_button(_("Withdraw")):
                desk.act(partial(actions.withdraw, own, actor, one.id, reason), _("Withdrawn."), form="withdraw")
