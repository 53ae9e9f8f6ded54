"""The texts of a kind with its placeholders filled in: {area}, {backlog}, {backlog.change}."""

import re
from collections.abc import Mapping
from typing import Any

from cockpit.i18n import _, language
from cockpit.labels import format, site_verdicts, words
from cockpit.labels.names import source_name
from cockpit.panels.answers import MetricSummary
from cockpit.reports.context import ReportContext
from cockpit.reports.kind import PLACEHOLDER
from data.editions.edition import AnyEdition
from metrics.analysis.reds import Red
from metrics.answer import SMALL, WITHOUT_VALUE
from metrics.catalog import Metric
from metrics.catalog.model import Text
from metrics.period import DAY

NAMED = 3
"""Number of the worst that a sentence names."""


def lines(context: ReportContext, text: Text) -> list[str]:
    """The sentences of a text, one a line; one that names a metric without data is left out."""
    sentences = (line.strip() for line in text[language()].splitlines())
    return [fill(context, line) for line in sentences if line and known(context, line)]


def named(context: ReportContext, section: Any) -> str:
    """The name of a section's table: the section's heading, else the name of the kind."""
    return fill(context, (section.heading or context.kind.name)[language()])


def known(context: ReportContext, line: str) -> bool:
    """Whether every metric that a line names has a value here."""
    names = {name for name, _of in PLACEHOLDER.findall(line) if name in context.view.catalog.metrics}
    return all(has_value(context.summary(name)) for name in names)


def has_value(summary: MetricSummary | None) -> bool:
    return summary is not None and summary.now.quality not in WITHOUT_VALUE


def fill(context: ReportContext, line: str) -> str:
    """One line with its placeholders in words."""
    return PLACEHOLDER.sub(lambda match: _metric_text(context, match[1], match[2] or ""), line)


def _metric_text(context: ReportContext, name: str, of: str) -> str:
    if name not in context.view.catalog.metrics:
        return plain(context, name)
    summary = context.summary(name)
    if summary is None or not has_value(summary):
        return _("no data")
    metric = summary.metric
    match of:
        case "change":
            return change(context, summary)
        case "before":
            return amount(metric, summary.before.value)
        case "state":
            return format.state(summary.state).word or _("not judged")
        case "limit":
            return tight(format.alarm(context.view.catalog, metric, context.view.area.level)) or _("without a limit")
        case "target":
            return tight(bare(format.limit(context.view.catalog, metric, context.view.area.level))) or _(
                "without a target"
            )
        case _:
            return amount(metric, summary.now.value)


def plain(context: ReportContext, name: str) -> str:
    """Labels of rows that are not metrics."""
    view = context.view
    match name:
        case "area":
            return view.area.name
        case "period":
            return format.period_in_words(view.period)
        case "unit":
            return context.unit or _("cases without a responsible unit")
        case "to":
            return context.to
        case "against":
            return format.period_in_words(view.against)
        case "as_of":
            return format.stamp_in_words(view.as_of)
        case "at":  # the time of a stock: the end of the period, or now while it runs
            last = view.period.end - DAY
            return format.stamp_in_words(view.as_of) if last >= view.as_of.date() else format.date_in_words(last)
        case "edition":
            return view.edition.id
        case "id":
            return context.id
        case "made":
            return format.date_in_words(context.made)
        case "deadline":
            return deadline(context)
        case "reds":
            return format.number(len(context.over_limit))
        case "worst":
            near = [red for red in context.reds if red.kind == "near"]
            return words.listed(_red(context, red) for red in (*context.over_limit[:NAMED], *near[:NAMED])) or _("None")
        case "sites_failing":
            return format.number(len(context.failing_sites))
    raise AssertionError(name)


def deadline(context: ReportContext) -> str:
    """`2026年11月30日前`"""
    at = context.deadline
    if at is None:
        return _("____-__-__")
    return _("by {day}", day=format.date_in_words(at))


def filters(edition: AnyEdition, where: Mapping[str, str]) -> str:
    """`类别：路灯照明`; empty without any."""
    return words.listed(
        f"{words.column(name)}: {source_name(edition, value) if name == 'source' else words.value(name, value)}"
        for name, value in where.items()
    )


def _red(context: ReportContext, red: Red) -> str:
    metric = context.view.catalog.metrics[red.metric]
    name = context.subject(red)
    if red.left is not None:
        return _("{area}: {text}", area=name, text=site_verdicts.left(red.rules[0], red.left))
    return _("{area}: {metric} {value}", area=name, metric=metric.name[language()], value=amount(metric, red.value))


def change(context: ReportContext, summary: MetricSummary) -> str:
    """`较上月上升0.8个百分点`; nothing to compare with where a sample is missing or too small."""
    metric, now, before = summary.metric, format.given(summary.now.value), format.given(summary.before.value)
    compared = context.view.compared
    if now is None or before is None or SMALL in (summary.now.quality, summary.before.quality):
        return _("not comparable with the period before")
    places = max(metric.decimals, 1) if metric.is_percent else metric.decimals
    step = round(now - before, places)
    if not step:
        return _("unchanged {compared}", compared=compared)
    size = format.number(abs(step), places)
    size_text = _("{n} points", n=size) if metric.is_percent else format.with_unit(size, metric.unit)
    size_text = tight(size_text)
    if metric.is_rate:
        up, down = _("up {amount} {compared}"), _("down {amount} {compared}")
    else:
        up, down = _("{amount} more {compared}"), _("{amount} fewer {compared}")
    return (up if step > 0 else down).format(amount=size_text, compared=compared)


def amount(metric: Metric, value: float | None) -> str:
    """`412件`, `95.1%`: in Chinese a text has no space between a number and its unit."""
    return tight(format.quantity(metric, value))


def bare(limit: str) -> str:
    """A limit without the word for it: `≥ 95`."""
    return limit.removeprefix("目标").removeprefix("Target").strip()


def tight(text: str) -> str:
    return re.sub(r"(?<=\d) (?=[%一-鿿])", "", text) if language() == "zh" else text.replace(" %", "%")
