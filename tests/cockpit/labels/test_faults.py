"""The prober's evidence is put into words: every failure has a text and a remedy."""

import re

import pytest

from cockpit import i18n
from cockpit.labels import faults
from data.probe.checks.axe import Fault, grave
from data.probe.network.failures import Failure

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [
        (f"5xx HTTP 500 · {ID}", "服务器出错（HTTP 500）", "server error (HTTP 500)"),
        ("reset Broken pipe", "连接被中断（连接被对方关闭）", "connection reset (Broken pipe)"),
        ("缺：联系电话、办理流程", "缺：联系电话、办理流程", "Missing: telephone, steps"),
        ("缺：网站地图", "缺：网站地图", "Missing: 网站地图"),
        ("color-contrast×14 new×1", "文字对比度不足 ×14；new ×1", "too little contrast ×14; new ×1"),
        (f"another status: HTTP 500 ≠ 200 · {ID}", "返回的状态码不符：HTTP 500 ≠ 200",
         "another status: HTTP 500 ≠ 200"),
        ("dns Name or service not known: a.example", "域名解析失败（域名不存在：a.example）",
         "name not resolved (Name or service not known: a.example)"),
        ("HTTP 500, not 200", *["HTTP 500, not 200"] * 2),
        ("http://a.example/x http://b.example/", *["http://a.example/x http://b.example/"] * 2),
        (ID, "", ""),
    ],
)  # fmt: skip
def test_evidence_is_shown_in_words(evidence: str, zh: str, en: str) -> None:
    for language, texts in (("zh", zh), ("en", en)):
        with i18n.using(language):
            assert faults.texts(evidence) == ([texts] if texts else [])


def test_every_failure_has_words_and_a_remedy_in_both_languages() -> None:
    for failure in Failure:
        for language in i18n.LANGUAGES:
            with i18n.using(language):
                assert faults.named(failure)
                assert (re.search("[\u4e00-\u9fff]", faults.remedy(failure)) is not None) is (language == "zh")


def test_grave_faults_come_first_by_how_many_there_are() -> None:
    ranked = [Fault("a", "serious", 1, ()), Fault("b", "minor", 9, ()), Fault("c", "critical", 3, ())]
    assert [fault.rule for fault in grave(ranked)] == ["c", "a"]
