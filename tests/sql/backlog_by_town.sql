SELECT area // 1000 * 1000 AS g, 0 AS i,
coalesce(count(*) FILTER (
WHERE (registered_at) < TIMESTAMP '2026-11-22 08:00:00' AND (registered_at) < DATE '2026-11-23'), 0)::BIGINT - coalesce(count(*) FILTER (
WHERE (closed_at) < TIMESTAMP '2026-11-22 08:00:00' AND (closed_at) < DATE '2026-11-23'), 0)::BIGINT AS open
FROM (
SELECT *
FROM (
SELECT area, registered_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE ((registered_at) < DATE '2027-01-01' AND (registered_at) < TIMESTAMP '2026-11-22 08:00:00') OR ((closed_at) < DATE '2027-01-01' AND (closed_at) < TIMESTAMP '2026-11-22 08:00:00')
GROUP BY g
