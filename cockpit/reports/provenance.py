"""The provenance of a report: enough to make it again and to verify that it is the same."""

from datetime import datetime

from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.reports import wording
from cockpit.reports.context import ReportContext
from cockpit.reports.model import Definition, Provenance
from cockpit.reports.request import CheckedRequest
from metrics.catalog import Catalog, Metric
from metrics.period import DAY

MOST_AREAS = 6


def of(checked: CheckedRequest, contexts: list[ReportContext], *, id: str, who: str, made_at: datetime) -> Provenance:
    """The provenance of a request, in the language spoken."""
    view = checked.views[0]
    used = metrics_used(contexts)
    days = _(
        "{start} to {end}",
        start=format.date_in_words(view.period.start),
        end=format.date_in_words(view.period.end - DAY),
    )
    if view.period.end > view.as_of.date():
        days += _(" (known up to {time})", time=format.stamp_in_words(view.as_of))
    against = view.against
    until = against.until
    last = format.stamp_in_words(until) if until else format.date_in_words(against.end - DAY)
    facts = [
        (_("Report"), id),
        (_("Kind"), f"{checked.kind.name[language()]}（{checked.kind.id} v{checked.kind.version}）"),
        (_("Areas"), _areas(checked)),
        (_("Period"), days),
        (_("Compared with"), _("{start} to {end}", start=format.date_in_words(against.start), end=last)),
        (_("Filters"), wording.filters(view.edition, checked.request.where) or _("None")),
        *([(_("Deadline"), wording.deadline(contexts[0]))] if checked.kind.reply_days else []),
        (_("Edition"), view.edition.id + (f"（{_('Demo data')}）" if view.edition.demo else "")),
        (_("As of"), format.stamp_in_words(view.as_of)),
        (_("Definitions"), words.listed(f"{m.name[language()]} v{m.version}" for m in used)),
        (_("Made by"), who),
        (_("Made at"), format.stamp_in_words(made_at)),
        (_("Opens again"), f"/?report={id}"),
        (_("Proved by"), _("the SHA-256 of this file, kept under the report's number")),
    ]
    return Provenance(id, made_at, who, f"/?report={id}", facts, [definition(view.catalog, m) for m in used])


def of_part(context: ReportContext) -> list[tuple[str, str]]:
    """The lines that precede the report's provenance in a notice to one unit."""
    return [] if context.unit is None else [(_("Notice to"), context.to)]


def metrics_used(contexts: list[ReportContext]) -> list[Metric]:
    """The metrics of the report, in the order of the catalog."""
    metric_ids = {name for context in contexts for name in context.metric_ids}
    return [metric for name, metric in contexts[0].view.catalog.metrics.items() if name in metric_ids]


def definition(catalog: Catalog, metric: Metric) -> Definition:
    """The definition of a metric, in words and as a formula."""
    formula = _formula(catalog, metric)
    limits = metric.thresholds
    return Definition(
        metric.id,
        metric.name[language()],
        metric.version,
        metric.definition[language()],
        metric.unit[language()],
        formula,
        wording.tight(format.limit(catalog, metric)) if limits else "",
    )


def _formula(catalog: Catalog, metric: Metric) -> str:
    """`按期办结 ÷ 到期`, in the words of the metric; empty where its definition says it all."""
    if metric.composite:
        return " + ".join(f"{catalog.metrics[p.metric].name[language()]} × {p.weight:g}" for p in metric.composite)
    if metric.quotient:
        over, under = (catalog.metrics[name].name[language()] for name in metric.components)
        return f"{over} ÷ {under}" + (f" × {metric.scale:g}" if metric.scale != 1 else "")
    if not metric.sides:
        return ""
    formula = f"{metric.sides.numerator[language()]} ÷ {metric.sides.denominator[language()]}"
    return formula + (f" × {metric.scale:g}" if metric.scale not in (1, 100) else "")


def _areas(checked: CheckedRequest) -> str:
    labels = [f"{view.area.name}（{view.area.code:012}）" for view in checked.views[:MOST_AREAS]]
    more = len(checked.views) - MOST_AREAS
    return words.listed(labels) + (_(" and {n} more", n=more) if more > 0 else "")
