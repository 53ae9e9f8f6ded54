"""The command line end to end on a district of two towns, in this process; in one of its own where that matters."""

import csv
import fcntl
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner

from cockpit.commands import cli, main
from cockpit.commands.common import progress
from cockpit.commands.serve import address

ROOT = Path(__file__).parents[3]
DISTRICT = "990200000000"
QUERY = ("--area", DISTRICT, "--from", "2026-03-01", "--to", "2026-04-01")

AREAS = """\
code,name,level
990200000000,试验区,district
990200001000,东镇,town
990200001201,河村,village
990200002000,西镇,town
990200002201,山村,village
"""
SOURCE = """\
source: hotline
name: {zh: 热线, en: Hotline}
fact: cases
file: cases.csv
zone: Asia/Shanghai
key: number
area: place
columns:
  kind: "'hotline'"
  category: topic
  registered_at: opened
  due_at: due
  closed_at: closed
  updated_at: greatest(opened, closed)
"""
CASES = """\
number,place,topic,opened,due,closed
1,990200001201,路灯,2026-03-02 09:00,2026-03-09 09:00,2026-03-05 10:00
2,990200001201,路灯,2026-03-03 09:00,2026-03-10 09:00,2026-03-12 10:00
3,990200001000,道路,2026-03-04 09:00,2026-03-11 09:00,
4,990200002201,道路,2026-03-05 09:00,2026-03-12 09:00,2026-03-06 10:00
5,990200000000,其他,2026-03-06 09:00,2026-03-13 09:00,2026-03-13 09:00
"""
LATE = """\
number,place,topic,opened,due,closed
3,990200001000,道路,2026-03-04 09:00,2026-03-11 09:00,2026-03-20 10:00
6,990200009999,道路,2026-03-07 09:00,,
7,990200001000,道路,soon,,
"""


