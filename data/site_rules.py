"""The rules for government sites, as `site_rules.yaml` has them: terms, checks, deductions and vetoes."""

import re
from functools import cache
from pathlib import Path

from pydantic import Field

from data import yamls
from data.texts import Model, Text

FILE = Path(__file__).with_name("site_rules.yaml")
_TERM = re.compile(r"\{site\.([a-z_]+)\}")


class Veto(Model):
    """A rule that fails a site by itself when a number exceeds its limit.

    unit: unit of the number. check: rule of the checks that are counted.
    veto: reason of the veto; bound: text of the limit, with {limit} and terms filled in by `SiteRules.bound`.
    """

    limit: int = Field(gt=0)
    unit: str
    check: str
    veto: Text
    heading: Text
    bound: Text


class SiteRules(Model):
    """All rules. terms: numbers by name, in the unit that the name ends with."""

    terms: dict[str, int]
    checks: dict[str, Text]
    deductions: dict[str, Text]
    vetoes: dict[str, Veto]

    def bound(self, rule: str, language: str) -> str:
        """The limit of a veto rule in words."""
        veto = self.vetoes[rule]
        return veto.bound[language].format(limit=veto.limit, **self.terms)

    def vetoes_of(self, check: str) -> tuple[str, ...]:
        """The vetoes that the findings of a check count towards."""
        return tuple(rule for rule, veto in self.vetoes.items() if veto.check == check)

    def sql(self, text: str) -> str:
        """SQL with {site.NAME} replaced: by the term of that name, or by the limit of the veto."""
        numbers = {rule: veto.limit for rule, veto in self.vetoes.items()} | self.terms
        return _TERM.sub(lambda matched: str(numbers[matched[1]]), text)


@cache
def site_rules() -> SiteRules:
    """The rules, read once."""
    return SiteRules.model_validate(yamls.parsed(FILE.read_text("utf-8")))
