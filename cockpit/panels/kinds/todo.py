"""The to-do panel: open cases as cards, by the next deadline."""

from functools import partial
from typing import Literal

import pandas as pd
from pydantic import Field

from cockpit.components.charts.timeline import Stage, State
from cockpit.components.lists.todo import Card, Count
from cockpit.i18n import _, language
from cockpit.labels import format, phones
from cockpit.panels import answers
from cockpit.panels.answers import Row
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import source_name
from cockpit.panels.numbers import Numbers, count
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from data.values.zones import elapsed
from metrics.cases.casefile import Contact, administers, contacts
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.period import DAY, Period
from metrics.query import Query

MOST_CARDS = 12
STATES = {"overdue": "red", "today": "amber", "three days": "none", "later": "none", "no deadline": "none"}
PRESSING = ("overdue", "today", "three days")
"""Urgencies counted above the cards; the rest is in the total."""


class TodoPanel(Panel):
    """Counts of open cases by urgency, then a card for each: the cases of the domain of its metric, which counts them.

    With `mine` the cards are the cases that the area's own units hold; the counts stay those of all.
    """

    kind: Literal["todo"]
    metrics: tuple[str, ...] = Field(min_length=1, max_length=1)

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def shown(self, view: View) -> bool:
        return view.area.live

    def queries(self, view: View) -> list[Call]:
        return [partial(answers.to_do, todo_query(view, *self.metrics))]

    def prepare(self, view: View) -> None:
        cards(self.at(view))

    def numbers(self, view: View) -> Numbers:
        """Open cases by urgency."""
        words = {**_urgencies(), "later": _("Due later"), "no deadline": _("no deadline")}
        counts_by_name = answers.to_do(todo_query(view, *self.metrics))[1]
        rows = tuple((word, count(counts_by_name[name])) for name, word in words.items() if name in counts_by_name)
        return Numbers(_("To do"), (_("Due"), _("Open")), rows)

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.lists import todo
        from cockpit.components.navigation import header

        view = self.at(view)
        header.title(self.title[language()] if self.title else _("To do"))
        own_only = is_mine()
        chosen = own_cards(view) if own_only else cards(view)
        left = 0 if own_only else answers.open_cases(_own_query(view)) - len(chosen)
        rest = _("{n} more, due later or without a deadline", n=left)
        todo.todo(
            chosen, counts=(*counts(view), *_choice(view, own_only)), empty=_("Nothing is open."),
            rest=todo.Rest(rest, _("All"), view.href("rows", metric=view.metric, sort="due_at")) if left else None,
        )  # fmt: skip


def todo_query(view: View, metric: str = "") -> Query:
    """The open cases are those of now: views that differ in period or comparison share them.

    metric: those of its domain; empty for every kind, as is a metric of a domain of all cases.
    """
    limited = metric and view.catalog.domain(view.catalog.metrics[metric]).where
    return Query(
        view.edition,
        view.catalog,
        (metric,) if limited else (),
        view.area.code,
        Period(view.as_of.date(), view.as_of.date() + DAY),
        where=view.query.where,
    )


def _own_query(view: View) -> Query:
    """The open cases of the panel's own metric, which a view `at` the panel asks."""
    return todo_query(view, view.metric.id)


def _urgencies() -> dict[str, str]:
    """A case that may still be closed in time is overdue here if it is not signed for or answered in time."""
    return {"overdue": _("Steps overdue"), "today": _("Due today"), "three days": _("Due in 3 days")}


@single_flight_cache(maxsize=512)
def counts(view: View) -> tuple[Count, ...]:
    counts_by_name = answers.to_do(_own_query(view))[1]
    words = _urgencies()
    pressing = [
        Count(words[name], format.number(counts_by_name[name]), STATES[name])
        for name in PRESSING
        if counts_by_name[name]
    ]
    return (
        Count(_("Open"), format.number(sum(counts_by_name.values())), href=view.href("rows", metric=view.metric)),
        *pressing,
    )


@single_flight_cache(maxsize=512)
def cards(view: View) -> tuple[Card, ...]:
    return tuple(_card(view, row) for row in each(answers.to_do(_own_query(view))[0].head(MOST_CARDS)))


