-- One row an asset and instant: how many days it has been registered.
SELECT i, moment, source, key, area, area_then, name AS title, date_diff('day', registered_at, moment) AS days
FROM instants JOIN assets ON registered_at < moment
