"""The geography of the demo district: areas with people and points, and schematic polygons with common borders.

The map is drawn once and for all, with a seed of its own. Village cells are a relaxed Voronoi diagram, denser towards
the urban core; a town is the union of its villages' cells; straight borders are roughened edge by edge, so that
neighbours keep sharing every point.
"""

import csv
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import shapely
from numpy import float64
from numpy.typing import NDArray
from shapely import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

import data.demo.names as names
import data.demo.stories as stories

MAP_SEED = 22
CENTRE = (119.9, 30.2)
KM = (1 / (111.32 * math.cos(math.radians(CENTRE[1]))), 1 / 110.57)
"""Degrees of longitude and latitude in a kilometre at the centre."""
GRID = 1e-5
"""Coordinates are whole steps of this many degrees, about a metre: what neighbours share is equal, not close."""
CORE = Point(2.5, -3.0)
"""The urban core, in kilometres from the centre."""
VILLAGES = 550
"""Cells drawn. One village merges into another, 549 remain."""
URBAN_SHARE = {"街道": 0.8, "镇": 0.14, "乡": 0.05}
PEOPLE_OF = {"社区": 2600, "村": 1050}
"""Median number of people in a community and in a village: about 950,000 in all."""
PLANTED_NAMES = {
    stories.GROWING_TOWN + 200: "新河村",
    stories.SURVIVING_VILLAGE: "大塘村",
    stories.MERGED_VILLAGE: "小塘村",
}
SINCE = date(2010, 1, 1)
CSV_COLUMNS = (
    "code", "name", "level", "kind", "population", "households", "lon", "lat", "valid_from", "valid_to", "merged_into",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Area:
    """One area. Within `radius` degrees of its point all is inside; a merged village has no outline any more."""

    code: int
    name: str
    level: str
    kind: str
    population: int
    households: int
    lon: float
    lat: float
    radius: float
    outline: Polygon | None = field(compare=False)
    merged_into: int | None = None


def write(folder: Path, today: date) -> tuple[Path, Path]:
    """Write `areas.csv` and `areas.geojson` (features keyed by `code`); gives both paths."""
    table, shapes = folder / "areas.csv", folder / "areas.geojson"
    merged_on = today - stories.MERGED_AGO
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(CSV_COLUMNS)
        for a in areas():
            past = (merged_on, a.merged_into) if a.merged_into else (None, None)
            rows.writerow((a.code, a.name, a.level, a.kind, a.population, a.households, a.lon, a.lat, SINCE, *past))
    features = [
        {
            "type": "Feature",
            "properties": {"code": str(a.code), "name": a.name},
            "geometry": a.outline.__geo_interface__,
        }
        for a in areas()
        if a.outline
    ]
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return table, shapes


@cache
def areas() -> tuple[Area, ...]:
    """The district, its 22 towns, 549 villages and the village that merged away, by code."""
    rng = random.Random(MAP_SEED)
    outline = _outline()
    centres = _relaxed(_scattered(outline, 22, rng, 8.0), outline, 4)
    points = _relaxed(_scattered(outline, VILLAGES, rng, 7.0), outline, 3)
    cells = _roughened([_to_degrees(cell) for cell in _cells(points, outline)])
    members: dict[int, list[Polygon]] = defaultdict(list)
    for point, cell in zip(points, cells, strict=True):
        members[min(range(len(centres)), key=lambda town: centres[town].distance(point))].append(cell)

    pairs = _village_names(rng)
    villages: list[Area] = []
    towns: list[Area] = []
    for code, name, kind, town in _towns(centres):
        inside = _villages(code, kind, members[town], pairs, rng)
        villages += inside
        towns.append(_sum(code, name, "town", kind, inside))
    return tuple(sorted([_sum(stories.DISTRICT, names.DISTRICT, "district", "区", towns), *towns, *villages]))


def _outline() -> Polygon:
    """An organic closed curve of about 40 by 34 km; its southern side meanders like a river."""

    def point(step: int) -> tuple[float, float]:
        angle = 2 * math.pi * step / 360
        waves = ((2, 0.12, 0.7), (3, 0.07, 2.1), (7, 0.035, 0.0), (11, 0.022, 1.3), (19, 0.011, 0.4), (31, 0.006, 2.0))
        radius = 17.5 * (1 + sum(height * math.sin(n * angle + phase) for n, height, phase in waves))
        bend = 1.1 * math.sin(angle * 15) * max(0.0, -math.sin(angle)) ** 2
        return 1.15 * radius * math.cos(angle), 0.92 * radius * math.sin(angle) + bend

    return Polygon([point(step) for step in range(360)])


def _scattered(outline: Polygon, count: int, rng: random.Random, reach: float) -> list[Point]:
    """Random points inside, denser within `reach` km of the core."""
    points: list[Point] = []
    left, bottom, right, top = outline.bounds
    while len(points) < count:
        point = Point(rng.uniform(left, right), rng.uniform(bottom, top))
        if rng.random() < 0.22 + math.exp(-point.distance(CORE) / reach) and outline.contains(point):
            points.append(point)
    return points


def _cells(points: Sequence[Point], outline: Polygon) -> list[Polygon]:
    cells = shapely.voronoi_polygons(MultiPoint(points), extend_to=outline, ordered=True)
    return [_polygon(cell.intersection(outline)) for cell in cells.geoms]


def _polygon(shape: BaseGeometry) -> Polygon:
    """An area is in one piece."""
    assert isinstance(shape, Polygon), shape.geom_type
    return shape


def _relaxed(points: list[Point], outline: Polygon, times: int) -> list[Point]:
    """Lloyd's relaxation by half steps: evens the cells out and keeps the density."""
    for _ in range(times):
        middles = [cell.centroid for cell in _cells(points, outline)]
        points = [Point((p.x + m.x) / 2, (p.y + m.y) / 2) for p, m in zip(points, middles, strict=True)]
    return points


def _to_degrees(cell: Polygon) -> Polygon:
    return shapely.transform(cell, lambda xy: _snapped(xy * KM + CENTRE))


def _snapped(xy: NDArray[float64]) -> NDArray[float64]:
    return (xy / GRID).round() * GRID


def _roughened(cells: list[Polygon]) -> list[Polygon]:
    """Each edge becomes a crooked line that depends on nothing but its ends: both neighbours get the same one."""
    rough = [Polygon(_ring([(x, y) for x, y in cell.exterior.coords])) for cell in cells]
    return [shapely.transform(cell, lambda xy: _snapped(xy).round(5)) for cell in rough]


def _ring(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    ring: list[tuple[float, float]] = []
    for start, end in pairwise(corners):
        forward = start < end
        line = _crooked(*((start, end) if forward else (end, start)))
        ring += line[:-1] if forward else line[:0:-1]
    return ring


def _crooked(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Midpoints pushed sideways, again and again, until the pieces are some 250 m long."""
    length = math.dist(start, end)
    if length < 0.003:
        return [start, end]
    push = random.Random(f"{start}{end}").uniform(-0.15, 0.15)
    middle = (
        (start[0] + end[0]) / 2 - push * (end[1] - start[1]),
        (start[1] + end[1]) / 2 + push * (end[0] - start[0]),
    )
    return _crooked(start, middle)[:-1] + _crooked(middle, end)


def _towns(centres: list[Point]) -> list[tuple[int, str, str, int]]:
    """Code, name, kind and index of each town: 街道 nearest to the core, 乡 farthest out."""
    by_distance = sorted(range(len(centres)), key=lambda t: centres[t].distance(CORE))
    kinds = [
        *((i, name, "街道") for i, name in enumerate(names.STREETS, 1)),
        *((i, name, "镇") for i, name in enumerate(names.TOWNS, 100)),
        *((i, name, "乡") for i, name in enumerate(names.TOWNSHIPS, 200)),
    ]
    return [
        (stories.DISTRICT + number * 1000, name, kind, town)
        for (number, name, kind), town in zip(kinds, by_distance, strict=True)
    ]


def _villages(town: int, kind: str, cells: list[Polygon], pairs: Iterator[str], rng: random.Random) -> list[Area]:
    """The villages of a town: communities (from 001) in its middle, villages (from 200) around."""
    middle = shapely.coverage_union_all(cells).centroid
    ordered = sorted(cells, key=lambda cell: cell.centroid.distance(middle))
    urban = max(1, round(len(cells) * URBAN_SHARE[kind]))
    merging = town == stories.SURVIVING_VILLAGE // 1000 * 1000
    if merging:
        ordered = ordered[:urban] + _merging_first(ordered[urban:])
    villages = []
    for i, cell in enumerate(ordered):
        code, kind = (town + 1 + i, "社区") if i < urban else (town + 200 + i - urban, "村")
        people = round(rng.lognormvariate(0, 0.35) * PEOPLE_OF[kind])
        name = PLANTED_NAMES.get(code) or next(pairs) + kind
        villages.append(_area(code, name, "village", kind, people, round(people / rng.uniform(2.4, 3.1)), cell))
    return _merged(villages) if merging else villages


def _merging_first(cells: list[Polygon]) -> list[Polygon]:
    """The smallest cell's best neighbour, the smallest cell, the others."""
    away = min(cells, key=lambda cell: cell.area)
    stays = max((c for c in cells if c is not away), key=lambda cell: cell.intersection(away).length)
    return [stays, away, *(c for c in cells if c is not away and c is not stays)]


def _merged(villages: list[Area]) -> list[Area]:
    """The merged village's ground and people go to the survivor; it keeps its last count, the smaller one."""
    by_code = {v.code: v for v in villages}
    stays, away = by_code[stories.SURVIVING_VILLAGE], by_code[stories.MERGED_VILLAGE]
    counts = sorted((v.population, v.households) for v in (stays, away))
    away = replace(away, population=counts[0][0], households=counts[0][1])
    stays = replace(stays, population=counts[1][0], households=counts[1][1])
    by_code[stays.code] = _area(
        stays.code, stays.name, stays.level, stays.kind, stays.population + away.population,
        stays.households + away.households, _polygon(shapely.coverage_union_all([stays.outline, away.outline])),
    )  # fmt: skip
    by_code[away.code] = replace(away, outline=None, merged_into=stays.code)
    return list(by_code.values())


def _sum(code: int, name: str, level: str, kind: str, parts: list[Area]) -> Area:
    live = [part for part in parts if part.merged_into is None]
    people, households = sum(p.population for p in live), sum(p.households for p in live)
    outline = _polygon(shapely.coverage_union_all([part.outline for part in live]))
    return _area(code, name, level, kind, people, households, outline)


def _area(code: int, name: str, level: str, kind: str, people: int, households: int, outline: Polygon) -> Area:
    """The point is the middle of the largest circle inside; `radius` is that circle's."""
    circle = shapely.maximum_inscribed_circle(outline, tolerance=GRID)
    lon, lat = (round(value, 5) for value in circle.coords[0])
    return Area(code, name, level, kind, people, households, lon, lat, circle.length, outline)


def _village_names(rng: random.Random) -> Iterator[str]:
    used = {name[:2] for name in (*PLANTED_NAMES.values(), *names.STREETS, *names.TOWNS, *names.TOWNSHIPS)}
    pairs = [first + last for first in names.FIRST for last in names.LAST if first + last not in used]
    rng.shuffle(pairs)
    return iter(pairs)
