import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.errors import DataError
from data.sources.definition import Source, read_source

HOTLINE: dict[str, Any] = {
    "source": "hotline",
    "name": {"zh": "热线", "en": "Hotline"},
    "fact": "cases",
    "file": "hotline.csv",
    "zone": "Asia/Shanghai",
    "key": "id",
    "area": "code",
    "columns": {"kind": "'hotline'", "registered_at": "registered"},
}


def read(folder: Path, **changes: Any) -> Source:
    path = folder / "hotline.yaml"
    content = {key: value for key, value in (HOTLINE | changes).items() if value is not None}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return read_source(path)


def test_a_source_file_is_read(tmp_path: Path) -> None:
    source = read(tmp_path, cycle_days=1)
    assert (source.source, source.fact, source.zone, source.cycle_days) == ("hotline", "cases", "Asia/Shanghai", 1)
    assert (source.name.zh, source.name.en) == ("热线", "Hotline")
    assert source.location == tmp_path / "hotline.csv"
    assert list(source.expressions) == ["key", "area", "columns.kind", "columns.registered_at"]


def test_single_name_applies_to_both_languages(tmp_path: Path) -> None:
    name = read(tmp_path, name="热线").name
    assert name.zh == name.en == "热线"


def test_yaml_numbers_and_booleans_are_expressions(tmp_path: Path) -> None:
    columns = read(tmp_path, columns={**HOTLINE["columns"], "deferred": False, "extended": 0}).columns
    assert (columns["deferred"], columns["extended"]) == ("false", "0")


def test_several_ways_to_an_area_keep_their_order(tmp_path: Path) -> None:
    ways = ["code", {"path": "town || '/' || village"}, {"point": {"lon": "x", "lat": "y"}}]
    keys = [key for key in read(tmp_path, area=ways).expressions if key.startswith("area")]
    assert keys == ["area[1]", "area[2].path", "area[3].point.lon", "area[3].point.lat"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"zone": None}, "zone: is missing"),
        ({"zone": "Asia/Shangai"}, "zone: there is no time zone Asia/Shangai, did you mean Asia/Shanghai?"),
        ({"key": None}, "key: is missing"),
        ({"key": "max(id)"}, "key: must not call max()"),
        ({"area": None}, "area: is missing; cases need it"),
        ({"area": {"pth": "a"}}, "area[1].pth: there is no such key, did you mean path?"),
        ({"area": {"path": "a", "code": "b"}}, "area[1]: give one of code, path and point"),
        ({"fact": "case"}, "fact: Input should be 'cases'"),
        ({"source": "热线"}, "source: must be a short word"),
        ({"cycle_days": 0}, "cycle_days: Input should be greater than 0"),
        ({"file": None}, "give one of file, url (with query) and push: true"),
        ({"push": True}, "give one of file, url (with query) and push: true"),
        ({"url": "sqlite:///a.db"}, "give one of file, url (with query) and push: true"),
        ({"file": None, "url": "sqlite:///a.db"}, "url and query belong together"),
        ({"csv": {"delimeter": ";"}}, "csv.delimeter: there is no such key, did you mean delimiter?"),
        ({"csv": {"encoding": "gbkk"}}, "csv.encoding: there is no encoding gbkk"),
        ({"columns": {"kind": "k"}}, "columns.registered_at: is missing; cases need it"),
        (
            {"columns": HOTLINE["columns"] | {"registerd": "a"}},
            "columns.registerd: is no column of cases, did you mean",
        ),
        ({"columns": HOTLINE["columns"] | {"key": "a"}}, "columns.key: belongs next to columns"),
        ({"columns": HOTLINE["columns"] | {"batch": "a"}}, "columns.batch: is no column of cases"),
        ({"columns": HOTLINE["columns"] | {"repeated": "a"}}, "columns.repeated: is no column of cases"),
        ({"columns": HOTLINE["columns"] | {"title": ["a"]}}, "columns.title: must be an SQL expression"),
        ({"clumns": {}}, "clumns: there is no such key, did you mean columns?"),
    ],
)
def test_a_fault_names_file_key_and_remedy(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, **changes)
    assert str(error.value).startswith(f"{tmp_path / 'hotline.yaml'}: ")
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"key: is missing; .*zoen: there is no such key, did you mean zone\?"):
        read(tmp_path, key=None, zoen="UTC")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "must be a mapping"),
        (b"- a", "must be a mapping"),
        (b"a: b: c", "is not YAML"),
        (b"\xff\xfe", "is not YAML"),
        (b"source: a\nsource: b", "key source is given twice"),
    ],
)
def test_invalid_source_file_is_reported(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=fault):
        read_source(path)


