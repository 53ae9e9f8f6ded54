"""The kinds of facts that measures can count, read from their SQL."""

from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any

from data.sources.expressions import statements

Tree = Any
"""A node of DuckDB's parse tree, as `json_serialize_sql` gives it."""


@lru_cache(maxsize=256)
def counted_kinds(
    flows: tuple[tuple[str, str | None], ...], terms: tuple[tuple[str, str], ...]
) -> frozenset[str] | None:
    """The kinds of facts that flows can count; None where that may be any.

    flows: SQL of anchor and condition of each. terms: those of the domain, by name.
    """
    trees = parsed({sql for flow in flows for sql in flow if sql} | {sql for _name, sql in terms})
    by_name = {name.lower(): trees[sql] for name, sql in terms}
    return any_of([kinds_of(trees[anchor], trees[where] if where else None, by_name) for anchor, where in flows])


def parsed(expressions: Iterable[str]) -> dict[str, Tree]:
    """The tree of each SQL expression, parsed at once: the cost is that of the call."""
    texts = sorted(expressions)
    trees = statements("SELECT " + ", ".join(f"(\n{sql}\n)" for sql in texts))[0]["node"]["select_list"]
    return dict(zip(texts, trees, strict=True))


def kinds_of(anchor: Tree, where: Tree | None, terms: Mapping[str, Tree]) -> frozenset[str] | None:
    """The kinds that a flow counts, by the trees of its anchor, its condition and the domain's terms."""
    otherwise = anchor.get("else_expr")
    chosen = [check["when_expr"] for check in anchor["case_checks"]] if is_null_literal(otherwise or {}) else []
    at_anchor = any_of([_kinds(condition, terms) for condition in chosen]) if chosen else None
    return _both(at_anchor, _kinds(where, terms) if where else None)


def _kinds(tree: Tree, terms: Mapping[str, Tree]) -> frozenset[str] | None:
    """The kinds of which facts can meet a condition; None where that may be any."""
    match tree.get("type"):
        case "CONJUNCTION_AND":
            return reduce(_both, (_kinds(part, terms) for part in tree["children"]))
        case "CONJUNCTION_OR":
            return any_of([_kinds(part, terms) for part in tree["children"]])
        case "COMPARE_EQUAL":
            return _named([tree["left"], tree["right"]])
        case "COMPARE_IN":
            return _named(tree["children"])
        case "COLUMN_REF":
            term = terms.get(tree["column_names"][-1].lower())
            return _kinds(term, terms) if term else None
    return None


def _named(compared: list[Tree]) -> frozenset[str] | None:
    """The kinds that the column is compared with."""
    column, *words = compared
    is_kind = column.get("class") == "COLUMN_REF" and column["column_names"][-1].lower() == "kind"
    texts = [word.get("literal", {}) for word in words]
    return frozenset(t["text"] for t in texts) if is_kind and all(t.get("kind") == "STRING" for t in texts) else None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return other if one is None else one if other is None else one & other


def any_of(every: list[frozenset[str] | None]) -> frozenset[str] | None:
    """The kinds of several together; None if one of them may count any."""
    known = [kinds for kinds in every if kinds is not None]
    return frozenset().union(*known) if known and len(known) == len(every) else None


def is_null_literal(tree: Tree) -> bool:
    """Whether a node is the constant NULL."""
    literal = tree.get("literal", tree.get("value", {}))
    return literal.get("kind") == "NULL_LITERAL" or literal.get("is_null") is True
