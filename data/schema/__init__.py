"""The contract: the facts, their columns, and when each column becomes known."""

from data.schema.assets import ASSET_KINDS, ASSETS
from data.schema.cases import CASES, CLOSE_KINDS, COMPLEXITIES, KINDS, URGENCIES
from data.schema.checks import CHECKS
from data.schema.model import NUMERIC, TIME, Column, Fact, known, layout, narrowed, words_of
from data.schema.readings import READINGS
from data.schema.steps import STEPS

FACTS = {fact.name: fact for fact in (CASES, ASSETS, CHECKS, READINGS, STEPS)}

__all__ = [
    "ASSETS", "ASSET_KINDS", "CASES", "CHECKS", "CLOSE_KINDS", "COMPLEXITIES", "FACTS", "KINDS", "NUMERIC", "READINGS",
    "STEPS", "TIME", "URGENCIES", "Column", "Fact", "known", "layout",
    "narrowed", "words_of",
]  # fmt: skip
