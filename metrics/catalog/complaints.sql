-- One row a complaint or event closed in the 90 days before an instant: whether another followed within 30 days of its closing.
-- Given: instants(i, moment).
WITH closed AS (
    SELECT i, moment, source, key, area, area_then, unit, category, place, closed_at
    FROM cases JOIN instants ON closed_at < moment AND closed_at >= moment - INTERVAL 90 DAY
    WHERE coalesce(close_kind, 'done') = 'done' AND kind IN ('hotline', 'event')
),
later AS (
    SELECT area, place, category, registered_at, source, repeat_of FROM cases
    WHERE registered_at >= (SELECT min(closed_at) FROM closed) AND kind IN ('hotline', 'event') AND repeated
),
again AS (
    SELECT DISTINCT c.i, c.source, c.key FROM closed c JOIN later l
        ON l.area = c.area AND l.place = c.place AND l.category = c.category
        AND l.registered_at > c.closed_at AND l.registered_at <= c.closed_at + INTERVAL 30 DAY AND l.registered_at < c.moment
    UNION
    SELECT c.i, c.source, c.key FROM closed c JOIN later l ON l.repeat_of = c.key AND l.source = c.source
        AND l.registered_at > c.closed_at AND l.registered_at < c.moment
)
SELECT c.i, c.moment, c.source, c.key, c.area, c.area_then, c.unit, c.category, c.place, c.closed_at, again: a.key IS NOT NULL
FROM closed c LEFT JOIN again a ON a.i = c.i AND a.source = c.source AND a.key = c.key
