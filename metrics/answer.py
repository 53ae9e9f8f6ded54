"""The one function that computes metrics. Every page, report, API route and command calls it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import isfinite

import duckdb
import numpy as np
import pandas as pd

from metrics.availability.extent import has_data
from metrics.availability.feeds import feed, narrowed
from metrics.availability.reporting import reporting
from metrics.catalog import Domain, Metric
from metrics.engine.concentrations import concentrations
from metrics.engine.failures import Uncomputable, uncomputable
from metrics.engine.parallel import run_parallel
from metrics.engine.plan import Plan, make_plan, metric_of
from metrics.engine.quantiles import non_additive
from metrics.engine.sums import sums
from metrics.engine.totals import Cells
from metrics.engine.views import views
from metrics.period import Period
from metrics.query import Query

NO_SOURCE = "no source"
"""No source maps a column that the metric depends on."""
OLDER = "older edition"
"""An older release published the edition, without a column that the metric depends on."""
FAILED = "failed"
"""The SQL of the metric's definition fails on a row; the other metrics of the query are answered."""
OK, NO_DATA, SMALL, PARTIAL, STALE = "ok", "no data", "small sample", "partial", "stale"
CONFLICT = "conflict"
"""Sources disagree on a reading that it counts: both values are among its rows, and it has no rank."""
UNRANKED = (SMALL, CONFLICT)
WITHOUT_VALUE = (NO_DATA, NO_SOURCE, OLDER, FAILED)
COLUMNS = ("metric", "area", "group", "value", "numerator", "denominator", "n", "quality", "as_of", "edition")

Key = tuple[object, int]
Number = tuple[float | None, float | None, float | None, int]
"""Value, numerator, denominator and sample size of one metric in one cell."""
Reader = Callable[[Key], Number]
Answers = dict[str, Cells | Uncomputable]
"""The raw numbers of metrics by id."""
Call = Callable[[], Answers]


def answer(query: Query, *, periods: Sequence[Period] = (), rolled: bool = True) -> pd.DataFrame:
    """The values of the query's metrics, one row a metric and group.

    periods: several answered at once, in place of the query's own. One with `until` is answered as of that time.
    rolled: False asks the facts even where a roll-up would answer; the answer is the same.

    Returns a frame with COLUMNS; with a comparison or `periods` it also has `period`, `end` and `until`. `value` is
    NULL, never 0, where nothing can be said; `quality` says why. A group at the area's own code holds the own-level
    facts, so that the groups of an additive metric add up to the whole.
    Raises MetricsError for an unknown metric, area, breakdown or level, OutOfScope for an area that the user may not
    see, and Uncomputable if the definitions of all the metrics fail.
    """
    plan = make_plan(query, periods)
    numbers, groups, failed, disputed = _numbers(plan, rolled)
    if all(metric.id in failed for metric in plan.metrics):
        raise next(iter(failed.values()))
    return _frame(plan, numbers, _groups(plan, groups), failed, disputed, with_period=bool(periods or query.comparison))


def _numbers(
    plan: Plan, rolled: bool
) -> tuple[dict[str, Reader], set[object], dict[str, Uncomputable], dict[str, set[Key]]]:
    """How to read each metric's number by group and bucket, the groups with facts, what failed, what is disputed."""
    parts = {name: metric_of(plan.catalog, name) for m in plan.metrics for name in m.components}
    needed = {**{m.id: m for m in plan.metrics}, **parts}
    cells, failed = _cells(plan, list(needed.values()), rolled)
    readers = {name: _with_data(plan, needed[name], _reader(needed[name], values)) for name, values in cells.items()}
    readers.update({name: _no_number for name in needed if name not in readers})
    for metric in plan.metrics:
        if metric.components:
            readers[metric.id] = _composite(metric, readers) if metric.composite else _quotient(metric, readers)
            if why := next((failed[name] for name in metric.components if name in failed), None):
                failed[metric.id] = why
    disputed = {name: {key for key, cell in values.items() if cell.get("disputed")} for name, values in cells.items()}
    for metric in plan.metrics:
        if metric.components:
            disputed[metric.id] = set().union(*(disputed.get(name, set()) for name in metric.components))
    return readers, {group for values in cells.values() for group, _ in values}, failed, disputed


