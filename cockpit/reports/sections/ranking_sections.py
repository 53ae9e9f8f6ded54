"""The sections of rankings and of what is over its limit."""

from collections.abc import Iterator, Sequence

from cockpit.i18n import _, language, ngettext
from cockpit.labels import format, site_verdicts, words
from cockpit.panels import answers
from cockpit.panels.answers import Part
from cockpit.panels.kinds.areas import peers
from cockpit.reports import wording
from cockpit.reports.context import ReportContext
from cockpit.reports.errors import or_why
from cockpit.reports.kind import Ranking, Reds
from cockpit.reports.model import Block, Cell, Column, Table, Text
from cockpit.reports.sections import tables
from cockpit.reports.sections.numbers import count, figure, name_of, plain, shown_as, step
from metrics.analysis.reds import Red
from metrics.answer import CONFLICT
from metrics.catalog import Metric
from metrics.engine.plan import AREAS

MOST_SMALL = 12
"""Most names listed of those with too small a sample."""

# --- ranking ------------------------------------------------------------------------------------------------------


def ranking(section: Ranking, context: ReportContext) -> Iterator[Block]:
    """One table a metric, those in most need first; who has too small a sample is named, not ranked."""
    by = tables.split_of(context, section.by)
    if by is None:
        return
    names = context.kind.metrics_of(section, context.request.metrics)
    level = by if by in AREAS else context.view.area.level
    heading, many = wording.named(context, section), len(names) > 1
    for metric in context.at(names, level):
        if tables.counted(context, metric, by):
            name = f"{heading} {metric.name[language()]}" if many else heading
            yield from or_why(_ranked(section, context, metric, by, name))


def _ranked(section: Ranking, context: ReportContext, metric: Metric, by: str, name: str) -> Iterator[Block]:
    """A table; of areas one of streets and one of towns."""
    own = str(context.view.area.code)
    parts = [
        p for p in answers.parts(context.query.of(metric.id, by=by)) if p.known and p.now.n and p.group not in (own, "")
    ]
    groups = peers(context.view, [part.group for part in parts]) if by in AREAS else [""] * len(parts)
    for group in sorted({*groups}):
        members = [part for part, one in zip(parts, groups, strict=True) if one == group]
        yield from _table(section, context, metric, by, f"{name} · {group}" if group else name, members)


def _table(
    section: Ranking, context: ReportContext, metric: Metric, by: str, name: str, parts: Sequence[Part]
) -> Iterator[Block]:
    """Those of one group in their order."""
    rising = metric.direction == "up"
    ranked = sorted(
        (p for p in parts if p.ranked), key=lambda p: (p.now.value if rising else -p.now.value, p.group)
    )  # fmt: skip
    small = [part for part in parts if part.small]
    if not ranked and not small and not any(part.now.quality == CONFLICT for part in parts):
        return
    columns = [
        Column(_("No."), True, 0.75), Column(tables.by_name(by), width=2), Column(name_of(metric), True, 1.4),
        Column(_("Change"), True), Column(_("State"), width=1.4), Column(_("Sample"), True),
        Column(_("Numerator"), True, detail=True), Column(_("Denominator"), True, detail=True),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    place, last = 0, ""
    for i, part in enumerate(ranked[: section.most], 1):
        text = plain(metric, part.now.value)
        place, last = (place if last == text else i), text  # equal values share a place
        state = format.state(tables.state(context, metric, part.state) or part.state)
        rows.append(
            [
                Cell(str(place), place), Cell(tables.group_name(context, by, part.group)), figure(metric, part.now),
                step(metric, part.now, part.before), Cell(state.word, state=part.state if state.word else ""),
                count(part.now.n), count(part.now.numerator), count(part.now.denominator),
            ]
        )  # fmt: skip
    notes = []
    if len(ranked) > section.most:
        notes.append(ngettext("{n} more is not shown", "{n} more are not shown", len(ranked) - section.most))
    if small:
        names = words.listed(tables.group_name(context, by, part.group) for part in small[:MOST_SMALL])
        more = _(" and {n} more", n=len(small) - MOST_SMALL) if len(small) > MOST_SMALL else ""
        notes.append(_("Too small a sample, not ranked: {names}", names=names + more))
    if unequal := [part for part in parts if part.now.quality == CONFLICT]:
        names = words.listed(tables.group_name(context, by, part.group) for part in unequal[:MOST_SMALL])
        notes.append(_("Sources disagree, not ranked: {names}", names=names))
    if not rows:
        yield Text(f"{metric.name[language()]}：{notes[0]}", "note")
        return
    yield Table(name, columns, rows, note="；".join(notes))


# --- what is red --------------------------------------------------------------------------------------------------


def reds(section: Reds, context: ReportContext) -> Iterator[Block]:
    """The list of what is red, most severe first, with the limit that was exceeded."""
    listed = [red for red in context.reds if not section.metrics or red.metric in section.metrics]
    shown = listed[: section.most]
    if not shown:
        if not context.request.where and not context.unit:
            yield Text(_("Nothing is over its limit."))
        return
    columns = [
        Column(_("No."), True, 0.75), Column(_("Of whom"), width=1.8), Column(_("Metric"), width=2),
        Column(_("Value"), True), Column(_("Limit exceeded"), width=2.2), Column(_("Since yesterday"), width=1.2),
    ]  # fmt: skip
    rows = []
    for i, red in enumerate(shown, 1):
        metric = context.view.catalog.metrics[red.metric]
        value = Cell(plain(metric, red.value), red.value, "amber" if red.kind == "near" else "red", shown_as(metric))
        limit, since = wording.tight(limit_of(context, red)), _("newly red") if red.new else _("was red")
        if red.kind == "near":
            since = ""
        rows.append(
            [Cell(str(i), i), Cell(context.subject(red)), Cell(name_of(metric)), value, Cell(limit), Cell(since)]
        )
    more = len(listed) - len(shown)
    note = ngettext("{n} more is not shown", "{n} more are not shown", more) if more else ""
    yield Table(wording.named(context, section), columns, rows, note=note)


def limit_of(context: ReportContext, red: Red) -> str:
    """The bound that was exceeded; of a site near a veto what is left until it."""
    if red.left is not None:
        return site_verdicts.left(red.rules[0], red.left)
    if red.kind == "site":
        return _("fails by the rules of the national check")
    return format.alarm(context.view.catalog, context.view.catalog.metrics[red.metric], context.level_of(red))
