WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(registered_at AS DATE) AS day,
count(*) AS intake,
count(*) FILTER (
WHERE accepted_at IS NOT NULL AND NOT cancelled) AS accepted,
coalesce(sum(returned + 1), 0)::DOUBLE AS dispatches,
coalesce(sum(returned), 0)::DOUBLE AS returns,
count(*) FILTER (
WHERE repeated) AS repeats,
count(*) FILTER (
WHERE accepted_at IS NOT NULL) AS accepted_of,
count(*) FILTER (
WHERE signed_at IS NOT NULL) AS signed_of,
count(*) FILTER (
WHERE responded_at IS NOT NULL) AS responded_of,
count(*) FILTER (
WHERE closed_at IS NOT NULL) AS closed_of,
count(*) FILTER (
WHERE accepted_at <= registered_at + INTERVAL 1 DAY) AS accepted_in_day,
count(*) FILTER (
WHERE returned IS NOT NULL) AS with_returned,
count(*) FILTER (
WHERE returned = 0) AS never_returned,
count(*) FILTER (
WHERE extended IS NOT NULL) AS with_extended,
count(*) FILTER (
WHERE extended > 0) AS extended_of,
count(*) FILTER (
WHERE self_found IS NOT NULL) AS with_origin,
count(*) FILTER (
WHERE self_found) AS self_found_of,
count(*) FILTER (
WHERE returned >= 2) AS returned_twice,
count(*) FILTER (
WHERE pushed_at IS NOT NULL) AS pushed,
count(*) FILTER (
WHERE kind = 'hotline') AS complaints,
count(*) FILTER (
WHERE complexity = 'joint') AS joint,
count(*) FILTER (
WHERE complexity IS NOT NULL) AS with_complexity,
count(*) FILTER (
WHERE urgent AND responded_at IS NOT NULL) AS urgent_responded,
count(*) FILTER (
WHERE urgent AND responded_at <= registered_at + INTERVAL 2 MINUTE) AS urgent_in_2_minutes
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(closed_at AS DATE) AS day,
count(*) AS finished,
count(*) FILTER (
WHERE NOT cancelled) AS closed,
count(*) FILTER (
WHERE cancelled) AS cancelled_cases,
count(*) FILTER (
WHERE standing AND due_at IS NOT NULL) AS closed_with_due,
count(*) FILTER (
WHERE standing AND closed_at <= due_at) AS closed_on_time,
count(*) FILTER (
WHERE NOT cancelled AND reworked IS NOT NULL) AS checked,
count(*) FILTER (
WHERE NOT cancelled AND reworked > 0) AS reworked_cases,
count(*) FILTER (
WHERE NOT cancelled AND reached) AS callbacks,
count(*) FILTER (
WHERE NOT cancelled AND reached AND solved) AS solved_callbacks,
count(*) FILTER (
WHERE NOT cancelled AND reached AND satisfied) AS satisfied_callbacks,
count(*) FILTER (
WHERE standing AND closed_at <= due_at AND registered_at < due_at - INTERVAL 1 DAY) AS closed_in_time_of_days,
count(*) FILTER (
WHERE standing AND closed_at <= due_at AND closed_at > due_at - INTERVAL 3 HOUR AND registered_at < due_at - INTERVAL 1 DAY) AS closed_in_last_hours,
count(*) FILTER (
WHERE NOT cancelled AND kind IN ('hotline', 'event')) AS callable,
count(*) FILTER (
WHERE NOT cancelled AND kind IN ('hotline', 'event') AND reached IS NOT TRUE) AS never_reached,
count(*) FILTER (
WHERE NOT cancelled AND urgent) AS urgent_closed,
count(*) FILTER (
WHERE NOT cancelled AND urgent AND closed_at <= registered_at + INTERVAL 20 MINUTE) AS urgent_in_20_minutes
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE closed_at < $as_of
GROUP BY ALL), arm_2 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(CASE WHEN due_at IS NOT NULL THEN greatest(due_at, registered_at) END AS DATE) AS day,
count(*) AS fell_due
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE CASE WHEN due_at IS NOT NULL THEN greatest(due_at, registered_at) END < $as_of
GROUP BY ALL), arm_3 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(CASE WHEN due_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(due_at, closed_at) END AS DATE) AS day,
count(*) AS caught_up
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE CASE WHEN due_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(due_at, closed_at) END < $as_of
GROUP BY ALL), arm_4 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(due_at AS DATE) AS day,
count(*) FILTER (
WHERE standing) AS due,
count(*) FILTER (
WHERE standing AND closed_at IS NOT NULL) AS due_closed,
count(*) FILTER (
WHERE standing AND closed_at <= due_at) AS due_on_time,
count(*) FILTER (
WHERE standing AND urgent) AS urgent_due,
count(*) FILTER (
WHERE standing AND urgent AND closed_at <= due_at) AS urgent_on_time
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE due_at < $as_of
GROUP BY ALL), arm_5 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(sign_due_at AS DATE) AS day,
count(*) AS sign_due,
count(*) FILTER (
WHERE signed_at <= sign_due_at) AS signed_on_time
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE sign_due_at < $as_of
GROUP BY ALL), arm_6 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, complexity AS complexity, CAST(respond_due_at AS DATE) AS day,
count(*) AS respond_due,
count(*) FILTER (
WHERE responded_at <= respond_due_at) AS responded_on_time
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') <> 'done') AS cancelled, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (urgency IN ('urgent', 'critical')) AS urgent
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
WHERE kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE respond_due_at < $as_of
GROUP BY ALL), k AS (
SELECT DISTINCT area, complexity, day
FROM (
SELECT area, complexity, day
FROM arm_0 UNION ALL
SELECT area, complexity, day
FROM arm_1 UNION ALL
SELECT area, complexity, day
FROM arm_2 UNION ALL
SELECT area, complexity, day
FROM arm_3 UNION ALL
SELECT area, complexity, day
FROM arm_4 UNION ALL
SELECT area, complexity, day
FROM arm_5 UNION ALL
SELECT area, complexity, day
FROM arm_6))
SELECT k.area, k.complexity, k.day,
coalesce(intake, 0)::BIGINT AS intake,
coalesce(accepted, 0)::BIGINT AS accepted,
coalesce(finished, 0)::BIGINT AS finished,
coalesce(closed, 0)::BIGINT AS closed,
coalesce(cancelled_cases, 0)::BIGINT AS cancelled_cases,
coalesce(fell_due, 0)::BIGINT AS fell_due,
coalesce(caught_up, 0)::BIGINT AS caught_up,
coalesce(due, 0)::BIGINT AS due,
coalesce(due_closed, 0)::BIGINT AS due_closed,
coalesce(due_on_time, 0)::BIGINT AS due_on_time,
coalesce(urgent_due, 0)::BIGINT AS urgent_due,
coalesce(urgent_on_time, 0)::BIGINT AS urgent_on_time,
coalesce(closed_with_due, 0)::BIGINT AS closed_with_due,
coalesce(closed_on_time, 0)::BIGINT AS closed_on_time,
coalesce(sign_due, 0)::BIGINT AS sign_due,
coalesce(signed_on_time, 0)::BIGINT AS signed_on_time,
coalesce(respond_due, 0)::BIGINT AS respond_due,
coalesce(responded_on_time, 0)::BIGINT AS responded_on_time,
coalesce(checked, 0)::BIGINT AS checked,
coalesce(reworked_cases, 0)::BIGINT AS reworked_cases,
coalesce(dispatches, 0)::DOUBLE AS dispatches,
coalesce(returns, 0)::DOUBLE AS returns,
coalesce(repeats, 0)::BIGINT AS repeats,
coalesce(callbacks, 0)::BIGINT AS callbacks,
coalesce(solved_callbacks, 0)::BIGINT AS solved_callbacks,
coalesce(satisfied_callbacks, 0)::BIGINT AS satisfied_callbacks,
coalesce(accepted_of, 0)::BIGINT AS accepted_of,
coalesce(signed_of, 0)::BIGINT AS signed_of,
coalesce(responded_of, 0)::BIGINT AS responded_of,
coalesce(closed_of, 0)::BIGINT AS closed_of,
coalesce(accepted_in_day, 0)::BIGINT AS accepted_in_day,
coalesce(with_returned, 0)::BIGINT AS with_returned,
coalesce(never_returned, 0)::BIGINT AS never_returned,
coalesce(with_extended, 0)::BIGINT AS with_extended,
coalesce(extended_of, 0)::BIGINT AS extended_of,
coalesce(with_origin, 0)::BIGINT AS with_origin,
coalesce(self_found_of, 0)::BIGINT AS self_found_of,
coalesce(closed_in_time_of_days, 0)::BIGINT AS closed_in_time_of_days,
coalesce(closed_in_last_hours, 0)::BIGINT AS closed_in_last_hours,
coalesce(returned_twice, 0)::BIGINT AS returned_twice,
coalesce(callable, 0)::BIGINT AS callable,
coalesce(never_reached, 0)::BIGINT AS never_reached,
coalesce(pushed, 0)::BIGINT AS pushed,
coalesce(complaints, 0)::BIGINT AS complaints,
coalesce(joint, 0)::BIGINT AS joint,
coalesce(with_complexity, 0)::BIGINT AS with_complexity,
coalesce(urgent_responded, 0)::BIGINT AS urgent_responded,
coalesce(urgent_in_2_minutes, 0)::BIGINT AS urgent_in_2_minutes,
coalesce(urgent_closed, 0)::BIGINT AS urgent_closed,
coalesce(urgent_in_20_minutes, 0)::BIGINT AS urgent_in_20_minutes
FROM k LEFT JOIN arm_0 ON k.area IS NOT DISTINCT
FROM arm_0.area AND k.complexity IS NOT DISTINCT
FROM arm_0.complexity AND k.day IS NOT DISTINCT
FROM arm_0.day LEFT JOIN arm_1 ON k.area IS NOT DISTINCT
FROM arm_1.area AND k.complexity IS NOT DISTINCT
FROM arm_1.complexity AND k.day IS NOT DISTINCT
FROM arm_1.day LEFT JOIN arm_2 ON k.area IS NOT DISTINCT
FROM arm_2.area AND k.complexity IS NOT DISTINCT
FROM arm_2.complexity AND k.day IS NOT DISTINCT
FROM arm_2.day LEFT JOIN arm_3 ON k.area IS NOT DISTINCT
FROM arm_3.area AND k.complexity IS NOT DISTINCT
FROM arm_3.complexity AND k.day IS NOT DISTINCT
FROM arm_3.day LEFT JOIN arm_4 ON k.area IS NOT DISTINCT
FROM arm_4.area AND k.complexity IS NOT DISTINCT
FROM arm_4.complexity AND k.day IS NOT DISTINCT
FROM arm_4.day LEFT JOIN arm_5 ON k.area IS NOT DISTINCT
FROM arm_5.area AND k.complexity IS NOT DISTINCT
FROM arm_5.complexity AND k.day IS NOT DISTINCT
FROM arm_5.day LEFT JOIN arm_6 ON k.area IS NOT DISTINCT
FROM arm_6.area AND k.complexity IS NOT DISTINCT
FROM arm_6.complexity AND k.day IS NOT DISTINCT
FROM arm_6.day