def _cells(plan: Plan, metrics: list[Metric], rolled: bool) -> tuple[dict[str, Cells], dict[str, Uncomputable]]:
    """The raw numbers of the metrics by group and bucket, and why those of others cannot be computed.

    Facts known at different times are queried separately; a view answers for all instants at once.
    """
    moments: dict[datetime, list[int]] = {}
    for i in range(len(plan.buckets)):
        moments.setdefault(plan.known_at(i), []).append(i)
    asks = _view_calls(plan, metrics)
    every = [*range(len(plan.buckets))]
    places = [every] * len(asks)
    for moment, indices in moments.items():
        apart = replace(plan, as_of=moment, buckets=tuple(plan.buckets[i] for i in indices))
        batch = _fact_calls(apart, metrics, rolled)
        asks += batch
        places += [indices] * len(batch)
    cells: dict[str, Cells] = {}
    failed: dict[str, Uncomputable] = {}
    for indices, answers in zip(places, run_parallel(asks), strict=True):
        for name, numbers in answers.items():
            if isinstance(numbers, Uncomputable):
                failed[name] = numbers
                continue
            own = numbers if indices == every else {(group, indices[i]): c for (group, i), c in numbers.items()}
            cells[name] = {**cells[name], **own} if name in cells else own
    return {name: values for name, values in cells.items() if name not in failed}, failed


def _no_number(key: Key) -> Number:
    return None, None, None, 0


def _with_data(plan: Plan, metric: Metric, read: Reader) -> Reader:
    """The reader, without a number for the buckets in which nothing can be known: absent is not zero."""
    domain = plan.catalog.domain(metric)
    fact = None if domain.view else domain.fact
    stock = metric.basis == "stock"

    def known(period: Period) -> bool:
        return has_data(plan.edition, period, fact, plan.as_of, stock=stock)

    without = {i for i, bucket in enumerate(plan.buckets) if not known(bucket.period)}
    if not without:
        return read
    return lambda key: (None, None, None, 0) if key[1] in without else read(key)


def _fed(plan: Plan, metrics: list[Metric]) -> Iterator[tuple[Domain, list[Metric]]]:
    """The metrics that have a source, by domain."""
    domains: dict[str, list[Metric]] = {}
    for metric in metrics:
        if feed(plan.edition, plan.catalog, metric).is_fed:
            domains.setdefault(metric.domain, []).append(metric)
    return ((plan.catalog.domain(fed[0]), fed) for fed in domains.values())


def _view_calls(plan: Plan, metrics: list[Metric]) -> list[Call]:
    fed = _fed(plan, [metric for metric in metrics if metric.aggregate])
    return [partial(_attempt, partial(views, plan, domain), of_domain) for domain, of_domain in fed]


def _fact_calls(plan: Plan, metrics: list[Metric], rolled: bool) -> list[Call]:
    """The raw numbers of facts: one call for all metrics of a domain that add up, one for each that does not.

    The slowest come first: the first runs in this thread at once, the others when a thread is free.
    """
    spreads: list[Call] = []
    additions: list[Call] = []
    shares: list[Call] = []
    for domain, fed in _fed(plan, metrics):
        if domain.view:
            continue
        single = [m for m in fed if m.quantile or m.oldest]
        spreads += [partial(_attempt, partial(_non_additive, narrowed(plan, m), domain, rolled), [m]) for m in single]
        alike: dict[tuple[str, ...] | None, list[Metric]] = {}
        for metric in (m for m in fed if m.value or m.numerator):
            alike.setdefault(feed(plan.edition, plan.catalog, metric).only, []).append(metric)
        additions += [
            partial(_attempt, partial(_sums, replace(plan, sources=only), domain, rolled), ms)
            for only, ms in alike.items()
        ]
        # last, since they rest on corrections that the additions have read by then
        shares += [
            partial(_attempt, partial(_concentrations, narrowed(plan, m), domain, rolled), [m])
            for m in fed
            if m.concentration
        ]
    return [*spreads, *additions, *shares]


