"""The examples of docs/extending.md work: each code block is written to the file that its first line names."""

import re
from pathlib import Path

import pytest

from metrics.catalog import load as load_catalog

DOCS = Path(__file__).parents[1] / "docs"
PAGE, CHINESE = DOCS / "extending.md", DOCS / "zh" / "extending.md"


def examples(page: Path) -> dict[str, str]:
    """The code blocks by the path in their first line."""
    return dict(re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All examples as files."""
    for name, text in examples(PAGE).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_chinese_page_has_the_same_examples() -> None:
    assert examples(CHINESE) == examples(PAGE)


def test_a_metric_is_one_entry(folder: Path) -> None:
    metric = load_catalog(folder / "catalog").metrics["lamps_closed_rate"]
    assert (metric.numerator, metric.denominator) == ("lamps_closed", "lamps")
