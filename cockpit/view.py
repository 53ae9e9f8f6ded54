"""What one screen shows: the guard and scope of every page, read from its URL and checked against the edition.

Each page begins with `view = current(NAME)`. Whatever the URL says, the page then has an edition, an area, a metric and
a period that exist; if the URL names something else, a friendly page says so and the run stops.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import streamlit as st

from cockpit import editions, filters, problem, settings
from cockpit.access import guard, pages, visitors
from cockpit.access import parameters as accepted
from cockpit.access.policy import OPERATOR, Can, Grants
from cockpit.address import link
from cockpit.i18n import LANGUAGES, _, language
from cockpit.labels.wording import worded
from cockpit.panels import layouts
from cockpit.panels.layouts import Layout
from cockpit.reports.delivery import access
from cockpit.view_state import View, catalog_of
from data.areas.levels import LEVELS, SPANS
from data.editions.edition import Edition
from data.editions.scoped import ScopedEdition
from data.errors import Damaged, DataError, TooSlow
from metrics import areas
from metrics.areas import Area
from metrics.availability.extent import default_period
from metrics.availability.feeds import feed
from metrics.catalog import Catalog, Metric
from metrics.engine.plan import metric_of
from metrics.errors import MetricsError
from metrics.limits import CATEGORY, limited_catalog
from metrics.period import Period
from metrics.query import Query
from metrics.search import areas_like

KEPT = ("topic", "area", "metric", "from", "to", "vs", "edition", "lang", "size", "wall")
"""The parameters of every page, besides the filters; the others belong to one and are left behind by `View.href`."""
COMPARISONS = ("previous", "last_year")
DATE = "%Y-%m-%d"
YEARS = range(1950, 2150)
DIGITS = 12
"""Of an area's code."""
Near = Sequence[tuple[str, str]]
"""Text and href of what may have been meant."""


class BadParameter(Exception):
    """A parameter of the URL has an invalid value: name, value and a hint."""

    def __init__(self, name: str, value: str, hint: str, near: Near = ()) -> None:
        super().__init__(f"{name}={value}: {hint}")
        self.name, self.value, self.hint, self.near = name, value, hint, near


def current(page: str) -> View:
    """The view that the URL names, for a visitor who may open this page of `cockpit.access.pages` for its area.

    Shows a friendly page and stops the run when there is none.
    """
    what = pages.PAGES[page].right
    visitor = guard.open_page(page)
    config = settings.current()
    try:
        view = read(st.query_params.to_dict(), config, visitor.grants, page)
        if what in (Can.LOOK, Can.REPORT, Can.ASSESS) and not visitor.grants.may(what, view.area.code, view.area.end):
            guard.refuse(visitor, what="area", area=str(view.area.code))
        return view
    except BadParameter as fault:
        problem.bad_parameter(fault.name, fault.value, fault.hint, fault.near)
    except MetricsError as fault:
        problem.unanswerable(worded(fault))
    except (TooSlow, Damaged):
        raise
    except DataError as fault:
        problem.no_edition(worded(fault))
    return st.stop()


def read(
    parameters: Mapping[str, str], config: settings.Settings, grants: Grants = OPERATOR, page: str = "cockpit"
) -> View:
    """The view of the parameters of a page's URL, its edition narrowed to what `grants` reach.

    Without an area in the URL it is the first one granted. Raises BadParameter, or DataError when nothing is published.
    """
    catalog = catalog_of(config)
    if fault := accepted.fault(page, parameters):
        raise BadParameter(fault.name, fault.value, fault.hint)
    parameters = _reopened(parameters, config, grants)
    edition = _edition(config, parameters.get("edition")).scoped(grants.scope(Can.LOOK))
    area = _area(edition, parameters.get("area"), grants)
    known = layouts.of(config)
    layout = _layout(known, parameters.get("topic"), area)
    kept = KEPT if layout.use == "topic" else tuple(name for name in KEPT if name != "topic")
    where = filters.read(parameters, page)
    period = _period(edition, parameters.get("from"), parameters.get("to"))
    query = Query(
        edition,
        limited_catalog(edition, catalog, area.code, period, dict(where).get(CATEGORY, "")),
        (_metric(catalog, parameters.get("metric") or _first_metric(edition, catalog, layout)).id,),
        area.code,
        period,
        "last_year" if _choice("vs", parameters.get("vs"), COMPARISONS) == "last_year" else "previous",
        where=where,
    )
    return View(
        query,
        _choice("lang", parameters.get("lang"), (config.language, *LANGUAGES)),
        _choice("size", parameters.get("size"), ("m", "l")),
        parameters.get("wall") == "1",
        grants,
        layout,
        (*((name, parameters[name]) for name in kept if parameters.get(name)), *filters.parameters(where).items()),
        tuple(known.topics(area.level)),
    )


