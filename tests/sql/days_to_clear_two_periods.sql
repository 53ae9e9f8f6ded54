WITH d AS (
SELECT g, greatest(day, DATE '2026-06-30') AS day, sum(intake) AS intake, sum(finished) AS finished, sum(closed) AS closed
FROM (
SELECT g, day,
coalesce(sum(intake), 0)::BIGINT AS intake,
coalesce(sum(finished), 0)::BIGINT AS finished,
coalesce(sum(closed), 0)::BIGINT AS closed
FROM (
SELECT '' AS g, CAST(registered_at AS DATE) AS day,
count(*) AS intake
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled
FROM (
SELECT registered_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN close_kind END AS close_kind
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'
GROUP BY ALL
UNION ALL BY NAME
SELECT '' AS g, CAST(closed_at AS DATE) AS day,
count(*) AS finished,
count(*) FILTER (
WHERE NOT cancelled) AS closed
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled
FROM (
SELECT registered_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN close_kind END AS close_kind
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE closed_at < TIMESTAMP '2026-11-22 08:00:00'
GROUP BY ALL)
GROUP BY ALL)
WHERE day < DATE '2027-01-01'
GROUP BY ALL), b AS (
SELECT unnest(range(2)) AS i, unnest('[2026-07-01, 2026-10-01]'::DATE[]) AS first, unnest('[2026-10-01, 2026-11-23]'::DATE[]) AS stop)
SELECT g, i,
coalesce(sum(intake - finished), 0) AS open,
coalesce(sum(closed) FILTER (day >= b.stop - 30 AND day < b.stop), 0) AS closed_30_days
FROM d JOIN b ON d.day < b.stop
GROUP BY g, i
