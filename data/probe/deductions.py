"""Points that a site loses by the table of deductions, from its newest checks."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from data.desk.deductions import Deduction, matching
from data.editions.edition import Edition
from data.probe.checks.contents import months_after
from data.probe.checks.rules import Check

WINDOW_DAYS = 14
NEWEST = """
    SELECT CASE a.kind WHEN 'site' THEN a.key ELSE a.parent END AS site, a.source, a.name, coalesce(a.column_kind, ''),
        c.rule, arg_max(c.passed, c.checked_at), arg_max(c.observed, c.checked_at), max(c.checked_at)
    FROM checks c JOIN assets a ON a.source = c.asset_source AND a.key = c.asset
    WHERE c.source = 'prober' AND c.checked_at >= $1 AND c.checked_at < $2
        AND (a.kind = 'site' OR a.parent IS NOT NULL) AND NOT starts_with(c.rule, 'deduction:')
        AND NOT EXISTS (
            SELECT 1 FROM checks d WHERE d.source = 'findings' AND d.passed AND d.asset_source = c.asset_source
                AND d.asset = c.asset AND d.rule = 'dismissed:' || c.rule AND c.checked_at BETWEEN
                    d.checked_at - to_days(d.window_days) AND d.checked_at + to_days(coalesce(d.observed, 0)::INTEGER))
    GROUP BY site, a.source, a.key, a.name, a.column_kind, c.rule"""


def deductions(edition: Edition, table: Iterable[Deduction], at: datetime) -> list[Check]:
    """Loss of each probed site by each enabled entry, 0 if the rule holds. An entry counts once per site."""
    rows = edition.cursor().execute(NEWEST, [edition.as_of - timedelta(days=WINDOW_DAYS), edition.as_of]).fetchall()
    names = {name for _site, _source, name, *_about in rows}
    by_site: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for site, source, *values in rows:
        by_site.setdefault((source, site), []).append(tuple(values))
    checks = []
    for entry in table:
        if not entry.enabled or entry.points is None:
            continue
        named = matching(entry.columns, names) if entry.rule == "column_updated" else set()
        for (source, site), values in by_site.items():
            reasons = [name for name, *about in values if _costs(entry, name in named, *about)]
            lost = entry.points if reasons else 0.0
            checks.append(
                Check(
                    source, site, f"deduction:{entry.name}", at, not reasons, lost, "分", 1, points=lost,
                    evidence="、".join(reasons[:5]),
                )
            )  # fmt: skip
    return checks


def _costs(
    entry: Deduction, named: bool, kind: str, rule: str, passed: bool, observed: float | None, checked_at: datetime
) -> bool:
    """Whether the entry deducts points for a check. named: the asset's name matches the entry's pattern."""
    if rule != entry.rule:
        return False
    if rule != "column_updated":
        return not passed
    if entry.columns != kind and not named:
        return False
    newest: date = checked_at.date() - timedelta(days=int(observed or 0))
    return months_after(newest, entry.months or 0) < checked_at.date()
