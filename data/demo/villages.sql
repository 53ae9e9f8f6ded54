-- What is known of each village month by month, and of the towns' users. Tables and variables: data/demo/readings.py.
WITH monthly AS (
    SELECT g.*, m.month, ago: date_diff('month', m.month, getvariable('as_of')),
        h: hash(xor(hash(g.code), getvariable('salt'))), before: m.month < getvariable('merged')
    FROM months m, grounds g
    WHERE g.merged_into = 0 OR before
),
-- before the merger the survivor's people are its own
lives AS (
    SELECT m.*, residents: m.people - coalesce(o.people, 0)
    FROM monthly m LEFT JOIN grounds o ON o.merged_into = m.code AND m.before
),
found AS (
    SELECT code, measure: 'resident_pop', month, value: round(residents * (1 - 0.0004 * ago)), value_unit: '人', n: NULL::BIGINT
    FROM lives
    UNION ALL
    SELECT code, 'has_5g', month, (u(h, '5g') < 0.63 - 0.0075 * ago + CASE WHEN rural THEN 0 ELSE 0.3 END)::INTEGER, NULL, NULL
    FROM lives
    UNION ALL
    SELECT code, 'service_station', month, (town <> getvariable('unserved') AND u(h, 'station') < 0.74 - 0.006 * ago)::INTEGER, NULL, NULL
    FROM lives
    UNION ALL
    SELECT code, 'prefilled_fields', month,
        floor(fields * (if(ago < getvariable('prefilled'), 0.5, 0.14) + 0.12 * u(hash(xor(h, hash(month))), 'prefilled'))), '项', fields
    FROM lives, LATERAL (SELECT fields: (40 + 30 * u(hash(xor(h, hash(month))), 'fields'))::BIGINT)
    UNION ALL
    SELECT code, 'bandwidth_mbps', month, round((62 + 40 * u(h, 'net')) * 0.991 ^ ago, 2), 'Mbit/s', NULL
    FROM lives
    UNION ALL
    SELECT code, 'income_wan', month, round((18 + 45 * least(spread(h, 'income', 0.4), 8)) * 0.94 ^ (ago // 12)
            + if(town = getvariable('united') AND ago < 12, getvariable('gain'), 0), 1), '万元', NULL
    FROM lives WHERE rural AND month(month) = 1
    UNION ALL
    SELECT code, 'petition_households', month, if(code = getvariable('aggrieved'), getvariable('petitions'),
        floor(2.2 * u(hash(xor(h, hash(month))), 'petition') * u(h, 'petitions'))), '户', NULL
    FROM lives
    UNION ALL
    SELECT code, unnest(['arrears_due_wan', 'arrears_paid_wan']), month,
        unnest([due, round(due * least(1, 0.86 + 0.2 * u(h, 'paid')), 2)]), '万元', NULL
    FROM lives, LATERAL (SELECT due: round(2 + 9 * u(h, 'fees'), 2)) WHERE rural AND month(month) = 1
    UNION ALL
    SELECT code, unnest(['households', 'households_sewered']), month,
        unnest([homes, floor(homes * least(1, CASE WHEN rural THEN 0.66 ELSE 0.95 END + 0.3 * u(h, 'sewer') - 0.002 * ago))]),
        '户', NULL
    FROM lives
    UNION ALL
    SELECT code, 'form_kinds', month, getvariable('forms')[least(1 + ago // 12, 4)] + floor(7 * u(h, 'forms')) - 3, '种', NULL
    FROM lives WHERE month(month) = 1
    UNION ALL
    SELECT code, unnest(['secretary_fulltime', 'secretary_years', 'digital_tier']), month,
        unnest([(u(h, 'secretary') < 0.9)::INTEGER, floor(6 * u(h, 'years')) + (ago < 12)::INTEGER,
            CASE WHEN u(h, 'tier') < 0.04 THEN 3 WHEN u(h, 'tier') < 0.16 THEN 2 WHEN u(h, 'tier') < 0.7 THEN 1 ELSE 0 END]),
        unnest([NULL, '年', '级']), NULL
    FROM lives WHERE month(month) = 1
    UNION ALL
    SELECT code, 'repeated_fields', month, CASE WHEN u(hash(xor(h, hash(month))), 'repeated') < 0.03 THEN 1 ELSE 0 END, '项', NULL
    FROM lives
    UNION ALL
    SELECT code, 'debt_wan', month, if(u(h, 'debtor') < 0.22, round(70 * least(spread(h, 'debt', 0.5), 6), 1), 0), '万元', NULL
    FROM lives WHERE rural AND month(month) = 1
    UNION ALL
    SELECT town, 'registered_users', month,
        round(sum(residents) * (0.45 - 0.004 * any_value(ago)) * (0.9 + 0.2 * u(hash(town), 'users'))), '人',
        sum(residents)::BIGINT
    FROM lives GROUP BY town, month
    UNION ALL
    SELECT town, unnest(['cameras', 'cameras_online']), month, unnest([points, floor(points * (CASE WHEN town = getvariable('dark')
        THEN 0.78 ELSE 0.95 + 0.045 * u(hash(town), 'online') END))]), '路', NULL
    FROM (SELECT town, month, points: floor(sum(residents) / 24.0) FROM lives GROUP BY town, month)
    UNION ALL
    SELECT town, unnest(['survey_valid', 'survey_aware', 'survey_support', 'survey_joined']), month,
        unnest([asked, floor(asked * (0.82 + 0.15 * u(hash(town), 'aware'))), floor(asked * (0.88 + 0.1 * u(hash(town), 'support'))),
            floor(asked * (0.45 + 0.3 * u(hash(town), 'joined')))]), '份', NULL
    FROM (SELECT town, month, asked: floor(300 + 200 * u(hash(town), 'asked')) FROM lives WHERE month(month) IN (1, 7) GROUP BY town, month)
    UNION ALL
    SELECT getvariable('district'), unnest(['cloud_cpu', 'cloud_memory', 'cloud_storage', 'cloud_cpu_used', 'cloud_memory_used',
            'cloud_storage_used']), month,
        unnest([12536, 41, 1536, floor(12536 * (0.62 - 0.006 * ago)), round(41 * (0.7 - 0.006 * ago), 1), floor(1536 * (0.55 - 0.008 * ago))]),
        unnest(['核', 'TB', 'TB', '核', 'TB', 'TB']), NULL
    FROM months, LATERAL (SELECT ago: date_diff('month', month, getvariable('as_of')))
)
SELECT key: code || '/' || measure || '/' || strftime(month, '%Y%m'), area: code, measure, measured_at: month,
    value: value::DOUBLE, value_unit, n, updated_at: month
FROM found
ORDER BY month, code, measure
