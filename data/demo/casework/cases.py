"""The cases of the demo: small parameter tables, and one SQL, cases.sql, that draws every case from hashes."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import datetime, timedelta
from itertools import accumulate, product
from pathlib import Path
from typing import Any

import duckdb

import data.demo.calendar as calendar
import data.demo.casework.levels as levels
import data.demo.casework.topics as topics
import data.demo.geography as geography
import data.demo.names as names
import data.demo.sites as sites
import data.demo.stories as stories
from data.demo.casework.streams import STREAMS, Stream
from data.demo.geography import Area
from data.demo.tables import copy, give, table

SQL = Path(__file__).with_suffix(".sql")
MIX, PICKS, WAYS = 1024, 16384, 100
"""Steps in which a distribution is kept: topics of a regime, villages of a pool, kinds and channels of a stream."""
DOORS = 4096
DAYS_BETWEEN = 10
"""Mean days between two cases of one trouble spot."""
GROWING_INTAKE = 1.5
"""Factor on the intake of the growing town, or more, up to MOST_GROWING of all cases, until it has LEAST_GROWING."""
LEAST_GROWING, MOST_GROWING = 200, 0.5
STUCK = 0.9
"""Share of the growing town's cases that stay open at the end of its season; in a small demo it is reached sooner."""
Weights = dict[tuple[Any, ...], dict[tuple[Any, ...], float]]
"""Frequencies of values, by group."""
Spans = dict[str, list[calendar.Day]]
"""The days of each stream."""
SEASONS = dict.fromkeys(("spring", "summer", "autumn", "winter"), 0.25)


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, cases: int, seed: int, as_of: datetime) -> None:
    """Write `<source>.parquet` of every stream, together `cases` good rows, each file in the order of time.

    The website's file has its times as text and stories.REJECTED broken rows on top.
    """
    spans = calendar.days(cases, seed, as_of)
    season = (as_of - stories.GROWING_SINCE).date()
    grown = sum(day.cases for span in spans.values() for day in span if day.day > season)
    _prepare(con, cases, spans, grown, as_of)
    most_stuck = STUCK * max(1.0, LEAST_GROWING / (MOST_GROWING * max(grown, 1)))
    for stream in STREAMS:
        give(con, **_given(stream, seed, as_of), most_stuck=most_stuck)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE numbers AS "
            "SELECT day, unnest(range(cases))::INTEGER AS number FROM days WHERE stream = $1 ORDER BY day",
            [stream.source],
        )
        sql = SQL.read_text("utf-8")
        if stream.source == "web":
            con.execute(f"CREATE OR REPLACE TEMP TABLE web AS {sql}")
            sql = _with_broken(con.execute("SELECT count(*) FROM web").fetchall()[0][0])
        copy(con, sql, folder / f"{stream.source}.parquet")


def _with_broken(rows: int) -> str:
    """SQL of the table `web` and of its broken rows, as many of each kind of stories.BROKEN."""
    kinds = len(stories.BROKEN)
    count = kinds * max(1, round(rows * stories.REJECTED / kinds))
    return f"""
    WITH broken AS (
        SELECT *, row_number() OVER (ORDER BY hash(key)) AS n, n % {kinds} AS fault FROM web QUALIFY n <= {count}
    ),
    rows AS (
        SELECT *, 0 AS n, -1 AS fault FROM web
        UNION ALL
        SELECT * REPLACE (
            CASE WHEN fault = 4 THEN key ELSE 900000000000000 + n END AS key,
            CASE WHEN fault = 0 THEN {stories.DISTRICT + 999_999} ELSE area END AS area,
            CASE WHEN fault = 2 THEN registered_at - INTERVAL 1 DAY ELSE closed_at END AS closed_at,
            CASE WHEN fault = 3 THEN 9 ELSE rating END AS rating,
            CASE WHEN fault = 4 THEN registered_at ELSE updated_at END AS updated_at)
        FROM broken
    )
    SELECT * EXCLUDE (n, fault) REPLACE (CASE WHEN fault = 1 THEN '2026-13-45 25:61' ELSE
        strftime(registered_at, '%Y-%m-%d %H:%M:%S') END AS registered_at)
    FROM rows ORDER BY updated_at, key, n"""


