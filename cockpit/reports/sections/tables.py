"""Metrics as a table: of the area itself, and by area below or by group."""

from collections.abc import Iterator, Sequence

from cockpit.i18n import _, ngettext, pgettext
from cockpit.labels import format, words
from cockpit.labels.names import source_name
from cockpit.panels import answers
from cockpit.panels.answers import Part
from cockpit.reports import wording
from cockpit.reports.context import ReportContext
from cockpit.reports.disclosure.tables import Guarded
from cockpit.reports.kind import TableBy, Tiles
from cockpit.reports.model import Block, Cell, Column, Table
from cockpit.reports.sections.numbers import count, figure, name_of, step
from data.areas.levels import LEVELS, is_above
from metrics import areas
from metrics.areas import BELOW
from metrics.catalog import Metric
from metrics.engine.groups import of_level
from metrics.engine.plan import AREAS, filters
from metrics.period import UNITS

# --- the area itself ----------------------------------------------------------------------------------------------


def tiles(section: Tiles, context: ReportContext) -> Iterator[Block]:
    """One row a metric of the area: now, before, the change, the state and the target."""
    names = context.kind.metrics_of(section, context.request.metrics)
    summaries = [summary for name in names if (summary := context.summary(name)) and summary.ever]
    if not summaries:
        return
    columns = [
        Column(_("Metric"), width=2.6), Column(_("This period"), True), Column(_("Before"), True),
        Column(_("Change"), True, 1.2), Column(_("State"), width=1.4), Column(_("Target"), width=2.4),
        Column(_("Numerator"), True, detail=True), Column(_("Denominator"), True, detail=True),
        Column(_("Sample"), True, detail=True), Column(_("Quality"), detail=True),
    ]  # fmt: skip
    rows = []
    for summary in summaries:
        metric, now = summary.metric, summary.now
        state = format.state(summary.state)
        target = format.limit(context.view.catalog, metric, context.view.area.level) if summary.state != "none" else ""
        rows.append(
            [
                Cell(name_of(metric)), figure(metric, now), figure(metric, summary.before),
                step(metric, now, summary.before), Cell(state.word, state=summary.state if state.word else ""),
                Cell(wording.bare(target)), count(now.numerator), count(now.denominator), count(now.n),
                Cell(quality(now.quality)),
            ]
        )  # fmt: skip
    yield Table(wording.named(context, section), columns, rows, note=small_note(rows))


def quality(name: str) -> str:
    return {
        "ok": _("complete"), "no data": _("no data"), "no source": _("no source yet"),
        "older edition": _("not in this edition"), "failed": _("not computable"), "small sample": _("small sample"),
        "conflict": _("sources disagree"), "partial": _("some sources silent"), "stale": _("sources silent"),
    }.get(name, name)  # fmt: skip


def small_note(rows: Sequence[Sequence[Cell]]) -> str:
    starred = any(cell.text.endswith("*") for row in rows for cell in row)
    return _("* too small a sample: not judged, not ranked") if starred else ""


# --- by area, month or column -------------------------------------------------------------------------------------


