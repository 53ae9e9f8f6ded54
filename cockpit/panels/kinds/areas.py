"""The panels of the areas below: map and ranking, worst first."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from pydantic import Field

from cockpit.components.charts import areamap, ranking
from cockpit.components.charts.areamap import Entry, MapArea
from cockpit.components.charts.ranking import RankingRow
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.panels import answers, colours, numbers
from cockpit.panels.answers import Part
from cockpit.panels.base import Call, Panel
from cockpit.panels.labels import area_name, how_many, level
from cockpit.panels.numbers import Numbers
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from data.areas.levels import LEVELS
from metrics import areas
from metrics.catalog import Metric
from metrics.engine.plan import exists_at

RANKING_ON_WALL = 640
COMPARED = 3
"""Number of areas in a ranking's link to the comparison; others are added there."""


class MapPanel(Panel):
    """The areas below, coloured by the metric; a click goes into one. Shown where there are outlines to draw.

    or_ranking: where there are none, it is the list of them instead.
    """

    kind: Literal["map"]
    height: int = Field(540, ge=0, le=2000)
    or_ranking: bool = False

    queries_last = True

    def subject(self, view: View) -> Metric | None:
        return compared(self.at(view))[1] if has_below(view) else None

    def shown(self, view: View) -> bool:
        view = self.at(view)
        if not has_below(view) or not has_values(view):
            return False
        return self.or_ranking or areamap.drawable(view, view.area)

    def queries(self, view: View) -> list[Call]:
        return below_queries(self.at(view))

    def prepare(self, view: View) -> None:
        map_areas(self.at(view))
        areamap.drawable(view, view.area)

    def numbers(self, view: View) -> Numbers:
        return area_numbers(self.at(view))

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.navigation import header

        view = self.at(view)
        header.title(self.title[language()] if self.title else title(view), note=note(view))
        if not areamap.drawable(view, view.area):
            ranking.ranking(area_rows(view), title=compared(view)[1].name[language()], height=RANKING_ON_WALL)
            return
        drawn, legend = map_areas(view)
        height = 0 if view.wall else self.height
        areamap.areamap(view, drawn, parent=view.area, legend=legend, title=title(view), height=height)


class RankingPanel(Panel):
    """The areas below as a list, with what belongs to none of them.

    With a metric of its own it is left out where that ranks none of them; the list of the chosen metric is also the
    way into the areas.
    """

    kind: Literal["ranking"]
    height: int = Field(710, ge=100, le=2000)

    queries_last = True

    def subject(self, view: View) -> Metric | None:
        return compared(self.at(view))[1] if has_below(view) else None

    def shown(self, view: View) -> bool:
        view = self.at(view)
        if not has_below(view):
            return False
        lower, metric = compared(view)
        return exists_at(metric, lower) and (not self.metrics or has_ranks(view))

    def queries(self, view: View) -> list[Call]:
        return below_queries(self.at(view))

    def prepare(self, view: View) -> None:
        area_rows(self.at(view))

    def numbers(self, view: View) -> Numbers:
        return area_numbers(self.at(view))

    def has_numbers(self, view: View) -> bool:
        return has_values(self.at(view))

    def said(self, view: View) -> str:
        own = self.title[language()] if self.title else _("Most in need first")
        return f"{compared(self.at(view))[1].name[language()]} · {own}"

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.navigation import header

        view = self.at(view)
        if not has_values(view):
            header.title(title(view))
            lower = compared(view)[0]
            header.notice(_("No {level} has data of this metric in this period.", level=level(lower)))
            return
        name = compared(view)[1].name[language()]
        own = self.title[language()] if self.title else _("Most in need first") if has_ranks(view) else name
        header.title(title(view) if leads else own, note=note(view) if leads else "", links=_compare(view))
        way = view.href("compare", metric=compared(view)[1]) if can_compare(view) else ""
        ranking.ranking(
            area_rows(view), title=name if has_ranks(view) else "", height=self.height, compare=way
        )  # fmt: skip

    def section(self) -> dict[str, Any]:
        return {"type": "table", "by": "below", "metrics": self.metrics}


def _compare(view: View) -> list[tuple[str, str]]:
    """The page that compares, with the first areas of the list; none where there are not two to compare."""
    lower, metric = compared(view)
    worst = [part for part in area_parts(view, lower, metric) if part.ranked and part.group != str(view.area.code)]
    codes = [part.group for part in worst[:COMPARED]]
    if len(codes) < 2 or not can_compare(view):
        return []
    return [(_("Compare"), view.href("compare", areas=",".join(codes), metric=metric))]


