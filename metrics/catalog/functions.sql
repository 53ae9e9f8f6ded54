-- One row an app, mini-program or function and instant: whether it answered when it was tested last, within the last two
-- weeks. A finding that was dismissed does not count.
-- Given: instants(i, moment) and bounds(oldest). Rules of the checks it reads:
--   function_answers            observed = seconds, passed when it answers as described
--   dismissed:function_answers  see site_verdict.sql
WITH dismissed AS (
    SELECT asset_source, asset, checked_at AS decided_at, checked_at - to_days(window_days) AS since,
        checked_at + to_days(coalesce(observed, 0)::INTEGER) AS until
    FROM checks WHERE source = 'findings' AND rule = 'dismissed:function_answers' AND passed
),
tested AS (
    SELECT i, asset_source, asset, arg_max(passed, checked_at) AS passed, arg_max(observed, checked_at) AS observed,
        max(checked_at) AS checked_at, count(*) AS tests
    FROM checks c JOIN instants ON checked_at < moment AND checked_at >= moment - INTERVAL 14 DAY
    WHERE rule = 'function_answers' AND checked_at >= (SELECT oldest FROM bounds)
        AND (passed OR NOT EXISTS (
            SELECT 1 FROM dismissed d WHERE d.asset_source = c.asset_source AND d.asset = c.asset
                AND c.checked_at BETWEEN d.since AND d.until AND d.decided_at < moment))
    GROUP BY ALL
)
SELECT t.i, moment, a.source, a.key, a.name, a.area, a.area_then, a.unit, t.checked_at, t.observed, t.tests, t.passed
FROM tested t JOIN instants ON instants.i = t.i
JOIN assets a ON a.key = t.asset AND a.source = t.asset_source AND a.kind IN ('app', 'mini_program', 'function')
    AND coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)
