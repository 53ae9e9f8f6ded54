-- The government sites, their columns, and apps with their functions as assets. Tables and variables: data/demo/sites.py.
WITH now AS (SELECT day: getvariable('day'), today: getvariable('today'))
SELECT s.key, kind: 'site', s.area, parent: NULL, s.name, s.unit,
    owner_level: CASE WHEN s.area % 1000000 = 0 THEN '区' ELSE '镇' END, s.url,
    column_kind: NULL, must_update_days: 14, items: NULL::INTEGER,
    last_updated_at: today - days_since(s, day)::INTEGER + INTERVAL 5 HOUR,
    on_platform: u(hash(s.key), 'platform') < 0.93, on_cloud: true, mlps_level: 2::TINYINT, elder_ok: u(hash(s.key), 'elder') < 0.8,
    registered_at: TIMESTAMP '2019-06-01', updated_at: today + INTERVAL 6 HOUR
FROM sites s, now
UNION ALL
SELECT c.key, 'column', s.area, c.site, c.name, s.unit, NULL, s.url || c.key || '/', c.kind, c."limit"::INTEGER, c.items::INTEGER,
    CASE WHEN c.items > 0 THEN today - days_since(c, day)::INTEGER + INTERVAL 5 HOUR END,
    NULL, NULL, NULL, NULL, TIMESTAMP '2019-06-01', today + INTERVAL 6 HOUR
FROM site_columns c JOIN sites s ON s.key = c.site, now
UNION ALL
SELECT f.key, f.kind, getvariable('district'), f.parent, f.name, f.unit, '区', NULL, NULL, NULL, NULL,
    CASE WHEN f.released IS NOT NULL THEN today - f.released::INTEGER + INTERVAL 5 HOUR END, NULL, NULL, NULL,
    CASE WHEN f.kind <> 'function' THEN u(hash(f.key), 'elder') < 0.7 END,
    TIMESTAMP '2021-03-01', today + INTERVAL 6 HOUR
FROM functions f, now
ORDER BY key
