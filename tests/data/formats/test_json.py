"""JSON files: arrays and lines; each line is accepted or rejected, with its number."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from data.errors import DataError
from data.home import Home
from data.ingest.loading import LoadReport, load
from tests.data.hotline import GOOD, facts, rejects, settle, source
from tests.examples import examples


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def load_json(home: Home, content: str | bytes, name: str = "a.json", **changes: Any) -> LoadReport:
    (home.root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(home, source(home, file=name, **changes), reject_limit=1, force=True)


def entry(number: int, **cells: Any) -> dict[str, Any]:
    return GOOD | {"id": f"K{number}"} | cells


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_like_lines(home: Home, indent: int | None) -> None:
    content = json.dumps([entry(1), entry(2, area="1"), entry(3, title=None)], ensure_ascii=False, indent=indent)
    report = load_json(home, "﻿" + content)
    assert (report.read, report.accepted) == (3, 2)
    assert facts(home, "key, title") == [("K1", "路灯不亮"), ("K3", None)]
    assert rejects(home) == [(2, "K2", ["unknown area: 1"])]


def test_non_object_elements_are_rejected(home: Home) -> None:
    report = load_json(home, json.dumps([entry(1), 5, [1, 2], "x", entry(2)], indent=1))
    assert (report.read, report.accepted, report.rejected) == (5, 2, 3)


def test_truncated_array_is_refused(home: Home) -> None:
    content = json.dumps([entry(number) for number in range(50)])
    with pytest.raises(DataError, match=r"a\.json: row 26 of the JSON array cannot be read"):
        load_json(home, content[: len(content) // 2])
    assert facts(home, "count(*)") == [(0,)]


def test_rows_have_the_numbers_of_their_lines(home: Home) -> None:
    lines = [json.dumps(entry(1)), "", "   ", "{", json.dumps(entry(2, area="1")), '{"id": "a\tb"}']
    report = load_json(home, "\r\n".join(lines), "a.ndjson")
    assert (report.read, report.accepted, report.rejected) == (4, 1, 3)
    assert [number for number, _, _ in rejects(home)] == [4, 5, 6]


def test_only_line_that_is_not_utf8_is_rejected(home: Home) -> None:
    valid, bad = (json.dumps(entry(number)).encode() for number in (1, 2)), '{"id": "灯"}'.encode("gbk")
    lines = [*valid, b" " * (5 << 20), bad]
    report = load_json(home, b"\n".join(lines), "a.ndjson")
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
    assert json.loads(facts(home, "raw", "rejects")[0][0])["fault"] == "the line is not UTF-8"


def test_where_and_nulls_apply_to_json(home: Home) -> None:
    lines = [entry(1, closed="-"), entry(2, kind="event")]
    report = load_json(home, json.dumps(lines), nulls="-", where="kind = 'hotline'")
    assert (report.read, report.skipped) == (1, {"where": 1})
    assert facts(home, "key, closed_at") == [("K1", None)]


BROKEN = ["", "{", "}", '{"id": "x\r', "\x01", "[1]", "null", '"a"', " ", '{"a":1}{"b":2}']
PIECES = st.sampled_from(["row", "row", *BROKEN])


@given(pieces=st.lists(PIECES, min_size=1, max_size=12))
@hypothesis(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_line_of_fuzzed_file_is_accepted_or_rejected(home: Home, pieces: list[str]) -> None:
    lines = [json.dumps(entry(-1)), *(json.dumps(entry(n)) if p == "row" else p for n, p in enumerate(pieces))]
    report = load_json(home, "\n".join(lines), "a.ndjson")
    assert report.accepted == 1 + pieces.count("row")
    assert report.accepted + report.rejected == report.read == sum(bool(line.strip()) for line in lines)
