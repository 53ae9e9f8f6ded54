WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, category AS category, CAST(registered_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'topic') AS topic_begun,
count(*) FILTER (
WHERE kind = 'project') AS project_begun,
count(*) FILTER (
WHERE kind = 'project' AND standing) AS project_started,
count(*) FILTER (
WHERE kind = 'project' AND standing AND year(closed_at) = year(registered_at)) AS project_finished_in_year,
count(*) FILTER (
WHERE kind = 'pairing') AS pairing_begun
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') = 'done') AS done
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
WHERE kind IN ('topic', 'project', 'pairing')))
WHERE registered_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, category AS category, CAST(due_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'topic' AND standing) AS topic_due,
count(*) FILTER (
WHERE kind = 'topic' AND standing AND closed_at IS NOT NULL) AS topic_closed,
count(*) FILTER (
WHERE kind = 'topic' AND standing AND closed_at <= due_at) AS topic_done,
count(*) FILTER (
WHERE kind = 'project' AND standing) AS project_due,
count(*) FILTER (
WHERE kind = 'project' AND standing AND closed_at <= due_at) AS project_done,
count(*) FILTER (
WHERE kind = 'pairing' AND standing) AS pairing_due,
count(*) FILTER (
WHERE kind = 'pairing' AND standing AND closed_at <= due_at AND solved IS NOT FALSE) AS pairing_done
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') = 'done') AS done
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
WHERE kind IN ('topic', 'project', 'pairing')))
WHERE due_at < $as_of
GROUP BY ALL), arm_2 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, category AS category, CAST(closed_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'project' AND done AND satisfied IS NOT NULL) AS project_asked,
count(*) FILTER (
WHERE kind = 'project' AND done AND satisfied) AS project_satisfied
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') = 'done') AS done
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
WHERE kind IN ('topic', 'project', 'pairing')))
WHERE closed_at < $as_of
GROUP BY ALL), k AS (
SELECT DISTINCT area, category, day
FROM (
SELECT area, category, day
FROM arm_0 UNION ALL
SELECT area, category, day
FROM arm_1 UNION ALL
SELECT area, category, day
FROM arm_2))
SELECT k.area, k.category, k.day,
coalesce(topic_begun, 0)::BIGINT AS topic_begun,
coalesce(topic_due, 0)::BIGINT AS topic_due,
coalesce(topic_closed, 0)::BIGINT AS topic_closed,
coalesce(topic_done, 0)::BIGINT AS topic_done,
coalesce(project_begun, 0)::BIGINT AS project_begun,
coalesce(project_due, 0)::BIGINT AS project_due,
coalesce(project_done, 0)::BIGINT AS project_done,
coalesce(project_started, 0)::BIGINT AS project_started,
coalesce(project_finished_in_year, 0)::BIGINT AS project_finished_in_year,
coalesce(project_asked, 0)::BIGINT AS project_asked,
coalesce(project_satisfied, 0)::BIGINT AS project_satisfied,
coalesce(pairing_begun, 0)::BIGINT AS pairing_begun,
coalesce(pairing_due, 0)::BIGINT AS pairing_due,
coalesce(pairing_done, 0)::BIGINT AS pairing_done
FROM k LEFT JOIN arm_0 ON k.area IS NOT DISTINCT
FROM arm_0.area AND k.category IS NOT DISTINCT
FROM arm_0.category AND k.day IS NOT DISTINCT
FROM arm_0.day LEFT JOIN arm_1 ON k.area IS NOT DISTINCT
FROM arm_1.area AND k.category IS NOT DISTINCT
FROM arm_1.category AND k.day IS NOT DISTINCT
FROM arm_1.day LEFT JOIN arm_2 ON k.area IS NOT DISTINCT
FROM arm_2.area AND k.category IS NOT DISTINCT
FROM arm_2.category AND k.day IS NOT DISTINCT
FROM arm_2.day
