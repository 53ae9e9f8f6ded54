"""Receiving a push body: rows are read for any chunking; invalid bodies are refused."""

import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from data.errors import DataError
from data.push.intake import DEEPEST, LONGEST_ROW, MOST_MEMBERS, STEP, Intake, Kind, Limits, Malformed, TooLarge
from tests.examples import examples

LIMITS = Limits(size=3_000_000, rows=1000)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
ROW = st.dictionaries(st.text(max_size=5), PLAIN | st.lists(PLAIN, max_size=2), max_size=4)


def taken(path: Path, body: bytes, kind: Kind = "json", piece: int = 1 << 20, **more: Any) -> Intake:
    intake = Intake(path / "body", kind, more.pop("limits", LIMITS), **more)
    try:
        for at in range(0, len(body), piece):
            intake.feed(body[at : at + piece])
        intake.close()
    except DataError:
        intake.discard()
        raise
    return intake


def rows(intake: Intake) -> list[Any]:
    return [json.loads(line) for line in intake.path.read_text("utf-8").split("\n")[:-1]]


@given(
    sent=st.lists(ROW, min_size=1, max_size=6),
    piece=st.integers(1, 40),
    indent=st.sampled_from([None, 0, 2]),
    wide=st.booleans(),
    zipped=st.booleans(),
    lines=st.booleans(),
)
@hypothesis(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_round_trip(
    tmp_path: Path, sent: list[Any], piece: int, indent: int | None, wide: bool, zipped: bool, lines: bool
) -> None:
    body = (
        "\r\n".join(json.dumps(row, ensure_ascii=wide) for row in sent)
        if lines
        else json.dumps(sent, ensure_ascii=wide, indent=indent)
    ).encode()
    intake = taken(
        tmp_path, gzip.compress(body) if zipped else body, "ndjson" if lines else "json", piece, zipped=zipped
    )
    assert rows(intake) == sent
    assert (intake.rows, intake.size, intake.format) == (len(sent), len(body), "ndjson")


def test_content_hash_is_independent_of_chunks_and_compression(tmp_path: Path) -> None:
    body = json.dumps([{"a": i, "b": "路灯"} for i in range(50)], ensure_ascii=False)
    ways = [
        taken(tmp_path, body.encode()),
        taken(tmp_path, body.encode(), piece=7),
        taken(tmp_path, gzip.compress(body.encode()), zipped=True),
        taken(tmp_path, body.encode("gb18030"), encoding="gb18030", piece=3),
        taken(tmp_path, b"\xef\xbb\xbf" + body.encode()),
    ]
    assert len({intake.content for intake in ways}) == 1
    assert taken(tmp_path, body.encode() + b" ").content == ways[0].content
    assert taken(tmp_path, body.replace("49", "50").encode()).content != ways[0].content


@pytest.mark.parametrize(
    ("body", "count"),
    [("a,b\n1,2\n", 1), ("a,b\n1,2", 1), ("a,b\r\n1,2\r\n3,4\r\n", 2), ("a\n" * 1001, 1000)],
)
def test_csv_is_unchanged_and_header_is_not_counted(tmp_path: Path, body: str, count: int) -> None:
    intake = taken(tmp_path, body.encode(), "csv", piece=3)
    assert (intake.path.read_bytes(), intake.rows) == (body.encode(), count)


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("json", b"", "no row"),
        ("json", b"[]", "no row"),
        ("json", b"[1, 2]", "no JSON object"),
        ("json", b'{"a": 1}', "no JSON array"),
        ("json", b'[{"a": 1}', "cut off behind row 1"),
        ("json", b'[{"a": 1}, {"a"', "row 2 .* cannot be read"),
        ("json", b'[{"a": 1},]', "row 2 .* cannot be read"),
        ("json", b'[{"a": 1} {"a": 2}]', "broken behind row 1"),
        ("json", b'[{"a": 1}] x', "follows the end"),
        ("json", b'[{"a": NaN}]', "NaN is not JSON"),
        ("json", b"[{]", "row 1 .* cannot be read"),
        ("ndjson", b"hello\nworld\n", "no JSON object"),
        ("ndjson", b"\n\n", "no row"),
        ("csv", b"a,b\n", "no row"),
        ("csv", b"a\x00b\n1\n", "zero byte"),
        ("csv", bytes(range(128, 256)) * 9, "not utf-8"),
        ("json", b"\xff\xfe[", "not utf-8"),
    ],
)
def test_malformed_body_is_refused_with_reason(tmp_path: Path, kind: Kind, body: bytes, fault: str) -> None:
    with pytest.raises(Malformed, match=fault):
        taken(tmp_path, body, kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b'[{"a": 1}]', mtime=0)[:-1], gzip.compress(b"[]", mtime=0) + b"rubbish"]
)
def test_a_broken_gzip_is_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(Malformed, match="gzip"):
        taken(tmp_path, body, zipped=True)


