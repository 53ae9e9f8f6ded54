"""The passport of a number: definition, computation, sources, and quality."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.components.lists.record import Item, record
from cockpit.components.status import tiles
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.panels.answers import MetricSummary, summaries
from cockpit.view_state import View
from data.areas.levels import is_above
from metrics import answer as answers
from metrics import areas
from metrics.analysis.interval import wilson
from metrics.answer import CONFLICT, OK, PARTIAL, STALE
from metrics.availability.extent import has_delivered
from metrics.availability.feeds import feed, narrowed
from metrics.availability.reporting import reporting
from metrics.catalog import Catalog, Flow, Metric, Stock
from metrics.engine.concentrations import concentration_sql
from metrics.engine.frames import each, records
from metrics.engine.groups import of_level
from metrics.engine.plan import Plan, exists_at, make_plan
from metrics.engine.quantiles import non_additive_sql
from metrics.engine.sums import sums_sql
from metrics.engine.views import views_sql
from metrics.rows import Selection, rows

Row = Any
MOST_BELOW = 1000
"""Most areas of a level for which it is checked, one by one, whether they reported; and most disputes counted."""
QUALITY = {OK: "green", PARTIAL: "amber", STALE: "amber", CONFLICT: "amber"}
MOST_DISPUTES = 3
"""Disputed values that a passport lists; the others are in the rows."""
LINE = re.compile(r" (FROM|WHERE|GROUP BY|ORDER BY|UNION ALL|LEFT JOIN|JOIN) (?=\S)")


def answer(view: View) -> MetricSummary:
    """The number, the same in the period compared with and in the last months, and its state."""
    return summaries(view.query)[view.metric.id]


def number(view: View, summary: MetricSummary) -> None:
    """The number itself, as every screen shows it."""
    made = tiles.tile(view, view.metric, summary.now, state=summary.state, before=summary.before, trend=summary.trend)
    tiles.tiles([made], key="number")


def made_of(view: View, now: Row) -> list[Item]:
    """Formula, and what went into it now."""
    metric = view.metric
    return [
        Item(_("Formula"), formula(view, metric)),
        Item(_("Counted by"), words.basis(metric.basis)),
        *_sides(view, now),
        *_parts(view),
        Item(_("Sample"), _sample(view, now)),
        Item(_("Areas with data"), _reported(view)),
    ]


def _sides(view: View, now: Row) -> list[Item]:
    if view.metric.components or format.missing(now.denominator):
        return []
    parts = (("numerator", now.numerator), ("denominator", now.denominator))
    labels = {"numerator": _("Numerator"), "denominator": _("Denominator")}
    return [
        Item(labels[part], format.number(count), href=view.href("rows", part=part), note=words.side(view.metric, part))
        for part, count in parts
    ]


def _parts(view: View) -> list[Item]:
    """The metrics that it is made of, each with its own passport."""
    names = view.metric.components
    if not names:
        return []
    now = {row.metric: row for row in each(answers.answer(view.ask(*names), periods=(view.period,)))}
    made = [view.catalog.metrics[name] for name in names]
    return [
        Item(
            metric.name[language()],
            _("No data") if format.missing(now[metric.id].value) else format.quantity(metric, now[metric.id].value),
            href=view.href("passport", metric=metric),
            note=tiles.quality(now[metric.id]),
        )
        for metric in made
    ]


def formula(view: View, metric: Metric) -> str:
    """The computation in words."""
    if metric.numerator or metric.concentration or (metric.aggregate and metric.aggregate.per):
        over, under = words.side(metric, "numerator"), words.side(metric, "denominator")
        scale = f" × {metric.scale:g}" if metric.scale != 1 else ""
        return f"{over} ÷ {under}{scale}"
    if metric.quotient:
        over, under = (view.catalog.metrics[name].name[language()] for name in metric.components)
        return f"{over} ÷ {under}" + (f" × {metric.scale:g}" if metric.scale != 1 else "")
    if metric.composite:
        parts = [(view.catalog.metrics[part.metric].name[language()], part.weight) for part in metric.composite]
        total = sum(weight for _name, weight in parts)
        terms = " + ".join(f"{weight:g} × {name}" for name, weight in parts)
        return f"({terms}) ÷ {total:g}"
    if metric.quantile:
        return _("In order of size, the value at {share} % of the facts", share=f"{100 * metric.quantile.q:g}")
    if metric.oldest:
        return _("The greatest age of what is open")
    if metric.aggregate:
        return _("The greatest of all") if metric.aggregate.max else _("The sum of all")
    if isinstance(view.catalog.domain(metric).measures.get(metric.value or ""), Stock):
        return _("All that came in, less all that went out, up to the end of the period")
    return _("Counted one by one")


def _sample(view: View, now: Row) -> str:
    metric, domain = view.metric, view.catalog.domain(view.metric)
    under = domain.measures.get(metric.denominator or "")
    summed = isinstance(under, Flow) and under.value is not None  # more than one of a row, such as dispatches of a case
    texts = [f"{words.side(metric, 'denominator')} {format.number(now.n)}" if summed else words.facts(domain, now.n)]
    share = metric.is_percent and not format.missing(now.denominator)
    if bounds := wilson(now.numerator, now.denominator) if share else None:
        low, high = (format.number(100 * bound, metric.decimals) for bound in bounds)
        texts.append(_("95 % interval {low} to {high}", low=low, high=high))
    if metric.min_n:
        texts.append(_("ranked from {n} on", n=metric.min_n))
    return "; ".join(texts) if language() == "en" else "；".join(texts)


def _reported(view: View) -> str:
    """`镇街 22 / 22；村社 541 / 549`: how many of the areas below have delivered, and have a value, zero or not."""
    texts = []
    for level, codes in _levels_below(view):
        frame = answers.answer(view.ask(view.metric.id, by=level), periods=(view.period,))
        listed = frame[frame["group"].isin([str(code) for code in codes])]
        places = [areas.area(view.edition, int(code)) for code in listed["group"]]
        known = ~listed["quality"].isin(answers.WITHOUT_VALUE)
        delivered = has_delivered(view.edition, fact_of(view), places)
        reporting = sum(a and b for a, b in zip(known, delivered, strict=True))  # a true zero is data
        texts.append(f"{words.level(level)} {format.number(reporting)} / {format.number(len(listed))}")
    return ("; " if language() == "en" else "；").join(texts)


def _levels_below(view: View) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The levels below that the metric exists at, with the codes of their areas; not levels with too many to check."""
    for level in areas.levels(view.edition):
        if is_above(view.area.level, level) and exists_at(view.metric, level):
            codes = of_level(view.edition, view.area, level).listed
            if 0 < len(codes) <= MOST_BELOW:
                yield level, codes


