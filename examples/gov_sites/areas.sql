-- The area tree of the sites: the state as the district, each city or town that has a site as a town.
SELECT code: 990200000000, name: 'Massachusetts', level: 'district', kind: 'state'
UNION ALL
SELECT 990200000000 + 1000 * row_number() OVER (ORDER BY name), name, 'town', 'municipality'
FROM (SELECT name: max("City") FROM read_csv('gov-sites-ma.csv', header = true, all_varchar = true) GROUP BY lower("City"))
ORDER BY code
