-- People waiting at each counter of the service halls, hourly, how long they waited and how many had booked, by day.
-- Tables and variables: data/demo/readings.py.
WITH counted AS (
    SELECT l.*, b.people, measured_at: getvariable('today') - d::INTEGER + to_minutes(b.hour * 60 + 30),
        key: l.unit || '/' || strftime(measured_at, '%Y%m%d%H'), h: hash(xor(hash(key), getvariable('salt'))),
        busy: CASE WHEN dayofweek(measured_at) IN (0, 6) THEN 0.5 WHEN dayofweek(measured_at) = 1 THEN 1.3 ELSE 1 END
    FROM range(14) t(d), busy b, lines l
),
waits AS (
    SELECT l.*, measured_at: d.day + INTERVAL 17 HOUR + INTERVAL 30 MINUTE,
        key: l.unit || '/wait/' || strftime(d.day, '%Y%m%d'), h: hash(xor(hash(key), getvariable('salt'))),
        called: (20 + 90 * times * u(h, 'called'))::BIGINT
    FROM open_days d, lines l
)
SELECT key, area, unit, measure: 'queue_waiting', measured_at,
    value: CASE WHEN unit = getvariable('queue') AND measured_at + INTERVAL 1 HOUR >= getvariable('as_of')
        THEN getvariable('people')
        WHEN unit = getvariable('crowded') AND dayofweek(measured_at) BETWEEN 1 AND 5 AND hour(measured_at) IN (9, 10)
        THEN getvariable('crowd') ELSE floor(people * times * busy * (0.6 + 0.8 * u(h, 'waiting'))) END,
    value_unit: '人', n: 2 + (people > 8)::BIGINT, updated_at: measured_at
FROM counted
WHERE measured_at < getvariable('as_of')
UNION ALL
SELECT key, area, unit, 'queue_wait_min', measured_at,
    round(11 * times * (0.6 + 0.8 * u(h, 'wait')), 1), '分钟', called, measured_at
FROM waits
WHERE measured_at < getvariable('as_of')
UNION ALL
SELECT replace(key, '/wait/', '/booked/'), area, unit, 'tickets_booked', measured_at,
    floor(called * if(area = getvariable('unbooked'), 0.05, 0.25 + 0.3 * u(h, 'booked'))), '张', called, measured_at
FROM waits
WHERE measured_at < getvariable('as_of')
ORDER BY measured_at, unit, measure
