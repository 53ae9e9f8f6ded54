"""Which sources feed a metric: those that map every column it depends on.

What a source does not map is absent, not zero: a metric that no source feeds has no value, and one that some feed rests
on the facts of those alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from data.editions.counted import counted
from data.editions.edition import AnyEdition, Edition
from data.schema import FACTS, Fact, words_of
from data.values.functions import WORKDAYS
from metrics.availability.needs import named_by_view, needs
from metrics.catalog import Catalog, Metric
from metrics.engine.plan import Plan


@dataclass(frozen=True)
class Feed:
    """sources: those that feed the metric. missing: each other source with rows that it counts, and what they lack.

    only: the sources whose facts alone are to be counted; None where the others add nothing anyway.
    lacked: what the metric needs and the edition, of an older release, does not have: columns, functions of working
    days. No source of that edition feeds the metric.
    """

    sources: tuple[str, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    only: tuple[str, ...] | None = None
    lacked: tuple[str, ...] = ()

    @property
    def is_fed(self) -> bool:
        return bool(self.sources)


def feed(edition: AnyEdition, catalog: Catalog, metric: Metric) -> Feed:
    """The sources of a metric in an edition; of one made of others, of its part with the fewest."""
    return _feed(edition.unscoped, catalog.base, metric.id)


def is_delivered(edition: AnyEdition, catalog: Catalog, metric: Metric) -> bool:
    """Whether any source has ever delivered a row of the metric's domain: until then its sum of none is no zero."""
    if metric.components:
        return all(is_delivered(edition, catalog, catalog.metrics[part]) for part in metric.components)
    domain = catalog.base.domain(metric)
    return bool(domain.view) or not domain.where or counted(edition.unscoped, domain.fact, domain.where) != frozenset()


def lacked_columns(edition: AnyEdition, fact: str) -> frozenset[str]:
    """The columns of a fact that an edition of an older release does not have."""
    return edition.unscoped.lacks(FACTS[fact])


def narrowed(plan: Plan, metric: Metric) -> Plan:
    """The plan, narrowed to the facts of the sources that feed the metric."""
    metric_feed = feed(plan.edition, plan.catalog, metric)
    return plan if metric_feed.only is None else replace(plan, sources=metric_feed.only)


@lru_cache(maxsize=4096)
def _feed(edition: Edition, catalog: Catalog, id: str) -> Feed:
    metric = catalog.metrics[id]
    if metric.components:
        return min((_feed(edition, catalog, part) for part in metric.components), key=lambda f: len(f.sources))
    domain = catalog.domain(metric)
    if lacked := _lacked(edition, catalog, id):
        return Feed((), lacked=lacked)
    mapped = _mapped(edition)
    if mapped is None:
        return Feed(("",))
    if domain.view:
        return Feed(("",) if any(fact == domain.fact for _source, fact, _columns in mapped) else ())
    fact, needed = FACTS[domain.fact], needs(catalog, id)
    mapped_columns = {source: columns for source, of, columns in mapped if of == fact.name}
    missing = {source: lacking(fact, needed.columns, columns) for source, columns in mapped_columns.items()}
    with_rows = counted(edition, domain.fact, domain.where) if domain.where else None
    if needed.kinds is not None:
        of_kinds = frozenset(source for source, kind in _delivered_kinds(edition, fact.name) if kind in needed.kinds)
        with_rows = of_kinds if with_rows is None else with_rows & of_kinds
    incomplete = {
        source: columns for source, columns in missing.items() if columns and (with_rows is None or source in with_rows)
    }
    complete = tuple(source for source in mapped_columns if not missing[source])
    # one without rows that it counts delivers something else; before the first rows any of them may be the one
    complete = tuple(source for source in complete if source in (with_rows or complete)) or complete
    counts_others = any(not set(columns) & needed.uncounted for columns in incomplete.values())
    return Feed(complete, tuple(incomplete.items()), complete if complete and counts_others else None)


def _lacked(edition: Edition, catalog: Catalog, id: str) -> tuple[str, ...]:
    """What a metric needs and the edition does not have, in the order of the contract."""
    domain, needed = catalog.domain(catalog.metrics[id]), needs(catalog, id)
    own = needed.columns | needed.functions | words_of(domain.where or "")
    named = named_by_view(catalog, id) if domain.view else own
    facts = [fact for fact in FACTS.values() if fact.name == domain.fact or (domain.view and fact.name in named)]
    columns = (c.name for fact in facts for c in fact.columns if c.name in named & edition.lacks(fact))
    functions = sorted(named & WORKDAYS) if edition.lacks_calendar else []
    return tuple(dict.fromkeys((*columns, *functions)))


@lru_cache(maxsize=32)
def _delivered_kinds(edition: Edition, fact: str) -> frozenset[tuple[str, str]]:
    """Source and kind of all rows of a fact."""
    return frozenset(edition.cursor().execute(f"SELECT DISTINCT source, kind FROM {fact}").fetchall())


def lacking(fact: Fact, needed: Iterable[str], mapped: Iterable[str]) -> tuple[str, ...]:
    """The needed columns that a source with these mapped columns does not give, in the order of the fact."""
    available = {*mapped, "source", "key", "area", "area_then", "batch"}
    unmapped = set(needed) - available

    def given_by_others(name: str) -> bool:
        return any(set(columns) <= available for columns in fact[name].made_of)

    return tuple(c.name for c in fact.columns if c.name in unmapped and not given_by_others(c.name))


@lru_cache(maxsize=8)
def _mapped(edition: Edition) -> tuple[tuple[str, str, frozenset[str]], ...] | None:
    """Source, fact and mapped columns; None for an edition of a release that did not note them."""
    cursor = edition.cursor()
    if "columns" not in {row[0] for row in cursor.execute("DESCRIBE sources").fetchall()}:
        return None
    rows = cursor.execute("SELECT source, fact, columns FROM sources ORDER BY source").fetchall()
    return tuple((source, fact, frozenset(columns or ())) for source, fact, columns in rows)
