"""One loop for all layouts: prefetch, prewarm, draw."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from itertools import zip_longest

from cockpit import filters, settings
from cockpit.components.base import group
from cockpit.components.navigation import panelmenu
from cockpit.components.navigation.filters import columns_in_words, in_words
from cockpit.components.navigation.header import notice, title
from cockpit.drawing import row
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.panels import layouts
from cockpit.panels.base import Call, Panel
from cockpit.panels.layouts import Row, StackPanel, flat
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics import areas
from metrics.catalog import Metric
from metrics.engine.parallel import run_parallel


def heading(view: View) -> str:
    """First heading of a cockpit, for screen readers; empty where `draw` shows one."""
    shown = view.topic or filters.unit_of(view.query.where)
    return "" if shown else f"{view.area.name} · {view.layout.name[language()]}"


def draw(view: View, *, export: bool = False) -> None:
    """The layout of the view, inside of `composed`. export: whether the visitor may take the numbers away as files."""
    query_ahead(view)
    if view.topic:
        title(view.layout.name[language()], note=format.period(view.period), level=1)
    elif unit := filters.unit_of(view.query.where):
        title(unit, note=f"{view.area.name} · {format.period(view.period)}", level=1)
    if not view.area.live:
        merged(view)
    draw_rows(view, view.layout.rows)
    panelmenu.menus(
        link=view.permalink(),
        place=" · ".join(filter(None, (view.area.name, format.period(view.period), in_words(view)))),
        stamp=_("Data of {time}", time=format.stamp(view.as_of)),
        demo=_("Demo data") if view.edition.demo else "",
        export=export,
    )


def left_topic(view: View, named: str | None) -> None:
    """Said above the cockpit that stands in for the topic named in the address, which lacks the level of the area."""
    if not named or view.topic:
        return
    topic = layouts.of(settings.current()).by_id[named].name[language()]
    notice(_("{topic} has no page at this level: this is the cockpit of {area}.", topic=topic, area=view.area.name))


def nothing(view: View) -> None:
    """Shown in place of the layout when no fact of the area matches the filters, which is not a zero."""
    notice(
        _("No data: nothing of {area} has {filters}.", area=view.area.name, filters=in_words(view)),
        links=[(_("Remove the filter"), view.href("cockpit", **dict.fromkeys(filters.NAMES)))],
    )


def prepare(view: View) -> None:
    """Make all that `draw` caches, outside of a run."""
    query_ahead(view)
    for panel in of_level(view, view.layout.panels):
        if not _lacking(view, panel) and panel.shown(view):
            panel.prepare(view)


def draw_rows(view: View, rows: Sequence[Row]) -> None:
    """The rows of a layout; what has nothing to say leaves its place to the others."""
    page: list[tuple[int, Row]] = []
    sheet = 1
    notes: set[str] = set()
    for number, given in enumerate(rows, 1):
        if given.new_page and page:
            _page(view, page, sheet, notes)
            page, sheet = [], sheet + 1
        page.append((number, given))
    _page(view, page, sheet, notes)


def of_level(view: View, panels: Iterable[Panel]) -> list[Panel]:
    """The panels that are shown at the level of the view's area."""
    return [panel for panel in panels if view.area.level in panel.levels]


def _lacking(view: View, panel: Panel) -> tuple[str, ...]:
    """The columns of the view's filters by which the panel's metric is not counted."""
    metric = panel.subject(view) if view.query.where else None
    return filters.lacking(view.catalog, metric, view.query.where) if metric else ()


@single_flight_cache(maxsize=256)
def query_ahead(view: View) -> None:
    """Query in parallel what the panels need one by one, so that each finds its answer cached."""
    panels = [panel for panel in of_level(view, view.layout.panels) if not _lacking(view, panel)]
    late, early = ([panel for panel in panels if panel.queries_last is last] for last in (True, False))
    run_parallel([call for group in (early, late) for call in _apart(group, view)])


def _apart(panels: list[Panel], view: View) -> list[Call]:
    """The calls of the panels, those of one function apart: they often need the same answer and would wait for it."""
    by_function: dict[object, list[Call]] = {}
    for call in (call for panel in panels for call in panel.queries(view)):
        by_function.setdefault(getattr(call, "func", call), []).append(call)
    return [call for nth in zip_longest(*by_function.values()) for call in nth if call]


def merged(view: View) -> None:
    """A link from a merged area to its successor; the screen below shows the area's own history."""
    holder = areas.area(view.edition, view.area.holder)
    texts = {"area": view.area.name, "holder": holder.name}
    if view.area.valid_to:
        since = format.day(view.area.valid_to)
        text = _("{area} has been part of {holder} since {since}. Shown here is its own record.", **texts, since=since)
    else:
        text = _("{area} is part of {holder} now. Shown here is its own record.", **texts)
    notice(text, state="amber", links=[(_("To {area}", area=holder.name), view.href(area=holder))])


def _page(view: View, page: list[tuple[int, Row]], sheet: int, notes: set[str]) -> None:
    """The numbered rows of one page of paper. notes: the metrics of which it was said why filters leave them out."""
    with nullcontext() if sheet == 1 else group(f"page{sheet}"):
        for number, given in page:
            _row(view, number, given, notes)


def _row(view: View, number: int, given: Row, notes: set[str]) -> None:
    for panel in of_level(view, flat(given.panels)) if view.query.where else ():
        metric, lacking = panel.subject(view), _lacking(view, panel)
        if metric and lacking and metric.id not in notes:
            notes.add(metric.id)
            _refuse(view, metric, lacking)
    shown = [panel for panel in of_level(view, given.panels) if _has_content(view, panel)]
    if len(shown) == 1:
        _draw(view, shown[0], leads=True)
    elif shown:
        with group(row.key(number, [panel.width for panel in shown])):
            for panel in shown:
                with nullcontext() if _has_menu(view, panel) else group():
                    _draw(view, panel, leads=panel is shown[0])


def _has_menu(view: View, panel: Panel) -> bool:
    """Whether it is drawn in a container of its own, with a menu."""
    return panel.has_menu and not view.wall and not isinstance(panel, StackPanel)


def _has_content(view: View, panel: Panel) -> bool:
    if isinstance(panel, StackPanel):
        return any(_has_content(view, one) for one in of_level(view, panel.panels))
    return not _lacking(view, panel) and panel.shown(view)


def _draw(view: View, panel: Panel, *, leads: bool) -> None:
    if isinstance(panel, StackPanel):
        for one in of_level(view, panel.panels):
            if _has_content(view, one):
                _draw(view, one, leads=True)
    elif not _has_menu(view, panel):
        panel.draw(view, leads=leads)
    else:
        name, title = view.layout.names[id(panel)], panel.said(view)
        with panelmenu.panel(name, table=panel.has_numbers(view), notify=_notify(view, panel), title=title):
            panel.draw(view, leads=leads)


def _notify(view: View, panel: Panel) -> str:
    """The page on which one subscribes to the panel's metric; empty without a metric with limits, or under a filter."""
    metric = None if view.query.where else panel.subject(view)
    return view.href("passport", metric=metric) if metric and metric.thresholds else ""


def _refuse(view: View, metric: Metric, lacking: tuple[str, ...]) -> None:
    """Why the panels of a metric have no answer under the filters, once in place of all of them."""
    text = _("{metric} is not counted by {columns}", metric=metric.name[language()], columns=columns_in_words(lacking))
    without = [] if view.wall else [(_("Remove the filter"), view.href("cockpit", **dict.fromkeys(lacking)))]
    notice(text, links=without)