def test_missing_source_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.yaml: there is no such file"):
        read_source(tmp_path / "none.yaml")


def test_environment_variables_expand_in_url_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read(tmp_path, file=None, url="postgresql://me:${DB_PASSWORD}@host/db", query="SELECT 1")
    monkeypatch.setenv("DB_PASSWORD", "p@ss/word")
    assert source.database() == "postgresql://me:p%40ss%2Fword@host/db"
    assert "p@ss" not in source.definition


def test_url_can_be_one_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_URL", "postgresql://me@host/db")
    assert read(tmp_path, file=None, url="${HOTLINE_URL}", query="SELECT 1").database() == "postgresql://me@host/db"


def test_unset_variable_is_named(tmp_path: Path) -> None:
    source = read(tmp_path, file=None, url="${NOT_SET_HERE}", query="SELECT 1")
    with pytest.raises(DataError, match="the environment variable NOT_SET_HERE is not set"):
        source.database()


def test_definition_hash_covers_mapping_only(tmp_path: Path) -> None:
    plain = read(tmp_path).definition_hash
    assert read(tmp_path, name="other", file="other.csv", cycle_days=7).definition_hash == plain
    assert read(tmp_path, zone="UTC").definition_hash != plain
    assert read(tmp_path, key="id || ''").definition_hash != plain
    assert read(tmp_path, csv={"delimiter": ";"}).definition_hash != plain


PLAIN = """
source: hotline
name: 热线
fact: cases
file: a.csv
zone: Asia/Shanghai
key: number
area: place
columns:
  kind: "'hotline'"
  registered_at: opened
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("key: number", "key: no", "key: no is yes or no to YAML: for a column of that name write 'no'"),
        ("area: place", "area: Yes", "area: Yes is yes or no to YAML"),
        ("  registered_at: opened", "  registered_at: on", "registered_at: on is yes or no to YAML"),
        ("key: number", "no: number", "the key no is no text to YAML: write 'no'"),
        ("  registered_at: opened", "  1: opened", "the key 1 is no text to YAML: write '1'"),
        ("  registered_at: opened", "  2026-01-01: opened", "the key 2026-01-01 is no text to YAML"),
        ("'hotline'", "'hotlin'", "columns.kind: hotlin is none of event 事件, hotline 热线"),
        ("key: number", "key: 1", "key: 1 reads no column, so all rows would have one key"),
        ("key: number", "key: true", "key: true reads no column"),
        ("key: number", "key: 1工单号", 'a column that begins with a digit stands in double quotes, "1工单号"'),
        ("  registered_at: opened", "  registered_at: trim(2026年)", "begins with a digit stands in double quotes"),
    ],
)
def test_ambiguous_yaml_and_sql_words_are_reported(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in PLAIN
    path = tmp_path / "hotline.yaml"
    path.write_text(PLAIN.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=re.escape(fault)):
        read_source(path)


def test_the_columns_no_and_1st_are_read_when_they_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "hotline.yaml"
    path.write_text(PLAIN.replace("key: number", "key: 'no'").replace("opened", """'"1st"'"""), "utf-8")
    assert read_source(path).columns_read == ("no", "place", "1st")


def test_constant_kind_accepts_chinese_word(tmp_path: Path) -> None:
    assert read(tmp_path, columns={"kind": "'热线'", "registered_at": "opened"}).columns["kind"] == "'热线'"