# --- how far it can be trusted ------------------------------------------------------------------------------------


def limits(view: View, state: str) -> list[Item]:
    """Its state, and the threshold that decides it with its source."""
    metric, limits = view.metric, view.metric.thresholds
    if limits is None:
        return [Item(_("State"), _("No threshold"), state="none")]
    bounds = [f"{format.SHAPES['green']} {limits.green}"] if limits.green else []
    bounds.append(f"{format.SHAPES['red']} {limits.red}")
    return [
        Item(_("State"), format.state(state).word or _("Not judged"), state=state),
        Item(_("Limits"), "  ".join(bounds), note=compared_with(view.catalog, metric)),
        Item(_("Set by"), limits.source[language()], note=f"{limits.mark}: {words.mark(limits.mark)}"),
        Item(_("Direction"), words.direction(metric.direction)),
    ]


def compared_with(catalog: Catalog, metric: Metric) -> str:
    """The quantity that the bounds apply to, if it is not the value itself, and other conditions of the state."""
    limits = metric.thresholds
    if limits is None:
        return ""
    words = [
        {
            "value": "",
            "mean_30_days": _("of the value over its own mean of the last 30 days"),
            "weekday_8_weeks": _("spreads of the last whole day off the same weekday of eight weeks"),
            "per_10k_people": _("per 10,000 people; in a village the number itself"),
        }[limits.against]
    ]
    if limits.min_count:
        words.append(_("no alert below {n}", n=format.with_unit(str(limits.min_count), metric.unit)))
    if limits.also:
        words.append(_("alert where {metric} is off target", metric=catalog.metrics[limits.also].name[language()]))
    return _("; ").join(filter(None, words))