def _attempt(ask: Callable[[list[Metric]], dict[str, Cells]], metrics: list[Metric]) -> Answers:
    """Answer the metrics together; if that fails, one by one, so that one failing metric does not affect the others."""
    try:
        return {**ask(metrics)}
    except duckdb.Error as error:
        if len(metrics) == 1:
            return {metrics[0].id: uncomputable(metrics[0], error)}
    return {name: answer for metric in metrics for name, answer in _attempt(ask, [metric]).items()}


def _sums(plan: Plan, domain: Domain, rolled: bool, metrics: list[Metric]) -> dict[str, Cells]:
    shared = sums(plan, domain, list(dict.fromkeys(name for m in metrics for name in m.measures)), rolled=rolled)
    return {m.id: shared for m in metrics}


def _non_additive(plan: Plan, domain: Domain, rolled: bool, metrics: list[Metric]) -> dict[str, Cells]:
    return {metric.id: non_additive(plan, domain, metric, rolled=rolled) for metric in metrics}


def _concentrations(plan: Plan, domain: Domain, rolled: bool, metrics: list[Metric]) -> dict[str, Cells]:
    return {metric.id: concentrations(plan, domain, metric, rolled=rolled) for metric in metrics}


def _reader(metric: Metric, cells: Cells) -> Reader:
    if metric.value:
        return _count(metric, cells)
    if metric.numerator:
        return _ratio(metric, cells, metric.numerator, metric.denominator or "")
    if metric.concentration:
        return _ratio(metric, cells, "numerator", "denominator")
    return _aggregate(metric, cells) if metric.aggregate else _single(cells)


def _count(metric: Metric, cells: Cells) -> Reader:
    name = metric.value or ""

    def read(key: Key) -> Number:
        cell = cells.get(key)
        number = cell[name] if cell else 0
        return (number, number, None, int(number)) if isfinite(number) else (None, None, None, 0)

    return read


def _ratio(metric: Metric, cells: Cells, over: str, per: str) -> Reader:
    scale = metric.scale

    def read(key: Key) -> Number:
        cell = cells.get(key)
        if not cell:
            return None, 0, 0, 0
        numerator, denominator = cell[over], cell[per]
        if not (isfinite(numerator) and isfinite(denominator)):
            return None, None, None, 0
        value = numerator / denominator * scale if denominator else None
        return value, numerator, denominator, int(denominator)

    return read


def _single(cells: Cells) -> Reader:
    def read(key: Key) -> Number:
        cell = cells.get(key)
        if not cell or cell["value"] is None or not isfinite(cell["value"]):
            return None, None, None, int(cell["n"]) if cell else 0
        return cell["value"], None, None, int(cell["n"])

    return read


def _aggregate(metric: Metric, cells: Cells) -> Reader:
    per = bool(metric.aggregate and metric.aggregate.per)

    def read(key: Key) -> Number:
        cell = cells.get(key)
        if not cell or "numerator" not in cell:
            return None, None, None, 0
        over, under = float(cell["numerator"]), cell.get("denominator")
        if not isfinite(over) or not isfinite(under or 0):
            return None, None, None, 0
        if not per:
            return over, None if metric.rollup == "recompute" else over, None, int(cell["n"])
        return (over / float(under) * metric.scale if under else None), over, float(under or 0), int(under or 0)

    return read


def _composite(metric: Metric, readers: dict[str, Reader]) -> Reader:
    parts = metric.composite or ()
    weight = sum(part.weight for part in parts)

    def read(key: Key) -> Number:
        scores = [(part.weight, readers[part.metric](key)) for part in parts]
        n = min(number[3] for _, number in scores)
        if any(number[0] is None for _, number in scores) or not weight:
            return None, None, weight, n
        total = sum(w * (number[0] or 0) for w, number in scores)
        return total / weight, total, weight, n

    return read


