-- People waiting at each counter of the service halls, hourly. Tables and variables: data/demo/readings.py.
WITH counted AS (
    SELECT l.*, b.people, measured_at: getvariable('today') - d::INTEGER + to_minutes(b.hour * 60 + 30),
        key: l.unit || '/' || strftime(measured_at, '%Y%m%d%H'), h: hash(xor(hash(key), getvariable('salt'))),
        busy: CASE WHEN dayofweek(measured_at) IN (0, 6) THEN 0.5 WHEN dayofweek(measured_at) = 1 THEN 1.3 ELSE 1 END
    FROM range(14) t(d), busy b, lines l
)
SELECT key, area, unit, measure: 'queue_waiting', measured_at,
    value: floor(people * times * busy * (0.6 + 0.8 * u(h, 'waiting'))),
    value_unit: '人', n: 2 + (people > 8)::BIGINT, updated_at: measured_at
FROM counted
WHERE measured_at < getvariable('as_of')
ORDER BY measured_at, unit
