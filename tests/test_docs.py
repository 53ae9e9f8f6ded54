"""The documents match the code, and each Chinese twin has the structure of its English page."""

import re
from pathlib import Path

import pytest

from cockpit.access.pages import PAGES
from cockpit.access.policy import MATRIX, Can
from cockpit.actions.action import registry
from cockpit.api.app import api
from cockpit.commands import cli
from cockpit.reports.kind import HERE as KINDS
from cockpit.settings import PREFIX, Settings
from metrics.catalog.model import Aggregate, Flow, Metric, Oldest, Quantile, Stock, Thresholds, Trailing

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGLISH = {"README": ROOT / "README.md"} | {file.stem: file for file in sorted(DOCS.glob("*.md"))}
LONGEST_README = 130


def chinese(name: str) -> Path:
    return ROOT / "README.zh-CN.md" if name == "README" else DOCS / "zh" / f"{name}.md"


PAIRS = list(ENGLISH)
LANGUAGES = pytest.mark.parametrize("folder", [DOCS, DOCS / "zh"], ids=["English", "Chinese"])


def prose(text: str) -> str:
    """The text without its code blocks."""
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)


def tables(file: Path) -> list[list[list[str]]]:
    """The cells of every table, without the line under the header."""
    tables_found = re.findall(r"(?:^\|.*\|\n?)+", prose(file.read_text("utf-8")), re.MULTILINE)
    lines = [[line for line in table.splitlines() if set(line) - set("|-: ")] for table in tables_found]
    return [[[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table] for table in lines]


def named(file: Path, column: int = 0) -> list[str]:
    """The words in backticks that each row of each table names in a column."""
    rows = [row for table in tables(file) for row in table[1:] if len(row) > column]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row[column])]


# --- twins


def structure(file: Path) -> dict[str, object]:
    text = file.read_text("utf-8")
    return {
        "levels of headings": [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)],
        "code blocks": re.findall(r"^ *```(\w+)?\n", text, re.MULTILINE),
        "rows and columns of tables": [(len(table), {len(row) for row in table}) for table in tables(file)],
        "items of lists": len(re.findall(r"^(?:- |\d+\. )", prose(text), re.MULTILINE)),
    }


@pytest.mark.parametrize("name", PAIRS)
def test_a_twin_has_the_same_structure(name: str) -> None:
    assert structure(chinese(name)) == structure(ENGLISH[name])


@pytest.mark.parametrize("name", PAIRS)
def test_tables_of_twins_name_the_same_things(name: str) -> None:
    """Variables, commands, fields and paths are the same in both languages."""
    assert first_columns(chinese(name)) == first_columns(ENGLISH[name])


def first_columns(file: Path) -> list[list[list[str]]]:
    """What each row of each table names in backticks, up to the first word that may be translated."""
    names = [[re.findall(r"`([^`]+)`", row[0]) for row in table] for table in tables(file)]
    return [[[re.split(r"[^\x21-\x7e]", name)[0] for name in row] for row in table] for table in names]


def test_every_page_has_a_twin() -> None:
    assert {file.stem for file in (DOCS / "zh").glob("*.md")} == set(ENGLISH) - {"README"}


