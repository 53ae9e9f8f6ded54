"""What the code says when it refuses, read from its syntax: the texts of its errors, with values in their places."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path

ROOT = Path(__file__).parents[3]
ERRORS = {"DataError", "MetricsError", "CockpitError"}
OTHERS = {"data/desk/auditing/proof.py": {"Fault", "Note"}, "data/editions/edition.py": {"self._damaged"}}
"""What carries a message to a screen without being raised, by its module."""


@dataclass(frozen=True)
class Said:
    """One message as it may come. where: its module and line. text: None where the syntax does not tell it."""

    module: str
    line: int
    text: str | None

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.text}"


def errors() -> set[str]:
    """The names of our exceptions and of all that are made of them."""
    names, size = set(ERRORS), 0
    trees = [tree(file) for layer in ("data", "metrics", "cockpit") for file in sorted((ROOT / layer).rglob("*.py"))]
    classes = [node for one in trees for node in ast.walk(one) if isinstance(node, ast.ClassDef)]
    while size != len(names):
        size = len(names)
        names |= {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in names for b in c.bases)}
    return names


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def said(file: Path, names: set[str], samples: dict[str, list[str]]) -> Iterator[Said]:
    """Every message of a file: the first text among what an exception, or one of OTHERS, is made of."""
    module = str(file.relative_to(ROOT))
    others, reader = OTHERS.get(module, set()), Reader(tree(file), module, samples)
    for node in ast.walk(reader.tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in names | others:
            found = [texts for texts in map(reader.texts, node.args) if texts is not None]
            if not found and name not in others:
                yield Said(module, node.lineno, None)
            yield from (Said(module, node.lineno, text) for texts in found for text in texts)


@dataclass
class Reader:
    """Reads the texts of one module.

    samples: what stands for an expression, by `EXPRESSION` or `MODULE:EXPRESSION`; a number of its own, if none does.
    """

    tree: ast.Module
    module: str
    samples: dict[str, list[str]]
    numbers: count = field(default_factory=lambda: count(70_001))
    looking: list[str] = field(default_factory=list)

    def texts(self, node: ast.AST) -> list[str] | None:
        """What an expression may say; nothing if it is in the reader's language already; None if nobody knows."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return self._joined(parts)
            case ast.FormattedValue(value=inner):
                return self._sample(inner)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right])
            case ast.IfExp(body=body, orelse=other):
                return self._any([body, other])
            case ast.Call(func=ast.Name(id="_" | "ngettext" | "worded")):
                return []
            case ast.Call(func=ast.Name(id=name)):
                return self._once(f"{name}()", self._returned(name))
            case ast.Name() | ast.Attribute():
                return self._once(name := ast.unparse(node), self._assigned(name))
        return None

    def _once(self, name: str, nodes: list[ast.expr]) -> list[str] | None:
        """Any of what a name stands for; None for one that is made of itself."""
        if name in self.looking:
            return None
        self.looking.append(name)
        try:
            return self._any(nodes)
        finally:
            self.looking.pop()

    def _joined(self, parts: list[ast.expr]) -> list[str] | None:
        every = [self.texts(part) for part in parts]
        if any(texts is None for texts in every):
            return None
        return ["".join(chosen) for chosen in product(*every)]  # type: ignore[arg-type]

    def _any(self, nodes: list[ast.expr]) -> list[str] | None:
        every = [self.texts(node) for node in nodes]
        return None if not every or None in every else [text for texts in every for text in texts]  # type: ignore[union-attr]

    def _sample(self, node: ast.expr) -> list[str]:
        source = ast.unparse(node)
        known = self.samples.get(f"{self.module}:{source}") or self.samples.get(source)
        return known or self.texts(node) or [str(next(self.numbers))]

    def _assigned(self, target: str) -> list[ast.expr]:
        return [
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign) and target in map(ast.unparse, node.targets) and not _is_nothing(node.value)
        ]

    def _returned(self, name: str) -> list[ast.expr]:
        functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef) and node.name == name]
        returns = (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Return))
        return [node.value for node in returns if node.value is not None]


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)
