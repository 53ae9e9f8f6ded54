"""A kind of report is a file: a fault in one is reported with file and field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cockpit.i18n import using
from cockpit.panels import layouts
from cockpit.reports import kind as kinds
from cockpit.reports.errors import ReportError
from metrics.catalog import load as load_catalog

GOOD = {
    "id": "mine", "name": {"zh": "专题", "en": "Topic"}, "title": {"zh": "{area}专题", "en": "{area}: topic"},
    "about": {"zh": "一句话", "en": "One sentence"}, "metrics": ["backlog"], "sections": [{"type": "tiles"}],
}  # fmt: skip


def loaded(folder: Path, **changes: object) -> dict[str, kinds.Kind]:
    definition = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    (folder / "mine.yaml").write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    return kinds.load(folder, load_catalog(), layouts.load(None, load_catalog()))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Faults are in the language of the user."""
    with using("en"):
        yield


def test_the_seven_kinds_of_an_inspector_are_there() -> None:
    ours = set(kinds.load(None, load_catalog(), layouts.load(None, load_catalog())))
    assert {"brief", "bulletin", "ledger", "sites", "notice", "monthly", "open_data"} <= ours


def test_a_district_adds_a_kind_without_code(tmp_path: Path) -> None:
    assert loaded(tmp_path)["mine"].title["zh"] == "{area}专题"


def test_a_district_replaces_one_of_ours(tmp_path: Path) -> None:
    requested = loaded(tmp_path, id="brief")
    assert requested["brief"].file == "mine.yaml"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": None}, "mine.yaml: title: is missing"),
        ({"name": {"zh": "专题"}}, "mine.yaml: name.en: is missing"),
        ({"colour": "red"}, "mine.yaml: colour: no such field"),
        ({"metrics": ["backlgo"]}, 'mine.yaml: metrics: there is no "backlgo". Did you mean "backlog"?'),
        ({"title": {"zh": "{aera}", "en": "x"}}, 'mine.yaml: title.zh: {aera} is neither a metric nor'),
        ({"title": {"zh": "{area", "en": "x"}}, "mine.yaml: title.zh: a brace stands alone"),
        ({"sections": [{"type": "tile"}]}, "mine.yaml: sections.0"),
        ({"sections": [{"type": "ranking", "by": "moon"}]}, "mine.yaml: sections.0.ranking.by"),
        ({"sections": [{"type": "trend"}]}, "mine.yaml: sections.0.trend.metrics: is missing"),
        ({"sections": [{"type": "cases", "columns": ["reporter"]}]}, 'columns: there is no "reporter"'),
        ({"sections": [{"type": "text", "text": {"zh": "{backlog.chang}", "en": "x"}}]}, "only change, state"),
        (
            {"sections": [{"type": "table", "suppress": 10}, {"type": "tiles"}]},
            "sections.1.tiles: with tables that suppress, only tables",
        ),
        ({"sections": [{"type": "table", "suppress": 10}, {"type": "table"}]}, "suppress: it must be the same number"),
        (
            {"sections": [{"type": "table", "suppress": 9, "metrics": ["three_rate_score"]}]},
            "three_rate_score is made of other metrics",
        ),
        (
            {"sections": [{"type": "table", "suppress": 9}, {"type": "text", "text": {"zh": "{backlog}", "en": "x"}}]},
            "{backlog} would give away what is suppressed",
        ),
        ({"sections": [{"type": "text", "text": {"zh": "{area.change}", "en": "x"}}]}, "{area.change}"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_field(tmp_path: Path, changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ReportError) as fault:
        loaded(tmp_path, **changes)
    assert expected in str(fault.value)


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as fault:
        loaded(tmp_path, title=None, about=None)
    assert "title: is missing" in str(fault.value)
    assert "about: is missing" in str(fault.value)


def test_invalid_yaml_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: [", "utf-8")
    with pytest.raises(ReportError, match=r"mine\.yaml: not readable as YAML"):
        kinds.load(tmp_path, load_catalog(), layouts.load(None, load_catalog()))


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ReportError, match='Did you mean "brief"'):
        kinds.named(kinds.load(None, load_catalog(), layouts.load(None, load_catalog())), "breif")
