"""The verdict of a government site in words and state: one for the pages and the reports."""

from collections.abc import Mapping
from typing import Any

from cockpit.i18n import _, ngettext
from cockpit.labels import words
from metrics import sites
from metrics.sites import LIMITS, NEAR, Limit

Site = Mapping[str, Any]


def verdict(row: Site) -> tuple[str, str]:
    """Text and state of a row of `metrics.sites.sites`: vetoed and for what, or how near, or fine."""
    if row["vetoes"] is None:
        return (_("Uncertain"), "amber") if row["uncertain"] else (_("Not checked"), "none")
    if texts := dict.fromkeys(words.veto(str(rule)) for rule in row["vetoes"]):
        return words.listed(texts), "red"
    if not row["passed"]:
        return _("Below 60 points"), "red"
    nearest = max(LIMITS, key=lambda limit: (sites.observed(row, limit.rule) or 0) / limit.limit)
    if (sites.observed(row, nearest.rule) or 0) / nearest.limit >= NEAR:
        return left(row, nearest), "amber"
    return _("Passes"), "green"


def left(row: Site, limit: Limit) -> str:
    """What is left until the veto."""
    if limit.rule == "site_open":
        n = sites.failures_left(row)
        return ngettext("{n} more failed visit is a veto", "{n} more failed visits are a veto", n)
    n = int(limit.limit - (sites.observed(row, limit.rule) or 0))
    if limit.unit == "days":
        return ngettext("a veto in {n} day", "a veto in {n} days", n)
    return ngettext("{n} more is a veto", "{n} more are a veto", n)