def _given(stream: Stream, seed: int, as_of: datetime) -> dict[str, Any]:
    """The variables of cases.sql."""
    silent = stories.SILENT_FOR if stream.source == stories.SILENT_SOURCE else timedelta()
    return {
        "stream": stream.source,
        "salt": random.Random(f"{seed} {stream.source}").getrandbits(63),
        "key": stream.number,
        "more_urgent": stream.urgent,
        "pushes": 0.0 if stream.source == stories.HAND_KEYED_SOURCE else 0.97,
        "delay": 1200.0 if stream.source == stories.SLOW_PUSH_SOURCE else 12.0,
        "cutoff": calendar.second(as_of - silent),
        "merged": calendar.number(as_of.date() - stories.MERGED_AGO) * 86400,
        "growing": calendar.number((as_of - stories.GROWING_SINCE).date()),
        "growing_town": stories.GROWING_TOWN,
        "narrow_town": stories.NARROW_TOWN,
        "unknown_there": stories.UNKNOWN_THERE,
        "unwelcome_unit": stories.UNWELCOME_UNIT,
        "partners": names.DEPARTMENTS,
        "team": names.TOWN_UNIT,
        "service": names.TOWN_SERVICE,
        "committee": names.VILLAGE_UNIT,
        "sites": sites.keys(),
        "phones": stories.PHONES,
        "logged": calendar.second(as_of - stories.LOGGED),
    }


def _prepare(con: duckdb.DuckDBPyConnection, cases: int, spans: Spans, grown: int, as_of: datetime) -> None:
    """The tables that cases.sql joins, all small. grown: as of `_pools`."""
    first, last = next(iter(spans.values()))[0].day, as_of.date()
    days = [
        (stream, calendar.number(d.day), int(f"{d.day:%Y%m%d}"), d.cases, d.regime, d.part)
        for stream, span in spans.items()
        for d in span
    ]
    places = [area for area in geography.areas() if area.level == "village" and area.outline]
    towns = {area.code: levels.town(area.code) for area in geography.areas() if area.level == "town"}

    table(con, "days", "stream day stamp cases regime part", days)
    table(con, "clocks", "day working this after", calendar.clocks(first, last))
    table(con, "deadlines", "day allowed due_day", calendar.deadlines(first, last))
    table(con, "profile", "stream step second span", _profiles())
    table(con, "topics", "topic category subcategory department town_share village_share urgent days trouble spots",
           _topics(cases / (last - first).days))  # fmt: skip
    titles = ((t, v, title) for t, topic in enumerate(topics.TOPICS) for v, title in enumerate(topic.titles))
    table(con, "titles", "topic variant title", titles)
    table(con, "villages", "village code town lon lat radius merging former elsewhere", _villages(places))
    table(con, "streets", "village slot street style", _streets(places))
    table(con, "doors", "style slot door", _doors())
    table(
        con, "town_levels", f"town {_names(levels.Level)}", ((code, *astuple(level)) for code, level in towns.items())
    )
    table(con, "units", _names(levels.Unit), map(astuple, levels.units()))
    _steps(con, "mix", "stream regime topic", _mixes(), MIX)
    _steps(con, "picks", "pool village", _pools(places, towns, grown), PICKS)
    _steps(con, "ways", "stream kind channel", _ways(), WAYS)


def _steps(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Weights, steps: int) -> None:
    """A table that spreads a group's values over slots 0 … steps - 1 by weight; all slots are equally likely."""
    ranges = []
    for group, weights in rows.items():
        ends = [round(steps * part / sum(weights.values())) for part in accumulate(weights.values())]
        ranges += [(*group, *value, low, high) for value, low, high in zip(weights, [0, *ends], ends, strict=False)]
    table(con, "ranges", f"{columns} low high", ranges)
    spread = "SELECT * EXCLUDE (low, high), unnest(range(low, high)) AS slot FROM ranges"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {spread}")


def _names(record: type) -> str:
    return " ".join(field.name for field in fields(record))


def _profiles() -> Iterator[tuple[str, int, float, float]]:
    for stream in STREAMS:
        seconds = calendar.profile(stream)
        yield from ((stream.source, i, seconds[i], seconds[i + 1] - seconds[i]) for i in range(1000))


