"""Every text of the screens has its Chinese, with the same placeholders."""

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from cockpit import i18n
from data.errors import Problem

ROOT = Path(__file__).parents[3]
TERMS = {
    "预警线|预警值|警戒": "限值",
    "版次": "数据版本",
    "逾期": "超期",
    "村居": "村社",
    "承办单位|办理单位|主办单位|责任部门": "责任单位",
    "台账库": "业务库",
    "(?<!政务)(?<!新媒体)[账帐]号": "账户",
    "告警": "预警",
    "数据管理人?员": "数据专员",
}
"""Synonyms that are not used, and the term in their place."""


def problems(base: type[Problem] = Problem) -> set[str]:
    """The names of all errors that carry a message, in the modules that are imported."""
    return {base.__name__}.union(*(problems(one) for one in base.__subclasses__()))


def extracted(folder: str, keywords: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Where each text of a folder stands, and the text, or a tuple of several arguments."""
    matches = extract_from_dir(
        ROOT / folder, [("**.py", "python")], keywords=keywords, directory_filter=lambda path: Path(path).name[0] != "_"
    )
    return ((f"{folder}/{file}:{line}", message) for file, line, message, _comments, _context in matches)


@cache
def messages() -> tuple[tuple[str, str, str], ...]:
    """Where each message of an error stands, its code and its text. Commands speak English and are left out."""
    for layer in ("data", "metrics", "cockpit"):
        for module in walk_packages([str(ROOT / layer)], f"{layer}."):
            if not module.name.endswith("main") and "migrations" not in module.name and "main__" not in module.name:
                import_module(module.name)
    keywords = dict.fromkeys((*problems(), "Message"), (1, 2))
    every = (one for folder in ("data", "metrics", "cockpit") for one in extracted(folder, keywords))
    return tuple((where, *message) for where, message in every if not where.startswith("cockpit/commands/"))


def texts() -> dict[str, str]:
    """Every English text that has to have a Chinese one, and where it stands first."""
    texts_found: dict[str, str] = {}
    for folder in ("cockpit", "pages"):
        for where, message in extracted(folder, DEFAULT_KEYWORDS):
            texts_found.setdefault(message if isinstance(message, str) else message[0], where)
    for where, _code, text in messages():
        texts_found.setdefault(text, where)
    return texts_found


def calls(*functions: str) -> set[str]:
    """The same by the syntax tree, which also sees into f-strings; an attribute's text is marked by N_ elsewhere."""
    trees = (
        ast.parse(file.read_text("utf-8")) for folder in ("cockpit", "pages") for file in (ROOT / folder).rglob("*.py")
    )
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    named = (node for node in nodes if isinstance(node.func, ast.Name) and node.func.id in functions)
    return {str(ast.literal_eval(node.args[0])) for node in named if not isinstance(node.args[0], ast.Attribute)}


def has_words(text: str) -> bool:
    """Whether anything besides placeholders needs a translation."""
    return bool(re.search("[A-Za-z]", re.sub(r"{[^}]*}", "", text)))


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


def translated(catalogue: Catalog) -> dict[str, str]:
    """Translation by English text (the singular, where there are two forms)."""
    pairs = ((message.id, message.string) for message in catalogue if message.id and message.string)
    first = ((one(english), one(chinese)) for english, chinese in pairs)
    return {english: chinese for english, chinese in first if chinese}


def one(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def faults(english: dict[str, str], catalogue: Catalog) -> Iterator[str]:
    chinese = translated(catalogue)
    needed = {text: where for text, where in english.items() if has_words(text)}
    yield from (f'{where}: "{text}" has no Chinese' for text, where in needed.items() if text not in chinese)
    yield from (f'zh.po: "{text}" is nowhere in the code' for text in chinese if text not in english)
    for text, words in chinese.items():
        if placeholders(text) != placeholders(words):
            yield f'zh.po: "{text}" and "{words}" have other placeholders'


def test_every_text_has_its_chinese_and_none_is_left_over() -> None:
    english = texts()
    assert "Governance Cockpit" in english
    assert list(faults(english, i18n.catalogue("zh"))) == []


def test_plural_calls_have_plural_entries_and_plain_calls_plain_ones() -> None:
    """gettext looks each kind up among its own: a plain entry of a counted text would be shown in English."""
    ids = [message.id for message in i18n.catalogue("zh") if message.id]
    assert {text for text in calls("ngettext") if has_words(text)} <= {id[0] for id in ids if not isinstance(id, str)}
    assert {text for text in calls("_") if has_words(text)} <= {id for id in ids if isinstance(id, str)}


def test_a_context_has_a_translation_of_its_own_and_none_is_left_over() -> None:
    """Without its context a word of several meanings is shown in English."""
    said = {
        (str(message.context), one(message.id)): one(message.string or "")
        for message in i18n.catalogue("zh")
        if message.context
    }
    marked = {
        (context, message)
        for folder in ("cockpit", "pages")
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / folder, [("**.py", "python")], keywords={"pgettext": ((1, "c"), 2)}
        )
    }
    assert said.keys() == marked
    assert len(marked) > 10
    for (context, text), chinese in said.items():
        plain = i18n.catalogue("zh").get(text)
        assert plain is None or plain.string != chinese, f"{text} needs no context {context}"


def test_message_code_is_dotted_and_has_one_text() -> None:
    known: dict[str, set[str]] = {}
    for _where, code, text in messages():
        known.setdefault(code, set()).add(text)
    assert len(known) > 200
    assert [code for code in known if not re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", code)] == []
    assert {code: texts for code, texts in known.items() if len(texts) > 1} == {}


def test_no_text_is_translated_twice() -> None:
    """Of two entries of one English text the later would speak for both meanings."""
    lines = (i18n.LOCALE / "zh.po").read_text("utf-8").splitlines()
    pairs = zip(["", *lines], lines, strict=False)
    english = [
        (above if above.startswith("msgctxt ") else "", line)
        for above, line in pairs
        if line.startswith("msgid ") and line != 'msgid ""'
    ]
    assert [text for text, count in Counter(english).items() if count > 1] == []


def test_a_thing_has_one_chinese_term() -> None:
    """Of synonyms one is used: for what turns a metric red 限值, for the bounds of its definition 阈值."""
    folders = ("cockpit", "metrics", "docs/zh")
    files = [
        file for folder in folders for ending in ("*.yaml", "*.md", "*.po") for file in (ROOT / folder).rglob(ending)
    ]
    assert len(files) > 50
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}, not {term}"
        for file in (*files, ROOT / "README.zh-CN.md")
        for pattern, term in TERMS.items()
        for match in re.finditer(pattern, file.read_text("utf-8"))
    ]
    assert found == []


