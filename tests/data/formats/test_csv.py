"""Every line of a CSV is accepted, rejected or skipped; what an open quote takes in is never lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from data.errors import DataError
from data.formats.csv_records import read_records
from data.formats.csv_tables import SWALLOWED, find_table
from data.formats.layout import Layout
from data.home import Home
from data.ingest.ledger import batches
from data.ingest.loading import LoadReport, load
from tests.data.hotline import GOOD, HEADER, deliver, facts, rejects, row, settle, source
from tests.examples import examples

NAMES = HEADER.split(",")


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def plain(number: int, **cells: str) -> str:
    """A row without quotes."""
    return ",".join((GOOD | {"id": f"K{number}"} | cells)[name] for name in NAMES)


def deliver_text(home: Home, text: str, *, limit: float = 1.0, **changes: Any) -> LoadReport:
    (home.root / "hotline.csv").write_text(text, "utf-8", newline="")
    return load(home, source(home, **changes), reject_limit=limit)


def test_unclosed_quote_rejects_all_following_lines(home: Home) -> None:
    lines = [HEADER, *(plain(i) for i in range(1000))]
    lines[501] = plain(500, title='"关于“路灯')
    report = deliver_text(home, "\n".join(lines) + "\n", limit=0.6)
    assert (report.read, report.accepted, report.rejected, report.status) == (1000, 500, 500, "held")
    assert rejects(home) == [(number, None, [SWALLOWED]) for number in range(502, 1002)]
    raw = json.loads(facts(home, "raw", "(SELECT raw FROM rejects WHERE row = 700)")[0][0])
    assert raw == {"line": plain(698).replace("13812345678", "138****5678"),
                   "fault": "lines 502 to 1001: a quote opens here and is never closed"}  # fmt: skip


def test_quoted_value_containing_rows_is_rejected_by_line(home: Home) -> None:
    lines = [HEADER, *(plain(i) for i in range(1000))]
    lines[101], lines[151] = plain(100, title='"甲'), plain(150, title='乙"')
    report = deliver_text(home, "\r\n".join(lines), limit=0.2)
    assert (report.read, report.accepted, report.rejected, report.swallowed) == (1000, 949, 51, 51)
    assert report.status == "held"
    assert [number for number, _, _ in rejects(home)] == list(range(102, 153))
    assert load(home, source(home), force=True).status == "accepted"


def test_quoted_line_breaks_are_text_and_rows_keep_their_line_numbers(home: Home) -> None:
    text = row(id="K1", title='第一行\n第二行, "引号"\n\n第四行')
    report = deliver(home, text, row(id="K2", area="1"), row(id="K3", title="a\r\nb"))
    assert (report.read, report.accepted) == (3, 2)
    assert facts(home, "key, title") == [("K1", '第一行\n第二行, "引号"\n\n第四行'), ("K3", "a\r\nb")]
    assert rejects(home) == [(6, "K2", ["unknown area: 1"])]


def test_values_that_look_like_rows_can_be_declared_text(home: Home) -> None:
    text = row(id="K1", title="1,2,3,4,5,6,7,8,9,10,11,12,13\n1,2,3,4,5,6,7,8,9,10,11,12,13")
    assert deliver(home, text).status == "held"
    assert deliver(home, text, csv={"line_breaks": True}).accepted == 1


def test_a_quote_inside_an_unquoted_value_is_text(home: Home) -> None:
    deliver_text(home, "\n".join([HEADER, plain(1, title='5" 管'), plain(2, title='say "x" now'), "cut off"]))
    assert facts(home, "key, title") == [("K1", '5" 管'), ("K2", 'say "x" now')]


def test_trailing_commas_and_blank_lines_are_accepted(home: Home) -> None:
    report = deliver_text(home, "\n".join([HEADER, plain(1) + ",,", "", ",,,", plain(2), "  ", ""]))
    assert (report.read, report.accepted, report.skipped) == (2, 2, {"blank": 3})


def test_only_lines_that_are_not_utf8_are_rejected(home: Home) -> None:
    content = "\n".join([HEADER, plain(1), "@", plain(2)]).encode().replace(b"@", plain(3, title="路灯").encode("gbk"))
    (home.root / "hotline.csv").write_bytes(
        (HEADER + "\n").encode() + b" " * (5 << 20) + b"\n" + content.split(b"\n", 1)[1]
    )
    report = load(home, source(home), reject_limit=1)
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)


def test_numbers_rounded_by_workbook_are_rejected_as_keys(home: Home) -> None:
    deliver_text(home, "\n".join([HEADER, plain(1, id="3.30106E+17"), plain(2, title="3.30106E+17")]))
    ((number, _, (reason,)),) = rejects(home)
    assert number == 2
    assert reason.startswith("number of more than 15 digits: key")


def test_header_below_titles_with_totals_and_notes(home: Home) -> None:
    rows = [
        "11月热线工单台账",
        "单位：街道办",
        HEADER,
        plain(1),
        plain(2, area="1"),
        ",,小计,2件",
        "合计,,,2件",
        "注：数据截至11月28日",
    ]
    report = deliver_text(home, "\n".join(rows))
    assert (report.read, report.accepted, report.skipped) == (2, 1, {"total": 2, "note": 1})
    assert batches(home)[0].skipped == {"total": 2, "note": 1}
    again = deliver_text(home, "\n".join(rows))
    assert (again.status, again.skipped) == ("already loaded", report.skipped)
    assert rejects(home) == [(5, "K2", ["unknown area: 1"])]


def test_a_header_of_two_rows_is_joined(home: Home) -> None:
    upper = "id,area,kind,registered,时限,,urgency,rating,solved,extended,title,phone,updated"
    lower = ",,,,due,closed,,,,,,,"
    report = deliver_text(home, "\n".join([upper, lower, plain(1)]))
    assert report.accepted == 1
    columns = {"kind": "kind", "registered_at": "registered", "due_at": "时限_due", "closed_at": "时限_closed"}
    assert deliver_text(home, "\n".join([upper, lower, plain(1)]), columns=columns, header_row=[1, 2]).accepted == 1
    assert deliver_text(home, "\n".join([upper, lower, plain(2)]), columns=columns).accepted == 1


def test_header_row_can_be_set(home: Home) -> None:
    assert deliver_text(home, "\n".join([HEADER, HEADER, plain(1)]), header_row=2).read == 1
    with pytest.raises(DataError, match=r"hotline\.csv: header_row: there is no row 9"):
        deliver_text(home, "\n".join([HEADER, plain(1)]), header_row=9)
    with pytest.raises(DataError, match="there is no column id"):
        deliver_text(home, "\n".join([HEADER, plain(1)]), header_row=2)


def test_where_skips_and_counts_rows(home: Home) -> None:
    rows = [plain(1), plain(2, kind="event"), plain(3, kind=""), plain(3), plain(3, kind="event"), "cut off"]
    report = deliver_text(home, "\n".join([HEADER, *rows]), where="kind = 'hotline'")
    assert (report.read, report.accepted, report.rejected, report.skipped) == (3, 2, 1, {"where": 3})
    assert rejects(home) == [(7, None, ["unreadable row"])]
    with pytest.raises(DataError, match=r"where: there is no column Kinds, did you mean kind\?"):
        deliver_text(home, HEADER + "\n" + plain(1), where="Kinds = 'hotline'")
    with pytest.raises(DataError, match="where: gives VARCHAR, not true or false"):
        deliver_text(home, HEADER + "\n" + plain(1), where="kind")


def test_duplicates_keep_row_numbers_with_skipped_rows(home: Home) -> None:
    rows = [plain(1, kind="event"), plain(1, title="a"), plain(2, kind="event"), plain(1, title="b"), "合计,,"]
    deliver_text(home, "\n".join([HEADER, *rows]), where="kind <> 'event'")
    assert rejects(home) == [(5, "K1", ["duplicate key in the delivery"])]
    raw = json.loads(facts(home, "raw", "rejects")[0][0])
    assert raw["title"] == "b"


def test_empty_cells_take_the_value_above(home: Home) -> None:
    rows = [
        plain(1, urgency="特急"),
        plain(2, urgency=""),
        "合计,,",
        plain(3, urgency="同上"),
        plain(4, urgency="一般"),
    ]
    deliver_text(home, "\n".join([HEADER, *rows]), fill_down=["urgency"], nulls=["同上"])
    assert facts(home, "key, urgency") == [("K1", "critical"), ("K2", "critical"), ("K3", "critical"), ("K4", "normal")]
    with pytest.raises(DataError, match=r"hotline\.csv: fill_down: there is no column Urgent"):
        deliver_text(home, HEADER + "\n" + plain(1), fill_down="Urgent")


MESS = st.lists(
    st.one_of(
        st.just("row"), st.just("row"), st.just("row"),
        st.sampled_from(['"', '""', '"x', 'x"', '"a"b', "a,b", "", ",,,", " ", '","', "\r", "合计,,", '"\n"', '\n",']),
        st.tuples(st.integers(0, 12), st.sampled_from(['"', '"x', 'x"', '""', '"a"', '"a"b', 'a"b', '"\r"'])),
    ),
    max_size=14,
)  # fmt: skip


def mess_lines(pieces: list[Any]) -> list[str]:
    """Rows of a CSV, some of them spoiled; each row has the key K<n>."""
    lines = []
    for number, piece in enumerate(pieces):
        cells = plain(number).split(",")
        if isinstance(piece, tuple):
            cells[piece[0]] = piece[1]
        lines.append(",".join(cells) if piece == "row" or isinstance(piece, tuple) else piece)
    return lines


@given(pieces=MESS, end=st.sampled_from(["\n", "\r\n"]))
@hypothesis(max_examples=examples(400), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_line_of_fuzzed_file_is_in_one_row(tmp_path: Path, pieces: list[Any], end: str) -> None:
    path = tmp_path / "a.csv"
    text = end.join([HEADER, *mess_lines(pieces)])
    path.write_text(text, "utf-8", newline="")
    table = find_table(path, path, None, '"', False, Layout(("id", "area")))
    records = list(read_records(path, ",", '"'))
    assert "".join(line for record in records for line in record.lines) == text
    assert [record.line for record in records] == [
        1 + sum(len(before.lines) for before in records[:at]) for at in range(len(records))
    ]
    rows = {row.number: row for row in table.rows()}
    for record in records[table.header.first :]:
        if rows[record.line].cells is not None:
            assert not rows.keys() & set(range(record.line + 1, record.line + len(record.lines)))
            continue
        for number, line in enumerate(record.lines, record.line):
            assert rows[number].text == line.rstrip("\r\n")


@given(pieces=MESS)
@hypothesis(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_row_is_accepted_or_rejected_with_line_number(home: Home, pieces: list[Any]) -> None:
    lines = mess_lines(pieces)
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *lines]), "utf-8", newline="")
    report = load(home, source(home), reject_limit=1, force=True)
    assert report.accepted + report.rejected == report.read
    if not any("\r" in line or "\n" in line for line in lines):
        stored_rows = facts(home, "key, title", f"cases WHERE batch = {report.batch}")
        refused = {number for number, *_ in facts(home, "row", f"rejects WHERE batch = {report.batch}")}
        keys = {key for key, _ in facts(home, "key, 1", "cases")}
        broken = any(title and "\n" in title for _, title in stored_rows)
        for number, piece in enumerate(pieces):
            assert piece != "row" or f"K{number}" in keys or number + 2 in refused
        if not broken:
            blank = sum(not line.strip(', "') for line in lines)  # a value in quotes may be empty as well
            total = sum(line == "合计,," for line in lines)
            assert report.read <= len(lines)
            assert report.read >= len(lines) - blank - total
