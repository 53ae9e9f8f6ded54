WITH arm_0 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(registered_at AS DATE) AS day,
count(*) AS applied,
count(*) FILTER (
WHERE channel = '网上') AS applied_online,
count(*) FILTER (
WHERE assisted) AS applied_assisted,
count(*) FILTER (
WHERE subcategory IS NOT NULL) AS applied_bundled
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') = 'done') AS done, (rating IS NOT NULL AND rating_default IS NOT TRUE) AS valid_rating
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
WHERE kind = 'service'))
WHERE registered_at < $as_of
GROUP BY ALL), arm_1 AS MATERIALIZED (
SELECT area // 1000 * 1000 AS area, CAST(closed_at AS DATE) AS day,
count(*) FILTER (
WHERE done) AS finished,
count(*) FILTER (
WHERE done AND valid_rating) AS rated,
count(*) FILTER (
WHERE done AND valid_rating AND rating >= 3) AS good_ratings,
count(*) FILTER (
WHERE cert_presented) AS certificates,
count(*) FILTER (
WHERE cert_presented AND NOT cert_accepted) AS certificates_refused,
count(*) FILTER (
WHERE cert_presented AND cert_accepted) AS certificates_accepted
FROM (
SELECT *, (closed_at IS NOT NULL AND coalesce(close_kind, 'done') = 'done') AS done, (rating IS NOT NULL AND rating_default IS NOT TRUE) AS valid_rating
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
WHERE kind = 'service'))
WHERE closed_at < $as_of
GROUP BY ALL), k AS (
SELECT DISTINCT area, day
FROM (
SELECT area, day
FROM arm_0 UNION ALL
SELECT area, day
FROM arm_1))
SELECT k.area, k.day,
coalesce(applied, 0)::BIGINT AS applied,
coalesce(applied_online, 0)::BIGINT AS applied_online,
coalesce(applied_assisted, 0)::BIGINT AS applied_assisted,
coalesce(applied_bundled, 0)::BIGINT AS applied_bundled,
coalesce(finished, 0)::BIGINT AS finished,
coalesce(rated, 0)::BIGINT AS rated,
coalesce(good_ratings, 0)::BIGINT AS good_ratings,
coalesce(certificates, 0)::BIGINT AS certificates,
coalesce(certificates_refused, 0)::BIGINT AS certificates_refused,
coalesce(certificates_accepted, 0)::BIGINT AS certificates_accepted
FROM k LEFT JOIN arm_0 ON k.area IS NOT DISTINCT
FROM arm_0.area AND k.day IS NOT DISTINCT
FROM arm_0.day LEFT JOIN arm_1 ON k.area IS NOT DISTINCT
FROM arm_1.area AND k.day IS NOT DISTINCT
FROM arm_1.day
