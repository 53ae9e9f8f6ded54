"""Query, rows, editions and checks."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cockpit.commands.cli.conftest import DISTRICT, QUERY, SOURCE


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


@pytest.mark.parametrize("name", ["990200001000", "990200001", "东镇", "试验区/东镇", "东街道", "试验区东镇"])
def test_query_takes_the_name_of_an_area(published: Path, run: Any, name: str) -> None:
    ran = run("query", "intake", "--area", name, *QUERY[2:], "--format", "csv")
    by_code = run("query", "intake", "--area", "990200001000", *QUERY[2:], "--format", "csv")
    assert (ran.code, ran.out) == (0, by_code.out), ran.err


def test_query_names_the_nearest_areas_of_a_name_that_is_none(published: Path, run: Any) -> None:
    ran = run("query", "intake", "--area", "不存在的地方", *QUERY[2:])
    assert ran.code == 2
    assert "there is no area 不存在的地方" in ran.err
