"""The panel of metric tiles."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Literal

from pydantic import Field, field_validator

from cockpit import filters
from cockpit.components.navigation.filters import columns_in_words
from cockpit.components.status.tiles import Tile, quality
from cockpit.components.status.tiles import tile as tile_of
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.labels.names import source_name
from cockpit.panels import answers
from cockpit.panels.answers import MetricSummary
from cockpit.panels.base import Call, Panel
from cockpit.panels.numbers import Numbers, count, quantity
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from metrics.answer import OLDER, PARTIAL, STALE
from metrics.availability.freshness import freshness
from metrics.availability.reporting import reporting
from metrics.catalog import Catalog, Metric
from metrics.catalog.model import Counterpart, Model, Name, Text


class TileGroup(Model):
    """Tiles under a heading of a few words. Groups of up to eight tiles together stand side by side at a desk."""

    title: Text
    metrics: tuple[Name, ...] = Field(min_length=1, max_length=8)


class TilesPanel(Panel):
    """The row of tiles: the first `most` metrics that have ever had data, and a line that names those without a source.

    Without metrics of its own it shows those of the layout, and its spare ones in place of what nothing feeds.

    groups: in place of one row all of these metrics, each under the heading of its group; a visitor who has chosen
    other metrics sees them in one row. Those that the filters do not fit are named in a line.
    """

    kind: Literal["tiles"]
    most: int = Field(8, ge=1, le=24)
    missing: bool = True
    groups: tuple[TileGroup, ...] = ()

    @field_validator("groups")
    @classmethod
    def _once_each(cls, groups: tuple[TileGroup, ...]) -> tuple[TileGroup, ...]:
        names = [name for group in groups for name in group.metrics]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"in more than one group: {', '.join(twice)}")
        return groups

    @property
    def grouped(self) -> tuple[Name, ...]:
        return tuple(name for group in self.groups for name in group.metrics)

    def queries(self, view: View) -> list[Call]:
        query = view.ask(*self._queried(view))
        return [partial(answers.summaries, one) for one in dict.fromkeys((query, query.filtered(())))]

    def prepare(self, view: View) -> None:
        self.tiles(view)

    def shown(self, view: View) -> bool:
        """Not on the wall without tiles, nor where it names no metrics that lack a source."""
        return bool(self.tiles(view)) or (self.missing and not view.wall) or bool(self._left_out(view))

    def said(self, view: View) -> str:
        return "" if self.title else _("Metrics")

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.navigation import header
        from cockpit.components.status import tiles

        shown = self.tiles(view)
        if self.title:
            header.title(self.title[language()], note=format.period(view.period))
        if view.wall:
            plain = [replace(tile, href="", passport="", rows=()) for tile in shown]
            tiles.tiles(plain, key=self.key(view), groups=self.headings(view))
            return
        if late := late_sources(view, self._shown(view)):
            header.notice(late, state="amber", links=[(_("Data"), page)] if (page := view.data_page()) else ())
        compared = _("Changes: {compared}", compared=view.compared) if any(tile.change for tile in shown) else ""
        choose = "" if self.metrics else view.href("tiles")
        tiles.tiles(shown, key=self.key(view), choose=choose, compared=compared, groups=self.headings(view))
        if self.missing and not view.empty:
            self._draw_unfed(view)
        if left_out := self._left_out(view):
            columns = columns_in_words(
                tuple(dict.fromkeys(name for metric in left_out for name in _lacking(view, metric)))
            )
            names = _(", ").join(metric.name[language()] for metric in left_out)
            remove = view.href("cockpit", **dict.fromkeys(filters.NAMES))
            header.notice(
                _("Not counted by {columns}: {names}", columns=columns, names=names),
                links=[(_("Remove the filter"), remove)],
            )

    def numbers(self, view: View) -> Numbers:
        columns = (_("Metric"), _("Value"), _("State"), _("Sample"), _("Compared with"), _("Note"))
        rows = tuple(
            (
                vital.metric.name[language()],
                quantity(vital.metric, vital.now.value),
                format.state(vital.state).word,
                count(vital.now.n),
                quantity(vital.metric, vital.before.value),
                quality(vital.now),
            )
            for vital in self._counted(view)
        )
        return Numbers(self.title[language()] if self.title else _("Metrics"), columns, rows)

    def has_numbers(self, view: View) -> bool:
        return bool(self._counted(view))

    def _counted(self, view: View) -> list[MetricSummary]:
        """The shown ones that are counted under the filters."""
        summaries = answers.summaries(view.ask(*self._queried(view)))
        return [summaries[summary.metric.id] for summary in self._shown(view) if summary.metric.id in summaries]

    def section(self) -> dict[str, Any]:
        return {"type": "tiles", "metrics": self.metrics or self.grouped}

    def tiles(self, view: View) -> tuple[Tile, ...]:
        """The tiles, worded."""
        return metric_tiles(view, self._names(view), self._queried(view), self._most(view))

    def headings(self, view: View) -> tuple[tuple[str, int], ...]:
        """The heading of each group, with how many of the tiles stand under it; empty for tiles in one row."""
        if not self.groups or view.tiles:
            return ()
        shown = {summary.metric.id for summary in self._shown(view)}
        counts = [(group.title[language()], len(shown & {*group.metrics})) for group in self.groups]
        return tuple((heading, count) for heading, count in counts if count)

    def _shown(self, view: View) -> list[MetricSummary]:
        return fed(view, self._names(view), self._queried(view))[: self._most(view)]

    def _names(self, view: View) -> tuple[str, ...]:
        names = (*self._main(view), *self._spare(view))
        left_out = {metric.id for metric in self._left_out(view)}
        return tuple(name for name in names if name not in left_out)

    def _left_out(self, view: View) -> list[Metric]:
        """The metrics of the groups that are not counted by the columns of the filters."""
        if not self.groups or view.tiles or not view.query.where:
            return []
        ever = answers.summaries(view.query.filtered(()).of(*self._queried(view)))
        fed = (ever[name].metric for name in self.grouped if name in ever and ever[name].ever)
        return [metric for metric in fed if _lacking(view, metric)]

    def _main(self, view: View) -> tuple[str, ...]:
        return self.metrics or view.tiles or self.grouped or view.layout.metrics

    def _spare(self, view: View) -> tuple[str, ...]:
        return () if self.metrics or view.tiles or self.groups else view.layout.spare

    def _most(self, view: View) -> int:
        if self.groups and not view.tiles:
            return len(self.grouped)
        return self.most if self.metrics or view.wall or not view.tiles else len(view.tiles)

    def _queried(self, view: View) -> tuple[str, ...]:
        return with_counterparts(view.catalog, self.metrics) if self.metrics else tile_metrics(view)

    def unfed(self, view: View) -> list[MetricSummary]:
        """The main metrics that exist at this level and never had a value."""
        summaries = answers.summaries(view.query.filtered(()).of(*self._queried(view)))
        return [summaries[name] for name in self._main(view) if name in summaries and not summaries[name].ever]

    def _draw_unfed(self, view: View) -> None:
        """Name them: no source has them, or this edition lacks what they count."""
        from cockpit.components.navigation import header

        unfed = self.unfed(view)
        if lacked := [summary for summary in unfed if summary.now.quality == OLDER]:
            header.notice(
                _("An earlier release published this edition, without these: {names}. Publish again.",
                  names=_names(lacked))
            )  # fmt: skip
        if without := [summary for summary in unfed if summary.now.quality != OLDER]:
            header.notice(_("No source delivers these yet: {names}", names=_names(without)))


def _lacking(view: View, metric: Metric) -> tuple[str, ...]:
    return filters.lacking(view.catalog, metric, view.query.where)


def _names(summaries: Iterable[MetricSummary]) -> str:
    return _(", ").join(summary.metric.name[language()] for summary in summaries)


def tile_metrics(view: View) -> tuple[str, ...]:
    """The metrics of the view's layout with what their tiles need: one query, whichever panel asks."""
    layout = view.layout
    return with_counterparts(view.catalog, (*layout.metrics, *layout.grouped, *layout.spare, *view.tiles))