@pytest.mark.parametrize(
    "file", [*ENGLISH.values(), *(chinese(name) for name in PAIRS)], ids=lambda file: str(file.relative_to(ROOT))
)
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\[[^\]]*\]\((?!https?:)([^)#]+)", prose(file.read_text("utf-8")))
    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_is_short_and_leads_to_every_page(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_README
    linked = {Path(link).stem for link in re.findall(r"\]\((docs/[^)]+\.md)\)", text)}
    assert linked == set(ENGLISH) - {"README"}


# --- everything that the code registers is documented


@LANGUAGES
def test_every_setting_is_documented_with_its_default(folder: Path) -> None:
    (table,) = tables(folder / "settings.md")
    shown = {row[0].strip("`"): row[1].strip("`") for row in table[1:]}
    assert set(shown) == {PREFIX + name.upper() for name in Settings.model_fields}
    assert all(row[2] for row in table)
    defaults = {PREFIX + name.upper(): default_text(field.default) for name, field in Settings.model_fields.items()}
    assert {name: text for name, text in shown.items() if text} == {n: t for n, t in defaults.items() if t}


def default_text(value: object) -> str:
    """A default as somebody would write it; "" for none, and for what depends on the machine."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, str | int | float | Path) else ""


@LANGUAGES
def test_every_command_is_documented(folder: Path) -> None:
    (table,) = tables(folder / "cli.md")
    assert list(dict.fromkeys(re.match(r"`(\w+)", row[0])[1] for row in table[1:])) == list(cli.commands)
    documented = {word for row in table[1:] for word in re.findall(r"`(\w+ ?\w*)", row[0])}
    below = {f"{name} {sub}" for name, group in cli.commands.items() for sub in getattr(group, "commands", {})}
    assert below - documented == {"report make"}, "`report KIND` is short for it"


@LANGUAGES
def test_every_right_page_and_action_is_documented_with_its_right(folder: Path) -> None:
    rights, pages, acts = tables(folder / "access.md")
    assert {row[0].strip("`"): set(re.findall(r"\w+", row[2])) for row in rights[1:]} == {
        str(can): {role for role, held in MATRIX.items() if can in held} for can in Can
    }
    assert {row[0].strip("`"): right(row[2]) for row in pages[1:]} == {p.name: p.right for p in PAGES.values()}
    assert {row[0].strip("`"): right(row[2]) for row in acts[1:]} == {a.name: a.right for a in registry().values()}


def right(cell: str) -> str | None:
    return cell.strip("`") if cell.startswith("`") else None


@LANGUAGES
def test_every_path_of_the_api_is_documented(folder: Path) -> None:
    paths = {f"{how.upper()} {path.strip('/')}" for path, ways in api.openapi()["paths"].items() for how in ways}
    assert set(named(folder / "api.md")) == {*paths, "GET openapi.json"}


@LANGUAGES
def test_every_kind_of_report_is_documented(folder: Path) -> None:
    assert {row[0].strip("`") for row in tables(folder / "reports.md")[0][1:]} == {p.stem for p in KINDS.glob("*.yaml")}


@LANGUAGES
def test_every_field_of_a_metric_is_documented(folder: Path) -> None:
    documented = " ".join(named(folder / "metrics.md"))
    models = (Metric, Flow, Stock, Trailing, Quantile, Oldest, Aggregate, Thresholds)
    fields = {name for model in models for name in model.model_fields} - {"id", "domain", "file"}
    assert fields - set(re.findall(r"\w+", documented)) == set()


@LANGUAGES
def test_every_library_is_documented(folder: Path) -> None:
    files = (ROOT / f"requirements{option}.txt" for option in ("", "-optional"))
    pins = re.findall(r"^([\w-]+)(?:\[\w+\])?==", "".join(file.read_text("utf-8") for file in files), re.MULTILINE)
    (table,) = tables(folder / "libraries.md")
    assert [row[0] for row in table[1:]] == pins
    assert all(row[1] for row in table)


@LANGUAGES
def test_every_benchmark_is_documented(folder: Path) -> None:
    shown = set(re.findall(r"python -m bench\.([a-z]+)", (folder / "figures.md").read_text("utf-8")))
    modules = {f.stem for f in (ROOT / "bench").glob("*.py") if "__main__" in f.read_text("utf-8")} - {"__main__"}
    packages = {file.parent.name for file in (ROOT / "bench").glob("*/__main__.py")}
    assert shown == modules | packages


def test_make_bench_runs_every_benchmark() -> None:
    run = re.search(r"FIGURES = \(([^)]*)\)", (ROOT / "bench" / "__main__.py").read_text("utf-8"))
    assert run
    modules = {f.stem for f in (ROOT / "bench").glob("*.py") if "__main__" in f.read_text("utf-8")} - {"__main__"}
    packages = {file.parent.name for file in (ROOT / "bench").glob("*/__main__.py")}
    assert set(re.findall(r"\w+", run[1])) == modules | packages


@pytest.mark.parametrize("name", PAIRS)
def test_shown_commands_and_variables_exist(name: str) -> None:
    for file in (ENGLISH[name], chinese(name)):
        text = file.read_text("utf-8")
        assert set(re.findall(r"python -m cockpit ([a-z]\w*)", text)) <= set(cli.commands)
        variables = set(re.findall(r"\bCOCKPIT_([A-Z_]+[A-Z])\b", text))
        assert variables <= {field.upper() for field in Settings.model_fields}


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    texts = "\n".join(file.read_text("utf-8") for file in (*ENGLISH.values(), *map(chinese, PAIRS)))
    shown = set(re.findall(r"(?:^|`)make ([a-z][\w-]*)", texts, re.MULTILINE))
    assert {"setup", "run", "test", "test-slow", "demo-boston", "bench"} <= shown <= targets


@pytest.mark.parametrize("name", PAIRS)
def test_named_files_and_folders_of_the_project_exist(name: str) -> None:
    for file in (ENGLISH[name], chinese(name)):
        paths = re.findall(r"`((?:cockpit|data|metrics|pages|tests|docs)/[\w./-]*)`", file.read_text("utf-8"))
        assert [path for path in paths if not (ROOT / path).exists()] == []
