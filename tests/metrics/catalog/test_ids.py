"""No code names a metric: what needs one takes it from the catalog by its role."""

import ast
from collections.abc import Iterator
from pathlib import Path

from metrics.catalog import load

ROOT = Path(__file__).parents[3]
ALSO_WORDS = {"closed", "cancelled", "due", "repeated_fields", "cameras", "approval_hours"}
"""Ids of metrics that are states, selections or measures as well."""
BY_ROLE = ("id_of", "with_role", "Literal")
"""Calls and types whose strings are roles."""


def named(source: str, ids: set[str]) -> set[str]:
    """The metric ids among the strings of a source, roles and docstrings aside."""
    tree = ast.parse(source)
    ignored = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    ignored |= {id(node) for role in roles_of(tree) for node in ast.walk(role)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ids and id(node) not in ignored
    }


def roles_of(tree: ast.AST) -> Iterator[ast.AST]:
    """The arguments of what takes a role."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in BY_ROLE:
            yield from node.args
        elif isinstance(node, ast.Subscript) and getattr(node.value, "id", "") in BY_ROLE:
            yield node.slice


def test_no_code_names_a_metric() -> None:
    ids = set(load().metrics) - ALSO_WORDS
    files = [file for layer in ("data", "metrics", "cockpit", "pages") for file in (ROOT / layer).rglob("*.py")]
    demo = ROOT / "data" / "demo"
    in_code = {
        str(file.relative_to(ROOT)): named(file.read_text("utf-8"), ids) for file in files if demo not in file.parents
    }
    assert {file: names for file, names in in_code.items() if names} == {}


def test_a_metric_named_in_code_is_reported() -> None:
    ids = {"backlog", "intake"}
    assert named('"""backlog"""\nshown = ["backlog"]', ids) == {"backlog"}
    assert named('catalog.id_of("intake")\nRole = Literal["intake"]', ids) == set()
