"""The dictionary of metrics."""

from tests.cockpit.pages.conftest import (
    METRICS,
    Screen,
    drawn,
)


def test_dictionary_has_every_metric_and_opens_the_requested_one(screen: Screen) -> None:
    data = drawn(screen("dictionary", metric="due"), "glossary")[0]
    entries = [entry for section in data["sections"] for entry in section["entries"]]
    assert [entry["id"] for entry in entries] == list(METRICS)
    assert data["opened"] == "due"
    assert all(entry["text"] and dict(entry["items"])["适用层级"] for entry in entries)
    assert drawn(screen("dictionary"), "glossary")[0]["opened"] is None


def test_the_dictionary_says_what_the_marks_mean(screen: Screen) -> None:
    assert [item["label"] for item in drawn(screen("dictionary"), "record")[0]["items"]] == ["S", "F", "M", "G"]
