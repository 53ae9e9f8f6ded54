SELECT area, CAST(measured_at AS DATE) AS day,
coalesce(sum(value) FILTER (
WHERE measure = 'repeated_fields'), 0)::DOUBLE AS repeated,
coalesce(sum(n) FILTER (
WHERE measure = 'prefilled_fields' AND n > 0), 0)::DOUBLE AS form_fields,
coalesce(sum(value) FILTER (
WHERE measure = 'prefilled_fields' AND n > 0), 0)::DOUBLE AS prefilled
FROM (
SELECT *
FROM (
SELECT source, key, area, area_then, unit, measure, measured_at, value, value_unit, n, updated_at, batch
FROM readings
WHERE measured_at < $as_of)
WHERE measure IN ('repeated_fields', 'prefilled_fields'))
WHERE measured_at < $as_of
GROUP BY ALL
