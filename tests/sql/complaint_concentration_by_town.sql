SELECT g, i,
coalesce(sum(n) FILTER (value <> '' AND place <= 10), 0) AS numerator, sum(n) AS denominator
FROM (
SELECT *, row_number() OVER (PARTITION BY g, i ORDER BY value <> '' DESC, n DESC, value) AS place
FROM (
SELECT split_part(g, chr(31), 1) AS g, i, split_part(g, chr(31), 2) AS value, complaints AS n
FROM (
SELECT (area // 1000 * 1000)::VARCHAR || chr(31) || coalesce(category, '') AS g, 0 AS i,
coalesce(count(*) FILTER (
WHERE (registered_at) < TIMESTAMP '2026-11-22 08:00:00' AND (registered_at) < DATE '2026-11-23' AND (registered_at) >= DATE '2026-10-01' AND (kind = 'hotline')), 0)::BIGINT AS complaints
FROM (
SELECT *
FROM (
SELECT kind, area, category, registered_at
FROM (
SELECT *
FROM cases
WHERE area >= 990101000000 AND area < 990102000000 AND ((registered_at >= DATE '2026-10-01' AND registered_at < DATE '2027-01-01')) AND (kind NOT IN ('service', 'share_req', 'open_req', 'flow_req', 'review', 'abnormal', 'risk', 'discipline', 'topic', 'pairing', 'project')))
WHERE registered_at < TIMESTAMP '2026-11-22 08:00:00'))
WHERE ((registered_at) >= DATE '2026-10-01' AND (registered_at) < DATE '2027-01-01' AND (registered_at) < TIMESTAMP '2026-11-22 08:00:00')
GROUP BY g)))
GROUP BY g, i
