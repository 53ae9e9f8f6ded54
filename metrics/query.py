"""The one function that answers for the metrics. Whatever shows a number calls it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import isfinite

import duckdb
import numpy as np
import pandas as pd

from data.editions.edition import Edition
from metrics.catalog import Catalog, Domain, Metric, current
from metrics.engine.extent import has_data
from metrics.engine.failures import Uncomputable, uncomputable
from metrics.engine.feeds import feed, narrowed
from metrics.engine.parallel import run_parallel
from metrics.engine.quantiles import spread
from metrics.engine.question import Question, metric_of, question
from metrics.engine.sums import sums
from metrics.engine.totals import Cells
from metrics.engine.views import views
from metrics.freshness import freshness
from metrics.period import Period

NO_SOURCE = "no source"
"""No source maps a column that the metric depends on."""
FAILED = "failed"
"""The SQL of the metric's definition fails on a row; the other metrics of the question are answered."""
OK, NO_DATA, SMALL, PARTIAL, STALE = "ok", "no data", "small sample", "partial", "stale"
WITHOUT_VALUE = (NO_DATA, NO_SOURCE, FAILED)
COLUMNS = ("metric", "area", "group", "value", "numerator", "denominator", "n", "quality", "as_of", "edition")

Key = tuple[object, int]
Number = tuple[float | None, float | None, float | None, int]
"""Value, numerator, denominator and sample size of one metric in one cell."""
Reader = Callable[[Key], Number]
Answers = dict[str, Cells | Uncomputable]
"""The raw numbers of metrics by id."""
Ask = Callable[[], Answers]


def query(
    edition: Edition,
    metrics: Sequence[str],
    area: int,
    period: Period,
    *,
    by: str | None = None,
    as_of: datetime | None = None,
    where: Mapping[str, str] | None = None,
    periods: Sequence[Period] | None = None,
    catalog: Catalog | None = None,
    rolled: bool = True,
) -> pd.DataFrame:
    """The values of metrics over an area and a period, one row a metric and group.

    by: an area level, a unit of time, or a column such as category, source or department.
    as_of: what was known then; the edition's own time by default.
    where: filters by column, e.g. {"category": "路灯照明"}.
    periods: several periods answered at once; then the frame also has `period`, `end` and `until`, and `period` is not
    used. One with `until` is answered as of that time.
    rolled: False asks the facts even where a roll-up would answer; the answer is the same.

    Returns a frame with COLUMNS. `value` is NULL, never 0, where nothing can be said; `quality` says why. A group
    at the scope's own code holds the own-level facts, so that the groups of an additive metric add up to the whole.
    Raises MetricsError for an unknown metric, area, breakdown or level, and Uncomputable if the definitions of all
    the metrics fail.
    """
    q = question(edition, catalog or current(), metrics, area, tuple(periods or (period,)), by, as_of, where)
    numbers, found, failed = _numbers(q, rolled)
    if all(metric.id in failed for metric in q.metrics):
        raise next(iter(failed.values()))
    return _tidy(q, numbers, _groups(q, found), periods is not None, failed)


def _numbers(q: Question, rolled: bool) -> tuple[dict[str, Reader], set[object], dict[str, Uncomputable]]:
    """How to read each metric's number by group and bucket, the groups that hold anything, and what failed."""
    parts = {part.metric: metric_of(q.catalog, part.metric) for m in q.metrics for part in m.composite or ()}
    needed = {**{m.id: m for m in q.metrics}, **parts}
    cells, failed = _cells(q, list(needed.values()), rolled)
    readers = {name: _with_data(q, needed[name], _reader(needed[name], found)) for name, found in cells.items()}
    readers.update({name: _nothing for name in needed if name not in readers})
    for metric in q.metrics:
        if metric.composite:
            readers[metric.id] = _composite(metric, readers)
            if why := next((failed[part.metric] for part in metric.composite if part.metric in failed), None):
                failed[metric.id] = why
    return readers, {group for found in cells.values() for group, _ in found}, failed


