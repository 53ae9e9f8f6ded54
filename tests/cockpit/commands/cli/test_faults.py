"""What goes wrong: one line, and what to do."""

import fcntl
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cockpit.commands import cli
from tests.cockpit.commands.cli.conftest import QUERY, free_port


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
