-- One row a counter of a service hall and instant; `first` marks one counter of each unit in its hall.
-- Given: instants(i, moment).
SELECT instants.i, moment, source, key, name, area, area_then, unit, parent,
    first: row_number() OVER (PARTITION BY instants.i, area, parent, unit ORDER BY source, key) = 1
FROM assets JOIN instants ON coalesce(registered_at < moment, true) AND NOT coalesce(retired_at < moment, false)
WHERE kind = 'counter'
