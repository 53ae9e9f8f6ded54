-- The area tree of Boston from the requests themselves: one city, 22 wards, 254 precincts.
-- A precinct `1714` is ward 17, precinct 14; `0502A` is precinct 2A of ward 5, numbered 102 here.
-- A point is the median of the places of an area's requests. Requests without a ward are left out: most
-- carry City Hall's place for want of their own.
WITH requests AS (
    SELECT
        try_cast(regexp_extract(ward, '(\d+)\s*$', 1) AS INTEGER) AS ward,
        regexp_extract(precinct, '^(\d{2})(\d{2})(A?)$', ['ward', 'number', 'letter']) AS precinct,
        longitude::DOUBLE AS lon,
        latitude::DOUBLE AS lat
    FROM read_csv('boston311-2011q3.csv.gz', all_varchar = true)
),

placed AS (
    SELECT
        ward,
        CASE WHEN try_cast(precinct.ward AS INTEGER) = ward THEN precinct.number::INTEGER END AS number,
        precinct.letter AS letter,
        lon,
        lat
    FROM requests
    WHERE ward IS NOT NULL
),

areas AS (
    SELECT
        990100000000 AS code,
        'Boston' AS name,
        'district' AS level,
        'city' AS kind,
        median(lon) AS lon,
        median(lat) AS lat
    FROM placed
    UNION ALL
    SELECT 990100000000 + ward * 1000, 'Ward ' || ward, 'town', 'ward', median(lon), median(lat)
    FROM placed
    GROUP BY ward
    UNION ALL
    SELECT
        990100000000 + ward * 1000 + number + if(letter = 'A', 100, 0),
        'Ward ' || ward || ' Precinct ' || number || letter,
        'village',
        'precinct',
        median(lon),
        median(lat)
    FROM placed
    WHERE number IS NOT NULL
    GROUP BY ward, number, letter
)

SELECT code, name, level, kind, round(lon, 5) AS lon, round(lat, 5) AS lat
FROM areas
ORDER BY code
