"""YAML of a district's own: expanding aliases, deep nesting, and valid files."""

import time
from pathlib import Path

import pytest
import yaml

from data.errors import DataError
from data.sources.definition import read_source
from data.sources.strict_yaml import UniqueKeys
from data.yamls import Loader, parsed

LAUGHS = "\n".join([
    "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
    *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)),
])  # fmt: skip
MERGES = "\n".join(
    ["b0: &b0 {k: 1}", *(f"b{i}: &b{i} {{<<: [*b{i - 1}, *b{i - 1}], j: *b{i - 1}}}" for i in range(1, 40))]
)


@pytest.mark.parametrize("text", [LAUGHS, MERGES], ids=["lists", "merges"])
def test_exponential_aliases_are_refused_quickly(text: str) -> None:
    began = time.process_time()
    with pytest.raises(yaml.YAMLError, match="aliases grow"):
        parsed(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a {b: *a}", "a: &a {b: &b [*a]}"])
def test_recursive_alias_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="inside what it names"):
        parsed(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "[" * 900 + "]" * 900, "- " * 50_000])
def test_too_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", None), ("a: 1", {"a": 1}), ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", None),
        ("[[[1]]]", [[[1]]]), ("2026-11-20", None),
    ],
)  # fmt: skip
def test_valid_yaml_equals_reference_loader(text: str, content: object) -> None:
    assert parsed(text) == yaml.safe_load(text)
    assert content is None or parsed(text) == content


@pytest.mark.parametrize(
    "text", ["a: 2026-13-45", "a: " + "9" * 900_000, "a: !!int x", "a: !!bool [x]", "? !!str [a]\n: b",
             "a: !!python/object:os.system x", "a: !!timestamp x", "a: !!float x", "{a: \0}"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Loader, UniqueKeys], ids=["any", "a source"])
def test_impossible_values_are_refused(text: str, kind: type[Loader]) -> None:
    with pytest.raises(yaml.YAMLError):
        parsed(text, kind)


@pytest.mark.parametrize("text", [LAUGHS, "[" * 100_000, "a: 2026-13-45"])
def test_invalid_source_file_gives_one_line_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tickets.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        read_source(file)
    assert str(caught.value).startswith(f"{file}: is not YAML: ")
    assert "\n" not in str(caught.value)
