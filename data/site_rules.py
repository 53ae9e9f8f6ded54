"""The rules for government sites, as `site_rules.yaml` has them: terms, checks, deductions and vetoes."""

import re
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from data import yamls

FILE = Path(__file__).with_name("site_rules.yaml")
_TERM = re.compile(r"\{site\.([a-z_]+)\}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Model):
    """A text in both languages of the screens."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Veto(_Model):
    """A rule that fails a site by itself, as a number that runs towards its limit.

    unit: what the number is counted in. check: the rule of the checks that count towards it.
    veto: what the site is vetoed for; bound: from where on, with {limit} and terms filled in by `SiteRules.bound`.
    """

    limit: int = Field(gt=0)
    unit: str
    check: str
    veto: Words
    heading: Words
    bound: Words


class SiteRules(_Model):
    """All rules. terms: numbers by name, in the unit that the name ends with."""

    terms: dict[str, int]
    checks: dict[str, Words]
    deductions: dict[str, Words]
    vetoes: dict[str, Veto]

    def bound(self, rule: str, language: str) -> str:
        """From where on a rule vetoes, in words."""
        veto = self.vetoes[rule]
        return veto.bound[language].format(limit=veto.limit, **self.terms)

    def vetoes_of(self, check: str) -> tuple[str, ...]:
        """The vetoes that the findings of a check count towards."""
        return tuple(rule for rule, veto in self.vetoes.items() if veto.check == check)

    def sql(self, text: str) -> str:
        """SQL with {site.NAME} replaced: by the term of that name, or by the limit of the veto."""
        numbers = {rule: veto.limit for rule, veto in self.vetoes.items()} | self.terms
        return _TERM.sub(lambda found: str(numbers[found[1]]), text)


@cache
def site_rules() -> SiteRules:
    """The rules, read once."""
    return SiteRules.model_validate(yamls.parsed(FILE.read_text("utf-8")))
