-- One row a counter, day of the 30 whole days before an instant, and instant: for how many minutes 20 people or more waited.
-- A snapshot stands until the next one of the same counter on the same day, for 60 minutes at most: what nobody measured is
-- not counted. A day without snapshots has no row.
-- Given: instants(i, moment) and bounds(oldest), 14 days before the first of them.
WITH snapshots AS (
    SELECT *, measured_at::DATE AS day, lead(measured_at) OVER (
            PARTITION BY area_then, unit, measured_at::DATE
            ORDER BY measured_at, updated_at NULLS FIRST, source DESC, key DESC) AS following
    FROM readings
    WHERE measure = 'queue_waiting' AND measured_at >= (SELECT oldest FROM bounds) - INTERVAL 17 DAY  -- 31 before the first
)
SELECT i, moment, any_value(source) AS source, min(key) AS key, area, area_then, unit, max(measured_at) AS measured_at,
    max(value) AS most, count(*) AS snapshots,
    sum(CASE WHEN value >= 20 THEN date_diff('second', measured_at, least(
        following, measured_at + INTERVAL 60 MINUTE, day + INTERVAL 1 DAY)) ELSE 0 END) / 60 AS minutes,
    minutes = 0 AS passed
FROM snapshots JOIN instants ON measured_at < moment::DATE AND measured_at >= moment::DATE - INTERVAL 30 DAY
GROUP BY i, moment, area, area_then, unit, day
