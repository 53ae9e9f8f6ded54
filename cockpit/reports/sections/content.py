"""Builds the neutral document from a kind and a request."""

from collections.abc import Iterator
from datetime import datetime

from cockpit.i18n import _, language, using
from cockpit.labels import format
from cockpit.panels import answers
from cockpit.reports import provenance, wording
from cockpit.reports.context import ReportContext
from cockpit.reports.disclosure import tables as disclosure
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Cases, Kind, Section
from cockpit.reports.model import Block, Document, Heading, Part, Text
from cockpit.reports.request import CheckedRequest
from cockpit.reports.sections import registry as sections
from cockpit.view_state import View


def build(checked: CheckedRequest, *, id: str, who: str, made_at: datetime) -> Document:
    """The document of a request. made_at: local to the district's zone.

    Raises ReportError if no area has data in the period.
    """
    request, kind = checked.request, checked.kind
    with using(request.lang):
        contexts = [
            ReportContext(view, kind, request, id, made_at.date(), unit)
            for view in checked.views
            for unit in _units(checked, view)
        ]  # fmt: skip
        nothing = all(context.empty for context in contexts)
    if not contexts:
        raise _no_units_error(checked)
    if nothing:
        raise _no_data_error(checked)
    with using(request.lang):
        parts = disclosure.published([_part(context) for context in contexts], contexts[0].view.catalog)
        return Document(
            kind.id,
            parts[0].title if len(parts) == 1 else _title_of_all(kind, contexts),
            request.lang,
            parts,
            provenance.of(checked, contexts, id=id, who=who, made_at=made_at),
            kind.contents and len(parts) == 1,
            kind.define,
            kind.landscape,
            kind.imprint,
            kind.page,
            kind.each_unit is not None,
        )


def _units(checked: CheckedRequest, view: View) -> list[str | None]:
    """The units of a report to units with a count above zero, largest first; else one part for all.

    The last one is empty if there are cases without a unit, so that the parts hold all that the metric counts.
    """
    if not checked.kind.each_unit:
        return [None]
    parts = answers.parts(view.ask(checked.kind.each_unit, by="department"))
    counted = [part for part in parts if part.known and part.now.value]
    return [part.group for part in sorted(counted, key=lambda p: (not p.group, -p.now.value))]


def _no_units_error(checked: CheckedRequest) -> ReportError:
    """No unit is to be notified: there are no such cases."""
    metric = checked.views[0].catalog.metrics[checked.kind.each_unit or ""]
    return ReportError(
"report.nobody",
"{metric} counts no case in {areas} from {start} to {end}: no notice is needed",
metric=metric.label, areas=tuple(view.area.name for view in checked.views[:3]),
start=checked.request.start, end=checked.request.end,
)  # fmt: skip


def _no_data_error(checked: CheckedRequest) -> ReportError:
    names = tuple(view.area.name for view in checked.views[:3])
    start, end = checked.request.start, checked.request.end
    return ReportError(
"report.nothing",
"nothing is known of {areas} from {start} to {end} in edition {edition}: choose another "
"area, period or filter",
areas=names, start=start, end=end, edition=checked.edition
)  # fmt: skip


def _part(context: ReportContext) -> Part:
    title = wording.fill(context, context.kind.title[language()])
    if context.empty:
        nothing = _("Nothing is known of {area} in this period.", area=context.view.area.name)
        return Part(context.view.area.name, title, [Text(nothing)])
    return Part(context.to, title, list(_blocks(context)), provenance.of_part(context))


def _blocks(context: ReportContext) -> Iterator[Block]:
    """The sections in order; one that has nothing to say is left out with its heading."""
    waiting: list[Heading] = []
    for section in context.kind.sections:
        if context.view.area.level not in section.at:
            continue
        if isinstance(section, Cases) and not context.request.rows:
            continue
        blocks = list(sections.blocks(section, context))
        heading = _heading(context, section)
        if heading:
            # a heading without anything of its own waits for the sections below it
            waiting = [h for h in waiting if h.level < heading.level]
            waiting.append(heading)
        if blocks:
            yield from waiting
            waiting = []
            yield from blocks


def _heading(context: ReportContext, section: Section) -> Heading | None:
    if section.heading is None:
        return None
    return Heading(wording.fill(context, section.heading[language()]), section.level)


def _title_of_all(kind: Kind, contexts: list[ReportContext]) -> str:
    more = _("{area} and {n} more", area=contexts[0].to, n=format.number(len(contexts) - 1))
    return f"{kind.name[language()]} · {more}"
