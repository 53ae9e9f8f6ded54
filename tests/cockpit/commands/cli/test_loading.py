"""Load, take in what was rejected, take back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cockpit.commands.cli.conftest import LATE, QUERY, SOURCE


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
