"""The metric dictionary: every metric of the catalog, in words."""

import streamlit as st

from cockpit.components.lists.glossary import Entry, Section
from cockpit.components.lists.record import Item
from cockpit.i18n import LANGUAGES, _, language
from cockpit.labels import format, words
from cockpit.screens import passport
from cockpit.view_state import View
from metrics.catalog import Metric

MARKS = ("S", "F", "M", "G")


def sections(view: View) -> list[Section]:
    """One section a domain, in the catalog's order."""
    return [
        Section(domain.name[language()], [_entry(view, metric) for metric in domain.metrics])
        for domain in view.catalog.domains
    ]


def opened() -> str | None:
    """The metric that the address names, if it names one."""
    return st.query_params.get("metric")


def marks() -> list[Item]:
    """Meaning of the letters next to a threshold's source."""
    return [Item(mark, words.mark(mark)) for mark in MARKS]


def _entry(view: View, metric: Metric) -> Entry:
    other = next(name for name in LANGUAGES if name != language())
    return Entry(
        metric.id,
        metric.name[language()],
        metric.code or "",
        metric.definition[language()],
        [pair for pair in _items(view, metric) if pair[1]],
        href=view.here(metric=metric),
        words=f"{metric.name[other]} {metric.definition[other]}",
    )


def _items(view: View, metric: Metric) -> list[tuple[str, str]]:
    levels = words.listed(words.level(level) for level in metric.levels)
    return [
        (_("Formula"), passport.formula(view, metric)),
        (_("Unit of measure"), metric.unit[language()]),
        (_("Direction"), words.direction(metric.direction)),
        (_("Levels with a value"), levels),
        (_("Counted by"), words.basis(metric.basis)),
        (_("Limits"), _thresholds(view, metric)),
        (_("Set by"), _set_by(metric)),
        (_("Ranked from"), _("a sample of {n}", n=metric.min_n) if metric.min_n else ""),
        (_("Definition"), _("version {n}, since {day}", n=metric.version, day=metric.since) + f" · {metric.file}"),
    ]


def _set_by(metric: Metric) -> str:
    limits = metric.thresholds
    return f"{limits.source[language()]} ({limits.mark}: {words.mark(limits.mark)})" if limits else ""


def _thresholds(view: View, metric: Metric) -> str:
    limits = metric.thresholds
    if limits is None:
        return ""
    parts = [(name, bound) for name, bound in (("green", limits.green), ("red", limits.red)) if bound]
    text = "  ".join(f"{format.SHAPES[name]} {format.state(name).word} {bound}" for name, bound in parts)
    return "  ".join(filter(None, (text, passport.compared_with(view.catalog, metric))))
