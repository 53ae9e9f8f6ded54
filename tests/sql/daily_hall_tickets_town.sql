SELECT area // 1000 * 1000 AS area, CAST(measured_at AS DATE) AS day,
coalesce(sum(n) FILTER (
WHERE n > 0), 0)::DOUBLE AS tickets,
coalesce(sum(value) FILTER (
WHERE n > 0), 0)::DOUBLE AS booked
FROM (
SELECT *
FROM (
SELECT source, key, area, area_then, unit, measure, measured_at, value, value_unit, n, updated_at, batch
FROM readings
WHERE measured_at < $as_of)
WHERE measure = 'tickets_booked')
WHERE measured_at < $as_of
GROUP BY ALL
