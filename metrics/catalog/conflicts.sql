-- One row an area, measure and instant for which two sources or more have a reading of the last 62 days: whether their newest
-- values differ by more than 1 % and by more than 1. The sources and their values stand side by side, lowest first.
-- Given: instants(i, moment) and shared_measures(measure), those that two sources or more report.
WITH newest AS (
    SELECT instants.i, moment, area, area_then, measure, r.source, arg_max(value, measured_at) AS value
    FROM readings r JOIN instants ON measured_at < moment AND measured_at >= moment - INTERVAL 62 DAY
    WHERE measure IN (FROM shared_measures)
    GROUP BY ALL
)
SELECT i, moment, area, area_then, source: 'sources', key: area_then || '/' || measure, measure,
    lowest: min(value), highest: max(value), by_lowest: arg_min(source, value), by_highest: arg_max(source, value),
    passed: max(value) - min(value) <= greatest(1, 0.01 * max(abs(value)))
FROM newest
GROUP BY i, moment, area, area_then, measure
HAVING count(*) > 1