def _topics(cases_a_day: float) -> Iterator[tuple[object, ...]]:
    """Trouble spots of a topic are so many that each has a case every DAYS_BETWEEN days, at any number of cases."""
    shares: dict[int, float] = defaultdict(float)
    for (source, regime), weights in _mixes().items():
        share = next(stream.share for stream in STREAMS if stream.source == source)
        for (topic,), weight in weights.items():
            shares[topic] += SEASONS.get(regime, 0) * share * weight / sum(weights.values())
    for i, topic in enumerate(topics.TOPICS):
        category = topics.CATEGORIES[topic.category]
        spots = max(1, round(cases_a_day * shares[i] * topic.hot * DAYS_BETWEEN))
        there = (category.town, category.village)
        yield i, topic.category, topic.name, topic.unit, *there, topic.urgent, topic.days, topic.hot, spots


def _mixes() -> Weights:
    """Weight of each topic by stream and regime."""
    return {
        (stream.source, regime): {(i,): _weight(topic, stream, regime) for i, topic in enumerate(topics.TOPICS)}
        for stream, regime in product(STREAMS, calendar.REGIMES)
    }


def _weight(topic: topics.Topic, stream: Stream, regime: str) -> float:
    season = topics.CATEGORIES[topic.category].season
    return topic.weight * stream.categories.get(topic.category, 1.0) * season.get(regime, 1.0)


def _ways() -> Weights:
    """Weight of each pair of kind and channel by stream."""
    return {
        (s.source,): {
            (kind, channel): s.kinds[kind] * s.channels[channel] for kind, channel in product(s.kinds, s.channels)
        }
        for s in STREAMS
    }


def _pools(places: list[Area], towns: dict[int, levels.Level], grown: int) -> Weights:
    """Weight of each village: `all` by people, `growing` in the season of the growing town, `hot` for trouble spots.

    grown: how many cases there are in that season, which in a small demo are too few for an emergency.
    """
    rng = random.Random("intake of villages")
    people = [place.population * towns[_town(place)].intake * rng.lognormvariate(0, 0.25) for place in places]
    own = sum(weight for place, weight in zip(places, people, strict=True) if _town(place) == stories.GROWING_TOWN)
    share = min(LEAST_GROWING / max(grown, 1), MOST_GROWING)
    growth = max(GROWING_INTAKE, share * (sum(people) - own) / (own * (1 - share)))
    grows = [growth if _town(place) == stories.GROWING_TOWN else 1.0 for place in places]
    return {
        ("all",): {(i,): weight for i, weight in enumerate(people)},
        ("growing",): {(i,): weight * grows[i] for i, weight in enumerate(people)},
        ("hot",): {(i,): weight * towns[_town(places[i])].hot for i, weight in enumerate(people)},
    }


def _villages(places: list[Area]) -> Iterator[tuple[object, ...]]:
    """elsewhere: a village outside of stories.NARROW_TOWN, for what that town has none of."""
    others = [i for i, a in enumerate(places) if _town(a) != stories.NARROW_TOWN]
    for i, a in enumerate(places):
        merging, elsewhere = a.code == stories.SURVIVING_VILLAGE, others[i * 11 % len(others)]
        former = stories.MERGED_VILLAGE if merging else a.code
        yield i, a.code, _town(a), a.lon, a.lat, a.radius, merging, former, elsewhere


def _streets(places: list[Area]) -> Iterator[tuple[int, int, str, str]]:
    """Twenty equally likely streets of each village: its groups or estates, and roads."""
    for village, place in enumerate(places):
        rng = random.Random(f"streets of {place.code}")
        estates, roads = rng.sample(names.ESTATES, 3), rng.sample(names.ROADS, 4)
        for slot in range(20):
            if place.kind == "村" and slot < 15:
                yield village, slot, place.name, "group"
            elif place.kind != "村" and slot < 10:
                yield village, slot, estates[slot % 3], "estate"
            else:
                yield village, slot, roads[slot % 4], "road"


def _doors() -> Iterator[tuple[str, int, str]]:
    """4,096 doors of each style of street."""
    for slot in range(DOORS):
        side, number = names.SIDES[slot % 6], slot // 6
        yield "group", slot, f"{number // 57 + 1}组{number % 57 + 1}号{side}"
        yield "estate", slot, f"{number // 16 + 1}幢{number % 16 // 4 + 1}单元{side}"
        yield "road", slot, f"{number + 1}号{side}"


def _town(area: Area) -> int:
    return area.code // 1000 * 1000