class Ran:
    """What a command did: exit code, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def records(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))

    def fails(self, code: int, *parts: str) -> None:
        """One line on stderr that begins with `error:` and holds every part; nothing on stdout."""
        assert (self.code, self.out) == (code, "")
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert [part for part in parts if part not in self.err] == []


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*args: object) -> Ran:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with areas, a source and two deliveries; its home is empty."""
    monkeypatch.chdir(tmp_path)
    return write_files(tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the district's first delivery, published as of the end of March."""
    folder = write_files(tmp_path_factory.mktemp("model"))
    home = ["--home", str(folder / "var")]
    assert main(["areas", str(folder / "areas.csv"), *home]) == 0
    assert main(["load", str(folder / "hotline.yaml"), *home]) == 0
    assert main(["publish", "--as-of", "2026-04-01", *home]) == 0
    return folder / "var"


@pytest.fixture
def published(model: Path, folder: Path) -> Path:
    """The working folder, its home a copy of the model's."""
    shutil.copytree(model, folder / "var")
    return folder


def write_files(folder: Path) -> Path:
    for name, text in {"areas.csv": AREAS, "hotline.yaml": SOURCE, "cases.csv": CASES, "late.csv": LATE}.items():
        (folder / name).write_text(text, "utf-8")
    return folder


COMMANDS = [
    (f"{name} {below}" if below else name, found)
    for name, command in cli.commands.items()
    for below, found in (command.commands.items() if isinstance(command, click.Group) else [("", command)])
]


# --- what is there


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_and_option_has_a_help_text(name: str, command: click.Command) -> None:
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []
    if name != "inventory":  # it lists what is installed, whatever the home
        assert "--home" in {option for p in command.params for option in p.opts}


@pytest.mark.parametrize("args", [["--help"], *([*name.split(), "--help"] for name, _ in COMMANDS)], ids=" ".join)
def test_help_is_printed(run: Any, args: list[str]) -> None:
    ran = run(*args)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: python -m cockpit")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from cockpit.commands import main; main(['--help']); "
        "heavy = {'duckdb', 'pandas', 'pydantic', 'sqlalchemy', 'streamlit', 'uvicorn'}; "
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


# --- load, publish, query


def test_load_prints_its_result_and_recognizes_a_repeated_delivery(folder: Path, run: Any) -> None:
    assert re.fullmatch(
        r"areas.csv: 5 read, 5 added, 0 changed, 0 polygons, \d+\.\d seconds\n", run("areas", "areas.csv").out
    )
    first = run("load", "hotline.yaml")
    assert re.fullmatch(
        r"hotline: accepted: 5 read, 5 accepted, 0 updated, 0 rejected, \d+\.\d seconds, batch 1\n", first.out
    ), first.err
    assert (first.code, first.err) == (0, "")
    assert "already loaded" in run("load", "hotline.yaml").out


def test_a_delivery_with_too_many_rejects_is_held_until_forced(published: Path, run: Any) -> None:
    more = "".join(f"{number},990200009999,道路,2026-03-07 09:00,,\n" for number in (8, 9, 10))
    (published / "late.csv").write_text(LATE + more, "utf-8")
    held = run("load", "hotline.yaml", "--file", "late.csv")
    assert held.code == 1
    assert "held: 6 read" in held.out
    assert held.err.startswith("error: late.csv: held, 5 of 6 rows were rejected, more than 20%")
    forced = run("load", "hotline.yaml", "--file", "late.csv", "--force")
    assert forced.code == 0, forced.err
    assert "accepted: 6 read, 1 accepted, 1 updated, 5 rejected" in forced.out


def test_alias_releases_held_delivery_and_names_the_command_for_others(published: Path, run: Any) -> None:
    (published / "hotline.yaml").write_text(SOURCE.replace("area: place", "area: {path: place}"), "utf-8")
    more = "".join(f"{number},老街,道路,2026-03-07 09:00,,\n" for number in range(8, 14))
    (published / "late.csv").write_text(LATE + more, "utf-8")
    assert run("load", "hotline.yaml", "--file", "late.csv").code == 1
    (published / "aliases.csv").write_text("代码,别名\n990200001000,老城\n", "utf-8")
    still = run("areas", "--aliases", "aliases.csv")
    assert "hotline: batch 2 is still held" in still.err
    assert "`python -m cockpit load SOURCE.yaml --file late.csv`" in still.err
    (published / "aliases.csv").write_text("代码,别名\n990200001000,老街\n", "utf-8")
    ran = run("areas", "--aliases", "aliases.csv")
    assert "hotline: batch 2 is no longer held: " in ran.out, ran.err
    assert "hotline: 6 rejected rows of batch 2 accepted as batch 3" in ran.out
    assert "held" not in ran.err


def test_unloaded_batch_is_audited(published: Path, run: Any) -> None:
    run("load", "hotline.yaml", "--file", "late.csv", "--force")
    assert run("unload", "2").out == "hotline: batch 2 unloaded, 1 facts rebuilt; publish to show it\n"
    run("publish", "--as-of", "2026-04-02")
    late = run("rows", "on_time_rate", *QUERY, "--part", "numerator", "--format", "csv")
    assert "3" not in [r["key"] for r in late.records]
    assert run("unload", "2").code == 2
    run("audit", "export", "audit.jsonl", "--until", "2100-01-01")
    assert "batch 2: unload" in (published / "audit.jsonl").read_text()


def test_an_alias_on_the_command_line_takes_in_what_was_rejected(published: Path, run: Any) -> None:
    source = SOURCE.replace("area: place", "area: {path: place}")
    assert source != SOURCE
    (published / "hotline.yaml").write_text(source, "utf-8")
    (published / "late.csv").write_text(LATE.replace("990200009999", "老街"), "utf-8")
    run("load", "hotline.yaml", "--file", "late.csv")
    listed = run("rejects", "--names", "--format", "csv")
    assert {"source": "hotline", "name": "老街", "rows": "1"}.items() <= listed.records[-1].items()
    (published / "aliases.csv").write_text("代码,别名\n990200001000,老街\n", "utf-8")
    ran = run("areas", "--aliases", "aliases.csv")
    assert ran.out.splitlines()[-1] == "hotline: 1 rejected rows of batch 2 accepted as batch 3", ran.err
    rejected = [r for r in run("rejects", "--format", "csv").records if r["key"] == "6"]
    assert [r["fixed_by"] for r in rejected] == ["3"]


def test_the_reject_limit_is_a_setting(published: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_REJECT_LIMIT", "0.7")
    assert run("load", "hotline.yaml", "--file", "late.csv").code == 0


def test_rejects_list_row_key_and_every_reason(published: Path, run: Any) -> None:
    run("load", "hotline.yaml", "--file", "late.csv", "--force")
    refused = {r["key"]: r for r in run("rejects", "--source", "hotline", "--format", "csv").records}
    assert set(refused) == {"6", "7"}
    assert "area" in refused["6"]["reasons"]
    assert "registered_at" in refused["7"]["reasons"]
    assert json.loads(refused["7"]["raw"])["opened"] == "soon"
    run("rejects", "--source", "hotlin").fails(2, "'hotlin'", "hotline")


def test_a_key_that_is_an_id_number_is_masked_where_rejects_are_listed(published: Path, run: Any) -> None:
    (published / "late.csv").write_text(LATE + "110101190001010011,990200009999,道路,2026-03-07 09:00,,\n", "utf-8")
    run("load", "hotline.yaml", "--file", "late.csv", "--force")
    keys = [r["key"] for r in run("rejects", "--source", "hotline", "--format", "csv").records]
    assert "110************" in keys
    assert not any("0101190001010011" in key for key in keys)


def test_query_gives_the_columns_of_the_contract(published: Path, run: Any) -> None:
    ran = run("query", "intake", "on_time_rate", *QUERY, "--format", "csv")
    assert ran.code == 0, ran.err
    columns = ["metric", "area", "group", "value", "numerator", "denominator", "n", "quality", "as_of", "edition"]
    assert list(ran.records[0]) == columns
    by_metric = {r["metric"]: r for r in ran.records}
    assert by_metric["intake"]["value"] == "5"
    rate = by_metric["on_time_rate"]
    assert [rate[name] for name in ("value", "numerator", "denominator", "n")] == ["60", "3", "5", "5"]
    assert (rate["area"], rate["group"], rate["as_of"]) == (DISTRICT, "", "2026-04-01 00:00:00")


def test_groups_of_a_query_add_up(published: Path, run: Any) -> None:
    for by in ("town", "village", "day", "week", "month", "category", "source", "department"):
        groups = run("query", "intake", *QUERY, "--by", by, "--format", "csv").records
        assert sum(int(r["value"] or 0) for r in groups) == 5, by
    towns = run("query", "intake", *QUERY, "--by", "town", "--format", "csv").records
    assert {r["group"]: r["value"] for r in towns} == {DISTRICT: "1", "990200001000": "3", "990200002000": "1"}


def test_query_gives_the_period_compared_with_up_to_the_same_time(published: Path, run: Any) -> None:
    ran = run("query", "intake", *QUERY, "--vs", "previous", "--as-of", "2026-03-05 12:00", "--format", "json")
    assert [(r["value"], r["period"], r["end"], r["until"]) for r in json.loads(ran.out)] == [
        (4, "2026-03-01", "2026-04-01", None), (None, "2026-02-01", "2026-02-06", "2026-02-05 12:00:00"),
    ]  # fmt: skip


def test_query_as_of_an_earlier_time_counts_less(published: Path, run: Any) -> None:
    early = run("query", "intake", "backlog", *QUERY, "--as-of", "2026-03-05 12:00", "--format", "json")
    assert {r["metric"]: r["value"] for r in json.loads(early.out)} == {"intake": 4, "backlog": 3}


def test_rows_are_exactly_those_behind_the_number(published: Path, run: Any) -> None:
    late = run("rows", "on_time_rate", *QUERY, "--part", "numerator", "--format", "csv")
    assert list(late.records[0])[:2] == ["source", "key"]
    assert [r["key"] for r in late.records] == ["1", "4", "5"]
    assert len(run("rows", "on_time_rate", *QUERY, "--format", "csv").records) == 5


def test_a_table_is_for_people(published: Path, run: Any) -> None:
    lines = run("query", "intake", *QUERY, "--by", "town").out.splitlines()
    assert lines[0].split()[:4] == ["metric", "area", "group", "value"]
    assert len(lines) == 4


def test_rollback_points_readers_at_an_older_edition(published: Path, run: Any) -> None:
    first = run("editions", "--format", "csv").records[0]["edition"]
    run("load", "hotline.yaml", "--file", "late.csv", "--force")
    run("publish", "--as-of", "2026-04-01")
    backlog = ("query", "backlog", *QUERY, "--format", "csv")
    assert run(*backlog).records[0]["value"] == "0"
    assert run(*backlog, "--edition", first).records[0]["value"] == "1"
    assert run("rollback", first).code == 0
    assert run(*backlog).records[0]["value"] == "1"
    listed = run("editions", "--format", "csv").records
    assert [(r["edition"] == first, r["current"]) for r in listed] == [(False, "False"), (True, "True")]


def test_check_lists_reconciliations_and_fails_if_one_fails(published: Path, run: Any) -> None:
    ran = run("check", "--format", "csv")
    assert {r["check"] for r in ran.records} >= {"balance", "children", "parts"}
    failed = [r["check"] for r in ran.records if r["passed"] == "False"]
    assert ran.code == (1 if failed else 0)
    assert not failed or ran.err.splitlines()[-1].startswith("error: ")
    (published / "hotline.yaml").write_text(SOURCE.replace("columns:", "colums:"), "utf-8")
    wrong = run("check", "hotline.yaml")
    assert wrong.code == 2
    assert wrong.err.startswith("error: hotline.yaml: ")
    assert "colums: there is no such key, did you mean columns?" in wrong.err


def test_check_lists_which_metrics_a_source_feeds(published: Path, run: Any) -> None:
    ran = run("check", "hotline.yaml", "--format", "csv")
    assert ran.code == 0
    fed = {r["metric"]: (r["fed"], r["missing"]) for r in ran.records}
    assert fed["intake"] == ("True", "")
    assert fed["rework_rate"][0] == "False"
    assert "reworked" in fed["rework_rate"][1]
    assert not {"site_health", "guide_complete_rate"} & set(fed), "metrics of other facts are not listed"


def test_publishing_again_says_that_there_is_nothing_new(published: Path, run: Any) -> None:
    assert "nothing new to publish, 5 cases" in run("publish", "--as-of", "2026-04-01").out
    run("load", "hotline.yaml", "--file", "late.csv", "--force")
    assert re.search(r": published, 5 cases, \d+\.\d seconds\n$", run("publish", "--as-of", "2026-04-01").out)


def test_home_is_an_option_of_every_command(folder: Path, run: Any, tmp_path: Path) -> None:
    assert run("areas", "areas.csv", "--home", tmp_path / "elsewhere").code == 0
    assert (tmp_path / "elsewhere" / "store.duckdb").is_file()
    assert not (tmp_path / "var").exists()


# --- what goes wrong


def test_wrong_usage_is_one_line_and_exit_2(published: Path, run: Any) -> None:
    run("load").fails(2, "SOURCE.yaml", "load --help")
    run("lod").fails(2, "lod")
    run("load", "nowhere.yaml").fails(2, "nowhere.yaml")
    run("query", "intak", *QUERY).fails(2, '"intak"', 'Did you mean "intake"?')
    run("query", "intake", "--area", "12", "--from", "2026-03-01", "--to", "2026-04-01").fails(2, "12")
    run("query", "intake", "--area", "110101000000", *QUERY[2:]).fails(2, "110101000000")
    run("query", "intake", *QUERY[:3], "yesterday", *QUERY[4:]).fails(2, "'yesterday'", "--from")
    run("query", "intake", *QUERY[:4], "--to", "2026-02-01").fails(2, "empty")
    run("query", "intake", *QUERY, "--by", "colour").fails(2, "colour", "town")
    run("query", "intake", *QUERY, "--edition", "20200101-000000-abcd").fails(2, "20200101-000000-abcd")
    run("rows", "three_rate_score", *QUERY).fails(2, "three_rate_score")
    run("rollback", "yesterday").fails(2, "yesterday")


@pytest.mark.parametrize(
    "words", ["publish --as-of", "query intake --area 1 --from 2026-01-01 --to 2026-02-01 --as-of"]
)
@pytest.mark.parametrize("year", ["1800", "0001", "9999"])
def test_a_time_outside_of_all_data_is_refused(published: Path, run: Any, words: str, year: str) -> None:
    run(*words.split(), f"{year}-01-01").fails(2, f"'{year}-01-01' is not in the years 1950 to 2149")


def test_no_edition_is_published_as_of_a_time_before_every_case(published: Path, run: Any) -> None:
    before = run("editions").out
    refused = "no case was known at 2006-03-31 00:00: the first is of 2026-03-02 09:00, name a later time"
    run("publish", "--as-of", "2006-03-31").fails(2, refused)
    assert run("editions").out == before


def test_a_home_whose_zone_has_summer_time_publishes_as_of_a_time(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its store keeps instants; T and the first case are compared in local time."""
    monkeypatch.setenv("COCKPIT_ZONE", "America/New_York")
    run("areas", "areas.csv")
    run("load", "hotline.yaml")
    run("publish", "--as-of", "2006-03-31").fails(2, "the first is of 2026-03-01 20:00, name a later time")
    assert "published" in run("publish", "--as-of", "2026-04-01").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("user passwd nobody", 'there is no account "nobody"'),
        ("user add \u202ewang", "1 to 60 printable characters"),
        ("secret set a/b", "is no name of a secret"),
        ("item list --kind ordr", 'there is no kind of item "ordr"'),
        ("item list --state clsed", 'no such kind of item has the state "clsed"'),
        ("item list --kind order --state triage", 'no such kind of item has the state "triage"'),
        ("inventory no/such/folder/file", "no/such/folder is no folder"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_is_asked_or_done(
    published: Path, run: Any, words: str, message: str
) -> None:
    run(*words.split()).fails(2, message)


@pytest.mark.parametrize("data", [bytes(range(256)) * 9, "代码,名称\n".encode("utf-16"), b"PK\3\4\0\0areas"])
@pytest.mark.parametrize("name", ["areas.csv", "areas.geojson"])
def test_a_file_of_areas_that_is_no_text_says_what_to_save(folder: Path, run: Any, data: bytes, name: str) -> None:
    (folder / name).write_bytes(data)
    ran = run("areas", name)
    assert "save the areas as CSV" in ran.err
    assert "csv.encoding" not in ran.err


def test_a_list_without_any_account_says_how_to_add_one(folder: Path, run: Any) -> None:
    ran = run("user", "list", "--format", "json")
    assert json.loads(ran.out) == []
    assert "`user add`" in ran.err


def test_a_demo_is_built_by_one_process_at_a_time(folder: Path, run: Any) -> None:
    (folder / "var").mkdir()
    with (folder / "var" / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("demo", "--cases", "1").fails(2, "another process builds the demo district there")
    assert not (folder / "var" / "store.duckdb").exists()


@pytest.mark.parametrize(("words", "option"), [("user add wang", "--password"), ("secret set smtp", "--stdin")])
def test_a_prompt_that_nobody_can_answer_names_the_option(published: Path, words: str, option: str) -> None:
    done = CliRunner().invoke(cli, [*words.split(), "--home", str(published / "var")], input="")
    assert str(done.exception) == f"there is no terminal to ask at: give {option}, or run it in a terminal"


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_is_a_file_is_named(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "file" / below))
    ran = run("user", "list")
    ran.fails(ran.code, str(tmp_path / "file"), "is no folder")
    ran = run("serve", "--port", "1")
    ran.fails(ran.code, str(tmp_path / "file"), "is no folder")


def test_a_wrong_setting_is_one_line_and_exit_2(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PORT", "eighty")
    run("editions").fails(2, "COCKPIT_PORT='eighty'")


def test_nothing_published_says_what_to_do(folder: Path, run: Any) -> None:
    for args in (("query", "intake", *QUERY), ("rows", "intake", *QUERY), ("check",), ("serve", "--port", free_port())):
        ran = run(*args)
        assert ran.code == 2
        assert "error: nothing is published in var: build the demo district with `python -m cockpit demo`" in ran.err


def test_bad_file_error_names_file_and_remedy(folder: Path, run: Any) -> None:
    (folder / "empty.csv").touch()
    (folder / "broken.yaml").write_text("source: [", "utf-8")
    (folder / "areas2.csv").write_text("code,name\nx,y\n", "utf-8")
    run("areas", "areas2.csv").fails(1, "areas2.csv: row 2: code x")
    run("areas", "areas.csv")
    run("load", "broken.yaml").fails(2, "broken.yaml")
    run("load", "hotline.yaml", "--file", "empty.csv").fails(1, "empty.csv")


def test_an_unexpected_error_is_one_line_and_the_trace_on_request(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise ValueError("first\nsecond")

    monkeypatch.setitem(cli.commands, "broken", broken)
    run("broken").fails(1, "ValueError: first second; run with COCKPIT_DEBUG=1 for the trace")
    monkeypatch.setenv("COCKPIT_DEBUG", "1")
    assert "Traceback" in run("broken").err


def test_port_in_use_is_reported(published: Path, run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run("serve", "--port", taken.getsockname()[1]).fails(1, "port", "--port", "COCKPIT_PORT")


def test_printed_address_can_be_typed() -> None:
    addresses = [address(host, 80) for host in ("0.0.0.0", "::", "::1", "10.0.0.5")]
    assert addresses == ["http://localhost:80", "http://localhost:80", "http://[::1]:80", "http://10.0.0.5:80"]


def test_serve_prints_the_address_when_it_can_be_opened_and_ends_on_an_interrupt(published: Path) -> None:
    port = free_port()
    home = ["--home", str(published / "var")]
    serve = [sys.executable, "-m", "cockpit", "serve", "--port", str(port), *home]
    completed = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 2
    assert "nobody could sign in: make an account with" in completed.stderr
    make = [sys.executable, "-m", "cockpit", "user", "add", "wang", "--password", "Hongqi+2026+x", *home]
    subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    command = serve
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == f"the cockpits are at http://127.0.0.1:{port}\n"
        with urlopen(f"http://127.0.0.1:{port}/login") as page:
            assert page.status == 200
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=20) == ("", "")
        assert server.returncode == 0
    finally:
        server.kill()


# --- at a terminal and in a pipe


def test_progress_is_one_line_of_a_terminal_and_silent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for tty in (True, False):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda tty=tty: tty)
        monkeypatch.setattr(sys, "stderr", stream)
        with progress() as show:
            show("checking rows", 0.45)
        assert ("45%  checking rows" in stream.getvalue()) is tty
        assert stream.getvalue().endswith("\r\033[K") is tty


def test_closed_output_pipe_is_no_error(published: Path) -> None:
    command = (
        f"{sys.executable} -m cockpit rows intake {' '.join(QUERY)} --home {published / 'var'} --format csv | head -c 1"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("s", "")


def test_exit_codes_reach_the_shell_and_stderr_is_clean(published: Path) -> None:
    def shell(*args: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", *args, "--home", str(published / "var")],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    assert shell("query", "intake", *QUERY) == (0, "")
    code, message = shell("query", "intak", *QUERY)
    assert (code, message.count("\n")) == (2, 1)
    code, message = shell("rollback", "nowhere")
    assert (code, message.count("\n")) == (2, 1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("name", ["990200001000", "990200001", "东镇", "试验区/东镇", "东街道", "试验区东镇"])
def test_query_takes_the_name_of_an_area(published: Path, run: Any, name: str) -> None:
    ran = run("query", "intake", "--area", name, *QUERY[2:], "--format", "csv")
    by_code = run("query", "intake", "--area", "990200001000", *QUERY[2:], "--format", "csv")
    assert (ran.code, ran.out) == (0, by_code.out), ran.err


def test_query_names_the_nearest_areas_of_a_name_that_is_none(published: Path, run: Any) -> None:
    ran = run("query", "intake", "--area", "不存在的地方", *QUERY[2:])
    assert ran.code == 2
    assert "there is no area 不存在的地方" in ran.err


def test_a_broken_catalog_file_does_not_block_publishing(
    published: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published / "catalog"
    folder.mkdir()
    (folder / "broken.yaml").write_text("id: [", "utf-8")
    (folder / "wrong.yaml").write_text("id: wrong\nfact: cases\nmetrics: {x: {}}\n", "utf-8")
    monkeypatch.setenv("COCKPIT_CATALOG", str(folder))
    ran = run("publish", "--as-of", "2026-04-03")
    assert ran.code == 0, ran.err
    assert "left out of the catalog: broken.yaml" in ran.err
    assert "left out of the catalog: wrong.yaml" in ran.err
    assert run("check").code == 2