def _quotient(metric: Metric, readers: dict[str, Reader]) -> Reader:
    over, per = (readers[name] for name in metric.components)

    def read(key: Key) -> Number:
        (number, *_), (divisor, *_) = over(key), per(key)
        if number is None or not divisor:
            return None, number, divisor, 0
        return number / divisor * metric.scale, number, divisor, int(divisor)

    return read


def _groups(plan: Plan, with_facts: set[object]) -> list[object]:
    """The groups of the answer: every live area of the level and own-level codes with facts; or those with facts."""
    if plan.groups:
        listed: list[object] = list(plan.groups.listed)
        return listed + sorted(with_facts - set(listed), key=str)
    return sorted(with_facts, key=str) if plan.column else [""]


def _frame(
    plan: Plan,
    numbers: dict[str, Reader],
    groups: list[object],
    failed: Collection[str],
    disputed: Mapping[str, Collection[Key]],
    *,
    with_period: bool,
) -> pd.DataFrame:
    """Column by column from plain lists: built row by row, pandas costs more than the query."""
    keys = [(group, i) for group in groups for i in range(len(plan.buckets))]
    labels = [plan.buckets[i].label or str(group) for group, i in keys]
    all_numbers: list[Number] = []
    quality: list[str] = []
    for metric in plan.metrics:
        read = numbers[metric.id]
        column = [read(key) for key in keys]
        all_numbers += column
        quality += (
            [FAILED] * len(keys)
            if metric.id in failed
            else _qualities(plan, metric, keys, column, disputed.get(metric.id, ()))
        )
    value, numerator, denominator, n = zip(*all_numbers, strict=True) if all_numbers else ((), (), (), ())
    size, times = len(all_numbers), len(plan.metrics)
    bucket = np.tile(np.arange(len(plan.buckets)), len(groups) * times)
    columns = {
        "metric": [metric.id for metric in plan.metrics for _ in keys],
        "area": [str(plan.area.code)] * size,
        "group": labels * times,
        "value": np.array(value, dtype="float64"),
        "numerator": np.array(numerator, dtype="float64"),
        "denominator": np.array(denominator, dtype="float64"),
        "n": np.array(n, dtype="int64"),
        "quality": quality,
        "as_of": np.array([plan.known_at(i) for i in range(len(plan.buckets))], dtype="datetime64[us]")[bucket],
        "edition": [plan.edition.id] * size,
    }
    if with_period:
        periods = [one.of for one in plan.buckets]
        columns["period"] = np.array([period.start for period in periods], dtype=object)[bucket]
        columns["end"] = np.array([period.end for period in periods], dtype=object)[bucket]
        columns["until"] = np.array([period.until for period in periods], dtype="datetime64[us]")[bucket]
    return pd.DataFrame(columns, copy=False)


def _qualities(
    plan: Plan, metric: Metric, keys: list[Key], numbers: list[Number], disputed: Collection[Key]
) -> list[str]:
    """Why a number cannot be taken at face value: no data, too small a sample, or sources that went silent."""
    sources = [(one.source, one.silent_from) for one in reporting(plan.edition, plan.catalog, metric)]
    known: dict[tuple[int, object], str] = {}

    def silence(i: int, group: object) -> str:
        at = plan.instant(i)
        relevant = [since for source, since in sources if plan.by != "source" or source == group]
        late = sum(at > since for since in relevant)
        return OK if not late else STALE if late == len(relevant) else PARTIAL

    given = feed(plan.edition, plan.catalog, metric)
    qualities = []
    for (group, i), (value, _, _, n) in zip(keys, numbers, strict=True):
        if not given.is_fed:
            qualities.append(OLDER if given.lacked else NO_SOURCE)
        elif value is None:
            qualities.append(NO_DATA)
        elif (group, i) in disputed:
            qualities.append(CONFLICT)
        elif n < metric.min_n:
            qualities.append(SMALL)
        else:
            key = (i, group if plan.by == "source" else None)
            if key not in known:
                known[key] = silence(i, group)
            qualities.append(known[key])
    return qualities
