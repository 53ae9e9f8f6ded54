WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(registered_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'abnormal') AS abnormal_listed,
count(*) FILTER (
WHERE kind = 'risk') AS risk_found,
count(*) FILTER (
WHERE kind = 'discipline') AS discipline_begun
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE registered_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(closed_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'abnormal') AS abnormal_ended
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE closed_at < $as_of
GROUP BY ALL), arm_2 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(CASE WHEN kind = 'abnormal' THEN registered_at + INTERVAL 3 YEAR END AS DATE) AS day,
count(*) AS three_years_reached
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE CASE WHEN kind = 'abnormal' THEN registered_at + INTERVAL 3 YEAR END < $as_of
GROUP BY ALL), arm_3 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(CASE WHEN kind = 'abnormal' AND closed_at IS NOT NULL THEN greatest(registered_at + INTERVAL 3 YEAR, closed_at) END AS DATE) AS day,
count(*) AS three_years_ended
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE CASE WHEN kind = 'abnormal' AND closed_at IS NOT NULL THEN greatest(registered_at + INTERVAL 3 YEAR, closed_at) END < $as_of
GROUP BY ALL), arm_4 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(due_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'risk' AND standing) AS risk_due,
count(*) FILTER (
WHERE kind = 'risk' AND standing AND closed_at <= due_at) AS risk_on_time
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE due_at < $as_of
GROUP BY ALL), arm_5 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, unit AS unit, CAST(respond_due_at AS DATE) AS day,
count(*) FILTER (
WHERE kind = 'discipline' AND standing) AS discipline_due,
count(*) FILTER (
WHERE kind = 'discipline' AND standing AND responded_at <= respond_due_at) AS discipline_replied
FROM (
SELECT *, (coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE) AS standing
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
WHERE kind IN ('abnormal', 'risk', 'discipline')))
WHERE respond_due_at < $as_of
GROUP BY ALL), k AS (
SELECT DISTINCT area, unit, day
FROM (
SELECT area, unit, day
FROM arm_0 UNION ALL
SELECT area, unit, day
FROM arm_1 UNION ALL
SELECT area, unit, day
FROM arm_2 UNION ALL
SELECT area, unit, day
FROM arm_3 UNION ALL
SELECT area, unit, day
FROM arm_4 UNION ALL
SELECT area, unit, day
FROM arm_5))
SELECT k.area, k.unit, k.day,
coalesce(abnormal_listed, 0)::BIGINT AS abnormal_listed,
coalesce(abnormal_ended, 0)::BIGINT AS abnormal_ended,
coalesce(three_years_reached, 0)::BIGINT AS three_years_reached,
coalesce(three_years_ended, 0)::BIGINT AS three_years_ended,
coalesce(risk_found, 0)::BIGINT AS risk_found,
coalesce(risk_due, 0)::BIGINT AS risk_due,
coalesce(risk_on_time, 0)::BIGINT AS risk_on_time,
coalesce(discipline_begun, 0)::BIGINT AS discipline_begun,
coalesce(discipline_due, 0)::BIGINT AS discipline_due,
coalesce(discipline_replied, 0)::BIGINT AS discipline_replied
FROM k LEFT JOIN arm_0 ON k.area IS NOT DISTINCT
FROM arm_0.area AND k.unit IS NOT DISTINCT
FROM arm_0.unit AND k.day IS NOT DISTINCT
FROM arm_0.day LEFT JOIN arm_1 ON k.area IS NOT DISTINCT
FROM arm_1.area AND k.unit IS NOT DISTINCT
FROM arm_1.unit AND k.day IS NOT DISTINCT
FROM arm_1.day LEFT JOIN arm_2 ON k.area IS NOT DISTINCT
FROM arm_2.area AND k.unit IS NOT DISTINCT
FROM arm_2.unit AND k.day IS NOT DISTINCT
FROM arm_2.day LEFT JOIN arm_3 ON k.area IS NOT DISTINCT
FROM arm_3.area AND k.unit IS NOT DISTINCT
FROM arm_3.unit AND k.day IS NOT DISTINCT
FROM arm_3.day LEFT JOIN arm_4 ON k.area IS NOT DISTINCT
FROM arm_4.area AND k.unit IS NOT DISTINCT
FROM arm_4.unit AND k.day IS NOT DISTINCT
FROM arm_4.day LEFT JOIN arm_5 ON k.area IS NOT DISTINCT
FROM arm_5.area AND k.unit IS NOT DISTINCT
FROM arm_5.unit AND k.day IS NOT DISTINCT
FROM arm_5.day
