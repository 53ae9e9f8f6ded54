"""The areas below one, and the units that answer for its cases: on the map and as a list, most in need first."""

from collections.abc import Sequence

from cockpit import format
from cockpit.components import areamap, header, ranking
from cockpit.components.areamap import MapArea, Step
from cockpit.components.ranking import RankingRow
from cockpit.i18n import _, language
from cockpit.kept import kept
from cockpit.layouts import answers
from cockpit.layouts.answers import Part
from cockpit.layouts.panels import split_metric
from cockpit.layouts.vitals import VITALS
from cockpit.layouts.words import area_name, ask, how_many, level, rows_link
from cockpit.seen import View
from metrics import areas
from metrics.catalog import Metric

STATES = ("green", "amber", "red")
MARKED = 3
"""So many of the worst carry their names on the map."""


def has_below(view: View) -> bool:
    """Whether there are areas below to compare."""
    return answers.level_below(view.area) is not None and bool(areas.children(view.edition, view.area))


def has_values(view: View) -> bool:
    """Whether any of the areas below has a value, ranked or not."""
    lower, metric = compared(view)
    return any(part.known for part in answers.parts(ask(view), metric, lower, VITALS))


def title(view: View) -> str:
    """`积压件数 · 22 个镇街`"""
    lower, metric = compared(view)
    return f"{metric.name[language()]} · {how_many(lower, len(areas.children(view.edition, view.area)))}"


def note(view: View) -> str:
    """Why another metric than the chosen one is compared, if so."""
    lower, metric = compared(view)
    if metric.id == view.metric.id:
        return ""
    return _("{metric} does not exist at {level} level", metric=view.metric.name[language()], level=level(lower))


def compared(view: View) -> tuple[str, Metric]:
    """The level below, and the metric its areas are compared by."""
    lower = answers.level_below(view.area)
    assert lower is not None, "a village has no areas below"
    return lower, view.metric_at(lower)


def area_map(view: View, *, height: int) -> None:
    """The areas below, coloured by the chosen metric; a click goes into one."""
    drawn, steps = map_areas(view)
    areamap.areamap(
        view, drawn, parent=view.area, steps=steps, title=title(view), height=height,
        least=compared(view)[1].min_n or 0,
    )  # fmt: skip


@kept(maxsize=512)
def map_areas(view: View) -> tuple[tuple[MapArea, ...], tuple[Step, ...]]:
    """The areas below with their colours, and the legend. Too small a sample has no colour."""
    lower, metric = compared(view)
    found = [part for part in answers.parts(ask(view), metric, lower, VITALS) if part.group != str(view.area.code)]
    marked = {part.group for part in [part for part in found if part.ranked][:MARKED]}
    steps, colours = _colours(metric, found)
    drawn = [
        MapArea(
            int(part.group),
            area_name(view, int(part.group)),
            _told(metric, part),
            view.href(area=part.group),
            colour,
            part.state,
            part.group in marked,
            part.small,
        )
        for part, colour in zip(found, colours, strict=True)
    ]
    return tuple(drawn), tuple(steps)


def _colours(metric: Metric, found: Sequence[Part]) -> tuple[list[Step], list[int | None]]:
    """The legend and each part's step: by state where bounds hold against people or the past, else by value."""
    limits = metric.thresholds
    if limits is None or limits.green is None or (limits.against == "value" and not limits.also):
        return areamap.steps(metric, [part.now.value if part.ranked else None for part in found])
    bounds = (format.limit(metric), "", str(limits.red))
    words = (f"{format.state(state).word} {bound}".strip() for state, bound in zip(STATES, bounds, strict=True))
    steps = [Step(word, state) for word, state in zip(words, STATES, strict=True)]
    return steps, [STATES.index(part.state) if part.state in STATES else None for part in found]


def area_ranking(view: View, *, height: int) -> None:
    """The areas below as a list, with what belongs to none of them."""
    ranking.ranking(area_rows(view), title=compared(view)[1].name[language()], height=height)


@kept(maxsize=512)
def area_rows(view: View) -> tuple[RankingRow, ...]:
    lower, metric = compared(view)
    found, own = answers.parts(ask(view), metric, lower, VITALS), str(view.area.code)
    links = ["" if part.group == own else view.href(area=part.group) for part in found]
    return _rows(view, metric, found, [area_name(view, int(part.group)) for part in found], links)


def department_ranking(view: View, *, height: int) -> None:
    """The responsible units as a list; one opens its rows."""
    if not department_rows(view):
        header.notice(_("No data in this period"))
        return
    ranking.ranking(
        department_rows(view),
        title=split_metric(view).name[language()],
        first=_("Unit"),
        height=height,
        key="departments",
    )


@kept(maxsize=512)
def department_rows(view: View) -> tuple[RankingRow, ...]:
    metric = split_metric(view)
    found = [part for part in answers.parts(ask(view), metric, "department") if part.now.n]
    links = [rows_link(view, metric, department=part.group) for part in found]
    return _rows(view, metric, found, [part.group or _("Not given") for part in found], links)


def _rows(
    view: View, metric: Metric, found: Sequence[Part], names: Sequence[str], links: Sequence[str]
) -> tuple[RankingRow, ...]:
    largest = 100 if metric.is_percent else max((part.now.value for part in found if part.ranked), default=0)
    return tuple(
        ranking.row(view, metric, part.now, name=name, state=part.state, before=part.before, href=href, largest=largest)
        for part, name, href in zip(found, names, links, strict=True)
    )


def _told(metric: Metric, part: Part) -> str:
    if not part.known:
        return _("No data")
    value = format.quantity(metric, part.now.value)
    small = _("Sample {n}, not ranked", n=format.number(part.now.n)) if part.small else ""
    return f"{value} · {small}" if small else value
