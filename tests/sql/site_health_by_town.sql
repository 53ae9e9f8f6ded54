SELECT area // 1000 * 1000 AS g, i,
count(*) AS n, sum(score), sum(1)
FROM (WITH instants(i, moment) AS (VALUES (0, TIMESTAMP '2026-11-22 08:00:00')), bounds AS (
SELECT TIMESTAMP '2026-11-08 08:00:00' AS oldest), verdicts AS (-- One row a government site and instant: what a week of visits, the home page and the columns say, and the
-- verdict of the veto rules of 国办秘函〔2019〕19号 (limits inclusive as the text has them).
-- Given: instants(i, moment) and bounds(oldest), before which nothing matters. Rules of the checks it reads:
--   site_open       a visit; passed when the site opened within 15 s
--   home_updated    observed = days since the home page changed
--   column_updated  observed = days since the newest item of a column
--   column_items    observed = items in a column
--   deduction:NAME  points = points lost; the newest of each name counts
WITH sites AS (
   
SELECT i, moment, a.source, a.key, a.name, a.area, a.area_then, a.unit
   
FROM instants JOIN assets a ON a.kind = 'site'
        AND coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)
),
site_checks AS (
   
SELECT c.asset_source, c.asset, c.rule, c.checked_at, c.observed, c.passed, c.points
   
FROM checks c, bounds
WHERE c.checked_at >= bounds.oldest
),
visits AS (
   
SELECT i, asset_source, asset,
count(*) AS visits,
count(*) FILTER (
WHERE NOT passed) AS down
   
FROM site_checks JOIN instants ON checked_at < moment AND checked_at >= moment - INTERVAL 7 DAY
   
WHERE rule = 'site_open'
   
GROUP BY ALL
),
-- the newest finding of each rule, with the day of the last update it implies
newest AS (
   
SELECT i, moment, asset_source, asset, rule,
        arg_max(observed, checked_at) AS observed,
        arg_max(points, checked_at) FILTER (
WHERE points IS NOT NULL) AS points,
        arg_max(passed, checked_at) AS passed,
        max(checked_at) - to_seconds(CAST(arg_max(observed, checked_at) * 86400 AS BIGINT)) AS updated_at
   
FROM site_checks JOIN instants ON checked_at < moment AND checked_at >= moment - INTERVAL 14 DAY
   
WHERE rule <> 'site_open'
   
GROUP BY i, moment, asset_source, asset, rule
),
home AS (
   
SELECT i, asset_source, asset, date_diff('second', updated_at, moment) // 86400 AS home_age
   
FROM newest
WHERE rule = 'home_updated'
),
columns_now AS (
   
SELECT s.i, s.source, s.key AS asset, a.column_kind, a.must_update_days,
        items.observed = 0 AS blank,
        CASE WHEN items.observed IS DISTINCT
FROM 0 THEN updated.updated_at END AS updated_at,
        s.moment
   
FROM sites s
    JOIN assets a ON a.kind = 'column' AND a.parent = s.key AND a.source = s.source
    LEFT JOIN newest items
        ON items.i = s.i AND items.rule = 'column_items' AND items.asset = a.key AND items.asset_source = a.source
    LEFT JOIN newest updated
        ON updated.i = s.i AND updated.rule = 'column_updated' AND updated.asset = a.key AND updated.asset_source = a.source
),
columns_told AS (
   
SELECT i, source, asset,
        count(*) FILTER (
WHERE blank) AS blank,
        count(*) FILTER (
WHERE (column_kind = 'news' AND updated_at < moment - INTERVAL 14 DAY)
            OR (column_kind IN ('notice', 'policy') AND updated_at < moment - INTERVAL 6 MONTH)) AS stale_listed,
        count(*) FILTER (
WHERE coalesce(column_kind, 'other') = 'other'
            AND date_diff('second', updated_at, moment) // 86400 > must_update_days) AS stale_other
   
FROM columns_now
GROUP BY ALL
),
deductions AS (
   
SELECT i, asset_source, asset, sum(points) FILTER (
WHERE NOT passed) AS lost
   
FROM newest
WHERE starts_with(rule, 'deduction:')
GROUP BY ALL
),
unanswered AS (
   
SELECT i, c.asset,
count(*) AS messages
   
FROM cases c JOIN instants ON c.registered_at + INTERVAL 3 MONTH < moment AND c.registered_at >= moment - INTERVAL 1 YEAR
   
WHERE c.kind = 'message' AND c.asset IS NOT NULL AND NOT coalesce(c.closed_at < moment, false)
   
GROUP BY ALL
),
told AS (
   
SELECT s.*,
coalesce(v.visits, 0) AS visits,
coalesce(v.down, 0) AS down, h.home_age,
        coalesce(c.stale_listed, 0) AS stale_listed,
coalesce(c.stale_other, 0) AS stale_other,
        coalesce(c.blank, 0) AS blank,
coalesce(d.lost, 0) AS lost,
coalesce(u.messages, 0) AS unanswered
   
FROM sites s
    LEFT JOIN visits v ON v.i = s.i AND v.asset = s.key AND v.asset_source = s.source
    LEFT JOIN home h ON h.i = s.i AND h.asset = s.key AND h.asset_source = s.source
    LEFT JOIN columns_told c ON c.i = s.i AND c.asset = s.key AND c.source = s.source
    LEFT JOIN deductions d ON d.i = s.i AND d.asset = s.key AND d.asset_source = s.source
    LEFT JOIN unanswered u ON u.i = s.i AND u.asset = s.key
   
WHERE v.visits IS NOT NULL OR h.home_age IS NOT NULL
),
judged AS (
   
SELECT *,
        list_filter([
            CASE WHEN visits > 0 AND down * 20 >= visits THEN 'site_open' END,
            CASE WHEN home_age >= 14 THEN 'home_updated' END,
            CASE WHEN stale_listed >= 5 THEN 'stale_listed' END,
            CASE WHEN stale_other >= 10 THEN 'stale_other' END,
            CASE WHEN blank >= 5 THEN 'blank' END,
            CASE WHEN unanswered > 0 THEN 'unanswered' END
        ], lambda veto: veto IS NOT NULL) AS vetoes
   
FROM told
)
SELECT *,
CASE WHEN len(vetoes) > 0 THEN 0 ELSE greatest(100 - lost, 0) END AS score,
    len(vetoes) = 0 AND lost <= 40 AS passed
FROM judged)
SELECT *
FROM verdicts
WHERE area >= 990101000000 AND area < 990102000000)
GROUP BY g, i
