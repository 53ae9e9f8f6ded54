"""Which sources report what a metric counts: those whose silence makes its numbers incomplete.

Not every source of a fact does: one that delivers the cases of another kind, or readings of other measures, may be late
without any number of the metric lacking something.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from data.editions.counted import counted
from data.editions.edition import AnyEdition, Edition
from data.schema import FACTS
from metrics.availability.feeds import feed
from metrics.availability.freshness import Freshness, freshness
from metrics.catalog import Catalog, Domain, Metric
from metrics.catalog.model import Flow, Stock, Trailing

MEASURE = "measure"


def reporting(edition: AnyEdition, catalog: Catalog, metric: Metric) -> tuple[Freshness, ...]:
    """The sources of a metric with their age, by fact and name; of one made of others, those of all its parts."""
    known = _reporting(edition.unscoped, catalog.base, metric.id)
    return tuple(source for source in freshness(edition) if (source.fact, source.source) in known)


@lru_cache(maxsize=4096)
def _reporting(edition: Edition, catalog: Catalog, id: str) -> frozenset[tuple[str, str]]:
    metric = catalog.metrics[id]
    if metric.components:
        return frozenset().union(*(_reporting(edition, catalog, part) for part in metric.components))
    domain = catalog.domain(metric)
    every = frozenset(source.source for source in freshness(edition) if source.fact == domain.fact)
    # before the first rows that a metric counts, any source of the fact may be the one
    names = every & _counted(edition, catalog, metric, domain) or every
    return frozenset((domain.fact, name) for name in names)


def _counted(edition: Edition, catalog: Catalog, metric: Metric, domain: Domain) -> frozenset[str]:
    """The sources with rows that the metric counts; empty where that is not known."""
    if MEASURE in FACTS[domain.fact].by_name:
        sql = " ".join(_expressions(domain, metric))
        rows = _measures(edition, domain.fact)
        latest = domain.latest or {measure for _source, measure in rows}
        named = {measure for measure in latest if f"'{measure}'" in sql} or set(domain.latest)
        return frozenset(source for source, measure in rows if measure in named)
    if domain.view:
        return (counted(edition, domain.fact, domain.where) if domain.where else None) or frozenset()
    given = feed(edition, catalog, metric)
    left_out = () if given.only is not None else tuple(source for source, _columns in given.missing)
    return frozenset((*given.sources, *left_out))


def _expressions(domain: Domain, metric: Metric) -> Iterator[str]:
    """The SQL of the metric, with that of the domain's terms that it names."""
    own = [part for form in (metric.aggregate, metric.quantile) if form for part in vars(form).values()]
    for flow in (part for name in metric.measures for part in _flows(domain, name)):
        own += [flow.anchor, flow.where, flow.value]
    texts = [part for part in own if isinstance(part, str)]
    yield from texts
    yield from (sql for term, sql in domain.terms.items() if any(re.search(rf"\b{term}\b", text) for text in texts))
    yield domain.where or ""


def _flows(domain: Domain, name: str) -> Iterator[Flow]:
    match domain.measures[name]:
        case Flow() as flow:
            yield flow
        case Stock(adds=adds, less=less):
            yield from (*_flows(domain, adds), *_flows(domain, less))
        case Trailing(of=of):
            yield from _flows(domain, of)


@lru_cache(maxsize=32)
def _measures(edition: Edition, fact: str) -> frozenset[tuple[str, str]]:
    """Source and measure of all rows of a fact."""
    return frozenset(edition.cursor().execute(f"SELECT DISTINCT source, measure FROM {fact}").fetchall())