@lru_cache(maxsize=64)
def with_counterparts(catalog: Catalog, names: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics and those that are shown next to one of them."""
    others = (catalog.metrics[name].counterpart for name in names)
    return tuple(dict.fromkeys((*names, *(other.metric for other in others if other))))


@single_flight_cache(maxsize=512)
def metric_tiles(view: View, names: tuple[str, ...], among: tuple[str, ...], most: int) -> tuple[Tile, ...]:
    """The tiles of the first `most` metrics that have data, answered among others."""
    summaries = answers.summaries(view.ask(*among))
    shown = [summary.metric for summary in fed(view, names, among)[:most]]
    return tuple(tile(view, summaries[m.id], summaries) if m.id in summaries else uncounted(view, m) for m in shown)


def fed(view: View, names: tuple[str, ...], among: tuple[str, ...]) -> list[MetricSummary]:
    """The metrics that have ever had data; independent of filters."""
    summaries = answers.summaries(view.query.filtered(()).of(*among))
    return [summaries[name] for name in names if name in summaries and summaries[name].ever]


def late_sources(view: View, shown: list[MetricSummary]) -> str:
    """Which silent sources the numbers lack, said once for all tiles; empty when none is late."""
    lacking = [summary for summary in shown if summary.now.quality in (PARTIAL, STALE)]
    sources = {source for summary in lacking for source in reporting(view.edition, view.catalog, summary.metric)}
    late = [source for source in freshness(view.edition) if source in sources and source.silent(view.as_of)]
    if not late:
        return ""
    names = _(", ").join(source_name(view.edition, source.source) for source in late)
    since = min((source.last_at for source in late if source.last_at), default=None)
    if since is None:
        return _("{sources} delivered nothing yet: {n} of these numbers lack it", sources=names, n=len(lacking))
    return _(
        "{sources} silent since {time}: {n} of these numbers lack what came later",
        sources=names,
        time=format.stamp(since),
        n=len(lacking),
    )


def tile(view: View, summary: MetricSummary, summaries: dict[str, MetricSummary]) -> Tile:
    """One metric in words; choosing it makes it the metric of the screen, its number opens the passport."""
    metric = summary.metric
    made = tile_of(
        view,
        metric,
        summary.now,
        state=summary.state,
        before=summary.before,
        trend=summary.trend,
        href=view.href(metric=metric),
        passport=view.href("passport", metric=metric),
        chosen=metric.id == view.metric.id,
    )
    other = metric.counterpart
    note = _counterpart(other, summary, summaries.get(other.metric)) if other else ""
    return replace(made, rows=(*made.rows, (_("Note"), note))) if note else made


def uncounted(view: View, metric: Metric) -> Tile:
    """The tile of a metric that is not counted by a column of the filters: it says so, in place of a number of all."""
    columns = columns_in_words(_lacking(view, metric))
    return Tile(
        metric.name[language()],
        _("Not shown"),
        href=view.href(metric=metric),
        why=_("not split by {columns}", columns=columns),
        faint=True,
        chosen=metric.id == view.metric.id,
    )


def _counterpart(how: Counterpart, summary: MetricSummary, other: MetricSummary | None) -> str:
    """The value of the counterpart metric, if the two differ by more than the catalog's `apart`."""
    if other is None or format.missing(summary.now.value) or format.missing(other.now.value):
        return ""
    if abs(other.now.value - summary.now.value) <= how.apart:
        return ""
    return how.note[language()].format(value=format.quantity(other.metric, other.now.value))