def _cells(q: Question, metrics: list[Metric], rolled: bool) -> tuple[dict[str, Cells], dict[str, Uncomputable]]:
    """The raw numbers of the metrics by group and bucket, and why those of others cannot be computed.

    Facts known at different times are asked apart; a view answers for all instants at once.
    """
    moments: dict[datetime, list[int]] = {}
    for i in range(len(q.buckets)):
        moments.setdefault(q.known_at(i), []).append(i)
    asks = _of_views(q, metrics)
    places = [[*range(len(q.buckets))]] * len(asks)
    for moment, indices in moments.items():
        apart = replace(q, as_of=moment, buckets=tuple(q.buckets[i] for i in indices))
        mine = _questions(apart, metrics, rolled)
        asks += mine
        places += [indices] * len(mine)
    cells: dict[str, Cells] = {}
    failed: dict[str, Uncomputable] = {}
    for indices, answers in zip(places, run_parallel(asks), strict=True):
        for name, answer in answers.items():
            if isinstance(answer, Uncomputable):
                failed[name] = answer
                continue
            cells.setdefault(name, {}).update({(group, indices[i]): cell for (group, i), cell in answer.items()})
    return {name: found for name, found in cells.items() if name not in failed}, failed


def _nothing(key: Key) -> Number:
    return None, None, None, 0


def _with_data(q: Question, metric: Metric, read: Reader) -> Reader:
    """The reader, without a number for the buckets in which nothing can be known: absent is not zero."""
    domain = q.catalog.domain(metric)
    fact = None if domain.view else domain.fact
    stock = metric.basis == "stock"
    periods = [bucket.period for bucket in q.buckets]
    without = {i for i, period in enumerate(periods) if not has_data(q.edition, period, fact, q.as_of, stock=stock)}
    if not without:
        return read
    return lambda key: (None, None, None, 0) if key[1] in without else read(key)


def _of_views(q: Question, metrics: list[Metric]) -> list[Ask]:
    asks: list[Ask] = []
    for domain in q.catalog.domains:
        mine = [metric for metric in metrics if domain.view and metric.domain == domain.id]
        mine = [metric for metric in mine if feed(q.edition, q.catalog, metric).is_fed]
        asks += [partial(_attempt, partial(views, q, domain), mine)] if mine else []
    return asks


def _questions(q: Question, metrics: list[Metric], rolled: bool) -> list[Ask]:
    """The raw numbers of facts: one question for all metrics of a domain that add up, one for each that does not.

    Those that take longest come first, since the first is asked at once and the others when their turn comes.
    """
    spreads: list[Ask] = []
    additions: list[Ask] = []
    for domain in q.catalog.domains:
        mine = [metric for metric in metrics if metric.domain == domain.id and not domain.view]
        mine = [metric for metric in mine if feed(q.edition, q.catalog, metric).is_fed]
        single = [m for m in mine if m.quantile or m.oldest]
        spreads += [partial(_attempt, partial(_spread, narrowed(q, m), domain, rolled), [m]) for m in single]
        alike: dict[tuple[str, ...] | None, list[Metric]] = {}
        for metric in (m for m in mine if m.value or m.numerator):
            alike.setdefault(feed(q.edition, q.catalog, metric).only, []).append(metric)
        additions += [
            partial(_attempt, partial(_sums, replace(q, sources=only), domain, rolled), ms)
            for only, ms in alike.items()
        ]
    return [*spreads, *additions]


def _attempt(ask: Callable[[list[Metric]], dict[str, Cells]], metrics: list[Metric]) -> Answers:
    """What is answered for the metrics; if that fails, for each alone, so that one does not take the others with it."""
    try:
        return {**ask(metrics)}
    except duckdb.Error as error:
        if len(metrics) == 1:
            return {metrics[0].id: uncomputable(metrics[0], error)}
    return {name: answer for metric in metrics for name, answer in _attempt(ask, [metric]).items()}


def _sums(q: Question, domain: Domain, rolled: bool, metrics: list[Metric]) -> dict[str, Cells]:
    shared = sums(q, domain, list(dict.fromkeys(name for m in metrics for name in m.measures)), rolled=rolled)
    return {m.id: shared for m in metrics}


def _spread(q: Question, domain: Domain, rolled: bool, metrics: list[Metric]) -> dict[str, Cells]:
    return {metric.id: spread(q, domain, metric, rolled=rolled) for metric in metrics}


def _reader(metric: Metric, cells: Cells) -> Reader:
    if metric.value:
        return _count(metric, cells)
    if metric.numerator:
        return _ratio(metric, cells)
    return _aggregate(metric, cells) if metric.aggregate else _single(cells)