def test_multi_member_gzip_is_read_completely(tmp_path: Path) -> None:
    body = gzip.compress(b'[{"a": 1},') + gzip.compress(b' {"a": 2}]')
    assert rows(taken(tmp_path, body, zipped=True, piece=5)) == [{"a": 1}, {"a": 2}]


def test_zip_bomb_is_refused_early(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        for _ in range(100):
            file.write(b" " * 1_000_000)
    intake = Intake(tmp_path / "body", "json", LIMITS, zipped=True)
    with pytest.raises(TooLarge, match="3 MB"):
        intake.feed(packed.getvalue())
    assert intake.size <= LIMITS.size + STEP
    intake.discard()


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("json", b" " * 3_000_001, "more than 3 MB"),
        ("json", b"[" + b",".join([b"{}"] * 1001) + b"]", "1000 rows"),
        ("ndjson", b"{}\n" * 1001, "1000 rows"),
        ("csv", b"a\n" * 1002, "1000 rows"),
        ("json", b'[{"a": "' + b"x" * LONGEST_ROW + b'"}]', "row 1"),
        ("ndjson", b"x" * (LONGEST_ROW + 1), "row 1"),
        ("json", b'[{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}]", "deeper than 8"),
        ("ndjson", b'{"a": ' + b"[" * 100_000, "deeper than 8"),
        ("json", b"[" * 100_000, "deeper than 8"),
        ("json", b'[{"a": ' * 50_000, "deeper than 8"),
    ],
)
def test_body_over_limit_is_refused(tmp_path: Path, kind: Kind, body: bytes, fault: str) -> None:
    with pytest.raises(TooLarge, match=fault):
        taken(tmp_path, body, kind)
    assert list(tmp_path.iterdir()) == []


def test_broken_line_is_kept_for_loader(tmp_path: Path) -> None:
    intake = taken(tmp_path, b'{"a": 1}\nhello\x01 \n{"a": 2}', "ndjson")
    assert intake.path.read_text("utf-8").split("\n") == ['{"a": 1}', "hello\x01", '{"a": 2}', ""]


@pytest.mark.timeout(20)
def test_too_many_blank_lines_are_refused_quickly(tmp_path: Path) -> None:
    wide = Limits(100_000_000, 100)
    begun = time.process_time()
    for blank in (b"\n", b" \r\n"):
        body = gzip.compress(blank * 20_000_000, 1)
        with pytest.raises(TooLarge, match="more than 10200 lines"):
            taken(tmp_path, body, "ndjson", limits=wide, zipped=True)
    assert time.process_time() - begun < 5
    few = (b'{"a": 1}\n' + b"\n" * 100) * 100
    assert taken(tmp_path, few, "ndjson", limits=wide).rows == 100


def test_gzip_with_too_many_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="members"):
        taken(tmp_path, gzip.compress(b"") * 200_000 + gzip.compress(b"[]"), zipped=True, piece=1 << 16)


def test_size_limit_applies_to_compressed_and_decompressed_bytes(tmp_path: Path) -> None:
    body = gzip.compress(b"") * (MOST_MEMBERS - 1)
    with pytest.raises(TooLarge, match="more than"):
        taken(tmp_path, body, zipped=True, limits=Limits(size=len(body) - 1, rows=10))
