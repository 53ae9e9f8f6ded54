-- One row a village and instant: whether any reading of the 31 days before is about it.
-- Given: instants(i, moment).
WITH days AS (
    SELECT area, measured_at::DATE AS day, max(measured_at) AS measured_at FROM readings
    WHERE measured_at >= (SELECT min(moment) FROM instants) - INTERVAL 31 DAY GROUP BY ALL
),
latest AS (
    SELECT i, area, max(measured_at) AS measured_at FROM (
        SELECT i, area, measured_at FROM days JOIN instants
            ON day < moment::DATE AND measured_at >= moment - INTERVAL 31 DAY
        UNION ALL
        SELECT i, area, measured_at FROM readings JOIN instants  -- the day of the instant, up to it
            ON measured_at::DATE = moment::DATE AND measured_at < moment
    ) GROUP BY ALL
)
SELECT instants.i, moment, source: 'areas', key: a.code::VARCHAR, a.name, area: a.code, area_then: a.code, latest.measured_at,
    passed: latest.measured_at IS NOT NULL
FROM areas a JOIN instants ON a.level = 'village' AND coalesce(a.valid_from <= moment, true) AND NOT coalesce(a.valid_to <= moment, false)
LEFT JOIN latest ON latest.i = instants.i AND latest.area = a.code
