SELECT area // 1000 * 1000 AS area, reason AS reason, CAST(closed_at AS DATE) AS day,
count(*) FILTER (
WHERE coalesce(close_kind, 'done') = 'done' AND reached AND NOT satisfied) AS unsatisfied,
count(*) FILTER (
WHERE coalesce(close_kind, 'done') = 'done' AND reached AND NOT solved) AS unsolved
FROM (
SELECT *
FROM (
SELECT source, key, kind, area, area_then, lon, lat, place, unit, co_units, channel, assisted, category, subcategory, urgency, registered_at,
CASE WHEN pushed_at < $as_of THEN pushed_at END AS pushed_at,
CASE WHEN delivered_at < $as_of THEN delivered_at END AS delivered_at,
CASE WHEN accepted_at < $as_of THEN accepted_at END AS accepted_at, sign_due_at,
CASE WHEN signed_at < $as_of THEN signed_at END AS signed_at, respond_due_at,
CASE WHEN responded_at < $as_of THEN responded_at END AS responded_at,
CASE WHEN handled_at < $as_of THEN handled_at END AS handled_at, due_at, due_calendar,
CASE WHEN published_at < $as_of THEN published_at END AS published_at, red_at,
CASE WHEN closed_at < $as_of THEN closed_at END AS closed_at,
CASE WHEN closed_at < $as_of THEN close_kind END AS close_kind, deferred, extended, returned,
CASE WHEN closed_at < $as_of THEN reworked END AS reworked,
CASE WHEN closed_at < $as_of THEN reason END AS reason,
CASE WHEN closed_at < $as_of THEN reached END AS reached,
CASE WHEN closed_at < $as_of THEN solved END AS solved,
CASE WHEN closed_at < $as_of THEN satisfied END AS satisfied,
CASE WHEN closed_at < $as_of THEN rating END AS rating,
CASE WHEN closed_at < $as_of THEN rating_default END AS rating_default,
CASE WHEN closed_at < $as_of THEN cert_presented END AS cert_presented,
CASE WHEN closed_at < $as_of THEN cert_accepted END AS cert_accepted, complexity, self_found, title, description, parent, repeat_of, repeated, asset, reporter, updated_at, batch
FROM cases
WHERE registered_at < $as_of)
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project'))
WHERE closed_at < $as_of
GROUP BY ALL
