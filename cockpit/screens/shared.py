"""Shared by several pages: notice of an unavailable metric, sources, areas, links to a case."""

from datetime import timedelta
from html import escape

import streamlit as st

from cockpit import filters
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.components.navigation.filters import columns_in_words
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.names import source_name, sources
from cockpit.view_state import View
from metrics import areas
from metrics.availability.feeds import feed
from metrics.availability.freshness import Freshness
from metrics.availability.reporting import reporting
from metrics.catalog import Metric
from metrics.engine.plan import exists_at


def is_available(view: View, page: str) -> bool:
    """Whether the chosen metric exists at the area's level, is counted by what is filtered and is in the edition.

    If not, says so. A passport is available for a metric that is not in the edition.
    """
    name = view.metric.name[language()]
    if lacking := filters.lacking(view.catalog, view.metric, view.query.where):
        header.notice(
            _("{metric} is not counted by {columns}", metric=name, columns=columns_in_words(lacking)),
            links=[(_("Remove the filter"), view.here(**dict.fromkeys(lacking)))],
        )
        return False
    if exists_at(view.metric, view.area.level):
        return not is_lacked(view, view.metric) or page == "passport"
    levels = words.listed(words.level(level) for level in view.metric.levels)
    above = [place for place in areas.path(view.edition, view.area) if exists_at(view.metric, place.level)]
    header.notice(
        _("{metric} exists at these levels: {levels}. {area} is a {level}.", metric=name, levels=levels,
          area=view.area.name, level=words.level(view.area.level)),
        links=[(place.name, view.href(page, area=place, metric=view.metric)) for place in above[-1:]],
    )  # fmt: skip
    return False


def is_lacked(view: View, metric: Metric) -> bool:
    """Whether an older release published the edition, without what a metric needs; says so."""
    if lacked := feed(view.edition, view.catalog, metric).lacked:
        header.notice(
            _("{metric} is not in this edition: an earlier release published it without {columns}. Publish again.",
              metric=metric.name[language()], columns=words.lacked(lacked)),
            links=[(_("Passport"), view.href("passport", metric=metric))],
        )  # fmt: skip
    return bool(lacked)


def sentence(text: str) -> None:
    """Draw the one sentence that sums up the page."""
    st.html(f'<p style="margin: 0">{escape(text)}</p>')


def when(view: View) -> str:
    """The period in words; for a stock, its end."""
    if view.metric.basis != "stock":
        return format.period(view.period)
    end = format.day(view.period.end)
    return _("as of {time}", time=format.stamp(view.as_of) if end > format.day(view.as_of) else f"{end} 00:00")


def sources_table(view: View, metric: Metric | None = None, *, key: str = "sources") -> None:
    """Freshness of the sources, of one metric or of all; silent ones first."""
    shown = list(reporting(view.edition, view.catalog, metric) if metric else sources(view.edition).values())
    if not shown:
        header.notice(_("No source delivers this yet."))
        return
    shown.sort(key=lambda source: (not source.silent(view.as_of), source.source))
    columns = [
        Column(_("Source"), lead=True),
        Column(_("State")),
        Column(_("Newest")),
        Column(_("Delivers every"), number=True),
    ]
    table(columns, [_source_row(view, source) for source in shown], key=key)


def _source_row(view: View, source: Freshness) -> list[Cell | str]:
    name, age = source_name(view.edition, source.source), source.age(view.as_of)
    silent = source.silent(view.as_of)
    state = "red" if silent else "green" if source.cycle_days else "none"
    freshness = (
        _("Never delivered") if age is None else _("Silent for {age}", age=format.age(age)) if silent else _("Fresh")
    )
    return [
        Cell(name, note=source.source if source.source != name else ""),
        Cell(freshness if source.cycle_days else _("No cycle agreed"), state=state),
        format.stamp(source.last_at) if source.last_at else "",
        format.age(timedelta(days=source.cycle_days)) if source.cycle_days else "",
    ]


def case_href(view: View, source: object, key: object, *, list: str = "") -> str:
    """list: the parameters, URL-encoded, of the page of rows it is opened from."""
    return view.href("case", source=source, key=key, list=list)
