"""Messages are translated once, where they are shown, with their parameters worded by kind."""

import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import i18n
from cockpit.labels.measures import measure
from cockpit.labels.wording import worded
from data.desk.errors import DeskError, Refused
from data.desk.reports import GIVEN_UP
from data.errors import Damaged, DataError
from data.messages import Message, Name, changed, joined, names, plain, restored
from metrics import catalog
from metrics.catalog import load
from metrics.errors import MetricsError, did_you_mean

CATALOG = Path(catalog.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LOCKED = Message("sqlite.busy", "database is locked")


def no_answer(why: Message | str) -> DeskError:
    return DeskError("desk.no_answer", "the desk does not answer ({why}): see that it runs, then try again", why=why)


def no_level() -> MetricsError:
    backlog = load().metrics["backlog"]
    text = "{metric} does not exist at {level} level: it exists at {levels}"
    return MetricsError(
        "metric.no_level", text, metric=backlog.label, level=Name("level", "village"),
        levels=names("level", ["district", "town"]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "chinese", "english"),
    [
        (GIVEN_UP, "制作三次中断，已停止：请缩小范围，或查看服务器日志", GIVEN_UP.text),
        (
            no_answer(LOCKED),
            "业务库没有响应（数据库正被占用）：请确认其正在运行后重试",
            "the desk does not answer (database is locked): see that it runs, then try again",
        ),
        (
            no_answer("not translated"),
            "业务库没有响应（not translated）：请确认其正在运行后重试",
            "the desk does not answer (not translated): see that it runs, then try again",
        ),
        (
            no_level(),
            "“积压件数”不设村社一级，设有：区县、镇街",
            "backlog does not exist at village level: it exists at district, town",
        ),
        (
            Refused("role.unknown", 'there is no role "{name}": use {roles}', name="x",
                    roles=names("role", ["leader"])),
            "没有角色“x”，可用：主要领导",
            'there is no role "x": use leader',
        ),
        (
            MetricsError("metric.unknown", 'there is no metric "{name}".{near}', name="backlogg",
                         near=did_you_mean("backlogg", ["backlog"])),
            "没有指标“backlogg”。是否指“backlog”？",
            'there is no metric "backlogg". Did you mean "backlog"?',
        ),
        (
            joined([LOCKED, Message("x.y", "not translated")]),
            "数据库正被占用；not translated",
            "database is locked; not translated",
        ),
        ("a text of an older release", "a text of an older release", "a text of an older release"),
    ],
)  # fmt: skip
def test_a_message_is_worded_in_both_languages(expected: Any, chinese: str, english: str) -> None:
    with i18n.using("zh"):
        assert worded(expected) == chinese
    with i18n.using("en"):
        assert worded(expected) == english == str(expected)


def test_an_error_passes_its_message_on_with_its_code() -> None:
    cause = DataError("file.none", "{path}: there is no such file", path="/x")
    error = Damaged.of(cause)
    assert (error.message, str(error), type(error)) == (cause.message, "/x: there is no such file", Damaged)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    WORDS | st.integers(-(2**53), 2**53) | st.builds(Name, st.sampled_from(["split", "unit"]), WORDS, WORDS),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.builds(
            lambda code, values: Message(f"a.{code}", " ".join(f"{{{name}}}" for name in values), **values),
            st.text(string.ascii_lowercase, min_size=1, max_size=8),
            st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, min_size=1))
def test_message_with_any_text_is_stored_serialized_and_worded(values: Mapping[str, Any]) -> None:
    message = Message("topic.code", "|".join(f"{{{name}}}" for name in values), **values)
    assert restored(message.stored()) == message
    assert plain(message)["message"] == str(message)
    assert changed(message, str) == message
    with i18n.using("en"):
        assert worded(message) == str(message)
    with i18n.using("zh"):
        text = worded(message)
    assert all(value in text for value in values.values() if isinstance(value, str))


@given(WORDS | st.just('{"code": 1}') | st.just('{"text": "x"}') | st.just("[1]") | st.just("1"))
def test_plain_text_is_restored_unchanged(text: str) -> None:
    assert restored(text) == text


def test_braces_in_message_parameters_are_literal() -> None:
    message = Message("a.b", "{path}: there is no such file", path="{x}{0}{path}")
    with i18n.using("zh"):
        assert worded(message) == "{x}{0}{path}：没有这个文件"


def test_every_measure_of_the_catalog_has_words_in_both_languages() -> None:
    """Lists of readings say what was measured."""
    texts = [path.read_text("utf-8") for path in CATALOG.glob("*.yaml")]
    named = {name for text in texts for name in re.findall(r"measure = '(\w+)'", text)}
    for lang in ("zh", "en"):
        with i18n.using(lang):
            assert [name for name in sorted(named) if measure(name) == name] == []
