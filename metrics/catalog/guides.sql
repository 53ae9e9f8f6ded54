-- One row a service item and instant: how many of the eight classes of elements its guide has, by the newest check of
-- the last two weeks, else as the register says. A finding that was dismissed does not count.
-- Given: instants(i, moment) and bounds(oldest). Rules of the checks it reads:
--   guide_elements            observed = classes present, passed with all eight
--   dismissed:guide_elements  see site_verdict.sql
WITH dismissed AS (
    SELECT asset_source, asset, checked_at AS decided_at, checked_at - to_days(window_days) AS since,
        checked_at + to_days(coalesce(observed, 0)::INTEGER) AS until
    FROM checks WHERE source = 'findings' AND rule = 'dismissed:guide_elements' AND passed
),
tested AS (
    SELECT i, asset_source, asset, arg_max(observed, checked_at)::INTEGER AS elements, max(checked_at) AS checked_at
    FROM checks c JOIN instants ON checked_at < moment AND checked_at >= moment - INTERVAL 14 DAY
    WHERE rule = 'guide_elements' AND checked_at >= (SELECT oldest FROM bounds)
        AND (passed OR NOT EXISTS (
            SELECT 1 FROM dismissed d WHERE d.asset_source = c.asset_source AND d.asset = c.asset
                AND c.checked_at BETWEEN d.since AND d.until AND d.decided_at < moment))
    GROUP BY ALL
)
SELECT instants.i, moment, a.source, a.key, a.name, a.area, a.area_then, a.unit, t.checked_at,
    coalesce(t.elements, bit_count(a.guide_elements))::INTEGER AS elements,
    coalesce(t.elements, bit_count(a.guide_elements)) >= 8 AS passed
FROM instants
JOIN assets a ON a.kind = 'service_item'
    AND coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)
LEFT JOIN tested t ON t.i = instants.i AND t.asset = a.key AND t.asset_source = a.source
WHERE coalesce(t.elements, a.guide_elements) IS NOT NULL
