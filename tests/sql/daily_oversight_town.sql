SELECT area // 1000 * 1000 AS area, CAST(measured_at AS DATE) AS day,
count(*) FILTER (
WHERE measure = 'alert_on_time') AS alerts_due,
count(*) FILTER (
WHERE measure = 'alert_on_time' AND value = 1) AS alerts_on_time,
count(*) FILTER (
WHERE measure = 'alert_valid') AS alerts_handled,
count(*) FILTER (
WHERE measure = 'alert_valid' AND value = 1) AS alerts_valid
FROM (
SELECT source, key, area, area_then, unit, measure, measured_at, value, value_unit, n, updated_at, batch
FROM readings
WHERE measured_at < $as_of)
WHERE measured_at < $as_of
GROUP BY ALL
