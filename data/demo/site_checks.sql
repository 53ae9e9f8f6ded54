-- Sixty days of checks of the government sites, of service guides and of functions of apps. Tables and variables: data/demo/sites.py.
WITH now AS (SELECT today: getvariable('today'), as_of: getvariable('as_of'), salt: getvariable('salt')),
days AS (
    SELECT day: getvariable('day') - i, date: today - i::INTEGER, i, salt FROM now, range(60) t(i)
),
-- a visit every 72 minutes back from the data time: any seven days before it hold exactly 140
visits AS (
    SELECT s.key, v.i, h: hash(xor(hash(s.key || '/' || v.i), salt)),
        checked_at: as_of - to_minutes(72 * (v.i + 1)::INTEGER) + to_seconds((3000 * u(h, 'minute'))::INTEGER),
        down: CASE WHEN s.key = getvariable('slow_site') AND v.i < 140 THEN list_contains(getvariable('failing'), v.i)
            ELSE u(h, 'down') < s.slow END
    FROM sites s, range(60 * 20) v(i), now
),
found AS (
    SELECT asset_source: 'sites', asset: key, rule: 'site_open', checked_at, window_days: 7,
        observed: round(CASE WHEN down THEN 15 + 15 * u(h, 'seconds')
            ELSE least(0.7 * spread(h, 'seconds', 0.35), 12) END, 2),
        observed_unit: '秒', passed: NOT down, veto: false, points: NULL::DOUBLE, method: 'auto'
    FROM visits
    UNION ALL
    SELECT 'sites', s.key, 'home_updated', date + INTERVAL 6 HOUR, 14, days_since(s, day), '天', days_since(s, day) < 14, days_since(s, day) >= 14, NULL, 'auto'
    FROM sites s, days
    UNION ALL
    SELECT 'sites', c.key, 'column_updated', date + INTERVAL 370 MINUTE, c."limit", days_since(c, day), '天', days_since(c, day) <= c."limit", false, NULL, 'auto'
    FROM site_columns c, days WHERE c.items > 0
    UNION ALL
    SELECT 'sites', c.key, 'column_items', date + INTERVAL 370 MINUTE, 1, greatest(c.items - i // c.every, c.items // 2), '条',
        c.items > 0, false, NULL, 'auto'
    FROM site_columns c, days
    UNION ALL
    SELECT 'sites', s.key, 'deduction:' || d.name, date + INTERVAL 10 HOUR, 7, NULL, NULL, lost = 0, false, lost, 'manual'
    FROM sites s, deductions d, days,
        LATERAL (SELECT h: hash(xor(hash(s.key || d.name || day // 28), salt))),
        LATERAL (SELECT lost: CASE WHEN u(h, 'lost') < 0.11 THEN d.points ELSE 0 END)
    WHERE i > 0 AND dayofweek(date) = 1
    UNION ALL
    SELECT 'services', g.key, 'guide_elements', date + INTERVAL 7 HOUR, 14, had, '类', had = 8, false, NULL, 'auto'
    FROM guides g, days, LATERAL (SELECT had: CASE WHEN day < g.mended THEN least(g.elements, 6) ELSE g.elements END)
    WHERE i % 7 = 0
    UNION ALL
    SELECT 'sites', f.key, 'function_answers', date + INTERVAL 395 MINUTE, 1,
        round(CASE WHEN silent THEN 15 ELSE least(0.9 * spread(h, 'seconds', 0.3), 12) END, 2), '秒', NOT silent, false, NULL, 'auto'
    FROM functions f, days,
        LATERAL (SELECT h: hash(xor(hash(f.key || day), salt))),
        LATERAL (SELECT silent: day >= f.stuck OR u(h, 'silent') < f.flaky)
    WHERE f.kind = 'function'
    UNION ALL
    SELECT 'datasets', 'dataset-' || lpad((n + 1)::VARCHAR, 3, '0'), 'quality:' || unnest(['complete', 'correct', 'timely', 'consistent']),
        date + INTERVAL 3 HOUR, 14, NULL, NULL, u(hash(xor(hash(n * 100 + day), salt)), unnest(['1', '2', '3', '4'])) > 0.03, false, NULL, 'auto'
    FROM range(300) t(n), days WHERE i % 28 = n % 28
)
SELECT key: CASE WHEN asset_source = 'sites' THEN '' ELSE asset_source || '/' END || asset || '/' || rule || '/' || strftime(checked_at, '%Y%m%d%H%M%S'), * REPLACE (window_days::INTEGER AS window_days),
    checker: CASE method WHEN 'auto' THEN '监测平台' ELSE '区数据资源局' END, updated_at: checked_at
FROM found
ORDER BY checked_at, key
