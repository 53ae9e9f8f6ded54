WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(registered_at AS DATE) AS day,
count(*) AS requested
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (workday_deadline(registered_at, 10)) AS share_reply_by, (workday_deadline(registered_at,
CASE WHEN coalesce(extended, 0) > 0 THEN 30 ELSE 15 END)) AS open_reply_by
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
WHERE kind IN ('share_req', 'open_req', 'flow_req')))
WHERE registered_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(responded_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'share_req' AND coalesce(close_kind, 'done') = 'done') AS share_granted
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (workday_deadline(registered_at, 10)) AS share_reply_by, (workday_deadline(registered_at,
CASE WHEN coalesce(extended, 0) > 0 THEN 30 ELSE 15 END)) AS open_reply_by
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
WHERE kind IN ('share_req', 'open_req', 'flow_req')))
WHERE responded_at < $as_of
GROUP BY ALL), arm_2 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(due_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'share_req' AND standing) AS share_due,
count(*) FILTER (
WHERE kind = 'share_req' AND standing AND closed_at <= due_at) AS share_delivered,
count(*) FILTER (
WHERE kind = 'flow_req' AND standing) AS return_due,
count(*) FILTER (
WHERE kind = 'flow_req' AND standing AND closed_at <= due_at) AS return_delivered
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (workday_deadline(registered_at, 10)) AS share_reply_by, (workday_deadline(registered_at,
CASE WHEN coalesce(extended, 0) > 0 THEN 30 ELSE 15 END)) AS open_reply_by
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
WHERE kind IN ('share_req', 'open_req', 'flow_req')))
WHERE due_at < $as_of
GROUP BY ALL), arm_3 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(share_reply_by AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'share_req') AS share_reply_due,
count(*) FILTER (
WHERE kind = 'share_req' AND responded_at <= share_reply_by) AS share_replied
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (workday_deadline(registered_at, 10)) AS share_reply_by, (workday_deadline(registered_at,
CASE WHEN coalesce(extended, 0) > 0 THEN 30 ELSE 15 END)) AS open_reply_by
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
WHERE kind IN ('share_req', 'open_req', 'flow_req')))
WHERE share_reply_by < $as_of
GROUP BY ALL), arm_4 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(open_reply_by AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'open_req') AS open_reply_due,
count(*) FILTER (
WHERE kind = 'open_req' AND responded_at <= open_reply_by) AS open_replied
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (workday_deadline(registered_at, 10)) AS share_reply_by, (workday_deadline(registered_at,
CASE WHEN coalesce(extended, 0) > 0 THEN 30 ELSE 15 END)) AS open_reply_by
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
WHERE kind IN ('share_req', 'open_req', 'flow_req')))
WHERE open_reply_by < $as_of
GROUP BY ALL), k AS (
SELECT DISTINCT area, day
FROM (
SELECT area, day
FROM arm_0 UNION ALL
SELECT area, day
FROM arm_1 UNION ALL
SELECT area, day
FROM arm_2 UNION ALL
SELECT area, day
FROM arm_3 UNION ALL
SELECT area, day
FROM arm_4))
SELECT k.area, k.day,
coalesce(requested, 0)::BIGINT AS requested,
coalesce(share_granted, 0)::BIGINT AS share_granted,
coalesce(share_due, 0)::BIGINT AS share_due,
coalesce(share_delivered, 0)::BIGINT AS share_delivered,
coalesce(share_reply_due, 0)::BIGINT AS share_reply_due,
coalesce(share_replied, 0)::BIGINT AS share_replied,
coalesce(return_due, 0)::BIGINT AS return_due,
coalesce(return_delivered, 0)::BIGINT AS return_delivered,
coalesce(open_reply_due, 0)::BIGINT AS open_reply_due,
coalesce(open_replied, 0)::BIGINT AS open_replied
FROM k LEFT JOIN arm_0 ON k.area IS NOT DISTINCT
FROM arm_0.area AND k.day IS NOT DISTINCT
FROM arm_0.day LEFT JOIN arm_1 ON k.area IS NOT DISTINCT
FROM arm_1.area AND k.day IS NOT DISTINCT
FROM arm_1.day LEFT JOIN arm_2 ON k.area IS NOT DISTINCT
FROM arm_2.area AND k.day IS NOT DISTINCT
FROM arm_2.day LEFT JOIN arm_3 ON k.area IS NOT DISTINCT
FROM arm_3.area AND k.day IS NOT DISTINCT
FROM arm_3.day LEFT JOIN arm_4 ON k.area IS NOT DISTINCT
FROM arm_4.area AND k.day IS NOT DISTINCT
FROM arm_4.day
