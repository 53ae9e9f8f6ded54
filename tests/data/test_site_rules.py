"""One file of site rules for the SQL of the verdict, the prober, the screens and the reports."""

import re

import pytest

from cockpit import i18n
from cockpit.labels import words
from data.probe.checks import rules as probe
from data.site_rules import site_rules
from metrics.catalog.read import HERE
from metrics.sites import LIMITS

RULES = site_rules()


def test_verdict_sql_has_no_hard_coded_limit() -> None:
    sql = (HERE / "site_verdict.sql").read_text("utf-8")
    assert {rule for rule in RULES.vetoes if f"{{site.{rule}}}" in sql} == set(RULES.vetoes)
    assert "{site." not in RULES.sql(sql)
    for rule in RULES.vetoes:
        assert re.search(rf"THEN '{rule}' END", sql)


def test_screens_and_prober_read_the_same_numbers() -> None:
    assert [(limit.rule, limit.limit) for limit in LIMITS] == [(rule, v.limit) for rule, v in RULES.vetoes.items()]
    assert probe.HOME_DAYS == RULES.vetoes["home_updated"].limit == 14
    assert probe.OPEN_SECONDS == RULES.terms["open_seconds"] == 15


@pytest.mark.parametrize("rule", RULES.vetoes)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_veto_has_text_with_limit(rule: str, language: str) -> None:
    with i18n.using(language):
        assert words.veto(rule) == RULES.vetoes[rule].veto[language]
        assert words.limit(rule) == RULES.vetoes[rule].heading[language]
        assert str(RULES.vetoes[rule].limit) in words.bound(rule)
        assert "{" not in words.bound(rule)


def test_every_veto_names_a_check() -> None:
    assert {veto.check for veto in RULES.vetoes.values()} <= set(RULES.checks)
    assert RULES.vetoes_of("column_updated") == ("stale_listed", "stale_other")