def test_no_text_hides_where_the_extractor_does_not_look() -> None:
    assert calls("_", "ngettext") - set(texts()) == set()


def test_a_missing_a_left_over_and_a_wrong_translation_are_found() -> None:
    catalogue = Catalog(locale="zh")
    catalogue.add("{n} days ago", "天前")
    catalogue.add("Gone", "没了")
    faults_found = list(faults({"{n} days ago": "a.py:1", "New": "a.py:2"}, catalogue))
    assert [fault.split(":")[0] for fault in faults_found] == ["a.py", "zh.po", "zh.po"]


def test_the_language_spoken_is_the_one_chosen() -> None:
    with i18n.using("en"):
        assert i18n._("Alert") == "Alert"
        with i18n.using("zh"):
            assert i18n._("Alert") == "预警"
        assert i18n._("Alert") == "Alert"
    assert i18n.language() == "zh"


def test_unknown_text_is_shown_in_english() -> None:
    with i18n.using("zh"):
        assert i18n._("never translated {n}", n=3) == "never translated 3"


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [("en", 1, "1 day"), ("en", 1200, "1,200 days"), ("zh", 1200, "1,200 天"), ("zh", 1, "1 天")],
)
def test_plural_form_follows_the_language(language: str, count: int, text: str) -> None:
    with i18n.using(language):
        assert i18n.ngettext("{n} day", "{n} days", count) == text