def stamped(view: View, now: Row) -> list[Item]:
    """Which data, which definition."""
    metric = view.metric
    version = _("version {n}, since {day}", n=metric.version, day=metric.since)
    return [
        Item(_("As of"), format.stamp(view.as_of)),
        Item(_("Quality"), tiles.quality(now) or _("Complete"), state=QUALITY.get(now.quality, "none")),
        Item(_("Values of the sources"), _disputes(view, now), href=view.href("rows", sort="-highest")),
        Item(_("Not delivered in time"), _silent(view)),
        Item(_("Sources left out"), _left_out(view)),
        Item(_("Not in this edition"), words.lacked(feed(view.edition, view.catalog, view.metric).lacked)),
        Item(_("Edition"), view.edition.id, href=view.data_page()),
        Item(_("Definition"), version, note=f"{metric.code or metric.id} · {metric.file}"),
    ]


def _disputes(view: View, now: Row) -> str:
    """What sources that disagree give for the same, such as `柳庄村 统计年鉴 1,000、公安 1,011`; the highest values."""
    if now.quality != CONFLICT or view.metric.components:
        return ""
    frame = rows(view.query, Selection(order="highest", descending=True), limit=MOST_BELOW)
    disputed = frame[frame["by_highest"].notna()]
    texts = []
    for row in records(disputed[:MOST_DISPUTES]):
        ends = (
            f"{source_name(view.edition, row[f'by_{end}'])} {format.number(row[end])}" for end in ("lowest", "highest")
        )
        texts.append(f"{area_name(view.edition, row['area'])} {words.listed(ends)}")
    if left := len(disputed) - len(texts):
        texts.append(ngettext("{n} more in the rows", "{n} more in the rows", left))
    return ("; " if language() == "en" else "；").join(texts)


def _silent(view: View) -> str:
    late = [source for source in reporting(view.edition, view.catalog, view.metric) if source.silent(view.as_of)]
    return _(", ").join(
        f"{source.name_zh if language() == 'zh' else source.name_en} "
        + (format.stamp(source.last_at) if source.last_at else _("never"))
        for source in late
    )


def _left_out(view: View) -> str:
    """The sources that do not feed the metric, each with the columns that it does not map."""
    missing = feed(view.edition, view.catalog, view.metric).missing
    return _(", ").join(
        f"{source_name(view.edition, source)} ({words.listed(words.column(name) for name in columns)})"
        for source, columns in missing
    )


def fact_of(view: View) -> str:
    return view.catalog.domain(view.metric).fact


def sql_item(view: View) -> None:
    """The SQL that gave the number, folded away."""
    record([Item(_("The SQL that gave the number"), sql(view), fold=True)], key="sql")


def sql(view: View) -> str:
    """The SQL of the metric; of one made of others, that of each of these."""
    names = view.metric.components or (view.metric.id,)
    plan = make_plan(view.ask(*names), (view.period,))
    return "\n\n".join(_laid_out(_sql(narrowed(plan, metric), metric)) for metric in plan.metrics)


def _sql(plan: Plan, metric: Metric) -> str:
    domain = plan.catalog.domain(metric)
    if domain.view:
        return views_sql(plan, domain, [metric])
    if metric.concentration:
        return concentration_sql(plan, domain, metric)
    if metric.quantile or metric.oldest:
        return non_additive_sql(plan, domain, metric)
    return sums_sql(plan, domain, list(metric.measures))


def _laid_out(text: str) -> str:
    """One clause a line; what already has lines keeps them."""
    return text if "\n" in text else LINE.sub(r"\n\1 ", text)


def links(view: View, now: Row) -> list[tuple[str, str]]:
    """Links to rows, dictionary and related pages."""
    metric = view.metric
    rows = [] if metric.components or not format.missing(now.denominator) else [(_("Rows"), view.href("rows"))]
    sides = []
    if not metric.components and not format.missing(now.denominator):
        sides = [(_("Rows: numerator"), view.href("rows", part="numerator"))]
        sides += [(_("Rows: denominator"), view.href("rows", part="denominator"))]
        if "rest" in metric.parts:
            sides += [(_("Rows: {words}", words=words.side(metric, "rest")), view.href("rows", part="rest"))]
    others = [(_("Why did it change"), view.href("why")), (_("Definitions"), view.href("dictionary", metric=metric))]
    return [*rows, *sides, *others]
