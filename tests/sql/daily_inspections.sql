SELECT area, CAST(checked_at AS DATE) AS day,
count(*) AS inspections,
count(*) FILTER (
WHERE passed) AS inspections_passed,
count(*) FILTER (
WHERE rule = 'inspection:joint') AS joint_inspections
FROM (
SELECT *
FROM (
SELECT source, key, area, area_then, asset_source, asset, rule, checked_at, window_days, observed, observed_unit, passed, veto, points, evidence, checker, method, updated_at, batch
FROM checks
WHERE checked_at < $as_of)
WHERE starts_with(rule, 'inspection:'))
WHERE checked_at < $as_of
GROUP BY ALL
