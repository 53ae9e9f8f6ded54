-- One row a complaint, message or event registered in the 30 days before an instant: whether another source has it, too.
-- Given: instants(i, moment).
WITH recent AS (
    SELECT i, moment, source, key, area, area_then, unit, category, place, registered_at
    FROM cases JOIN instants ON registered_at < moment AND registered_at >= moment - INTERVAL 30 DAY
    WHERE kind IN ('hotline', 'message', 'event') AND place IS NOT NULL AND category IS NOT NULL
),
others AS (
    SELECT source, area, place, category, registered_at FROM cases
    WHERE registered_at >= (SELECT min(registered_at) FROM recent) - INTERVAL 1 DAY
        AND kind IN ('hotline', 'message', 'event')
),
twice AS (
    SELECT DISTINCT r.i, r.source, r.key FROM recent r JOIN others o
        ON o.area = r.area AND o.place = r.place AND o.category = r.category AND o.source <> r.source
        AND o.registered_at > r.registered_at - INTERVAL 1 DAY AND o.registered_at < r.registered_at + INTERVAL 1 DAY
        AND o.registered_at < r.moment
)
SELECT r.i, r.moment, r.source, r.key, r.area, r.area_then, r.unit, r.category, r.place, r.registered_at,
    twice: t.key IS NOT NULL
FROM recent r LEFT JOIN twice t ON t.i = r.i AND t.source = r.source AND t.key = r.key
