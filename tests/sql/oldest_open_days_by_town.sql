SELECT area // 1000 * 1000 AS g, 0 AS i, max(date_diff('second', registered_at, TIMESTAMP '2026-11-22 08:00:00')) // 86400 AS value,
count(*) AS n
FROM (
SELECT *
FROM (
SELECT area, registered_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (closed_at IS NULL OR closed_at >= TIMESTAMP '2026-11-22 08:00:00') AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE (registered_at) < TIMESTAMP '2026-11-22 08:00:00' AND NOT coalesce((closed_at) < TIMESTAMP '2026-11-22 08:00:00', false)
GROUP BY g
