-- The residents that the police count, a few days before the yearbook's month begins. Tables and variables: data/demo/readings.py.
SELECT key: code || '/resident_pop/' || strftime(counted, '%Y%m%d'), area: code, measure: 'resident_pop',
    measured_at: counted,
    value: round(people * (1 - 0.0004 * date_diff('month', month, getvariable('as_of')))
        * CASE WHEN town = getvariable('disputed') AND u(h, 'disputed') < 0.4 THEN 1.06 ELSE 1.002 END),
    value_unit: '人', n: NULL::BIGINT, updated_at: counted
FROM months, grounds, LATERAL (SELECT counted: month - INTERVAL 4 DAY, h: hash(code))
WHERE merged_into = 0 AND month >= getvariable('merged') AND code % 3 > 0
ORDER BY month, code
