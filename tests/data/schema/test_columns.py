"""The columns of facts: labels, and a new column that appears everywhere by one row."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cockpit.commands import main
from cockpit.i18n import using
from cockpit.labels import words
from cockpit.panels import layouts
from cockpit.reports import kind as kinds
from cockpit.reports.errors import ReportError
from data.schema import FACTS, Column
from metrics.catalog import load as load_catalog
from metrics.engine.plan import AREAS, COLUMNS
from metrics.period import UNITS
from tests.data.schema.new_column import AREA, PRIVATE, REPORT, SECRET, SPAN

ROOT = Path(__file__).parents[3]
EVERY = [(fact.name, column) for fact in FACTS.values() for column in fact.columns]
TAKEN = {
    "area", "metric", "from", "to", "period", "vs", "lang", "edition", "report", "as_of", "part", "age", "q", "sort",
    "page", "list", "due", "by", "format", "limit", "offset", "where", "id", "caller", "key", "group",
}  # fmt: skip
"""Parameters of pages and of the API."""


@pytest.mark.parametrize(("fact", "column"), EVERY, ids=[f"{fact}.{column.name}" for fact, column in EVERY])
def test_a_column_has_a_label_in_both_languages(fact: str, column: Column) -> None:
    assert re.search(r"[\u4e00-\u9fff]", column.zh)
    assert column.en.isascii()
    assert column.en[:1].isupper()
    for language in ("zh", "en"):
        with using(language):
            assert words.column(column.name, fact) == column.label[language]


def test_labels_of_a_fact_differ() -> None:
    for fact in FACTS.values():
        for language in ("zh", "en"):
            labels = [column.label[language] for column in fact.columns]
            assert len(set(labels)) == len(labels), fact.name


def test_a_split_is_a_text_and_its_name_is_free_and_means_one_column() -> None:
    splits = [(column.split, column) for _fact, column in EVERY if column.split]
    assert {column.type for _split, column in splits} == {"VARCHAR"}
    assert {split: column.name for split, column in splits} == COLUMNS
    assert {(split, COLUMNS[split]) for split in COLUMNS} == {(split, column.name) for split, column in splits}
    assert not set(COLUMNS) & {*AREAS, *UNITS, *TAKEN}


def test_reporter_is_never_exported() -> None:
    assert [(fact, column.name) for fact, column in EVERY if not column.exported] == [("cases", "reporter")]


def test_names_of_exports_differ() -> None:
    for fact in FACTS.values():
        names = [column.export_name for column in fact.exported]
        assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cases have the columns of tests/data/schema/new_column.py."""
    home = tmp_path_factory.mktemp("columns") / "home"
    command = [sys.executable, "-m", "tests.data.schema.new_column", str(home)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return home


@pytest.fixture(scope="module")
def answers(home: Path) -> dict[str, Any]:
    """What every place makes of the two columns."""
    return json.loads((home / "answers.json").read_text("utf-8"))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_command_line_splits_filters_and_exports_it(answers: dict[str, Any]) -> None:
    assert {row["group"]: float(row["value"]) for row in table(answers["query"])} == {"calm": 4, "angry": 1, "": 1}
    assert [float(row["value"]) for row in table(answers["where"])] == [4]
    assert [(row["key"], row["feeling"]) for row in table(answers["rows"])] == [("c4", "angry")]


def test_the_api_splits_filters_and_exports_it(answers: dict[str, Any]) -> None:
    api = answers["api"]
    assert {row["group"]: row["value"] for row in api["numbers"]} == {"calm": 4, "angry": 1, "": 1}
    assert [row["value"] for row in api["filtered"]] == [4]
    assert [row["value"] for row in api["unset"]] == [1]
    assert api["rows"]["total"] == 1
    assert [(row["key"], row["feeling"]) for row in api["rows"]["rows"]] == [("c4", "angry")]
    assert {"temper", *COLUMNS} <= set(api["parameters"])


def test_the_pages_list_filter_and_draw_it(answers: dict[str, Any]) -> None:
    pages = answers["pages"]
    assert pages["headings"] == [
        "Title", "State", "Area", "Category", "Responsible unit", "Registered", "Deadline", "Closed", "Mood",
    ]  # fmt: skip
    assert (pages["count"], pages["chips"]) == (4, ["Mood: calm"])
    assert [row["情绪"] for row in table(pages["file"])] == ["calm"] * 4
    assert dict(pages["bars"]) == {"calm": 4, "angry": 1, "Not given": 1}


def test_a_report_splits_and_exports_it(answers: dict[str, Any]) -> None:
    for text in answers["reports"].values():
        assert "情绪" in text
        assert "angry" in text


def test_a_column_that_is_not_exported_is_nowhere(answers: dict[str, Any]) -> None:
    for name, text in answers.items():
        spoken = json.dumps(text, ensure_ascii=False)
        assert PRIVATE not in spoken, name
        for word in (f'"{SECRET.name}', SECRET.zh, SECRET.en, "reporter", "反映人"):
            assert word not in spoken, (name, word)


def test_report_kind_cannot_name_the_reporter(tmp_path: Path) -> None:
    sections = [{"type": "cases", "columns": ["reporter"]}]
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**REPORT, "sections": sections}), "utf-8")
    with using("en"), pytest.raises(ReportError, match='columns: there is no "reporter"'):
        kinds.load(tmp_path, load_catalog(), layouts.load(None, load_catalog()))


def test_report_table_supports_every_split(tmp_path: Path) -> None:
    sections = [{"type": "table", "by": split} for split in COLUMNS]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**REPORT, "id": "mine", "sections": sections}), "utf-8")
    assert len(kinds.read(file).sections) == len(COLUMNS)
    file.write_text(yaml.safe_dump({**REPORT, "sections": [{"type": "table", "by": "catgory"}]}), "utf-8")
    with using("en"), pytest.raises(ReportError, match=r'sections\.0\.table\.by: it can be .* Did you mean "category"'):
        kinds.read(file)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (["category"], '--where: "category" has no value: write SPLIT=VALUE'),
        (["category=a", "category=b"], "--where: category is given twice"),
        (["catgory=a"], 'Did you mean "category"'),
        (["reporter=a"], '"reporter" is not a filter'),
    ],
)
def test_a_wrong_filter_of_a_command_says_what_is_wrong(
    home: Path, capsys: pytest.CaptureFixture[str], filters: list[str], message: str
) -> None:
    where = [text for given in filters for text in ("--where", given)]
    query = ["intake", "--area", AREA, *SPAN, "--home", str(home)]
    for name in ("query", "rows"):
        assert main([name, *query, *where]) == 2
        assert message in capsys.readouterr().err
