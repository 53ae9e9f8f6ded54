-- One row a complaint, message or event registered in the 30 days before an instant: whether another source has it, too.
-- Given: instants(i, moment). A case counts as twice from the moment that both are registered.
WITH registered AS MATERIALIZED (
    SELECT row_number() OVER () AS n, source, key, area, area_then, unit, category, place, registered_at,
        hash(area, place, category) AS spot
    FROM cases
    WHERE registered_at >= (SELECT min(moment) FROM instants) - INTERVAL 31 DAY
        AND registered_at < (SELECT max(moment) FROM instants)
        AND kind IN ('hotline', 'message', 'event') AND place IS NOT NULL AND category IS NOT NULL
),
shared AS MATERIALIZED (
    SELECT n, spot, source, registered_at FROM registered
    WHERE spot IN (SELECT spot FROM registered GROUP BY spot HAVING min(source) <> max(source))
),
twice AS (
    SELECT r.n, min(o.registered_at) AS since FROM shared r JOIN shared o
        ON o.spot = r.spot AND o.source <> r.source
        AND o.registered_at > r.registered_at - INTERVAL 1 DAY AND o.registered_at < r.registered_at + INTERVAL 1 DAY
    GROUP BY r.n
)
SELECT i, moment, source, key, area, area_then, unit, category, place, registered_at,
    twice: coalesce(since < moment, false)
FROM registered JOIN instants ON registered_at < moment AND registered_at >= moment - INTERVAL 30 DAY
    LEFT JOIN twice USING (n)
