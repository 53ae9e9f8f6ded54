SELECT area // 1000 * 1000 AS g, 0 AS i, max(date_diff('second', registered_at, TIMESTAMP '2026-11-22 08:00:00')) // 86400 AS value,
count(*) AS n
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
FROM (
SELECT source, key, kind, area, area_then, lon, lat, place, unit, co_units, channel, assisted, category, subcategory, urgency, registered_at,
CASE WHEN pushed_at < TIMESTAMP '2026-11-22 08:00:00' THEN pushed_at END AS pushed_at,
CASE WHEN delivered_at < TIMESTAMP '2026-11-22 08:00:00' THEN delivered_at END AS delivered_at,
CASE WHEN accepted_at < TIMESTAMP '2026-11-22 08:00:00' THEN accepted_at END AS accepted_at, sign_due_at,
CASE WHEN signed_at < TIMESTAMP '2026-11-22 08:00:00' THEN signed_at END AS signed_at, respond_due_at,
CASE WHEN responded_at < TIMESTAMP '2026-11-22 08:00:00' THEN responded_at END AS responded_at,
CASE WHEN handled_at < TIMESTAMP '2026-11-22 08:00:00' THEN handled_at END AS handled_at, due_at, due_calendar,
CASE WHEN published_at < TIMESTAMP '2026-11-22 08:00:00' THEN published_at END AS published_at, red_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN closed_at END AS closed_at,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN close_kind END AS close_kind, deferred, extended, returned,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN reworked END AS reworked,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN reason END AS reason,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN reached END AS reached,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN solved END AS solved,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN satisfied END AS satisfied,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN rating END AS rating,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN rating_default END AS rating_default,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN cert_presented END AS cert_presented,
CASE WHEN closed_at < TIMESTAMP '2026-11-22 08:00:00' THEN cert_accepted END AS cert_accepted, complexity, self_found, title, description, parent, repeat_of, repeated, asset, reporter, updated_at, batch
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND (closed_at IS NULL OR closed_at >= TIMESTAMP '2026-11-22 08:00:00') AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE (registered_at) < TIMESTAMP '2026-11-22 08:00:00' AND NOT coalesce((closed_at) < TIMESTAMP '2026-11-22 08:00:00', false)
GROUP BY g
