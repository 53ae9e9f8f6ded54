"""The columns that a metric depends on, and the kinds of facts it counts, read from the SQL of its measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from data.schema import FACTS, words_of
from data.values.functions import WORKDAYS
from metrics.catalog import Catalog, Domain, Metric, Stock, Trailing
from metrics.catalog.kinds import Tree, any_of, is_null_literal, kinds_of, parsed


@dataclass(frozen=True)
class Needs:
    """Columns of the fact. uncounted: those without which a fact does not count in any of the metric's measures.

    A column with a default, such as `coalesce(close_kind, 'done')` or `deferred IS NOT TRUE`, is not needed.
    kinds: the kinds of facts that its measures can count; None where that may be any.
    functions: those of working days that it calls.
    """

    columns: frozenset[str]
    uncounted: frozenset[str]
    kinds: frozenset[str] | None = None
    functions: frozenset[str] = frozenset()


def needs(catalog: Catalog, id: str) -> Needs:
    """The facts and columns that a metric depends on; none for a view or a score."""
    return _needs(catalog.base, id)


@lru_cache(maxsize=512)
def _needs(catalog: Catalog, id: str) -> Needs:
    metric = catalog.metrics[id]
    domain = catalog.domain(metric)
    if domain.view or metric.components:
        return Needs(frozenset(), frozenset())
    trees = _trees(catalog, domain.id)
    terms = {name.lower(): trees[sql] for name, sql in domain.terms.items()}
    flows = [
        (trees[anchor], trees[where] if where else None, trees[value] if value else None)
        for anchor, where, value in _flows(domain, metric)
    ]
    needed = frozenset(name for flow in flows for tree in flow for name in _needed(tree, terms))
    functions, needed = needed & WORKDAYS, needed - WORKDAYS
    if metric.concentration:
        needed |= {FACTS[domain.fact].splits[metric.concentration.by]}
    uncounted = frozenset(name for name in needed if all(_not_counted(flow, name, terms) for flow in flows))
    has_kinds = "kind" in FACTS[domain.fact].by_name
    kinds = any_of([kinds_of(anchor, where, terms) for anchor, where, _value in flows]) if has_kinds else None
    return Needs(needed, uncounted, kinds, functions)


@lru_cache(maxsize=512)
def named_by_view(catalog: Catalog, id: str) -> frozenset[str]:
    """The words of the SQL of a metric over a view, columns and functions among them.

    Of the view itself they count if it is of a file; the others have columns that only some of their metrics read.
    """
    metric = catalog.metrics[id]
    domain = catalog.domain(metric)
    made = domain.snapshot or domain.latest
    read = [part for part in vars(metric.aggregate).values() if isinstance(part, str)] if metric.aggregate else []
    found = words_of(*read, domain.where or "", "" if made else domain.view or "")
    while terms := [sql for name, sql in domain.terms.items() if name in found and not words_of(sql) <= found]:
        found |= words_of(*terms)
    return frozenset(found)


def _flows(domain: Domain, metric: Metric) -> Iterator[tuple[str, str | None, str | None]]:
    """Anchor, condition and value of everything that is counted."""
    if metric.quantile:
        yield metric.quantile.anchor, metric.quantile.where, metric.quantile.value
        return
    if metric.oldest:
        yield metric.oldest.since, None, None
    flows = {flow.name: flow for flow in domain.flows}
    for name in metric.measures:
        match domain.measures[name]:
            case Stock(adds=adds, less=less):
                names = [adds, less]
            case Trailing(of=of):
                names = [of]
            case _:
                names = [name]
        for flow in names:
            yield flows[flow].anchor, flows[flow].where, flows[flow].value


@lru_cache(maxsize=64)
def _trees(catalog: Catalog, id: str) -> dict[str, Tree]:
    """Every expression of a domain by its SQL, parsed at once: the cost is that of the call."""
    domain = next(domain for domain in catalog.domains if domain.id == id)
    every = set(domain.terms.values())
    every |= {sql for metric in domain.metrics for flow in _flows(domain, metric) for sql in flow if sql}
    return parsed(every)


def _needed(tree: Tree, terms: Mapping[str, Tree]) -> Iterator[str]:
    """The columns whose absence would look like a value, and functions of working days."""
    if isinstance(tree, list):
        for part in tree:
            yield from _needed(part, terms)
    if not isinstance(tree, dict) or _has_default(tree):
        return
    if tree.get("class") == "COLUMN_REF":
        name = tree["column_names"][-1].lower()
        yield from _needed(terms[name], terms) if name in terms else (name,)
        return
    if tree.get("class") == "FUNCTION" and tree["function_name"] in WORKDAYS:
        yield tree["function_name"]
    for part in tree.values():
        yield from _needed(part, terms)


def _has_default(tree: Tree) -> bool:
    """`coalesce(column, constant)`, `column IS NOT TRUE`: the author says what an absent value means."""
    if tree.get("type") == "OPERATOR_COALESCE":
        return _is_constant(tree["children"][-1])
    if tree.get("type") == "COMPARE_DISTINCT_FROM":
        return _is_constant(tree["right"])
    return False


def _is_constant(tree: Tree) -> bool:
    if tree.get("class") == "CAST":
        return _is_constant(tree["child"])
    return tree.get("class") == "CONSTANT" and not is_null_literal(tree)


def _not_counted(flow: tuple[Tree, Tree | None, Tree | None], name: str, terms: Mapping[str, Tree]) -> bool:
    """Whether a fact without a value in the column `name` certainly adds nothing to a flow."""
    anchor, where, value = flow
    if _is_null(anchor, name, terms) or (value is not None and _is_null(value, name, terms)):
        return True
    return where is not None and _fails(where, name, terms)


def _fails(tree: Tree, name: str, terms: Mapping[str, Tree]) -> bool:
    """Whether a condition is false or NULL without the column."""
    match tree.get("type"):
        case "CONJUNCTION_AND":
            return any(_fails(part, name, terms) for part in tree["children"])
        case "CONJUNCTION_OR":
            return all(_fails(part, name, terms) for part in tree["children"])
        case "OPERATOR_IS_NOT_NULL":
            return _is_null(tree["children"][0], name, terms)
        case "COLUMN_REF":
            term = terms.get(tree["column_names"][-1].lower())
            return _fails(term, name, terms) if term else _is_null(tree, name, terms)
    return _is_null(tree, name, terms)


def _is_null(tree: Tree, name: str, terms: Mapping[str, Tree]) -> bool:
    """Whether an expression is NULL without the column. What is not certain is not."""

    def null(part: Tree) -> bool:
        return _is_null(part, name, terms)

    kind = tree.get("type", "")
    match tree.get("class"):
        case "COLUMN_REF":
            read = tree["column_names"][-1].lower()
            return null(terms[read]) if read in terms else read == name
        case "COMPARISON":
            return "DISTINCT" not in kind and (null(tree["left"]) or null(tree["right"]))
        case "BETWEEN":
            return null(tree["input"])
        case "CAST":
            return null(tree["child"])
        case "CONJUNCTION":
            return all(null(part) for part in tree["children"])
        case "OPERATOR" if kind in ("OPERATOR_NOT", "COMPARE_IN", "COMPARE_NOT_IN"):
            return null(tree["children"][0])
        case "CASE":
            otherwise = tree["else_expr"]
            fails = all(_fails(check["when_expr"], name, terms) for check in tree["case_checks"])
            return fails and (is_null_literal(otherwise) or null(otherwise))
        case "FUNCTION" if tree["is_operator"] or tree["function_name"] in NULL_IN_NULL_OUT:
            return any(null(argument["expression"]) for argument in tree["arguments"])
    return False


NULL_IN_NULL_OUT = ("date_diff", "datediff", "date_part", "to_days", "abs", "round", "floor", "ceil", *WORKDAYS)
"""Functions that certainly give NULL for NULL."""
