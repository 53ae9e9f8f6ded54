"""From a kind and what was asked to the neutral document."""

from collections.abc import Iterator
from datetime import datetime

from cockpit.i18n import _, language, using
from cockpit.labels import format
from cockpit.panels import answers
from cockpit.reports import provenance, wording
from cockpit.reports.disclosure import tables as disclosure
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Cases, Kind, Section
from cockpit.reports.model import Block, Document, Heading, Part, Text
from cockpit.reports.request import Told
from cockpit.reports.scene import Scene
from cockpit.reports.sections import registry as sections
from cockpit.view_state import View


def build(told: Told, *, id: str, who: str, made_at: datetime) -> Document:
    """The document of a request. made_at: local to the district's zone.

    Raises ReportError where there is nothing to tell: of no area anything is known in the period.
    """
    request, kind = told.request, told.kind
    with using(request.lang):
        scenes = [
            Scene(view, kind, request, id, made_at.date(), unit) for view in told.views for unit in _units(told, view)
        ]  # fmt: skip
        nothing = all(scene.empty for scene in scenes)
    if not scenes:
        raise _nobody(told)
    if nothing:
        raise _empty(told)
    with using(request.lang):
        parts = disclosure.published([_part(scene) for scene in scenes], scenes[0].view.catalog)
        return Document(
            kind.id,
            parts[0].title if len(parts) == 1 else _title_of_all(kind, scenes),
            request.lang,
            parts,
            provenance.of(told, scenes, id=id, who=who, made_at=made_at),
            kind.contents and len(parts) == 1,
            kind.define,
            kind.landscape,
            kind.imprint,
            kind.page,
            kind.each_unit is not None,
        )


def _units(told: Told, view: View) -> list[str | None]:
    """Of a report to units, those for which its metric counts any, the most first; else one part for all.

    The last one is empty if there are cases without a unit, so that the parts hold all that the metric counts.
    """
    if not told.kind.each_unit:
        return [None]
    parts = answers.parts(view.ask(told.kind.each_unit, by="department"))
    counted = [part for part in parts if part.known and part.now.value]
    return [part.group for part in sorted(counted, key=lambda p: (not p.group, -p.now.value))]


def _nobody(told: Told) -> ReportError:
    """No unit is to be notified: there are no such cases."""
    metric = told.views[0].catalog.metrics[told.kind.each_unit or ""]
    return ReportError(
"report.nobody",
"{metric} counts no case in {areas} from {start} to {end}: no notice is needed",
metric=metric.label, areas=tuple(view.area.name for view in told.views[:3]),
start=told.request.start, end=told.request.end,
)  # fmt: skip


def _empty(told: Told) -> ReportError:
    names = tuple(view.area.name for view in told.views[:3])
    start, end = told.request.start, told.request.end
    return ReportError(
"report.nothing",
"nothing is known of {areas} from {start} to {end} in edition {edition}: choose another "
"area, period or filter",
areas=names, start=start, end=end, edition=told.edition
)  # fmt: skip


def _part(scene: Scene) -> Part:
    title = wording.fill(scene, scene.kind.title[language()])
    if scene.empty:
        nothing = _("Nothing is known of {area} in this period.", area=scene.view.area.name)
        return Part(scene.view.area.name, title, [Text(nothing)])
    return Part(scene.to, title, list(_blocks(scene)), provenance.of_part(scene))


def _blocks(scene: Scene) -> Iterator[Block]:
    """The sections in order; one that has nothing to say is left out with its heading."""
    waiting: list[Heading] = []
    for section in scene.kind.sections:
        if scene.view.area.level not in section.at:
            continue
        if isinstance(section, Cases) and not scene.request.rows:
            continue
        made = list(sections.blocks(section, scene))
        heading = _heading(scene, section)
        if heading:
            # a heading without anything of its own waits for the sections below it
            waiting = [h for h in waiting if h.level < heading.level]
            waiting.append(heading)
        if made:
            yield from waiting
            waiting = []
            yield from made


def _heading(scene: Scene, section: Section) -> Heading | None:
    if section.heading is None:
        return None
    return Heading(wording.fill(scene, section.heading[language()]), section.level)


def _title_of_all(kind: Kind, scenes: list[Scene]) -> str:
    more = _("{area} and {n} more", area=scenes[0].to, n=format.number(len(scenes) - 1))
    return f"{kind.name[language()]} · {more}"
