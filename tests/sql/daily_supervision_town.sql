WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(due_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'order' AND standing) AS orders_due,
count(*) FILTER (
WHERE kind = 'order' AND standing AND responded_at <= due_at) AS orders_replied,
count(*) FILTER (
WHERE kind = 'escalation' AND standing) AS escalations_due,
count(*) FILTER (
WHERE kind = 'escalation' AND standing AND closed_at <= due_at) AS escalations_on_time,
count(*) FILTER (
WHERE kind = 'problem' AND standing) AS problems_due,
count(*) FILTER (
WHERE kind = 'problem' AND standing AND closed_at IS NOT NULL) AS problems_cleared,
count(*) FILTER (
WHERE kind = 'whistle' AND standing) AS whistles_due,
count(*) FILTER (
WHERE kind = 'whistle' AND standing AND handled_at <= due_at) AS whistles_arrived,
count(*) FILTER (
WHERE kind = 'wish' AND standing) AS wishes_due,
count(*) FILTER (
WHERE kind = 'wish' AND standing AND closed_at <= due_at) AS wishes_done
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE due_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(CASE WHEN kind = 'order' AND red_at IS NOT NULL THEN greatest(red_at, registered_at) END AS DATE) AS day,
count(*) AS orders_turned_red
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE CASE WHEN kind = 'order' AND red_at IS NOT NULL THEN greatest(red_at, registered_at) END < $as_of
GROUP BY ALL), arm_2 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(CASE WHEN kind = 'order' AND red_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(red_at, closed_at) END AS DATE) AS day,
count(*) AS red_orders_closed
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE CASE WHEN kind = 'order' AND red_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(red_at, closed_at) END < $as_of
GROUP BY ALL), arm_3 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(registered_at AS DATE) AS day,
count(*) FILTER (
WHERE is_supervised) AS supervised,
count(*) FILTER (
WHERE accepted_at IS NOT NULL AND NOT cancelled) AS cases_accepted,
count(*) FILTER (
WHERE kind = 'escalation' AND accepted_at IS NOT NULL AND NOT cancelled) AS cases_escalated,
count(*) FILTER (
WHERE kind = 'escalation' AND coalesce(close_kind, 'done') IN ('done', 'refused', 'returned')) AS escalations_proposed
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE registered_at < $as_of
GROUP BY ALL), arm_4 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(closed_at AS DATE) AS day,
count(*) FILTER (
WHERE is_supervised) AS supervised_closed,
count(*) FILTER (
WHERE kind = 'problem' AND NOT cancelled) AS problems_closed,
count(*) FILTER (
WHERE kind = 'problem' AND NOT cancelled AND reworked > 0) AS problems_reworked,
count(*) FILTER (
WHERE kind = 'problem' AND NOT cancelled AND published_at IS NOT NULL) AS problems_published,
count(*) FILTER (
WHERE kind = 'whistle' AND NOT cancelled AND rating IS NOT NULL AND rating_default IS NOT TRUE) AS whistles_rated,
coalesce(sum(rating) FILTER (
WHERE kind = 'whistle' AND NOT cancelled AND rating_default IS NOT TRUE), 0)::DOUBLE AS whistle_points
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE closed_at < $as_of
GROUP BY ALL), arm_5 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(CASE WHEN kind = 'approval' AND due_at IS NOT NULL THEN greatest(due_at, registered_at) END AS DATE) AS day,
count(*) AS approvals_fell_due
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE CASE WHEN kind = 'approval' AND due_at IS NOT NULL THEN greatest(due_at, registered_at) END < $as_of
GROUP BY ALL), arm_6 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(CASE WHEN kind = 'approval' AND due_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(due_at, closed_at) END AS DATE) AS day,
count(*) AS approvals_caught_up
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE CASE WHEN kind = 'approval' AND due_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(due_at, closed_at) END < $as_of
GROUP BY ALL), arm_7 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(published_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'wish' AND NOT cancelled) AS wishes_listed,
count(*) FILTER (
WHERE kind = 'wish' AND NOT cancelled AND signed_at IS NOT NULL) AS wishes_claimed
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (kind IN ('order', 'instruction', 'escalation', 'problem', 'whistle', 'wish', 'approval')) AS is_supervised
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
WHERE registered_at < $as_of))
WHERE published_at < $as_of
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
FROM arm_4 UNION ALL
SELECT area, day
FROM arm_5 UNION ALL
SELECT area, day
FROM arm_6 UNION ALL
SELECT area, day
FROM arm_7))
SELECT k.area, k.day,
coalesce(orders_due, 0)::BIGINT AS orders_due,
coalesce(orders_replied, 0)::BIGINT AS orders_replied,
coalesce(orders_turned_red, 0)::BIGINT AS orders_turned_red,
coalesce(red_orders_closed, 0)::BIGINT AS red_orders_closed,
coalesce(supervised, 0)::BIGINT AS supervised,
coalesce(supervised_closed, 0)::BIGINT AS supervised_closed,
coalesce(cases_accepted, 0)::BIGINT AS cases_accepted,
coalesce(cases_escalated, 0)::BIGINT AS cases_escalated,
coalesce(escalations_proposed, 0)::BIGINT AS escalations_proposed,
coalesce(escalations_due, 0)::BIGINT AS escalations_due,
coalesce(escalations_on_time, 0)::BIGINT AS escalations_on_time,
coalesce(approvals_fell_due, 0)::BIGINT AS approvals_fell_due,
coalesce(approvals_caught_up, 0)::BIGINT AS approvals_caught_up,
coalesce(problems_due, 0)::BIGINT AS problems_due,
coalesce(problems_cleared, 0)::BIGINT AS problems_cleared,
coalesce(problems_closed, 0)::BIGINT AS problems_closed,
coalesce(problems_reworked, 0)::BIGINT AS problems_reworked,
coalesce(problems_published, 0)::BIGINT AS problems_published,
coalesce(whistles_due, 0)::BIGINT AS whistles_due,
coalesce(whistles_rated, 0)::BIGINT AS whistles_rated,
coalesce(whistle_points, 0)::DOUBLE AS whistle_points,
coalesce(whistles_arrived, 0)::BIGINT AS whistles_arrived,
coalesce(wishes_listed, 0)::BIGINT AS wishes_listed,
coalesce(wishes_claimed, 0)::BIGINT AS wishes_claimed,
coalesce(wishes_due, 0)::BIGINT AS wishes_due,
coalesce(wishes_done, 0)::BIGINT AS wishes_done
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
FROM arm_4.day LEFT JOIN arm_5 ON k.area IS NOT DISTINCT
FROM arm_5.area AND k.day IS NOT DISTINCT
FROM arm_5.day LEFT JOIN arm_6 ON k.area IS NOT DISTINCT
FROM arm_6.area AND k.day IS NOT DISTINCT
FROM arm_6.day LEFT JOIN arm_7 ON k.area IS NOT DISTINCT
FROM arm_7.area AND k.day IS NOT DISTINCT
FROM arm_7.day
