"""Imports run pages -> cockpit -> metrics -> data, never backwards or in a circle; folders and files stay small."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("data", "metrics", "cockpit", "pages")
"""From the bottom up: a layer may import itself and what stands before it."""
FORBIDDEN = {
    "data": {"streamlit", "plotly", "pydeck", "click", "pydantic_settings"},
    "metrics": {"streamlit", "plotly", "pydeck", "click", "pydantic_settings", "sqlalchemy"},
    "pages": {"duckdb", "sqlalchemy"},
}


MOST_MODULES = 15
"""Modules of a folder, besides `__init__.py` and `conftest.py`. A component counts once: its CSS and JS go with it."""
EXEMPT = {
    "pages": "Streamlit serves one file a page, and the path of a page is the name of its file",
    "data/desk/migrations/versions": "migrations are only ever added, in one sequence",
}
"""Folders that may have more, and why."""
MOST_LINES = 450


def modules_of(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """Every module that a source names, inside functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the layer: name the module in full"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(layer: str, source: str) -> set[str]:
    above = set(LAYERS[LAYERS.index(layer) + 1 :]) | {"app", "tests", "bench"}
    return {name for name in imported(source) if name.split(".")[0] in above | FORBIDDEN.get(layer, set())}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_itself_and_lower_layers(layer: str) -> None:
    by_file = {str(path.relative_to(ROOT)): faults(layer, path.read_text("utf-8")) for path in modules_of(layer)}
    assert {path: names for path, names in by_file.items() if names} == {}


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("data", "import metrics.catalog"),
        ("metrics", "def f():\n    from cockpit import settings"),
        ("metrics", "from streamlit import cache_data"),
        ("cockpit", "from pages import village"),
        ("pages", "import duckdb"),
    ],
)
def test_an_import_against_the_direction_is_found(layer: str, source: str) -> None:
    assert faults(layer, source)


def test_no_circle_between_modules() -> None:
    paths = {path: path.relative_to(ROOT).with_suffix("") for layer in LAYERS for path in modules_of(layer)}
    names = {".".join(name.parts).removesuffix(".__init__"): path for path, name in paths.items()}
    graph = {
        name: {target for target in at_import_time(path.read_text("utf-8"), names) if target != name}
        for name, path in names.items()
    }
    assert graph, "no module found"
    assert circle(graph) is None


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == ["a", "b", "c", "a"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def at_import_time(source: str, modules: Collection[str]) -> set[str]:
    """Our modules imported outside functions and not for types alone; a module, not the package it is imported from."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [ast.Pass()]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]  # for mypy alone, as import-linter has it
    modules_found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules_found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = (f"{node.module}.{alias.name}" for alias in node.names)
            modules_found |= {name if name in modules else node.module or "" for name in inner}
    return modules_found & set(modules)


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    """The first circle of a depth-first walk, its first node named twice."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str] | None:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        for target in sorted(graph[node]):
            if path_found := walk(target, [*path, node]):
                return path_found
        done.add(node)
        return None

    return next(filter(None, (walk(node, []) for node in graph)), None)


def own_files() -> list[Path]:
    return [file for top in (*LAYERS, "bench", "tests") for file in (ROOT / top).rglob("*.py")]


def crowded(files: Collection[Path]) -> dict[str, int]:
    """Folders with too many modules, and how many they have."""
    counts = Counter(str(file.parent) for file in files if file.name not in ("__init__.py", "conftest.py"))
    return {folder: count for folder, count in counts.items() if count > MOST_MODULES}


def test_no_folder_has_too_many_modules() -> None:
    folders = crowded([file.relative_to(ROOT) for file in own_files()])
    assert {folder: count for folder, count in folders.items() if folder not in EXEMPT} == {}, "group them by meaning"
    assert set(EXEMPT) <= set(folders), "no longer an exception"


def test_a_folder_with_too_many_modules_is_reported() -> None:
    files = [Path("data", "a", f"{n}.py") for n in range(MOST_MODULES + 1)]
    assert crowded(files) == {"data/a": MOST_MODULES + 1}
    assert crowded([*files[1:], Path("data", "a", "__init__.py"), Path("data", "b", "1.py")]) == {}


def test_no_module_is_too_long() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for layer in LAYERS
        for file in modules_of(layer)
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}, "divide it by meaning"
