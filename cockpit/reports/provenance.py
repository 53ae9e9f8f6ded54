"""Where the numbers of a report come from: enough to make it again and to prove that it is the same."""

from datetime import datetime

from cockpit import format
from cockpit.i18n import _, language
from cockpit.reports import wording
from cockpit.reports.model import Definition, Provenance
from cockpit.reports.request import Told
from cockpit.reports.scene import Scene
from cockpit.screens import words
from metrics.catalog import Catalog, Metric
from metrics.period import DAY

MOST_AREAS = 6


def of(told: Told, scenes: list[Scene], *, id: str, who: str, made_at: datetime) -> Provenance:
    """The provenance of a request, in the language spoken."""
    view = told.views[0]
    used = metrics_used(scenes)
    days = _("{start} to {end}", start=format.day(view.period.start), end=format.day(view.period.end - DAY))
    if view.period.end > view.as_of.date():
        days += _(" (known up to {time})", time=format.stamp(view.as_of))
    against = view.against
    last = format.stamp(against.until) if against.until else format.day(against.end - DAY)
    facts = [
        (_("Report"), id),
        (_("Kind"), f"{told.kind.name[language()]}（{told.kind.id} v{told.kind.version}）"),
        (_("Areas"), _areas(told)),
        (_("Period"), days),
        (_("Compared with"), f"{format.day(against.start)} – {last}"),
        (_("Filters"), wording.filters(view.edition, told.request.where) or _("None")),
        *([(_("Deadline"), wording.deadline(scenes[0]))] if told.kind.reply_days else []),
        (_("Edition"), view.edition.id + (f"（{_('Demo data')}）" if view.edition.demo else "")),
        (_("As of"), format.stamp(view.as_of)),
        (_("Definitions"), words.listed(f"{m.name[language()]} v{m.version}" for m in used)),
        (_("Made by"), who),
        (_("Made at"), format.stamp(made_at)),
        (_("Opens again"), f"/?report={id}"),
        (_("Proved by"), _("python -m cockpit report verify FILE; the SHA-256 is kept at the desk")),
    ]
    return Provenance(id, made_at, who, f"/?report={id}", facts, [definition(view.catalog, m) for m in used])


def metrics_used(scenes: list[Scene]) -> list[Metric]:
    """The metrics that the report tells of, in the order of the catalog."""
    named = {name for scene in scenes for name in scene.told}
    return [metric for name, metric in scenes[0].view.catalog.metrics.items() if name in named]


def definition(catalog: Catalog, metric: Metric) -> Definition:
    """What a metric means, in words and as a formula."""
    parts = metric.composite or ()
    formula = " / ".join(metric.measures) or ", ".join(f"{p.metric} × {p.weight:g}" for p in parts)
    if metric.denominator and metric.scale not in (1, 100):
        formula += f" × {metric.scale:g}"
    limits = metric.thresholds
    return Definition(
        metric.id,
        metric.name[language()],
        metric.version,
        metric.definition[language()],
        metric.unit[language()],
        formula,
        wording.tight(format.limit(metric)) if limits else "",
    )


def _areas(told: Told) -> str:
    named = [f"{view.area.name}（{view.area.code:012}）" for view in told.views[:MOST_AREAS]]
    more = len(told.views) - MOST_AREAS
    return words.listed(named) + (_(" and {n} more", n=more) if more > 0 else "")
