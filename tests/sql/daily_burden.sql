SELECT area, CAST(measured_at AS DATE) AS day,
coalesce(sum(value), 0)::DOUBLE AS repeated
FROM (
SELECT *
FROM (
SELECT source, key, area, area_then, unit, measure, measured_at, value, value_unit, n, updated_at, batch
FROM readings
WHERE measured_at < $as_of)
WHERE measure = 'repeated_fields')
WHERE measured_at < $as_of
GROUP BY ALL
