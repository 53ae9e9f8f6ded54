-- One row a village and instant for which the collective income of two years running is known: how much it rose from the
-- year before to the year of its newest income, which is valid for 400 days. Of each year the newest income counts.
-- A village that became part of another is none of its own from then on: its incomes are added to those of the other, but
-- for what the other reports after the merger, which is of both. Years that are not of the same villages are not compared.
-- Given: instants(i, moment).
WITH former AS (
    SELECT code, any_value(holder) AS heir, max(valid_to)::TIMESTAMP AS ended FROM areas WHERE holder <> code GROUP BY code
),
mergers AS (
    SELECT i, heir AS holder, max(ended) AS merged_at FROM former JOIN instants ON ended < moment GROUP BY ALL
),
founded AS (
    SELECT code AS holder, min(valid_from)::TIMESTAMP AS founded_at FROM areas GROUP BY code
    HAVING count(*) = count(valid_from)
),
incomes AS (
    SELECT i, moment, r.area, r.area_then, unit, year(measured_at) AS year,
        CASE WHEN ended < moment THEN heir ELSE r.area_then END AS holder, max(measured_at) AS measured_at,
        arg_max({'value': value, 'source': source, 'key': key}, (measured_at, updated_at, source, key)) AS found
    FROM readings r
    JOIN instants ON measured_at < moment AND measured_at >= moment - INTERVAL 800 DAY
    LEFT JOIN former ON former.code = r.area_then
    WHERE measure = 'income_wan'
    GROUP BY ALL
),
yearly AS (
    SELECT i, moment, holder, year, any_value(area) AS area, max(measured_at) AS measured_at,
        sum(found.value) AS total, sum(found.value) FILTER (area_then = holder) AS own,
        coalesce(max(measured_at) FILTER (area_then = holder) >= any_value(merged_at), false) AS whole,
        list_sort(list(concat(area_then, unit))) AS reporters, arg_min(found, area_then <> holder) AS first
    FROM incomes LEFT JOIN mergers USING (i, holder) GROUP BY ALL
)
SELECT t.i, t.moment, t.first.source AS source, t.first.key AS key, t.area, t.holder AS area_then, t.measured_at,
    before: if(l.whole, l.own, l.total), value: if(t.whole, t.own, t.total), increase: value - before
FROM yearly t
JOIN yearly l ON l.i = t.i AND l.holder = t.holder AND l.year = t.year - 1
LEFT JOIN founded f ON f.holder = t.holder
WHERE t.measured_at >= t.moment - INTERVAL 400 DAY
    AND (t.reporters = l.reporters OR t.whole AND (l.own IS NOT NULL OR founded_at > l.measured_at))
QUALIFY row_number() OVER (PARTITION BY t.i, t.holder ORDER BY t.year DESC) = 1
