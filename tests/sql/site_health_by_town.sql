SELECT area // 1000 * 1000 AS g, i, sum(score)::DOUBLE, sum(1)::DOUBLE,
count(*), 0
FROM (WITH instants(i, moment) AS (VALUES (0, TIMESTAMP '2026-11-22 08:00:00')), bounds AS (
SELECT TIMESTAMP '2026-11-08 08:00:00' AS oldest), verdicts AS (-- One row a government site and instant: what a week of visits, the home page and the columns say, and the
-- verdict of the veto rules of 国办秘函〔2019〕19号. Names after `site.` stand for numbers of data/site_rules.yaml.
-- Given: instants(i, moment) and bounds(oldest), before which nothing matters. Rules of the checks it reads:
--   site_open       a visit; passed when the site opened in time
--   home_updated    observed = days since the home page changed
--   column_updated  observed = days since the newest item of a column
--   column_items    observed = items in a column
--   guide_elements      of the site's service items; observed = classes of elements present, of eight
--   messages_unanswered observed = messages that its pages show unanswered for more than three months
--   deduction:NAME      points = points lost; the newest of each name counts
--   dismissed:RULE      of the source `findings`: failed checks of RULE do not count that lie between window_days before
--                       it and observed days after it; taken back, it is not passed
WITH owned AS (
    -- a site, and the columns that are part of it
   
SELECT source, key,
CASE kind WHEN 'site' THEN key ELSE parent END AS site, column_kind, must_update_days
   
FROM assets
WHERE kind = 'site' OR (kind IN ('column', 'service_item') AND parent IS NOT NULL)
),
dismissals AS MATERIALIZED (
   
SELECT asset_source, asset, rule[11:] AS rule, checked_at AS decided_at,
        checked_at - to_days(window_days) AS since, checked_at + to_days(coalesce(observed, 0)::INTEGER) AS until
   
FROM checks
WHERE source = 'findings' AND starts_with(rule, 'dismissed:') AND passed
),
-- the failed checks that were dismissed, once each though two decisions say so; few, so found from the decisions
dismissed AS MATERIALIZED (
   
SELECT i, c.asset_source AS source, c.asset AS key, c.rule, max(c.checked_at) AS newest,
        count(DISTINCT (c.source, c.key)) FILTER (c.checked_at >= moment - INTERVAL 7 DAY) AS visits
   
FROM dismissals d
    JOIN checks c ON d.asset_source = c.asset_source AND d.asset = c.asset AND d.rule = c.rule
        AND c.checked_at BETWEEN d.since AND d.until
    JOIN instants ON c.checked_at < moment AND c.checked_at >= moment - INTERVAL 14 DAY AND d.decided_at < moment
   
WHERE NOT c.passed AND c.checked_at >= (
SELECT oldest
FROM bounds)
   
GROUP BY ALL
),
-- what each rule found of an asset: the newest of its findings, and all visits of a week; told of few assets only then
found AS (
   
SELECT i, moment, asset_source, asset, rule,
        count(*) FILTER (rule = 'site_open' AND checked_at >= moment - INTERVAL 7 DAY) AS visits,
        count(*) FILTER (rule = 'site_open' AND checked_at >= moment - INTERVAL 7 DAY AND NOT passed) AS down,
        arg_max(observed, checked_at) AS observed,
        max(checked_at) AS newest,
        CASE WHEN NOT arg_max(passed, checked_at)
            THEN arg_max(points, checked_at) FILTER (points IS NOT NULL) END AS lost
   
FROM checks JOIN instants ON checked_at < moment AND checked_at >= moment - INTERVAL 14 DAY
   
WHERE checked_at >= (
SELECT oldest
FROM bounds)
   
GROUP BY ALL
),
findings AS (
   
SELECT i, moment, o.source, o.key, site, column_kind, must_update_days, rule, visits, down, observed, newest, lost
   
FROM found f JOIN owned o ON o.key = f.asset AND o.source = f.asset_source
),
counted AS (
   
SELECT f.* REPLACE (
        f.visits - CASE WHEN f.rule = 'site_open' THEN coalesce(d.visits, 0) ELSE 0 END AS visits,
        f.down - CASE WHEN f.rule = 'site_open' THEN coalesce(d.visits, 0) ELSE 0 END AS down,
        CASE WHEN d.newest IS DISTINCT
FROM f.newest THEN f.observed END AS observed,
        CASE WHEN d.newest IS DISTINCT
FROM f.newest THEN f.lost END AS lost
    ),
CASE WHEN d.newest IS DISTINCT
FROM f.newest
        THEN f.newest - to_seconds(CAST(f.observed * 86400 AS BIGINT)) END AS updated_at
   
FROM findings f LEFT JOIN dismissed d USING (i, source, key, rule)
),
assets_told AS (
   
SELECT i, moment, source, key, site,
coalesce(column_kind, 'other') AS column_kind, must_update_days,
        sum(visits) AS visits,
        sum(down) AS down,
        max(date_diff('second', updated_at, moment) // 86400) FILTER (rule = 'home_updated') AS home_age,
        coalesce(max(observed) FILTER (rule = 'column_items') = 0, false) AS blank,
        max(observed) FILTER (rule = 'guide_elements') AS elements,
        max(observed) FILTER (rule = 'messages_unanswered') AS messages,
        max(updated_at) FILTER (rule = 'column_updated') AS updated_at,
        sum(lost) FILTER (starts_with(rule, 'deduction:') AND key = site) AS lost
   
FROM counted
GROUP BY ALL
),
sites_told AS MATERIALIZED (
   
SELECT i, source, site, sum(visits) AS visits, sum(down) AS down, max(home_age) AS home_age, sum(lost) AS lost,
        count(*) FILTER (blank) AS blank,
        max(messages) AS messages,
        count(elements) AS guides,
        count(*) FILTER (elements <= 8 - 4) AS poor_guides,
        count(*) FILTER (NOT blank AND ((column_kind = 'news' AND moment::DATE - updated_at::DATE > 14)
            OR (column_kind IN ('notice', 'policy') AND updated_at::DATE + INTERVAL 6 MONTH < moment::DATE))) AS stale_listed,
        count(*) FILTER (NOT blank AND column_kind = 'other'
            AND date_diff('second', updated_at, moment) // 86400 > must_update_days) AS stale_other
   
FROM assets_told
GROUP BY ALL
),
unanswered AS MATERIALIZED (
   
SELECT i, c.asset,
count(*) AS messages
   
FROM cases c JOIN instants ON c.registered_at + INTERVAL 3 MONTH < moment AND c.registered_at >= moment - INTERVAL 1 YEAR
   
WHERE c.kind = 'message' AND c.asset IS NOT NULL AND NOT coalesce(c.closed_at < moment, false)
        -- true of all of them at any instant, and of few messages: the join has little to do. No three months are
        -- shorter than 89 days, and a difference is found sooner than a month is counted
        AND (c.closed_at IS NULL OR epoch_us(c.closed_at) - epoch_us(c.registered_at) >= 89 * 86400 * 1000000::BIGINT)
   
GROUP BY ALL
),
told AS (
   
SELECT i, moment, a.source, a.key, a.name, a.area, a.area_then, a.unit, t.visits::BIGINT AS visits, t.down::BIGINT AS down,
        t.home_age, t.stale_listed, t.stale_other, t.blank,
coalesce(t.lost, 0) AS lost,
        greatest(coalesce(u.messages, 0),
coalesce(t.messages, 0))::BIGINT AS unanswered, t.guides, t.poor_guides
   
FROM instants
    JOIN assets a ON a.kind = 'site'
        AND coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)
    JOIN sites_told t USING (i) LEFT JOIN unanswered u ON u.i = t.i AND u.asset = t.site
   
WHERE t.site = a.key AND t.source = a.source AND (t.visits > 0 OR t.home_age IS NOT NULL)
),
judged AS (
   
SELECT *,
        list_filter([
            CASE WHEN visits > 0 AND down * 100 >= 5 * visits THEN 'site_open' END,
            CASE WHEN home_age >= 14 THEN 'home_updated' END,
            CASE WHEN stale_listed >= 5 THEN 'stale_listed' END,
            CASE WHEN stale_other >= 10 THEN 'stale_other' END,
            CASE WHEN blank >= 5 THEN 'blank' END,
            CASE WHEN unanswered >= 1 THEN 'unanswered' END,
            -- four of the eight classes missing in five guides; of fewer than five guides, in all of them
            CASE WHEN poor_guides >= 5 OR (poor_guides > 0 AND poor_guides = guides) THEN 'guides' END
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