def _count(metric: Metric, cells: Cells) -> Reader:
    name = metric.value or ""

    def read(key: Key) -> Number:
        cell = cells.get(key)
        number = cell[name] if cell else 0
        return (number, number, None, int(number)) if isfinite(number) else (None, None, None, 0)

    return read


def _ratio(metric: Metric, cells: Cells) -> Reader:
    over, per, scale = metric.numerator or "", metric.denominator or "", metric.scale

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
            return over, over, None, int(cell["n"])
        return (over / float(under) * metric.scale if under else None), over, float(under or 0), int(under or 0)

    return read


def _composite(metric: Metric, readers: dict[str, Reader]) -> Reader:
    parts = metric.composite or ()
    weight = sum(part.weight for part in parts)

    def read(key: Key) -> Number:
        found = [(part.weight, readers[part.metric](key)) for part in parts]
        n = min(number[3] for _, number in found)
        if any(number[0] is None for _, number in found) or not weight:
            return None, None, weight, n
        total = sum(w * (number[0] or 0) for w, number in found)
        return total / weight, total, weight, n

    return read


def _groups(q: Question, found: set[object]) -> list[object]:
    """The groups to tell: every live area of the level and the own-level codes that hold facts; or what was found."""
    if q.groups:
        listed: list[object] = list(q.groups.listed)
        return listed + sorted(found - set(listed), key=str)
    return sorted(found, key=str) if q.column else [""]


def _tidy(
    q: Question,
    numbers: dict[str, Reader],
    groups: list[object],
    with_period: bool,
    failed: Collection[str],
) -> pd.DataFrame:
    """Column by column from plain lists: built row by row, pandas costs more than the query."""
    keys = [(group, i) for group in groups for i in range(len(q.buckets))]
    labels = [q.buckets[i].label or str(group) for group, i in keys]
    told: list[Number] = []
    quality: list[str] = []
    for metric in q.metrics:
        read = numbers[metric.id]
        mine = [read(key) for key in keys]
        told += mine
        quality += [FAILED] * len(keys) if metric.id in failed else _qualities(q, metric, keys, mine)
    value, numerator, denominator, n = zip(*told, strict=True) if told else ((), (), (), ())
    size, times = len(told), len(q.metrics)
    columns = {
        "metric": [metric.id for metric in q.metrics for _ in keys],
        "area": [str(q.area.code)] * size,
        "group": labels * times,
        "value": np.array(value, dtype="float64"),
        "numerator": np.array(numerator, dtype="float64"),
        "denominator": np.array(denominator, dtype="float64"),
        "n": np.array(n, dtype="int64"),
        "quality": quality,
        "as_of": np.array([q.known_at(i) for _, i in keys] * times, dtype="datetime64[us]"),
        "edition": [q.edition.id] * size,
    }
    if with_period:
        columns["period"] = np.array([q.buckets[i].asked.start for _, i in keys] * times, dtype=object)
        columns["end"] = np.array([q.buckets[i].asked.end for _, i in keys] * times, dtype=object)
        columns["until"] = np.array([q.buckets[i].asked.until for _, i in keys] * times, dtype="datetime64[us]")
    return pd.DataFrame(columns, copy=False)


def _qualities(q: Question, metric: Metric, keys: list[Key], told: list[Number]) -> list[str]:
    """Why a number cannot be taken at face value: no data, too small a sample, or sources that went silent."""
    fact = q.catalog.domain(metric).fact
    sources = [(source.source, source.silent_from) for source in freshness(q.edition) if source.fact == fact]
    known: dict[tuple[int, object], str] = {}

    def silence(i: int, group: object) -> str:
        at = q.instant(i)
        mine = [since for source, since in sources if q.by != "source" or source == group]
        late = sum(at > since for since in mine)
        return OK if not late else STALE if late == len(mine) else PARTIAL

    fed = feed(q.edition, q.catalog, metric).is_fed
    qualities = []
    for (group, i), (value, _, _, n) in zip(keys, told, strict=True):
        if not fed:
            qualities.append(NO_SOURCE)
        elif value is None:
            qualities.append(NO_DATA)
        elif n < metric.min_n:
            qualities.append(SMALL)
        else:
            key = (i, group if q.by == "source" else None)
            if key not in known:
                known[key] = silence(i, group)
            qualities.append(known[key])
    return qualities
