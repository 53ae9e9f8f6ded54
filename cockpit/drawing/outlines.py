"""The outlines of areas as GeoJSON, and where they are served."""

import json
from functools import lru_cache
from typing import Any

from cockpit.drawing.anchors import anchors, short_names
from data.editions.edition import AnyEdition
from metrics.areas import Area


def url(edition: AnyEdition, area: Area, *, own: bool = False, level: str = "") -> str:
    """The URL of the polygons directly below `area`; with `own` its own, with `level` all of that level in it."""
    return f"/geo/{edition.id}/{area.code}.geojson" + ("?own=1" if own else f"?level={level}" if level else "")


@lru_cache(maxsize=512)
def drawable(edition: AnyEdition, area: Area, *, own: bool = False) -> bool:
    """Whether there is anything to draw: a polygon or at least a point."""
    return bool(_rows(edition, area, own))


def collection(edition: AnyEdition, area: Area, *, own: bool = False, level: str = "") -> bytes:
    """The FeatureCollection of the areas right below one, of itself, or of all of a level in it.

    A feature's properties: `name`; `short`, the name without the ending of its kind; `lon` and `lat` of the area;
    `anchor`, the position of its name: the point of the polygon that is furthest from the border, or null.
    """
    rows = _rows(edition, area, own, level)
    shorts = short_names([row[1] for row in rows], [row[2] for row in rows])
    anchored = anchors([row[5] for row in rows])
    features = (_feature(row, short, anchor) for row, short, anchor in zip(rows, shorts, anchored, strict=True))
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _feature(row: tuple[Any, ...], short: str, anchor: list[float] | None) -> str:
    code, name, _level, lon, lat, geometry = row
    shape = geometry or json.dumps({"type": "Point", "coordinates": [lon, lat]})
    about = {"name": name, "short": short, "lon": lon, "lat": lat, "anchor": anchor}
    properties = json.dumps(about, ensure_ascii=False)
    return f'{{"type":"Feature","id":"{code}","properties":{properties},"geometry":{shape}}}'


def _rows(edition: AnyEdition, area: Area, own: bool, level: str = "") -> list[tuple[Any, ...]]:
    """Code, name, level, point and polygon of every live area that has one of the two."""
    which = "a.code >= $1 AND a.code < $2 AND a.level = $3" if level else f"a.{'code' if own else 'parent'} = $1"
    sql = (
        "SELECT a.code, a.name, a.level, a.lon, a.lat, s.geometry FROM areas a LEFT JOIN shapes s USING (code) "
        f"WHERE {which} AND a.holder = a.code AND (s.code IS NOT NULL OR a.lon IS NOT NULL) "
        "QUALIFY row_number() OVER (PARTITION BY a.code ORDER BY a.valid_from DESC NULLS LAST) = 1 ORDER BY a.code"
    )
    return edition.unscoped.cursor().execute(sql, [area.code, area.end, level] if level else [area.code]).fetchall()