def _reopened(parameters: Mapping[str, str], config: settings.Settings, grants: Grants) -> Mapping[str, str]:
    """The parameters with those of the report that they name: its edition, area, period, comparison and filters.

    Raises BadParameter for an unknown report, and in the same words for one that these grants may not read.
    """
    id = parameters.get("report")
    if not id:
        return parameters
    try:
        report = access.find(visitors.desk(), config, grants, id)
    except access.NotThere:
        hint = _("A report is named by its number, such as R20261126-3fa2c1aa; there is none of this number for you.")
        raise BadParameter("report", id, hint) from None
    request = json.loads(report.asked)
    own = {name: request[name] for name in ("from", "to", "vs")}
    own |= {"edition": report.edition, "area": str(request["areas"][0])}
    own |= filters.parameters(tuple(dict(request.get("where") or {}).items()))
    return own | {name: value for name, value in parameters.items() if value}


def _edition(config: settings.Settings, requested: str | None) -> Edition:
    newest = editions.current(config)
    if not requested or requested == newest.id:
        return newest
    try:
        return editions.named(config, requested)
    except DataError:
        hint = _(
            "It was never published here, or it is no longer kept. The newest one is {edition}.", edition=newest.id
        )
        raise BadParameter("edition", requested, hint, [(_("Editions"), link("data", {}))]) from None


def _area(edition: ScopedEdition, requested: str | None, grants: Grants) -> Area:
    if not requested:
        return home(edition, grants)
    try:
        return areas.area(edition, int(requested) if len(requested) <= DIGITS else -1)
    except (ValueError, MetricsError):
        hint = _("An area is named by its code of 12 digits; this edition does not hold this one.")
        raise BadParameter("area", requested, hint, _areas_near(edition, requested)) from None


def home(edition: ScopedEdition, grants: Grants) -> Area:
    """The first area of a visitor: the top, or the first area granted; the top without any grant."""
    top = areas.root(edition)
    if grants.may(Can.LOOK, top.code, top.end) or not grants.may(Can.LOOK):
        return top
    for grant in grants.held:
        if grants.may(Can.LOOK, grant.first, grant.end):
            try:
                return areas.area(edition, grant.first)
            except MetricsError:
                continue  # an area granted before it was loaded, or no longer
    return top


def _areas_near(edition: ScopedEdition, text: str) -> Near:
    """The areas above the requested one, nearest first, or those whose name holds the text."""
    code = int(text[:DIGITS].ljust(DIGITS, "0")) if text.isdecimal() else 0
    above = dict.fromkeys(code // span * span for span in SPANS.values())
    places = [place for code in above for place in areas_like(edition, str(code), 1) if place.code == code]
    places.sort(key=lambda place: LEVELS.index(place.level), reverse=True)
    return [(place.name, link("cockpit", {"area": place.code})) for place in places or areas_like(edition, text, 5)]


def _layout(known: layouts.Layouts, topic: str | None, area: Area) -> Layout:
    """The topic that is named, or the cockpit of the area's level, which stands in for a topic without that level."""
    if not topic:
        return known.cockpit(area.level)
    by_id = {layout.id: layout for layout in known.topics()}
    if topic not in by_id:
        near = [(layout.name[language()], link("cockpit", {"topic": layout.id})) for layout in by_id.values()]
        raise BadParameter("topic", topic, _("There is no topic of this name."), near)
    return by_id[topic] if area.level in by_id[topic].levels else known.cockpit(area.level)


def _first_metric(edition: ScopedEdition, catalog: Catalog, layout: Layout) -> str:
    """The metric of a layout that an edition feeds: its first one, so that no screen opens on what nobody delivers."""
    names = (layout.metric, *layout.metrics, *layout.spare)
    return next((name for name in names if feed(edition, catalog, catalog.metrics[name]).is_fed), layout.metric)


def _metric(catalog: Catalog, requested: str) -> Metric:
    try:
        return metric_of(catalog, requested)
    except MetricsError:
        similar = difflib.get_close_matches(requested, catalog.metrics, n=3, cutoff=0.5)
        near = [(catalog.metrics[name].name[language()], link("cockpit", {"metric": name})) for name in similar]
        near.append((_("Definitions"), link("dictionary", {})))
        raise BadParameter("metric", requested, _("The catalog has no metric of this id."), near) from None


def _period(edition: ScopedEdition, start: str | None, end: str | None) -> Period:
    if not start and not end:
        return default_period(edition)
    first, stop = _date("from", start), _date("to", end)
    try:
        return Period(first, stop)
    except MetricsError:
        hint = _("The last day of a period is not part of it: name a later one.")
        raise BadParameter("from", f"{start} … {end}", hint) from None


def _date(name: str, requested: str | None) -> date:
    try:
        day = datetime.strptime(requested or "", DATE).date()
    except ValueError:
        hint = _("A period has two dates, from and to, such as 2026-11-01; the last one is not part of it.")
        raise BadParameter(name, requested or "–", hint) from None
    if day.year not in YEARS:
        hint = _("A period lies in the years {first} to {last}.", first=YEARS.start, last=YEARS.stop - 1)
        raise BadParameter(name, requested or "–", hint)
    return day


def _choice(name: str, requested: str | None, known: tuple[str, ...]) -> str:
    """One of the known values, the first by default."""
    if requested and requested not in known:
        raise BadParameter(name, requested, _("It can be: {known}.", known=", ".join(dict.fromkeys(known))))
    return requested or known[0]
