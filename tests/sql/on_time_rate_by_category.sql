SELECT coalesce(category, '') AS g, 0 AS i,
coalesce(count(*) FILTER (
WHERE (due_at) < TIMESTAMP '2026-11-22 08:00:00' AND (due_at) < DATE '2026-11-23' AND (due_at) >= DATE '2026-10-01' AND (standing AND closed_at <= due_at)), 0)::BIGINT AS due_on_time,
coalesce(count(*) FILTER (
WHERE (due_at) < TIMESTAMP '2026-11-22 08:00:00' AND (due_at) < DATE '2026-11-23' AND (due_at) >= DATE '2026-10-01' AND (standing)), 0)::BIGINT AS due
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
FROM (
SELECT category, registered_at, due_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN close_kind END AS close_kind, deferred
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND ((due_at >= DATE '2026-10-01' AND due_at < DATE '2027-01-01')) AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE ((due_at) >= DATE '2026-10-01' AND (due_at) < DATE '2027-01-01' AND (due_at) < TIMESTAMP '2026-11-22 08:00:00')
GROUP BY g
