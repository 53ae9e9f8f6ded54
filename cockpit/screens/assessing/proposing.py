"""The form that proposes a scheme: an older one with other weights, targets and floors, or a new one."""

from datetime import date
from functools import partial
from typing import get_args

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor
from cockpit.components.navigation import header
from cockpit.i18n import _, language, pgettext
from cockpit.labels import words
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.admin.limits import places
from cockpit.screens.assessing.schemes import FORM, current
from cockpit.view_state import View
from data.areas.levels import is_above
from data.desk.assessing import schemes as desk_schemes
from data.desk.assessing.schemes import Proposal, SchemeLine
from metrics import areas
from metrics.assessment import schemes
from metrics.assessment.schemes import LEAST, Scheme

SPARE, FEWEST = 2, 4
"""Empty lines of the form beyond those of the scheme; lines at least."""
PERIODS: tuple[str, ...] = get_args(Scheme.model_fields["period"].annotation)


NEW = ""
"""In the list of schemes to begin with: none of them."""


def form(view: View) -> None:
    """Propose a scheme; for those who may."""
    actor = Actor.of(guard.enter())
    where = places(view, actor)
    if not where:
        return
    header.title(
        _("Propose a scheme"), note=_("The weights add up to 100; a line scores 0 at its floor, 100 at its target")
    )
    known = current(view)
    names = {id: scheme.name[language()] for id, scheme in known.items()} | {NEW: _("a new scheme")}
    begun = RowChoice("propose scheme", names)
    left, right = st.columns([3, 1])
    id = begun.draw(_("Begin with"), left)
    if id is None:
        return
    base = known.get(id)
    level = base.level if base else right.selectbox(_("Level of the areas"), _levels(view), format_func=_level)
    name = f"propose scheme {base.id if base else level}"
    area = RowChoice(name, {place.code: f"{place.name} {place.code:012}" for place in where}, of="area")
    with st.form(desk.form_key(name), border=False):
        what = _fields(view, area, base, level)
        proposed = st.form_submit_button(_("Propose"))
    if proposed and area.made() and isinstance(what, Proposal):
        work = partial(actions.propose_scheme, visitors.desk(), actor, view.edition, view.catalog.base, what)
        desk.act(work, _("Proposed; a leader decides."), form=name, place=FORM)
    elif proposed and area.id:
        header.notice(
            _("A line has a metric, a weight, a target and a floor; leave the others empty."), state="red", alert=True
        )


def _levels(view: View) -> list[str]:
    return [level for level in areas.levels(view.edition) if is_above(areas.root(view.edition).level, level)]


def _level(level: str) -> str:
    return words.level_heading(level, 2)


def _period(name: str) -> str:
    return {
        "month": pgettext("of an assessment", "Month"),
        "quarter": pgettext("of an assessment", "Quarter"),
        "year": pgettext("of an assessment", "Year"),
    }[name]


def _fields(view: View, area: RowChoice[int], base: Scheme | None, level: str) -> Proposal | None:
    """What the fields of the form hold; None where a line is begun and not finished, or a day is missing."""
    id = base.id if base else st.text_input(_("Id: small letters, digits and _"), max_chars=60, autocomplete="off")
    second, third = st.columns(2)
    most = desk_schemes.LONGEST_NAME
    zh = second.text_input(_("Chinese name"), base.name.zh if base else "", max_chars=most, autocomplete="off")
    en = third.text_input(_("English name"), base.name.en if base else "", max_chars=most, autocomplete="off")
    fourth, fifth, sixth, seventh = st.columns(4)
    code = area.draw(_("Area"), fourth)
    period = fifth.selectbox(
        _("Period"), PERIODS, PERIODS.index(base.period if base else "quarter"), format_func=_period
    )
    least = sixth.number_input(_("Cases in every line, at least"), None, None, base.least if base else LEAST)
    start = desk.day(seventh, _("First day"), _next_start(view.as_of.date()))
    source = st.text_input(_("Source: document or decision"), max_chars=desk_schemes.LONGEST_SOURCE, autocomplete="off")
    lines = _lines(view, base, level)
    if lines is None or start is None or code is None:
        return None
    return Proposal(id.strip(), zh, en, level, period, int(least), lines, code, start, source)


def _next_start(day: date) -> date:
    """The first day of the next quarter."""
    month = (day.month - 1) // 3 * 3 + 4
    return date(day.year + month // 12, (month - 1) % 12 + 1, 1)


def _lines(view: View, base: Scheme | None, level: str) -> tuple[SchemeLine, ...] | None:
    """The lines of the form without the empty ones; None where one is not finished."""
    usable = {metric.id: metric for metric in schemes.usable(view.catalog, level)}
    given = list(base.lines) if base else []
    lines: list[SchemeLine] = []
    for i in range(max(len(given) + SPARE, FEWEST)):
        line = given[i] if i < len(given) else None
        names = ["", *usable]
        first, second, third, fourth = st.columns([3, 1, 1, 1], vertical_alignment="bottom")
        metric = first.selectbox(
            _("Metric {n}", n=i + 1),
            names,
            names.index(line.metric) if line and line.metric in usable else 0,
            format_func=lambda name: usable[name].name[language()] if name else "–",
        )
        weight = second.number_input(_("Weight {n}", n=i + 1), None, None, line.weight if line else None)
        target = third.number_input(_("Target {n}", n=i + 1), None, None, line.target if line else None)
        floor = fourth.number_input(_("Floor {n}", n=i + 1), None, None, line.floor if line else None)
        if not metric:
            continue
        if weight is None or target is None or floor is None:
            return None
        lines.append(SchemeLine(metric, float(weight), float(target), float(floor)))
    return tuple(lines)
