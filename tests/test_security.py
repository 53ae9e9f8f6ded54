"""docs/security.md has every section of the standards, and what it references exists."""

import re
from pathlib import Path

import pytest

from cockpit import settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
CHINESE = (ROOT / "docs" / "zh" / "security.md").read_text("utf-8")
SECTIONS = {
    1: 5, 2: 4, 3: 7, 4: 4, 5: 4, 6: 8, 7: 6, 8: 4, 9: 2, 10: 7, 11: 7, 12: 3, 13: 4, 14: 3, 15: 4, 16: 5, 17: 3,
}  # fmt: skip
"""Sections of each chapter of OWASP ASVS 5.0."""


def rows(heading: str, text: str = TEXT) -> list[list[str]]:
    part = text.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_section_of_the_standard_has_one_row() -> None:
    named = [row[0].split(" ", 1)[0] for row in rows("OWASP")]
    assert named == [f"V{chapter}.{i}" for chapter, count in SECTIONS.items() for i in range(1, count + 1)]


@pytest.mark.parametrize("heading", ["OWASP", "等保"])
def test_every_row_says_how_it_is_met_what_is_added_and_what_is_not_met(heading: str) -> None:
    selected = rows(heading)
    assert len(selected) > 15
    assert [row for row in selected if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("heading", ["OWASP", "等保"])
def test_the_chinese_page_has_the_same_rows_and_names_the_same(heading: str) -> None:
    english, chinese = rows(heading), rows(heading, CHINESE)
    assert [row[0].split(" ", 1)[0] for row in chinese] == [row[0].split(" ", 1)[0] for row in english]
    for one, other in zip(english, chinese, strict=True):
        for cell, translated in zip(one, other, strict=True):
            assert set(re.findall(r"`([^`]+)`", translated)) == set(re.findall(r"`([^`]+)`", cell)), one[0]
            assert (translated == "–") == (cell == "–"), one[0]


def test_every_path_of_the_settings_says_who_writes_there() -> None:
    paths = {name for name, field in settings.Settings.model_fields.items() if "Path" in str(field.annotation)}
    for text in (TEXT, CHINESE):
        named = {name.lower() for name in re.findall(r"`COCKPIT_(\w+)`", text.split("\n## OWASP")[0])}
        assert paths - {"audit_anchor"} - named == set()


def test_referenced_names_exist() -> None:
    named = re.findall(r"`((?:cockpit|data|metrics|tests|bench)/[\w/.]+|app\.py)`|\b(docs/[\w./-]+\w)", TEXT)
    assert len(named) > 30
    assert [path for pair in named for path in pair if path and not (ROOT / path).exists()] == []
    variables = set(re.findall(r"`COCKPIT_(\w+)`", TEXT))
    assert variables <= {name.upper() for name in settings.Settings.model_fields}
