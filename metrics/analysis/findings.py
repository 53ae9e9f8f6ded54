"""Check results of each site and its columns: the newest of each rule, with its evidence."""

from datetime import datetime, timedelta

import pandas as pd

from data.editions.scoped import ScopedEdition
from metrics.engine.views import LOOK_BACK_DAYS
from metrics.period import Period
from metrics.scope import area_in_scope

COLUMNS = (
    "site_key", "site", "asset", "name", "rule", "checked_at", "observed", "observed_unit", "passed", "veto",
    "evidence", "checker", "checks", "failed",
)  # fmt: skip


def findings(edition: ScopedEdition, area: int, period: Period, *, only_failed: bool = False) -> pd.DataFrame:
    """One row a site or column and rule with COLUMNS, as of the end of the period, by site; vetoes first.

    checks and failed: how many times the rule was tried in the two weeks before, and how many of them failed;
    the other columns are of the newest check, of visits of the newest failure. only_failed: rules that failed.
    A failure that was dismissed does not count.
    """
    place = area_in_scope(edition, area)
    name = "area" if place.live else "area_then"
    end = min(datetime.combine(period.end, datetime.min.time()), edition.as_of)
    start = end - timedelta(days=LOOK_BACK_DAYS)
    newest = "arg_max({0}, checked_at) AS {0}"
    newest_columns = ", ".join(newest.format(c) for c in ("observed", "observed_unit", "evidence", "checker"))
    sql = f"""
        WITH sites AS (SELECT source, key, name FROM assets WHERE kind = 'site' AND {name} >= $1 AND {name} < $2),
        owned AS (
            SELECT s.source, s.key AS asset, s.key AS site_key, s.name AS site, s.name FROM sites s
            UNION ALL
            SELECT c.source, c.key, s.key, s.name, c.name FROM assets c
            JOIN sites s ON s.source = c.source AND s.key = c.parent
        ),
        dismissals AS (
            SELECT asset_source, asset, rule[11:] AS rule, checked_at - to_days(window_days) AS since,
                checked_at + to_days(coalesce(observed, 0)::INTEGER) AS until
            FROM checks WHERE source = 'findings' AND starts_with(rule, 'dismissed:') AND passed AND checked_at < $4
        ),
        tried AS (
            SELECT o.site_key, o.site, o.asset, o.name, c.*,
                count(*) OVER w AS checks, count(*) FILTER (NOT c.passed) OVER w AS failed,
                bool_or(c.passed) OVER w AND NOT bool_and(c.passed) OVER w AS mixed
            FROM (SELECT asset_source, asset AS of, rule, checked_at, observed, observed_unit, passed, veto, evidence,
                checker FROM checks k WHERE checked_at >= $3 AND checked_at < $4 AND NOT starts_with(rule, 'dismissed:')
                AND NOT (NOT passed AND EXISTS (FROM dismissals d WHERE d.asset_source = k.asset_source
                    AND d.asset = k.asset AND d.rule = k.rule AND k.checked_at BETWEEN d.since AND d.until))) c
            JOIN owned o ON o.source = c.asset_source AND o.asset = c.of
            WINDOW w AS (PARTITION BY c.asset_source, c.of, c.rule)
        )
        SELECT site_key, site, asset, name, rule, max(checked_at) AS checked_at,
            {newest_columns}, arg_max(passed, checked_at) AS passed, coalesce(arg_max(veto, checked_at), false) AS veto,
            any_value(checks) AS checks, any_value(failed) AS failed
        FROM tried WHERE NOT mixed OR NOT passed OR rule <> 'site_open'
        GROUP BY site_key, site, asset, name, rule
        {"HAVING NOT arg_max(passed, checked_at)" if only_failed else ""}
        ORDER BY site_key, veto DESC, passed, rule, asset
    """
    frame = edition.unscoped.cursor().execute(sql, [place.code, place.end, start, end]).df()
    return frame[list(COLUMNS)]
