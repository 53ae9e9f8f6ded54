"""Links are plain addresses, and the browser's side takes over ours and nobody else's."""

import re
from pathlib import Path

import pytest

from cockpit import nav

SCRIPT = (Path(nav.__file__).parent / "nav.js").read_text("utf-8")


def pattern(name: str) -> re.Pattern[str]:
    """A regular expression of the script; what both languages write alike."""
    source = re.search(rf"^const {name} = /((?:\\/|[^/\n])+)/", SCRIPT, re.MULTILINE)
    assert source
    return re.compile(source[1].replace(r"\/", "/"))


def test_the_cockpit_is_the_root_and_empty_parameters_are_left_out() -> None:
    assert nav.link("cockpit", {}) == "/"
    assert nav.link("rows", {"area": 7, "metric": None, "part": ""}) == "/rows?area=7"


def test_values_are_encoded() -> None:
    assert (
        nav.link("rows", {"category": "路灯&照明 #1"}) == "/rows?category=%E8%B7%AF%E7%81%AF%26%E7%85%A7%E6%98%8E+%231"
    )


@pytest.mark.parametrize("href", ["/", "/rows?area=1", "?lang=en", "?"])
def test_our_pages_are_taken_over(href: str) -> None:
    assert pattern("OURS").search(href)
    assert not pattern("FILES").search(href)


@pytest.mark.parametrize(
    "href", ["//elsewhere.example/", "https://elsewhere.example/", "mailto:a@b", "javascript:1", "#x"]
)
def test_other_addresses_are_left_to_the_browser(href: str) -> None:
    assert not pattern("OURS").search(href)


@pytest.mark.parametrize(
    "href", ["/geo/e/1.geojson", "/api/v1/query", "/media/x.csv", "/files/audit.jsonl", "/_stcore/health"]
)
def test_files_are_left_to_the_browser(href: str) -> None:
    assert pattern("FILES").search(href)


@pytest.mark.parametrize("folder", ["cockpit", "pages"])
def test_no_code_navigates_in_a_way_that_breaks_back(folder: str) -> None:
    root = Path(nav.__file__).parents[1]
    calls = re.compile(r"\bst\.(switch_page|page_link)\(|bind=.query-params")
    files = [file.name for file in (root / folder).rglob("*.py") if calls.search(file.read_text("utf-8"))]
    assert files == []