def can_compare(view: View) -> bool:
    """Whether the areas below are of one level, and have the metric."""
    lower, metric = compared(view)
    return lower in LEVELS and exists_at(metric, lower)


def below_queries(view: View) -> list[Call]:
    """The query that compares the areas below, together with the other metrics of the layout."""
    if not has_below(view):
        return []
    lower, metric = compared(view)
    if not exists_at(metric, lower):
        return []
    return [partial(area_parts, view, lower, metric)]


def has_below(view: View) -> bool:
    """Whether there are areas below to compare."""
    return bool(areas.children(view.edition, view.area))


def has_values(view: View) -> bool:
    """Whether any of the areas below has a value, ranked or not."""
    lower, metric = compared(view)
    return exists_at(metric, lower) and any(part.known for part in area_parts(view, lower, metric))


def has_ranks(view: View) -> bool:
    """Whether any of the areas below is ranked: where none is, none is most in need."""
    lower, metric = compared(view)
    return exists_at(metric, lower) and any(part.ranked for part in area_parts(view, lower, metric))


def area_parts(view: View, lower: str, metric: Metric) -> tuple[Part, ...]:
    """The areas below, queried together with the other metrics of the layout."""
    return answers.parts(view.ask(metric.id, by=lower), view.layout.metrics)


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
    """The areas below, of one level or several, and the metric that compares them."""
    lower = areas.below(view.edition, view.area)
    assert lower is not None, "a village has no areas below"
    return lower, view.metric_at(lower)


@single_flight_cache(maxsize=512)
def map_areas(view: View) -> tuple[tuple[MapArea, ...], tuple[Entry, ...]]:
    """The areas below with their colours, and the legend."""
    lower, metric = compared(view)
    parts = [part for part in area_parts(view, lower, metric) if part.group != str(view.area.code)]
    legend, keys = colours.coloured(view.catalog, metric, lower, parts)
    drawn = (
        MapArea(
            int(part.group), area_name(view, int(part.group)), _value(metric, part), view.href(area=part.group), key
        )
        for part, key in zip(parts, keys, strict=True)
    )
    return tuple(drawn), legend


@single_flight_cache(maxsize=512)
def area_rows(view: View) -> tuple[RankingRow, ...]:
    lower, metric = compared(view)
    parts, own = area_parts(view, lower, metric), str(view.area.code)
    links = ["" if part.group == own else view.href(area=part.group) for part in parts]
    rows = ranking_rows(view, metric, parts, [area_name(view, int(part.group)) for part in parts], links)
    groups = peers(view, [part.group for part in parts])
    return tuple(
        replace(row, code="" if part.group == own else part.group, group=group)
        for row, part, group in zip(rows, parts, groups, strict=True)
    )


def peers(view: View, codes: Sequence[str]) -> list[str]:
    """With whom each area is ranked: streets apart from towns. The area's own level has nobody; all empty if alike."""
    places = [areas.area(view.edition, int(code)) for code in codes]
    groups = [words.peers(one.level, one.kind) if one.code != view.area.code else "" for one in places]
    return groups if len({*groups} - {""}) > 1 else [""] * len(groups)


def area_numbers(view: View) -> Numbers:
    """The areas below by need, each with its code."""
    lower, metric = compared(view)
    parts = area_parts(view, lower, metric)
    names = [(area_name(view, int(part.group)), part.group) for part in parts]
    return numbers.of_parts(metric, (_("Area"), _("Area code")), names, parts)


def ranking_rows(
    view: View,
    metric: Metric,
    parts: Sequence[Part],
    names: Sequence[str],
    links: Sequence[str],
    *,
    rows: Sequence[str] = (),
    chosen: str | None = None,
) -> tuple[RankingRow, ...]:
    """links: what each name leads to; rows: what its value opens. chosen: the group that the screen is filtered by."""
    largest = 100 if metric.is_percent else max((part.now.value for part in parts if part.ranked), default=0)
    return tuple(
        ranking.row(
            view, metric, part.now, name=name, state=part.state, before=part.before, href=href, rows=own,
            chosen=part.group == chosen, largest=largest,
        )
        for part, name, href, own in zip(parts, names, links, rows or [""] * len(parts), strict=True)
    )  # fmt: skip


def _value(metric: Metric, part: Part) -> str:
    """`412 件 · 预警`: value and state in words, or why there is none."""
    if not part.known:
        return _("No data")
    small = _("Sample {n}, not ranked", n=format.number(part.now.n)) if part.small else ""
    words = (format.quantity(metric, part.now.value), small or format.state(part.state).word)
    return " · ".join(word for word in words if word)
