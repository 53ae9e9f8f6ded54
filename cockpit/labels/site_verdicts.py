"""The verdict of a government site in words and state: one for the pages and the reports."""

from collections.abc import Mapping
from typing import Any

from cockpit.i18n import _, ngettext
from cockpit.labels import words
from metrics import sites

UNITS = {limit.rule: limit.unit for limit in sites.LIMITS}
Site = Mapping[str, Any]


def verdict(row: Site) -> tuple[str, str]:
    """Text and state of a row of `metrics.sites.sites`: vetoed and for what, or how near, or fine."""
    if row["vetoes"] is None:
        return (_("Uncertain"), "amber") if row["uncertain"] else (_("Not checked"), "none")
    if texts := dict.fromkeys(words.veto(str(rule)) for rule in row["vetoes"]):
        return words.listed(texts), "red"
    if not row["passed"]:
        return _("Below 60 points"), "red"
    if limit := sites.near_veto(row):
        return left(limit.rule, sites.until_veto(row, limit)), "amber"
    return _("Passes"), "green"


def left(rule: str, n: int) -> str:
    """The margin left until the veto of a rule."""
    if rule == "site_open":
        return ngettext("{n} more failed visit is a veto", "{n} more failed visits are a veto", n)
    if UNITS[rule] == "days":
        return ngettext("a veto in {n} day", "a veto in {n} days", n)
    return ngettext("{n} more is a veto", "{n} more are a veto", n)
