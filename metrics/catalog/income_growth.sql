-- One row a village and instant for which the collective income of two years running is known: how much it rose from the
-- year before to the year of its newest income, which is valid for 400 days. Of each year the newest income counts.
-- A village that became part of another is none of its own from then on: its incomes are added to those of the other, but
-- for what the other reports after the merger, which is of both. Years that are not of the same villages are not compared,
-- unless the other began to report with the merger.
-- Given: instants(i, moment).
WITH incomes AS (
    SELECT i, moment, r.area, area_then, unit, year(measured_at) AS year, former.ended,
        coalesce(heir, area_then) AS holder, min(measured_at) AS first_at, max(measured_at) AS last_at,
        arg_max({'value': value, 'source': source, 'key': key}, (measured_at, updated_at, source, key)) AS found
    FROM readings r
    JOIN instants ON measured_at < moment AND measured_at >= moment - INTERVAL 800 DAY
    LEFT JOIN (SELECT code, any_value(holder) AS heir, max(valid_to) AS ended FROM areas WHERE holder <> code GROUP BY code)
        AS former ON former.code = area_then AND former.ended < moment
    WHERE measure = 'income_wan'
    GROUP BY ALL
),
yearly AS (
    SELECT i, moment, holder, year, any_value(area) AS area, max(last_at) AS measured_at, max(ended) AS ended,
        sum(found.value) AS total, sum(found.value) FILTER (area_then = holder) AS own,
        min(first_at) FILTER (area_then = holder) AS own_from, max(last_at) FILTER (area_then = holder) AS own_at,
        list_sort(list(concat(area_then, unit))) AS reporters, arg_min(found, area_then <> holder) AS first
    FROM incomes GROUP BY ALL
),
compared AS (
    SELECT *, whole: coalesce(own_at >= max(ended) OVER family, false), newest: year = max(year) OVER family,
        begun: min(own_from) OVER family >= max(ended) OVER family, last_year: lag(year) OVER years,
        last_own: lag(own) OVER years, last_total: lag(total) OVER years, last_reporters: lag(reporters) OVER years,
        last_whole: coalesce(lag(own_at) OVER years >= max(ended) OVER family, false)
    FROM yearly
    WINDOW family AS (PARTITION BY i, holder), years AS (PARTITION BY i, holder ORDER BY year)
)
SELECT i, moment, first.source AS source, first.key AS key, area, holder AS area_then, measured_at,
    before: if(last_whole, last_own, last_total), value: if(whole, own, total), increase: value - before
FROM compared
WHERE newest AND last_year = year - 1 AND measured_at >= moment - INTERVAL 400 DAY
    AND (reporters = last_reporters OR whole AND (last_own IS NOT NULL OR begun))
