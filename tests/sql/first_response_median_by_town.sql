SELECT g, 0 AS i, quantile_cont(v, 0.5) AS value,
count(v) AS n
FROM (
SELECT area // 1000 * 1000 AS g, responded_at AS moment, date_diff('second', registered_at, responded_at) / 60.0 AS v
FROM (
SELECT *, (urgency IN ('urgent', 'critical')) AS urgent
FROM (
SELECT area, urgency, registered_at,
CASE WHEN responded_at < TIMESTAMP '2026-11-22 08:00:00' THEN responded_at END AS responded_at
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (responded_at >= TIMESTAMP '2026-10-01' AND responded_at < TIMESTAMP '2026-11-22 08:00:00') AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE responded_at >= TIMESTAMP '2026-10-01' AND responded_at < TIMESTAMP '2026-11-22 08:00:00' AND (urgent))
GROUP BY g