@single_flight_cache(maxsize=512)
def own_cards(view: View) -> tuple[Card, ...]:
    """The cards of the open cases that a unit of the area itself holds, or that no unit holds yet."""
    frame = answers.to_do(_own_query(view))[0]
    return tuple(_card(view, row) for row in each(frame) if _is_own(view, row.unit))[:MOST_CARDS]


def is_mine() -> bool:
    """Whether the address asks for the cases of the area's own units."""
    import streamlit as st

    return st.query_params.get("mine") == "1"


def _choice(view: View, own_only: bool) -> tuple[Count, ...]:
    """All cases or those of the area's own units; nothing to choose where the two are the same."""
    frame = answers.to_do(_own_query(view))[0]
    own = sum(_is_own(view, unit) for unit in frame.unit)
    if own == len(frame) and not own_only:
        return ()
    return (
        Count(
            _("Held by all units"),
            format.number(answers.open_cases(_own_query(view))),
            href=view.href(),
            chosen=not own_only,
        ),
        Count(_("Held by us"), format.number(own), href=view.href("cockpit", mine=1), chosen=own_only),
    )


def _is_own(view: View, unit: object) -> bool:
    if not isinstance(unit, str) or not unit:
        return True
    contact = _contacts(view).get(unit)
    return contact is not None and administers(contact, view.area.level)


@single_flight_cache(maxsize=512)
def _contacts(view: View) -> dict[str, Contact]:
    """The units of the open cases in the directory."""
    frame = answers.to_do(_own_query(view))[0]
    return contacts(view.edition, view.area.code, [unit for unit in frame.unit if isinstance(unit, str)])


def _ways(view: View, row: Row) -> tuple[tuple[str, str], ...]:
    """The telephone of the unit that holds a case, and its place for the phone's own map; what is not delivered is not
    offered.
    """
    contact = _contacts(view).get(row.unit) if isinstance(row.unit, str) else None
    number = phones.first(contact.phone) if contact else ""
    known = not (pd.isna(row.lon) or pd.isna(row.lat))
    call = (_("Call {number}", number=number), phones.href(number)) if number else None
    find = (_("Navigate"), f"geo:{row.lat:.6f},{row.lon:.6f}") if known else None
    return tuple(way for way in (call, find) if way)


def case_link(view: View, row: Row) -> str:
    return view.href("case", source=row.source, key=row.key)


def what(row: Row) -> str:
    """The title of a case as its source gives it; its key without one."""
    return next(text for text in (row.title, row.category, row.key) if isinstance(text, str) and text)


def clock(view: View, row: Row) -> str:
    """`超期 2 天`, `今天 17:00 前`, `还有 3 天`."""
    if row.when == "no deadline":
        return ""
    if row.when == "overdue":
        return _("{age} overdue", age=format.age(elapsed(row.next_due, view.as_of, view.edition.zone)))
    if row.when == "today":
        return _("due today {time}", time=format.clock(row.next_due))
    return _("{age} left", age=format.age(elapsed(view.as_of, row.next_due, view.edition.zone)))


def _card(view: View, row: Row) -> Card:
    steps = {"sign": _("sign for it"), "respond": _("respond"), "close": _("close it")}
    facts = [
        _("Next: {step}", step=steps[row.next_step]),
        _("by {time}", time=format.stamp(row.next_due)) if row.when != "no deadline" else _("no deadline"),
        row.place if isinstance(row.place, str) else "",
        row.unit if isinstance(row.unit, str) else "",
    ]
    return Card(
        what(row),
        case_link(view, row),
        source_name(view, row.source),
        STATES[row.when],
        clock(view, row),
        tuple(fact for fact in facts if fact),
        _stages(row),
        _ways(view, row),
    )


def _stages(row: Row) -> tuple[Stage, ...]:
    """Registered, signed for, responded to, closed: what is done, what is next and whether it is late.

    A step before the next one that was never recorded is left out: its source does not know it.
    """
    done = {"sign": not pd.isna(row.signed_at), "respond": not pd.isna(row.responded_at), "close": False}
    names = {"sign": _("Signed for"), "respond": _("Responded"), "close": _("Closed")}
    running: State = "overdue" if row.when == "overdue" else "now"
    ahead = list(names)[list(names).index(row.next_step) :]

    def state(step: str) -> State:
        return "done" if done[step] else running if step == row.next_step else "todo"

    stages = [Stage(name, state=state(step)) for step, name in names.items() if done[step] or step in ahead]
    return (Stage(_("Registered"), state="done"), *stages)