def table_by(section: TableBy, context: ReportContext) -> Iterator[Block]:
    """Metrics side by side, one row a group, the area itself as the last row."""
    view = context.view
    by = split_of(context, section.by)
    if by is None:
        return
    names = context.kind.metrics_of(section, context.request.metrics)
    metrics = [m for m in context.at(names, by if by in AREAS else view.area.level) if counted(context, m, by)]
    by_metric = {metric.id: answers.parts(context.query.of(metric.id, by=by)) for metric in metrics}
    metrics = [m for m in metrics if any(part.known for part in by_metric[m.id])]
    if not metrics:
        return
    groups = _groups(by, by_metric[metrics[0].id], [by_metric[m.id] for m in metrics])
    shown = groups[: section.most] if section.most else groups
    by_group = {name: {part.group: part for part in parts} for name, parts in by_metric.items()}
    rows = [
        [
            Cell(group_name(context, by, group)),
            *_codes(by, group),
            *(_cell(context, metric, by_group[metric.id].get(group)) for metric in metrics),
        ]
        for group in shown
    ]
    total = [Cell(_("Together")), *([Cell("")] if by in AREAS else []), *(_own(context, m) for m in metrics)]
    notes = [small_note(rows)]
    if len(groups) > len(shown):
        notes.append(ngettext("{n} more is not shown", "{n} more are not shown", len(groups) - len(shown)))
    columns = [Column(by_name(by), width=2), *([Column(_("Code"), detail=True)] if by in AREAS else [])]
    first = len(columns)
    columns += [Column(name_of(m), True) for m in metrics]
    name = wording.named(context, section)
    if not section.suppress:
        yield Table(name, columns, [*rows, total], True, "；".join(filter(None, notes)))
        return
    notes.append(_("Counts below {n}, and what would give them away, are left out", n=section.suppress))
    samples = [[by_group[m.id][g].now if g in by_group[m.id] else None for m in metrics] for g in shown]
    samples.append([summary.now if (summary := context.summary(m.id)) else None for m in metrics])
    yield Guarded(
        name, columns, [*rows, total], True, "；".join(filter(None, notes)), area=view.area.code, by=by, groups=shown,
        known=groups, metrics=metrics, samples=samples, first=first, least=section.suppress,
    )  # fmt: skip


def split_of(context: ReportContext, by: str) -> str | None:
    """The breakdown that a section means: its own, or for BELOW the level below. None if the area has none below."""
    if by == BELOW:
        return areas.below(context.view.edition, context.view.area)
    return None if by in LEVELS and not reaches(context, by) else by


def reaches(context: ReportContext, by: str) -> bool:
    """Whether areas of a level are below this one."""
    view = context.view
    return is_above(view.area.level, by) and bool(of_level(view.edition, view.area, by).listed)


def counted(context: ReportContext, metric: Metric, by: str) -> bool:
    """Whether a metric can be broken down so: a verdict on sites has no categories."""
    return by in (*AREAS, *UNITS) or by in filters(context.view.catalog, metric)


def _groups(by: str, first: Sequence[Part], every: Sequence[Sequence[Part]]) -> list[str]:
    """Areas by code, months in order, others with the most first; what no metric knows is left out."""
    known = {part.group for parts in every for part in parts if part.known and part.now.n}
    if by in AREAS:
        return sorted({part.group for part in first})
    if by == "month":
        return sorted(known)
    size = {part.group: part.now.n for part in reversed(first)}
    return sorted(known, key=lambda group: (-size.get(group, 0), group))


def group_name(context: ReportContext, by: str, group: str) -> str:
    edition = context.view.edition
    if by in AREAS:
        return context.place(group)
    if by == "month":
        return group[:7]
    if not group:
        return _("not given")
    return source_name(edition, group) if by == "source" else words.value(by, group)


def by_name(by: str) -> str:
    if by in AREAS:
        return words.level_heading(by)
    return pgettext("heading of months", "Month") if by == "month" else words.column(by)


def _codes(by: str, group: str) -> list[Cell]:
    return [Cell(group, group)] if by in AREAS else []


def _cell(context: ReportContext, metric: Metric, part: Part | None) -> Cell:
    if part is None:
        return Cell("–")
    return figure(metric, part.now, state(context, metric, part.state))


def _own(context: ReportContext, metric: Metric) -> Cell:
    summary = context.summary(metric.id)
    return figure(metric, summary.now, state(context, metric, summary.state)) if summary else Cell("")


def state(context: ReportContext, metric: Metric, state: str) -> str:
    """Only what needs a look is marked in a table of many numbers."""
    limits = metric.thresholds
    filtered = context.where and limits is not None and limits.against != "value"
    return state if state in ("red", "amber") and not filtered else ""
